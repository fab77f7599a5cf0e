"""A headset that does nothing but wear a board and tell where its head is: the room camera places it, end to end."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.headset.config import AppliedPose, HeadsetConfig
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.headset.report import Hidden
from orview.edge.host.host import Host
from orview.edge.slots.records import CameraPicture
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.protocol.messages import HideReason
from orview.protocol.placing import HeadsetBoard
from orview.protocol.poses import wire_from_rigid
from orview.sim.real_camera import RealCamera, Scene
from tests.board_pictures import CLEAN
from tests.integration.filming import Filming
from tests.integration.small_room import (
    CENTROID_MM,
    HEIGHT,
    LENS,
    ROOM_FROM_CAMERA,
    ROOM_FROM_PATIENT,
    WIDTH,
    add_case,
    board_picture,
    console,
    go_live,
    host_config,
)

WORN = "pointer"
"""Small enough to lie beside the patient's board in a small picture."""
PERIOD_S, PICTURES_HZ = 6.0, 8.0
WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.ROOM, [0.0, 1.0, 0.0], [0.0, 1500.0, -500.0])
HEADSET_FROM_WORN = RigidTransform.from_rotation_vector(Frame.HEADSET, Frame.BOARD, [0.1, 3.0, 0.2], [40.0, 90.0, 10.0])
LAG_NS = 40_000_000
JUMP_MM = 6.0
"""From 5 mm on it has to show."""


def camera_from_worn(t_s: float) -> RigidTransform:
    """A head that looks around for three of six seconds, and rests."""
    phase = t_s % PERIOD_S
    share = float(np.clip(min(phase, 3.0 - phase), 0.0, 1.0))
    around = share * np.array([np.sin(2.1 * phase), np.sin(2.9 * phase + 0.5), np.sin(1.7 * phase + 1.0)])
    rotation = rotation_from_vector(np.array([0.45, 0.3, 0.1]) + 0.12 * around)
    place = np.array([-105.0, 0.0, 270.0]) + 10.0 * around[::-1]
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, place - rotation @ np.array([48.0, 30.0, 10.0]))


class WornHead:
    """The head of the wearer: told late, and after a jump of its world elsewhere."""

    def __init__(self, began_ns: int) -> None:
        self._began_ns = began_ns
        self.jump_mm = 0.0
        position_m, quat_xyzw = wire_from_rigid(HEADSET_FROM_WORN)
        self.board = HeadsetBoard(
            board=WORN, headset_from_board=(*position_m, *quat_xyzw), place_sigma_mm=0.3, place_sigma_rad=0.0005
        )

    def head(self, now_ns: int) -> RigidTransform:
        seen = camera_from_worn((now_ns - LAG_NS - self._began_ns) / 1e9)
        jump = RigidTransform(Frame.WORLD, Frame.WORLD, np.eye(3), np.array([self.jump_mm, 0.0, 0.0]))
        return jump @ WORLD_FROM_ROOM @ ROOM_FROM_CAMERA @ seen @ HEADSET_FROM_WORN.inverse()


class FilmedHead(Filming):
    """A virtual camera that films the board on the patient and the one on the head, made beforehand."""

    def __init__(self, path: Path) -> None:
        camera, board = RealCamera(lens=LENS, chain=CLEAN), load_board(WORN)
        nowhere = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, -1000.0]))
        wall = camera.shoot(Scene(board=board, camera_from_board=lambda _: nowhere), 0.0).image.astype(np.int16)
        self._pictures = []
        for number in range(round(PERIOD_S * PICTURES_HZ)):
            scene = Scene(board=board, camera_from_board=lambda _, t_s=number / PICTURES_HZ: camera_from_worn(t_s))
            worn = camera.shoot(scene, 0.0).image.astype(np.int16) - wall
            self._pictures.append(np.clip(board_picture().astype(np.int16) + worn, 0, 255).astype(np.uint8))
        self.began_ns = time.monotonic_ns()
        super().__init__(path, width=WIDTH, height=HEIGHT)

    def _film(self) -> None:
        number = 0
        while not self._stop.is_set():
            taken_ns = self.began_ns + round(1e9 * number / PICTURES_HZ)
            self._stop.wait(max(taken_ns - time.monotonic_ns(), 0) / 1e9)
            picture = self._pictures[number % len(self._pictures)]
            record = CameraPicture(image=picture, taken_ns=taken_ns, room_from_camera=ROOM_FROM_CAMERA)
            self._publish(record)
            number += 1


@pytest.mark.hazard("H09")
def test_a_headset_is_placed_by_the_board_it_wears_and_hides_when_its_world_jumps(tmp_path):
    case = add_case(CaseStore.open(tmp_path / "store"))
    applied: list[AppliedPose] = []
    hidden: list[Hidden] = []

    async def scene(addresses, head):
        config = HeadsetConfig(host=f"127.0.0.1:{addresses.port}", code=addresses.code, worn=head)
        headset = ReferenceHeadset(config, on_applied=applied.append, on_hidden=hidden.append)
        async with console(addresses) as nurse:
            running = asyncio.create_task(headset.run(seconds=120.0))
            await go_live(nurse, case)
            async with asyncio.timeout(70):
                while len(applied) < 10:
                    await nurse.hear()
            hidden.clear()
            (worn,) = nurse.told["Wearing"].boards
            assert worn.board == WORN
            assert worn.device_id is not None
            head.jump_mm = JUMP_MM
            async with asyncio.timeout(15):
                while not any(hide.why is HideReason.NOT_ALIGNED for hide in hidden):
                    await nurse.hear()
            headset.stop()
            await running

    with FilmedHead(tmp_path / "camera.slot") as film:
        config = host_config(tmp_path, f"slot:{tmp_path / 'camera.slot'}", headset_boards=(WORN,))
        with Host(config) as host:
            asyncio.run(scene(host.wait_ready(), WornHead(film.began_ns)))
    truth = (WORLD_FROM_ROOM @ ROOM_FROM_PATIENT).apply(CENTROID_MM)
    drawn = np.array([pose.world_from_patient.apply(CENTROID_MM) for pose in applied[:10]])
    errors_mm = np.linalg.norm(drawn - truth, axis=1)
    assert errors_mm.max() < 2.0
    assert (errors_mm <= [pose.expected_error_mm for pose in applied[:10]]).all()
