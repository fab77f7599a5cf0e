"""The host and the reference headset, which share nothing but the protocol: found, paired, applied, hidden."""

import asyncio
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.headset.config import AppliedPose, HeadsetConfig, Look, Shot
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.headset.report import Hidden
from orview.edge.host.host import Host
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.messages import HideReason, Joining, NewCode
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.protocol.poses import wire_from_rigid
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, HeadsetPictures, Wearer
from tests.integration.small_room import (
    BOARD,
    CAMERA_FROM_BOARD,
    CENTROID_MM,
    MODEL,
    ROOM_FROM_CAMERA,
    ROOM_FROM_PATIENT,
    UNCHANGED,
    FilmedBoard,
    add_case,
    console,
    go_live,
    host_config,
)

LAG_S = 0.06


class WornCamera:
    """A headset whose pictures come late, on a head that moves and rests before the filmed board."""

    def __init__(self, world_from_board: RigidTransform, jumped: dict[str, float]) -> None:
        board = load_board(BOARD)
        self._world_from_board, self._jumped = world_from_board, jumped
        self._wearer, self._pictures = Wearer(world_from_board, board), HeadsetPictures(board)
        lens = HEADSET_LENS
        position_m, quat_xyzw = wire_from_rigid(HEADSET_FROM_CAMERA)
        self.camera = HeadsetCamera(
            name="Worn camera",
            serial="",
            width_px=lens.width_px,
            height_px=lens.height_px,
            lens=LensEntry(
                fx_px=lens.fx_px, fy_px=lens.fy_px, cx_px=lens.cx_px, cy_px=lens.cy_px, distortion=lens.distortion
            ),
            headset_from_camera=(*position_m, *quat_xyzw),
            place_sigma_mm=0.3,
            place_sigma_rad=0.0005,
        )

    def head(self, now_ns: int) -> RigidTransform:
        jump = RigidTransform(Frame.WORLD, Frame.WORLD, np.eye(3), np.array([self._jumped["by_mm"], 0.0, 0.0]))
        return jump @ self._wearer.head(now_ns / 1e9)

    def shoot(self, now_ns: int) -> Shot:
        exposed_s = now_ns / 1e9 - LAG_S
        camera_from_board = (self._wearer.head(exposed_s) @ HEADSET_FROM_CAMERA).inverse() @ self._world_from_board
        return Shot(jpeg=self._pictures.jpeg(camera_from_board, t_s=exposed_s), stamped_ns=now_ns)


WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.ROOM, [0.0, 1.0, 0.0], [0.0, 1500.0, -500.0])


@pytest.mark.hazard("H01")
def test_headset_finds_the_host_applies_its_poses_and_hides_by_itself(tmp_path):
    case = add_case(CaseStore.open(tmp_path / "store"))
    applied: list[AppliedPose] = []
    hidden: list[Hidden] = []

    async def scene(host, addresses):
        config = HeadsetConfig(
            code=addresses.code,
            # Other hosts may announce on this machine at the same time.
            fingerprint=addresses.fingerprint,
            interfaces=("127.0.0.1",),
            search_s=10.0,
            world_from_room=WORLD_FROM_ROOM,
        )
        headset = ReferenceHeadset(config, on_applied=applied.append, on_hidden=hidden.append)
        async with console(addresses) as nurse:
            running = asyncio.create_task(headset.run(seconds=40.0))
            await go_live(nurse, case)
            async with asyncio.timeout(20):
                while len(applied) < 20:
                    await asyncio.sleep(0.01)
            await hide_all_and_show_again(nurse, applied, hidden)
            os.kill(host.pid("stream"), signal.SIGSTOP)
            try:
                async with asyncio.timeout(5):
                    while not hidden:
                        await asyncio.sleep(0.005)
            finally:
                os.kill(host.pid("stream"), signal.SIGCONT)
            headset.stop()
            return await running

    config = host_config(
        tmp_path, f"slot:{tmp_path / 'camera.slot'}", announce=True, announce_interfaces=("127.0.0.1",)
    )
    with FilmedBoard(tmp_path / "camera.slot"), Host(config) as host:
        report = asyncio.run(scene(host, host.wait_ready()))
    assert report.discovered_s is not None
    assert (report.room_name, report.simulated, report.role) == ("Test room", True, "surgeon")
    assert (report.model_digest, report.model_bytes) == (case.digest, len(MODEL))
    truth = WORLD_FROM_ROOM @ ROOM_FROM_PATIENT
    worst_mm = max(np.abs(pose.world_from_patient.translation_mm - truth.translation_mm).max() for pose in applied)
    assert worst_mm < 1.5
    assert hidden[0].stood_ms < 200.0


