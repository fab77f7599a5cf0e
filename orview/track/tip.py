"""The tip of a pointer in the frame of the board on the patient, from one picture that shows both boards.

`tip_in_board = board_from_camera @ camera_from_pointer @ tip_in_pointer`. Errors of the two poses are added as if
they had nothing in common: an error of the lens moves both boards alike and mostly cancels, so the sum is large enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.uncertain import motion_jacobian
from orview.markers.pose import PoseState
from orview.track.follow import TrackedPose


@dataclass(frozen=True, kw_only=True, eq=False)
class Tip:
    """Where a pointer's tip is.

    Attributes:
        position_pointer_mm: (3,) in the frame of the pointer's board.
        covariance_mm2: (3, 3) of it.
    """

    position_pointer_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class TipSight:
    """Where one picture shows the tip, in the frame of the board on the patient.

    Attributes:
        taken_ns: when the picture was taken.
        position_board_mm: (3,).
        noise_mm2: (3, 3) the part of its error that is new in every picture.
        shared_mm2: (3, 3) the part that stays while boards and camera rest: lens, prints and tip.
    """

    taken_ns: int
    position_board_mm: NDArray[np.float64]
    noise_mm2: NDArray[np.float64]
    shared_mm2: NDArray[np.float64]


def tip_in_sight(board: TrackedPose, pointer: TrackedPose, tip: Tip) -> TipSight | None:
    """Return where a picture shows the tip, None where either board has no pose to be believed.

    Args:
        board: what the picture says of the board on the patient.
        pointer: what it says of the pointer's board.
        tip: of that pointer.
    """
    if board.state is not PoseState.TRACKED or pointer.state is not PoseState.TRACKED:
        return None
    camera_from_board, camera_from_pointer = board.camera_from_board, pointer.camera_from_board
    if camera_from_board is None or camera_from_pointer is None:
        return None
    if board.noise_covariance is None or pointer.noise_covariance is None:
        return None
    in_camera = camera_from_pointer.transform.apply(tip.position_pointer_mm)
    # Both errors are small motions in the camera's frame: what each moves is the tip, there.
    told = camera_from_board.transform.rotation.T @ motion_jacobian(in_camera)
    noise = board.noise_covariance + pointer.noise_covariance
    shared = camera_from_board.covariance + camera_from_pointer.covariance - noise
    turned = camera_from_board.transform.rotation.T @ camera_from_pointer.transform.rotation
    return TipSight(
        taken_ns=board.taken_ns,
        position_board_mm=camera_from_board.transform.inverse().apply(in_camera),
        noise_mm2=told @ noise @ told.T,
        shared_mm2=told @ shared @ told.T + turned @ tip.covariance_mm2 @ turned.T,
    )
