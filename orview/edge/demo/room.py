"""The demonstration in the room: a host with a simulated camera, patient and nurse."""

import contextlib
import multiprocessing
import time
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType

import numpy as np

from orview.edge.demo.board_holder import HELD_CAPACITY
from orview.edge.demo.case import DemoCase
from orview.edge.demo.helper import Helper
from orview.edge.demo.pointer_holder import POINTING_CAPACITY
from orview.edge.demo.simulated_room import RoomTruth, run_simulated_room
from orview.edge.host.config import HostConfig
from orview.edge.host.host import Host, HostAddresses
from orview.edge.slots.latest_slot import LatestSlot
from orview.errors import CameraError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.poses import wire_from_rigid

CAMERA_RATE_HZ = 25.0
CAMERA_TIMEOUT_S = 20.0
ROOM_NAME = "Simulated room"
BELOW_EYES_MM, AHEAD_MM = 600.0, 550.0
LOOPBACK = "127.0.0.1"
CALIBRATION_VIEWS = 12
"""Enough for a good verdict, and nobody waits long for it."""


class DemoRoom:
    """Runs the simulated room and a host in it; a context manager.

    Args:
        demo: what was prepared.
        folder: for the camera's slot and the truth, beside the store.
        store: folder of the case store.
        seed: of the phantom and the room.
        address: interface the host listens on.
        port: TLS port; 0 takes a free one.
        loopback_port: plain port of this machine; 0 takes a free one.
    """

    def __init__(
        self,
        demo: DemoCase,
        *,
        folder: Path,
        store: Path,
        seed: int,
        address: str = LOOPBACK,
        port: int = 0,
        loopback_port: int = 0,
    ) -> None:
        self._demo = demo
        self._slot = folder / "camera.slot"
        self._truth = folder / "truth.json"
        self._hands = folder / "hands.slot"
        self._pointing = folder / "pointing.slot"
        self._seed = seed
        self._closing = contextlib.ExitStack()
        self._config = HostConfig(
            store=store,
            camera=f"slot:{self._slot}",
            profile=demo.profile,
            board=str(demo.board_file),
            pointer=str(demo.pointer_file),
            tip=demo.tip_file,
            room_name=ROOM_NAME,
            address=address,
            port=port,
            loopback_port=loopback_port,
            simulated=True,
            calibration_views=CALIBRATION_VIEWS,
            announce_interfaces=(LOOPBACK,) if address == LOOPBACK else None,
        )
        self.host: Host
        self.addresses: HostAddresses
        self.truth: RoomTruth
        self.world_from_room: RigidTransform

    @property
    def truth_file(self) -> Path:
        """What is true in the room, for whoever simulates in it (`RoomTruth`)."""
        return self._truth

    def __enter__(self) -> "DemoRoom":
        try:
            self._start()
        except BaseException:
            self._closing.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        stop = spawn.Event()
        self._closing.enter_context(LatestSlot.create(self._hands, HELD_CAPACITY))
        self._closing.enter_context(LatestSlot.create(self._pointing, POINTING_CAPACITY))
        camera = spawn.Process(
            target=run_simulated_room,
            args=(self._slot, self._truth),
            kwargs={
                "board": str(self._demo.board_file),
                "seed": self._seed,
                "epoch_ns": time.monotonic_ns(),
                "rate_hz": CAMERA_RATE_HZ,
                "stop": stop,
                "hands": self._hands,
                "pointer": str(self._demo.pointer_file),
                "pointing": self._pointing,
            },
            name="orview-simulated-room",
        )
        camera.start()
        self._closing.callback(_end, camera)
        self._closing.callback(stop.set)
        self._wait_for_camera(camera)
        self.truth = RoomTruth.read(self._truth)
        self.world_from_room = standing_by_the_table(self.truth)
        position_m, quat_xyzw = wire_from_rigid(self.world_from_room)
        config = replace(self._config, world_from_room=(*position_m, *quat_xyzw))
        self.host = self._closing.enter_context(Host(config))
        self.addresses = self.host.wait_ready()
        self._closing.enter_context(Helper(self.addresses, board=self._hands, pointer=self._pointing))

    def _wait_for_camera(self, camera: SpawnProcess) -> None:
        until_s = time.monotonic() + CAMERA_TIMEOUT_S
        while not (self._slot.exists() and self._truth.exists()):
            if not camera.is_alive() or time.monotonic() > until_s:
                raise CameraError("The simulated camera did not start.", mend="Look at the messages above.")
            time.sleep(0.02)


def standing_by_the_table(truth: RoomTruth) -> RigidTransform:
    """Return `world_from_room` for a headset whose wearer stands at the foot of the simulated table, facing the head.

    A simulated alignment: the world begins at the wearer's eyes (WebXR's `local` space), the patient lies prone
    with the board at the height of a table, within reach.
    """
    # Patient left, posterior, superior to world left, up, ahead.
    rotation = np.array([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
    board_patient_mm = truth.patient_from_board.translation_mm
    ahead = np.array([0.0, -BELOW_EYES_MM, -AHEAD_MM])
    world_from_patient = RigidTransform(Frame.WORLD, Frame.PATIENT, rotation, ahead - rotation @ board_patient_mm)
    return world_from_patient @ truth.motion.truth_room_from_patient(0.0).inverse()


def _end(process: SpawnProcess) -> None:
    process.join(3.0)
    if process.is_alive():
        process.kill()
        process.join()
