"""Boards worn on headsets are found in the room camera's pictures, and told with what all pictures share."""

from pathlib import Path

import numpy as np

from orview.edge.host.config import RunFolder
from orview.edge.host.worn_watch import SEEN_EVERY_NS, UNSEEN_EVERY_NS, Filmed, WornWatch
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.worn_records import WornRecord
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import motion_jacobian
from tests.pointing import POINTER, PROFILE, TwoBoards, pointer_at

ROOM_FROM_CAMERA = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, [0.2, -0.1, 0.3], [100.0, -50.0, 20.0])
T0 = 10**12


def watch_in(folder: Path) -> tuple[WornWatch, LatestSlot]:
    run = RunFolder(folder)
    for path, capacity in run.slots().items():
        LatestSlot.create(path, capacity)
    return WornWatch(run, (POINTER,)), LatestSlot.attach(run.worn_slot)


def filmed(image: np.ndarray, taken_ns: int) -> Filmed:
    return Filmed(image=image, taken_ns=taken_ns, room_from_camera=ROOM_FROM_CAMERA, profile=PROFILE)


def test_where_a_worn_board_is_is_told_in_the_room_with_what_all_pictures_share(tmp_path: Path) -> None:
    watch, slot = watch_in(tmp_path)
    truth = pointer_at(np.array([225.0, 10.0, 40.0]))
    for number, image in enumerate(TwoBoards().still(truth, count=2)):
        watch.take(filmed(image, T0 + number))
    newest = slot.latest()
    assert newest is not None
    (sight,) = WornRecord.decode(newest[1]).sights
    assert (sight.board, sight.taken_ns) == ("pointer", T0 + 1)
    found = sight.room_from_worn
    middle = np.array([48.0, 30.0, 10.0])
    off = found.transform.apply(middle) - (ROOM_FROM_CAMERA @ truth).apply(middle)
    assert np.linalg.norm(off) < 1.5
    # What is shared comes on top of the noise of a picture, and is most of it here: the lens is only roughly known.
    shared_mm2 = motion_jacobian(found.transform.apply(middle)) @ sight.shared
    whole = found.covariance_at(middle) + shared_mm2 @ shared_mm2.T
    assert off @ np.linalg.solve(whole, off) < 16.27
    assert np.trace(whole) > 4.0 * np.trace(found.covariance_at(middle))


def test_a_hidden_headset_is_looked_for_seldom_and_told_nothing_of(tmp_path: Path) -> None:
    watch, slot = watch_in(tmp_path)
    room = TwoBoards()
    hidden, shown = (room.still(pose, count=1)[0] for pose in (None, pointer_at(np.array([225.0, 10.0, 40.0]))))
    watch.take(filmed(hidden, T0))
    assert slot.latest() is None
    watch.offer(filmed(shown, T0 + UNSEEN_EVERY_NS - 1))
    assert watch.newest is None
    watch.offer(filmed(shown, T0 + UNSEEN_EVERY_NS))
    assert watch.newest is not None
    watch.take(watch.newest)
    watch.offer(filmed(hidden, T0 + UNSEEN_EVERY_NS + SEEN_EVERY_NS))
    assert watch.newest.image is hidden
    assert slot.sequence == 1
