"""Nurse and surgeon reach LIVE with the tracked pointer alone: a whole host, and a camera that sees three boards."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.camera import VIRTUAL_CAMERA
from orview.edge.case_store import CaseStore
from orview.edge.demo.nurse_acts import waits_for_touch
from orview.edge.host.config import HostConfig
from orview.edge.host.host import Host, HostAddresses
from orview.edge.host.store import HostStore
from orview.edge.slots.records import CameraPicture
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.protocol.messages import Confirm, SelectCase, Session, Start
from orview.protocol.touching import (
    Landmarks,
    Pointer,
    RegisteringState,
    RegisterTouched,
    TipState,
    TouchCheckPoint,
    TouchLandmarks,
)
from orview.register.check_points import CheckPlan, round_covariance
from orview.register.landmark_list import LandmarkList
from orview.register.landmarks import Landmark
from orview.register.verdict import Method, Verdict
from tests.board_pictures import board_pose
from tests.integration.filming import Filming
from tests.integration.small_room import (
    BOARD_FROM_PATIENT,
    MODEL,
    MODEL_NAME,
    RawClient,
    add_case,
    console,
    host_config,
    only_missing,
)
from tests.pointing import LENS, PATIENT, POINTER, PROFILE, TIP_FILE, TwoBoards, pointer_at

SECOND = Board.from_toml(
    """
name = "second"
dictionary = "DICT_4X4_250"
outline_mm = [106.0, 106.0]
charuco = { squares = [4, 4], square_mm = 25.0, marker_mm = 19.0, first_id = 100 }
"""
)
SECOND_POSE = board_pose(SECOND, distance_mm=440.0, tilt_deg=32.0, azimuth_deg=120.0, aside_mm=(-150.0, -70.0))
BUMP = RigidTransform(Frame.CAMERA, Frame.CAMERA, np.eye(3), np.array([4.0, 2.0, 0.0]))
AWAY, LIFTED, SPOT = "away", "lifted", "Promontory"
TARGET_BOARD_MM = np.array([232.0, -2.0, 45.0])
LANDMARKS = {
    "Crest, left": np.array([192.0, -12.0, 25.0]),
    "Crest, right": np.array([268.0, -22.0, 45.0]),
    "Sacral tip": np.array([240.0, 38.0, 68.0]),
    "Spine": np.array([226.0, -40.0, 78.0]),
}
PLACES_BOARD_MM = {SPOT: np.array([225.0, 10.0, 40.0]), LIFTED: np.array([235.0, -20.0, 20.0])} | LANDMARKS


def on_patient(place_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a place (3,) of the patient's board in the patient."""
    return BOARD_FROM_PATIENT.inverse().apply(place_board_mm)


def landmark(name: str, *, sigma_mm: float) -> Landmark:
    """A place as somebody marked it in the CT."""
    place = on_patient(PLACES_BOARD_MM[name])
    return Landmark(name=name, position_patient_mm=place, covariance_mm2=round_covariance(sigma_mm))


class Film(Filming):
    """A virtual camera that films what the test puts before it, at 30 Hz."""

    def __init__(self, path: Path, pictures: list[NDArray[np.uint8]]) -> None:
        self.pictures = pictures
        super().__init__(path, width=LENS.width_px, height=LENS.height_px)

    def _film(self) -> None:
        number = 0
        room_from_camera = RigidTransform(Frame.ROOM, Frame.CAMERA, np.eye(3), np.zeros(3))
        while not self._stop.wait(1 / 30):
            number += 1
            image = self.pictures[number % len(self.pictures)]
            picture = CameraPicture(image=image, taken_ns=time.monotonic_ns(), room_from_camera=room_from_camera)
            self._publish(picture)


class Scenes:
    """What the camera sees: the tip at a place by its name, before and after the second board was bumped."""

    def __init__(self) -> None:
        paint = TwoBoards()
        kept, bumped = (SECOND, SECOND_POSE), (SECOND, BUMP @ SECOND_POSE)
        shown = {AWAY: None} | {name: pointer_at(place) for name, place in PLACES_BOARD_MM.items()}
        self._pictures = {
            (name, second is bumped): paint.still(pose, count=3, second=second)
            for second in (kept, bumped)
            for name, pose in shown.items()
            if second is kept or name not in LANDMARKS
        }
        self.bumped = False

    def __getitem__(self, name: str) -> list[NDArray[np.uint8]]:
        return self._pictures[name, self.bumped]


