"""Nurse and surgeon reach LIVE with the tracked pointer alone: a whole host, and a camera that sees three boards."""

import asyncio
import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.camera import VIRTUAL_CAMERA
from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.edge.host.store import HostStore
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture, camera_picture_capacity
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.protocol.checking import CheckPoints
from orview.protocol.messages import Confirm, SelectCase, Session, Start
from orview.protocol.touching import Pointer, TipState, TouchCheckPoint
from orview.register.check_points import CheckPlan, round_covariance
from orview.register.landmarks import Landmark
from tests.board_pictures import board_pose
from tests.integration.small_room import (
    BOARD_FROM_PATIENT,
    add_case,
    console,
    host_config,
    only_missing,
    verdict,
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
SPOT = "Promontory"
SPOT_BOARD_MM = np.array([225.0, 10.0, 40.0])
LIFTED_BOARD_MM = SPOT_BOARD_MM + np.array([10.0, -30.0, 0.0])


class Film:
    """A virtual camera that films what the test puts before it, at 30 Hz."""

    def __init__(self, path: Path, pictures: list[NDArray[np.uint8]]) -> None:
        self.path, self.pictures = path, pictures
        capacity = camera_picture_capacity(width=LENS.width_px, height=LENS.height_px, channels=1)
        self._slot = LatestSlot.create(path, capacity)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._film, daemon=True)

    def __enter__(self) -> "Film":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._slot.close()

    def _film(self) -> None:
        number = 0
        room_from_camera = RigidTransform(Frame.ROOM, Frame.CAMERA, np.eye(3), np.zeros(3))
        while not self._stop.wait(1 / 30):
            number += 1
            image = self.pictures[number % len(self.pictures)]
            picture = CameraPicture(image=image, taken_ns=time.monotonic_ns(), room_from_camera=room_from_camera)
            self._slot.publish(picture.encode())


@pytest.mark.hazard("H10")
def test_a_bumped_board_is_cleared_by_a_touch_of_the_pointer(tmp_path: Path) -> None:
    paint = TwoBoards()
    kept, bumped = (SECOND, SECOND_POSE), (SECOND, BUMP @ SECOND_POSE)
    scenes = {
        (tip, second is bumped): paint.still(None if place is None else pointer_at(place), count=3, second=second)
        for second in (kept, bumped)
        for tip, place in (("away", None), ("lifted", LIFTED_BOARD_MM), ("spot", SPOT_BOARD_MM))
    }
    store = CaseStore.open(tmp_path / "store")
    case = add_case(store, registered=False)
    store.put_registration(case.id, PATIENT.digest, verdict(PATIENT.digest).to_json(), "2026-01-01T00:00:01+00:00")
    spot = Landmark(
        name=SPOT,
        position_patient_mm=BOARD_FROM_PATIENT.inverse().apply(SPOT_BOARD_MM),
        covariance_mm2=round_covariance(0.5),
    )
    store.put_check_plan(case.id, CheckPlan(landmarks=(spot,)))
    (tmp_path / "patient.toml").write_text(PATIENT.to_toml())
    (tmp_path / "second.toml").write_text(SECOND.to_toml())
    (tmp_path / "pointer.toml").write_text(POINTER.to_toml())
    (tmp_path / "tip.json").write_text(json.dumps(TIP_FILE))
    profile = replace(PROFILE, camera=VIRTUAL_CAMERA)
    (tmp_path / "pointing.toml").write_text(profile.to_toml())
    config = host_config(
        tmp_path,
        f"slot:{tmp_path / 'camera.slot'}",
        profile=tmp_path / "pointing.toml",
        board=str(tmp_path / "patient.toml"),
        second_board=str(tmp_path / "second.toml"),
        pointer=str(tmp_path / "pointer.toml"),
        tip=tmp_path / "tip.json",
    )

    async def touched(nurse, film: Film, *, bump: bool) -> str:
        """Touch the check point as the console says; returns what came of it."""
        await nurse.say(TouchCheckPoint(landmark=SPOT))
        film.pictures = scenes["lifted", bump]
        told = await nurse.until(lambda m: isinstance(m, Pointer) and m.tip is TipState.LIFT)
        assert told.words == f"Lift the tip, then rest it on {SPOT}."
        film.pictures = scenes["spot", bump]
        await nurse.until(lambda m: isinstance(m, Pointer) and m.tip is TipState.STILL)
        told = await nurse.until(lambda m: isinstance(m, Pointer) and m.tip is TipState.TAKEN)
        film.pictures = scenes["away", bump]
        return str(told.words)

    async def missing(nurse, *keys: str) -> None:
        """Wait until only these conditions do not hold."""
        async with asyncio.timeout(15.0):
            while not only_missing(nurse.told.get("Session"), *keys):
                await nurse.hear()

    async def live(nurse, film: Film, *, bump: bool) -> None:
        await missing(nurse, "check_point", "confirmed")
        assert (await touched(nurse, film, bump=bump)).endswith("agrees.")
        await missing(nurse, "confirmed")
        await nurse.say(Confirm())
        await nurse.until_state("LIVE")

    async def scene(addresses, film: Film) -> None:
        async with console(addresses) as nurse:
            await nurse.say(SelectCase(case_id=case.id))
            await nurse.say(Start())
            await live(nurse, film, bump=False)
            points = nurse.told["CheckPoints"]
            assert isinstance(points, CheckPoints)
            assert points.landmarks[0].touched is not None
            assert points.landmarks[0].touched.by == "nurse"
            film.pictures = scenes["away", True]
            held = await nurse.until_state("HOLD")
            assert held.why.startswith("One of the two boards was bumped: by about 4.")
            await live(nurse, film, bump=True)
            # Trusted as they stand now: no second alarm.
            assert not any(isinstance(m, Session) and m.state != "LIVE" for m in await nurse.hear_for(0.5))

    with Film(tmp_path / "camera.slot", scenes["away", False]) as film, Host(config) as host:
        asyncio.run(scene(host.wait_ready(), film))
    assert [(one.landmark, one.role, one.word) for one in HostStore(store).checks(case.id)] == [
        (SPOT, "nurse", "agrees")
    ] * 2
