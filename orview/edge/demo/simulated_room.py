"""The process of the simulated room: it owns the clock, films the phantom and publishes each picture.

The truth never travels with the pictures. It is a function of time, and `RoomTruth` computes it from a
small file that says with which seed, board and beginning the room was started.
"""

import json
import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2

from orview.edge.boards import load_board
from orview.edge.demo.board_holder import HeldBefore
from orview.edge.demo.pointer_holder import PointerHeld
from orview.edge.host.process_life import begin_child_process, come_first
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture, camera_picture_capacity
from orview.errors import InputError
from orview.geometry.rigid import RigidTransform
from orview.sim.lens import LENS
from orview.sim.motion import RoomMotion
from orview.sim.patient import lay_patient
from orview.sim.room import SimulatedRoom
from orview.units import NS_PER_S, s_from_ns


class Flag(Protocol):
    """What an event of `threading` and of `multiprocessing` have in common."""

    def is_set(self) -> bool:
        """Say whether somebody set it."""
        ...

    def wait(self, timeout: float) -> bool:
        """Wait until it is set, for at most `timeout` seconds; say whether it is."""
        ...


def run_simulated_room(
    slot_path: Path,
    truth_path: Path,
    *,
    board: str,
    seed: int,
    epoch_ns: int,
    rate_hz: float,
    stop: Flag,
    covered: Flag | None = None,
    hands: Path | None = None,
    pointer: str = "",
    pointing: Path | None = None,
) -> None:
    """Film the simulated room until told to stop, or until the parent process dies.

    A picture's stamp is the moment it shows; rendering and publishing come after it, as readout and
    transfer do in a camera. When a picture takes longer than its turn, turns are left out.

    Args:
        slot_path: the slot of `CameraPicture` records to create.
        truth_path: where `RoomTruth` is to be written, before the first picture.
        board: name or file of the patient's board.
        seed: of the patient, the same as the phantom's.
        epoch_ns: monotonic time at which the room's time is 0.
        rate_hz: pictures a second at most.
        stop: ends the room when set.
        covered: while set, a cloth hides the board.
        hands: slot that says whether somebody holds a calibration board before the camera (`board_holder`).
        pointer: name or file of the board on the pointer; empty for none.
        pointing: slot that says what somebody points at with it (`pointer_holder`).

    Raises:
        InputError: there is no such board.
        RefusedError: the board does not fit on the patient.
    """
    if multiprocessing.parent_process() is not None:
        begin_child_process()
        # A real camera asks for no turn on the processor.
        come_first()
        # One core for the camera: it must not take those of tracker and stream.
        cv2.setNumThreads(1)
    marker_board = load_board(board)
    on_pointer = load_board(pointer) if pointer else None
    room = SimulatedRoom(lay_patient(marker_board, seed=seed), marker_board, seed=seed, pointer=on_pointer)
    RoomTruth(epoch_ns=epoch_ns, seed=seed, board_name=board, motion=room.motion).write(truth_path)
    capacity = camera_picture_capacity(width=LENS.width_px, height=LENS.height_px, channels=3)
    turn_ns = round(NS_PER_S / rate_hz)
    held_before = None if hands is None else HeldBefore(hands, seed=seed)
    pointer_held = None if pointing is None else PointerHeld(pointing, room.motion, seed=seed)
    with LatestSlot.create(slot_path, capacity) as slot:
        while not stop.is_set():
            taken_ns = time.monotonic_ns()
            t_s = s_from_ns(taken_ns - epoch_ns)
            held = None if held_before is None else held_before.next()
            if held is None:
                image = room.render(
                    t_s,
                    covered=covered is not None and covered.is_set(),
                    patient_from_pointer=None if pointer_held is None else pointer_held.next(t_s),
                ).image
            else:
                image = held[0].picture(held[1], t_s=t_s)
            record = CameraPicture(image=image, taken_ns=taken_ns, room_from_camera=room.room_from_camera(t_s))
            slot.publish(record.encode())
            used_ns = time.monotonic_ns() - taken_ns
            stop.wait(s_from_ns(turn_ns - used_ns % turn_ns))


@dataclass(frozen=True, kw_only=True, eq=False)
class RoomTruth:
    """What is true in a running simulated room, for who checks the chain; never for the chain itself.

    Attributes:
        epoch_ns: monotonic time at which the room's time is 0.
        seed: of the patient.
        board_name: name or file of the board.
        motion: camera and patient as functions of the room's time.
    """

    epoch_ns: int
    seed: int
    board_name: str
    motion: RoomMotion

    def room_from_patient(self, taken_ns: int) -> RigidTransform:
        """Return where the patient was at a monotonic time."""
        return self.motion.truth_room_from_patient(s_from_ns(taken_ns - self.epoch_ns))

    def room_from_camera(self, taken_ns: int) -> RigidTransform:
        """Return where the camera was at a monotonic time."""
        return self.motion.room_from_camera(s_from_ns(taken_ns - self.epoch_ns))

    @property
    def patient_from_board(self) -> RigidTransform:
        """Where the board sits on the patient."""
        return self.motion.patient.patient_from_board

    def write(self, path: Path) -> None:
        """Write what `read` needs, whole or not at all."""
        document = {
            "epoch_ns": self.epoch_ns,
            "seed": self.seed,
            "board": self.board_name,
            "board_digest": self.motion.board.digest,
        }
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(document), encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def read(cls, path: Path) -> "RoomTruth":
        """Read what a simulated room wrote.

        Raises:
            InputError: the file is missing or no such file, or the board has changed since.
        """
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            epoch_ns, seed = int(document["epoch_ns"]), int(document["seed"])
            board_name, digest = str(document["board"]), str(document["board_digest"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("The simulated room's truth cannot be read.", mend="Start the simulated room.") from error
        board = load_board(board_name)
        if board.digest != digest:
            raise InputError(
                "The board was changed since the simulated room started.", mend="Start the simulated room again."
            )
        motion = RoomMotion(lay_patient(board, seed=seed), board)
        return cls(epoch_ns=epoch_ns, seed=seed, board_name=board_name, motion=motion)
