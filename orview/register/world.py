"""Where the room stands in a headset's world, from what the headset saw, was touched at, or was seen wearing.

    by its own camera   world_from_camera @ camera_from_board @ board_from_room
    by touching         corners of the board touched in its world, fitted; then @ board_from_room
    by the room camera  world_from_headset @ headset_from_worn @ worn_from_camera @ camera_from_room

In each the patient's board, or the room camera, is where the room camera says at that moment. What the room camera is
wrong by there, it is wrong by again when the patient is drawn: only what has changed in between stays
(`geometry.shared_error`), so it is no part of the mean. The noise of its single sights is.
"""

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.accuracy import fre_mm, pose_covariance
from orview.geometry.chain import about
from orview.geometry.fit import fit_rigid
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import own_covariance
from orview.geometry.uncertain import UncertainPose, adjoint_of
from orview.register.world_mean import Sight, WorldMean

FEWEST_TOUCHES = 4
"""Three touched corners always fit somewhere; the fourth is the first that can disagree."""

CALM_RAD, CALM_MM = 0.0006, 0.25
"""One sigma of what every calm sight of a camera is wrong by, however well calibrated: lens, print, bow, shutter
(0.4 to 0.5 mm at 150 mm from the board in rendered scenes)."""


def seen_by_headset(
    *,
    world_from_camera: RigidTransform,
    camera_from_board: UncertainPose,
    room_from_board: UncertainPose,
    head_covariance: NDArray[np.float64] | None = None,
    shared: NDArray[np.float64] | None = None,
) -> Sight:
    """Return what one picture of the headset's own camera says.

    Args:
        world_from_camera: the camera at the exposure.
        camera_from_board: as found in the picture, with the noise of that alone.
        room_from_board: the same board by the room camera at that moment, with what is that picture's own error.
        head_covariance: (6, 6) jitter of the headset's own tracking, left, world frame; None for none.
        shared: (6, K) what lens and print do to this picture (`geometry.shared_error`), camera frame; None where all
            that pictures share is in the bias.
    """
    head = UncertainPose(world_from_camera, np.zeros((6, 6)) if head_covariance is None else head_covariance)
    return Sight(
        world_from_room=head @ camera_from_board @ room_from_board.inverse(),
        world_from_bias=world_from_camera,
        shared=np.zeros((6, 0)) if shared is None else shared,
    )


def seen_by_room(
    *,
    world_from_headset: UncertainPose,
    headset_from_worn: RigidTransform,
    room_from_worn: UncertainPose,
    shared: NDArray[np.float64] | None = None,
) -> Sight:
    """Return what one picture of the room camera says of a board worn on the headset.

    Args:
        world_from_headset: at the exposure, with the jitter of the headset's own tracking.
        headset_from_worn: where the board is fixed on the headset; its error rests in the headset.
        room_from_worn: as the room camera found that board, with the noise of that alone.
        shared: (6, K) what lens and print do to this picture, room frame; None where nothing is known to be shared.
    """
    headset_from_room = UncertainPose.certain(headset_from_worn) @ room_from_worn.inverse()
    in_headset = np.zeros((6, 0)) if shared is None else -adjoint_of(headset_from_room.transform) @ shared
    return Sight(
        world_from_room=world_from_headset @ headset_from_room,
        world_from_bias=world_from_headset.transform,
        shared=in_headset,
    )


def known_by_worn(mean: WorldMean, *, lens: slice) -> tuple[UncertainPose, NDArray[np.float64]]:
    """Part what a mean of sights of a worn board is wrong by: its own, and what the room camera's lens makes of it.

    The same lens draws the patient's board elsewhere in the same picture: what of it both have in common cancels.

    Args:
        mean: of sights with the `shared` of `seen_by_room`.
        lens: the columns of `shared` that are the room camera's lens; the others are the print of the worn board.

    Returns:
        `world_from_room` with what is wrong about it beside the lens, and (6, L) by what left motion, room frame, it
        sees the room moved with one sigma of each thing of the lens.
    """
    by_lens = mean.response[:, 6:][:, lens]
    pose = mean.world_from_room
    in_room = -adjoint_of(pose.transform.inverse()) @ by_lens
    return UncertainPose(pose.transform, own_covariance(pose, by_lens)), np.asarray(in_room)


def calm_bias() -> NDArray[np.float64]:
    """Return the (6, 6) covariance, camera frame, of what every calm look of a camera is wrong by (`CALM_RAD`)."""
    return about(np.zeros(3), sigma_rad=CALM_RAD, sigma_mm=CALM_MM)


def fit_touches(
    corners_board_mm: ArrayLike, touched_world_mm: ArrayLike, *, sigma_mm: float, most_misfit: float = 16.27
) -> UncertainPose:
    """Return `world_from_board` from touched corners of a board; one wrong touch of six or more is left out.

    Args:
        corners_board_mm: (N, 3), board frame.
        touched_world_mm: (N, 3) the same corners touched, in the headset's world.
        sigma_mm: of one touch, along each axis.
        most_misfit: squared misfit of a touch in sigmas that is still believed; one in 1000 lies beyond.

    Raises:
        RefusedError: fewer than four touches, corners on one line, or touches that do not fit the board.
    """
    corners = np.asarray(corners_board_mm, dtype=np.float64)
    touched = np.asarray(touched_world_mm, dtype=np.float64)
    if len(corners) < FEWEST_TOUCHES:
        raise RefusedError(
            f"{len(corners)} touched corners are too few.", mend=f"Touch {FEWEST_TOUCHES} corners of the board or more."
        )
    pose, squares = _fitted(corners, touched, sigma_mm)
    kept = np.arange(len(corners))
    if squares.max() > most_misfit and len(corners) >= FEWEST_TOUCHES + 2:
        for keep in combinations(range(len(corners)), len(corners) - 1):
            fewer, left = _fitted(corners[list(keep)], touched[list(keep)], sigma_mm)
            if left.max() <= most_misfit:
                pose, squares, kept = fewer, left, np.array(keep)
                break
    if squares.max() > most_misfit:
        raise RefusedError(
            f"The touched corners fit the board only within {fre_mm(pose.apply(corners) - touched):.1f} mm.",
            mend="Touch the corners again, in the order shown, and hold the tip still.",
        )
    covariances = np.broadcast_to(sigma_mm**2 * np.eye(3), (len(kept), 3, 3))
    return UncertainPose(pose, pose_covariance(pose.apply(corners[kept]), covariances))


def _fitted(
    corners: NDArray[np.float64], touched: NDArray[np.float64], sigma_mm: float
) -> tuple[RigidTransform, NDArray[np.float64]]:
    pose = fit_rigid(touched, corners, to_frame=Frame.WORLD, from_frame=Frame.BOARD).transform
    return pose, np.square((pose.apply(corners) - touched) / sigma_mm).sum(axis=1)
