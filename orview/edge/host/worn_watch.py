"""Boards worn on headsets in the track process: looked for in the room camera's pictures, and told where they are.

They have a thread of their own, which takes the newest picture when it has done with one: a headset out of sight is
searched for in the whole picture, and no pose of the patient may wait for that. Nor are they looked for in every
picture: a head is placed by some ten sights.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.config import RunFolder
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.worn_records import WornRecord, WornSight
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, adjoint_of
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX
from orview.markers.uncertainty import shared_errors
from orview.track.follow import TrackedPose, Tracker
from orview.units import NS_PER_S

SEEN_EVERY_NS, UNSEEN_EVERY_NS = NS_PER_S // 15, NS_PER_S // 4
"""From one picture in which headsets are looked for to the next: while one was seen in the last, and while none was."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Filmed:
    """One picture (H, W) or (H, W, 3) of the room's camera, where the camera stood, and its profile."""

    image: NDArray[np.uint8]
    taken_ns: int
    room_from_camera: RigidTransform
    profile: CameraProfile


class WornWatch:
    """Tells where the boards worn on headsets are.

    Args:
        run: where records go.
        boards: one a headset, told apart by their markers.
    """

    def __init__(self, run: RunFolder, boards: Sequence[Board]) -> None:
        self._boards = tuple(boards)
        self._slot = LatestSlot.attach(run.worn_slot)
        self._profile: CameraProfile | None = None
        self._tracker: Tracker | None = None
        self._next_ns = 0
        self._news = threading.Condition()
        self._newest: Filmed | None = None

    def start(self) -> None:
        """Begin to take what is offered, in a thread that ends with its process."""
        threading.Thread(target=self._run, name="orview-worn", daemon=True).start()

    def offer(self, filmed: Filmed) -> None:
        """Hand over a picture; one that still waits is forgotten."""
        if filmed.taken_ns >= self._next_ns:
            with self._news:
                self._newest = filmed
                self._news.notify()

    @property
    def newest(self) -> Filmed | None:
        """The picture that waits to be looked at, None for none."""
        return self._newest

    def take(self, filmed: Filmed) -> None:
        """Look for the boards in a picture, and tell where those are that are seen."""
        if filmed.profile is not self._profile or self._tracker is None:
            self._profile = filmed.profile
            # What is behind the boards is watched where the patient's board is followed.
            self._tracker = Tracker(self._boards, filmed.profile, resting=False)
        found = self._tracker.step(filmed.image, taken_ns=filmed.taken_ns)
        sights = [
            sight
            for board, one in zip(self._boards, found, strict=True)
            if (sight := _sight(board, one, filmed)) is not None
        ]
        self._next_ns = filmed.taken_ns + (SEEN_EVERY_NS if sights else UNSEEN_EVERY_NS)
        if sights:
            self._slot.publish(WornRecord(sights=tuple(sights)).encode())

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._newest is not None)
                filmed, self._newest = self._newest, None
            if filmed is not None:
                self.take(filmed)


def _sight(board: Board, found: TrackedPose, filmed: Filmed) -> WornSight | None:
    if found.camera_from_board is None or found.noise_covariance is None:
        return None
    seen = UncertainPose(found.camera_from_board.transform, found.noise_covariance)
    in_camera = shared_errors(found.camera_from_board.transform, CORNER_SIGMA_PX, filmed.profile, board)
    if in_camera is None:
        return None
    return WornSight(
        board=board.name,
        taken_ns=found.taken_ns,
        room_from_worn=UncertainPose.certain(filmed.room_from_camera) @ seen,
        shared=adjoint_of(filmed.room_from_camera) @ in_camera,
    )
