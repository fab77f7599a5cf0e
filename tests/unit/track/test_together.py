"""Several boards on one patient: whichever is bumped, it is told in words until somebody looked after it."""

from dataclasses import replace

import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose
from orview.track.pair_watch import BASE_PICTURES
from orview.track.together import Together
from orview.units import NS_PER_S
from tests.board_pictures import board_pose

BOARDS = [load_board(name) for name in ("patient_flat", "patient_folded", "headset")]
POSES = [
    board_pose(board, distance_mm=500.0, tilt_deg=30.0, azimuth_deg=40.0 * k, aside_mm=(120.0 * (k - 1), 0.0))
    for k, board in enumerate(BOARDS)
]
NOISE = np.diag([1e-8, 1e-8, 1e-8, 1e-4, 1e-4, 1e-3])


def seen(poses: list[RigidTransform], k: int) -> list[TrackedPose]:
    return [
        TrackedPose(
            state=PoseState.TRACKED,
            taken_ns=k * NS_PER_S // 30,
            camera_from_board=UncertainPose(pose, 2.0 * NOISE),
            rms_px=0.1,
            corner_count=24,
            reason="",
            noise_covariance=NOISE,
        )
        for pose in poses
    ]


def learned(count: int = 3) -> Together:
    together = Together(BOARDS[:count])
    for k in range(BASE_PICTURES + 1):
        assert together.take(seen(POSES[:count], k)) == ""
    return together


@pytest.mark.hazard("H10")
@pytest.mark.parametrize("bumped", [0, 1, 2])
def test_whichever_board_is_bumped_it_is_told_and_stays_told(bumped: int) -> None:
    together = learned()
    push = RigidTransform(
        POSES[bumped].to_frame, POSES[bumped].from_frame, POSES[bumped].rotation, POSES[bumped].translation_mm + 4.0
    )
    poses = [push if k == bumped else pose for k, pose in enumerate(POSES)]
    for k in range(BASE_PICTURES + 1, BASE_PICTURES + 31):
        together.take(seen(poses, k))
    assert "was bumped: by about " in together.reason
    assert "was bumped: by about " in together.take(seen(POSES, 1000))
    together.begin()
    assert together.reason == ""
    for k in range(2000, 2000 + BASE_PICTURES + 30):
        assert together.take(seen(poses, k)) == ""


@pytest.mark.hazard("H10")
def test_the_camera_may_walk_and_a_board_may_be_out_of_sight() -> None:
    together = learned(2)
    for k in range(BASE_PICTURES + 1, BASE_PICTURES + 60):
        walk = RigidTransform.from_rotation_vector(
            Frame.CAMERA, Frame.CAMERA, [0.0, 0.002 * k, 0.001 * k], [0.3 * k, 0.0, 0.1 * k]
        )
        told = seen([walk @ pose for pose in POSES[:2]], k)
        if k % 7 == 0:
            told[1] = replace(told[1], camera_from_board=None, noise_covariance=None, state=PoseState.LOST)
        assert together.take(told) == ""


def test_one_board_alone_watches_nothing() -> None:
    together = Together(BOARDS[:1])
    assert together.take(seen(POSES[:1], 0)) == ""
