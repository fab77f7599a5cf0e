"""Where points are when their rows are exposed: each in its own row's time."""

import numpy as np

from orview.sim.shutter import Shutter
from orview.track.edges import places_of
from orview.track.placed import placed
from tests.board_pictures import moving
from tests.unit.track.test_align import BOARD, LENS, POSE

PLACES = places_of(BOARD).first(300)


def test_rows_see_their_own_time() -> None:
    motion = moving(POSE, mm_s=np.array([300.0, -250.0, 100.0]), rad_s=np.array([0.0, 0.0, 0.0]))
    shutter = Shutter(rows=LENS.height_px, readout_s=0.016)
    points = PLACES.points[:40]
    expected = shutter.project(points, motion, LENS, 0.0)
    velocity = np.array([0.0, 0.0, 0.0, 300.0, -250.0, 100.0])
    _, projected, late_s = placed(points, POSE, LENS, velocity=velocity, readout_s=0.016)
    assert np.abs(projected.pixels - expected).max() < 0.02
    assert np.allclose(late_s, 0.016 * (expected[:, 1] / (LENS.height_px - 1) - 0.5), atol=2e-5)


def test_all_rows_at_once_see_the_pose_itself() -> None:
    points = PLACES.points[:40]
    in_camera, projected, late_s = placed(points, POSE, LENS, velocity=np.full(6, 9.0), readout_s=0.0)
    assert np.allclose(in_camera, POSE.apply(points))
    assert np.allclose(projected.pixels, LENS.project(POSE.apply(points)))
    assert not late_s.any()