class Nurse:
    """Does what the console says, with a person at the table who moves the pointer as it says."""

    def __init__(self, client: RawClient, film: Film, scenes: Scenes) -> None:
        self.client, self.film, self.scenes = client, film, scenes

    def put(self, name: str) -> None:
        self.film.pictures = self.scenes[name]

    async def missing(self, *keys: str) -> None:
        """Vouch, and wait until a session is held and only these conditions do not hold."""
        async with asyncio.timeout(15.0):
            while not only_missing(self.client.told.get("Session"), *keys):
                await self.client.vouch()
                await self.client.hear()

    async def until_tip(self, tip: TipState) -> Pointer:
        told = await self.client.until(lambda m: isinstance(m, Pointer) and m.tip is tip)
        assert isinstance(told, Pointer)
        return told

    async def register(self) -> None:
        """Touch one landmark after the other as they are asked for, then have the case registered."""
        await self.client.say(TouchLandmarks())
        self.put(LIFTED)
        landmark = (await self.until_tip(TipState.LIFT)).landmark
        while landmark is not None:
            self.put(landmark)
            told = await self.until_tip(TipState.TAKEN)
            assert told.words.startswith(f"{landmark} is taken."), told
            landmark = told.landmark
        self.put(AWAY)
        await self.client.say(RegisterTouched())

    async def check(self) -> str:
        """Touch the check point; returns what came of it."""
        await self.client.say(TouchCheckPoint(landmark=SPOT))
        self.put(LIFTED)
        assert (await self.until_tip(TipState.LIFT)).words == f"Lift the tip, then rest it on {SPOT}."
        self.put(SPOT)
        await self.until_tip(TipState.STILL)
        told = await self.until_tip(TipState.TAKEN)
        self.put(AWAY)
        return told.words

    async def live(self) -> None:
        """Have the check point touched and confirm."""
        async with asyncio.timeout(15.0):
            while (session := self.client.told.get("Session")) is None or not waits_for_touch(session):
                await self.client.vouch()
                await self.client.hear()
        assert (await self.check()).endswith("agrees.")
        await self.missing("confirmed")
        await self.client.say(Confirm())
        await self.client.until_state("LIVE")


@pytest.fixture
def host(tmp_path: Path) -> HostConfig:
    """What a host is given whose case has landmarks, a check point and no beads."""
    plain = add_case(CaseStore.open(tmp_path / "other"), registered=False)
    target = replace(plain.structures[0], centroid_patient_mm=tuple(on_patient(TARGET_BOARD_MM).tolist()))
    store = CaseStore.open(tmp_path / "store")
    store.add(replace(plain, structures=(target,)), {MODEL_NAME: MODEL})
    store.put_check_plan(plain.id, CheckPlan(landmarks=(landmark(SPOT, sigma_mm=0.5),)))
    store.put_landmarks(plain.id, LandmarkList(landmarks=tuple(landmark(name, sigma_mm=0.2) for name in LANDMARKS)))
    for name, board in (("patient", PATIENT), ("second", SECOND), ("pointer", POINTER)):
        (tmp_path / f"{name}.toml").write_text(board.to_toml())
    (tmp_path / "tip.json").write_text(json.dumps(TIP_FILE))
    (tmp_path / "camera.toml").write_text(replace(PROFILE, camera=VIRTUAL_CAMERA).to_toml())
    return host_config(
        tmp_path,
        f"slot:{tmp_path / 'camera.slot'}",
        profile=tmp_path / "camera.toml",
        board=str(tmp_path / "patient.toml"),
        second_board=str(tmp_path / "second.toml"),
        pointer=str(tmp_path / "pointer.toml"),
        tip=tmp_path / "tip.json",
    )


@pytest.mark.hazard("H10")
def test_a_pointer_registers_the_case_checks_it_and_clears_a_bumped_board(tmp_path: Path, host: HostConfig) -> None:
    scenes = Scenes()
    store = CaseStore.open(host.store)
    (case,) = store.cases()

    async def scene(addresses: HostAddresses, film: Film) -> None:
        async with console(addresses) as client:
            nurse = Nurse(client, film, scenes)
            await client.say(SelectCase(case_id=case.id))
            await client.until(lambda m: isinstance(m, Landmarks) and m.state is RegisteringState.IDLE)
            await nurse.register()
            await client.say(Start())
            await nurse.live()
            session = client.told["Session"]
            assert isinstance(session, Session)
            words = next(one.words for one in session.conditions if one.key == "registration")
            assert words.startswith("Registered by touched landmarks; expected error at Tumour: ")
            scenes.bumped = True
            nurse.put(AWAY)
            held = await client.until_state("HOLD")
            assert held.why.startswith("One of the two boards was bumped: by about 4.")
            await nurse.live()
            # Trusted as they stand now: no second alarm.
            assert not any(isinstance(m, Session) and m.state != "LIVE" for m in await client.hear_for(0.5))

    with Film(tmp_path / "camera.slot", scenes[AWAY]) as film, Host(host) as running:
        asyncio.run(scene(running.wait_ready(), film))

    stored = store.registration(case.id, PATIENT.digest)
    assert stored is not None
    verdict = Verdict.from_json(stored)
    assert (verdict.method, verdict.accepted) == (Method.POINTS, True)
    assert verdict.board_from_patient is not None
    found = verdict.board_from_patient.transform.apply(on_patient(TARGET_BOARD_MM))
    assert np.linalg.norm(found - TARGET_BOARD_MM) < verdict.expected_error_mm["tumour"] < 2.0
    logged = [(one.landmark, one.role, one.word) for one in HostStore(store).checks(case.id)]
    assert logged == [(SPOT, "nurse", "agrees")] * 2