async def hide_all_and_show_again(nurse, applied, hidden) -> None:
    """The nurse's HIDE ALL hides this headset, whose poses go on being live, until she shows all again."""
    await nurse.say(replace(UNCHANGED, cleared=True))
    async with asyncio.timeout(5):
        while not hidden:
            await asyncio.sleep(0.005)
    assert [hide.why for hide in hidden] == [HideReason.CLEARED]
    stood = len(applied)
    await nurse.hear_for(0.3)
    assert len(applied) == stood
    await nurse.say(replace(UNCHANGED, cleared=False))
    async with asyncio.timeout(5):
        while len(applied) == stood:
            await asyncio.sleep(0.005)
    hidden.clear()


@pytest.mark.hazard("H09")
def test_two_headsets_find_the_room_by_what_they_see_and_hide_when_their_world_jumps(tmp_path):
    """Nobody tells them where the room is; the first finds the board itself, the second sends pictures to the host."""
    case = add_case(CaseStore.open(tmp_path / "store"))
    seen: dict[str, list[AppliedPose]] = {"first": [], "second": []}
    hidden: list[Hidden] = []
    worlds = {
        "first": WORLD_FROM_ROOM,
        "second": RigidTransform.from_rotation_vector(Frame.WORLD, Frame.ROOM, [0.4, -0.7, 0.2], [-400, 900, -700]),
    }
    jumped = {"by_mm": 0.0}

    def eyes(name: str):
        rng = np.random.default_rng(len(name))

        def look(now_ns: int) -> Look:
            jump = RigidTransform(Frame.WORLD, Frame.WORLD, np.eye(3), np.array([jumped["by_mm"], 0.0, 0.0]))
            board = jump @ worlds[name] @ ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD
            turn = rng.normal(0.0, 0.002, 3)
            wrong = RigidTransform.from_rotation_vector(Frame.BOARD, Frame.BOARD, turn, rng.normal(0.0, 0.3, 3))
            head = RigidTransform.from_rotation_vector(
                Frame.WORLD, Frame.HEADSET, rng.normal(0.0, 0.2, 3), rng.normal(0.0, 60.0, 3)
            )
            return Look(world_from_board=board @ wrong, world_from_headset=head, sigma_mm=0.3, sigma_rad=0.002)

        return look

    second = WornCamera(worlds["second"] @ ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD, jumped)
    sight = {"first": {"eyes": eyes("first")}, "second": {"pictures": second}}

    async def scene(addresses):
        async with console(addresses) as nurse:
            running = []
            code = addresses.code
            for name, into in seen.items():
                headset = ReferenceHeadset(
                    HeadsetConfig(host=f"127.0.0.1:{addresses.port}", code=code, device_name=name, **sight[name]),
                    on_applied=into.append,
                    on_hidden=hidden.append,
                )
                running.append((headset, asyncio.create_task(headset.run(seconds=90.0))))
                async with asyncio.timeout(10):
                    while not headset.status.connected:
                        await asyncio.sleep(0.01)
                await nurse.say(NewCode())
                told = await nurse.until(lambda m, old=code: isinstance(m, Joining) and m.code not in (None, old))
                code = told.code
            await go_live(nurse, case)
            async with asyncio.timeout(40):
                while min(map(len, seen.values())) < 10:
                    await nurse.hear()
            hidden.clear()
            jumped["by_mm"] = 12.0
            async with asyncio.timeout(10):
                while sum(hide.why is HideReason.NOT_ALIGNED for hide in hidden) < 2:
                    await nurse.hear()
            for headset, _ in running:
                headset.stop()
            await asyncio.gather(*(task for _, task in running))

    with FilmedBoard(tmp_path / "camera.slot") as film, Host(host_config(tmp_path, f"slot:{film.path}")) as host:
        asyncio.run(scene(host.wait_ready()))
    for name, poses in seen.items():
        truth = worlds[name] @ ROOM_FROM_PATIENT
        drawn = np.array([pose.world_from_patient.apply(CENTROID_MM) for pose in poses[:10]])
        errors_mm = np.linalg.norm(drawn - truth.apply(CENTROID_MM), axis=1)
        assert 0.0 < errors_mm.max() < 3.0
        assert (errors_mm <= [pose.expected_error_mm for pose in poses[:10]]).all()
