"""How wrong a pose may be: the noise of its corners, the lens, the scale and the flatness of the print.

To first order, for the pose that makes the weighted squares of the corners least. The covariances are those of
`orview.geometry.uncertain`: a small motion on the left (rotation rad, translation mm) in the camera frame.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile

OPEN = 1e-12
"""Smallest eigenvalue of the information, each unknown in its own unit, where rounding is all that is left."""

UNSURE = 0.02
"""Of what lens and print do to a pose, so much counts as the pose's own: the next picture may hide other corners.
With up to 40 % of them hidden by chance it is what is left of a board that rests, or that was moved by 150 mm.
"""


def pixel_jacobians(
    pose: RigidTransform, points_board_mm: NDArray[np.float64], lens: PinholeLens
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the derivatives of the pixels of points (N, 3) by a left motion, (2N, 6), and by the lens, (2N, 9).

    Rows are x, y of the first point, of the second, and so on; the lens in the order of `LENS_PARAMETERS`.
    """
    # With the board told in camera coordinates OpenCV's own pose is zero, and its derivatives by rotation vector
    # and translation are those by a small motion on the left.
    points = pose.apply(points_board_mm)
    _, jacobian = cv2.projectPoints(points, np.zeros(3), np.zeros(3), lens.matrix, np.array(lens.distortion))
    values = np.asarray(jacobian, dtype=np.float64)
    return values[:, :6], values[:, 6:15]


def pose_covariance(
    pose: RigidTransform,
    points_board_mm: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
    profile: CameraProfile,
    board: Board,
    *,
    bow_solved: bool = False,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return what is known of a pose solved from corners (or other points of the print) weighted by their noise.

    Args:
        pose: `camera_from_board`.
        points_board_mm: (N, 3) the points it was solved from, board frame.
        sigmas_px: (N,) noise of each point in x and in y, one standard deviation.
        profile: the camera, with the covariance of its lens.
        board: the board, with what is known of its print.
        bow_solved: whether the bends of `bow_modes` were solved for together with the pose, each held by its prior;
            else the print was taken for flat.

    Returns:
        The total covariance (6, 6) and the part of it (6, 6) that is new in every picture: the noise of the corners.
        None where the points leave a direction open.
    """
    parts = _parts(pose, points_board_mm, sigmas_px, profile, board, bow_solved=bow_solved)
    if parts is None:
        return None
    noise, shared = parts
    total = noise + shared @ shared.T
    if not np.isfinite(total).all() or np.diag(noise).min() <= 0.0:
        return None
    return 0.5 * (total + total.T), 0.5 * (noise + noise.T)


def shared_errors(
    pose: RigidTransform, sigma_px: float, profile: CameraProfile, board: Board
) -> NDArray[np.float64] | None:
    """Return what a pose shares with all others of one board by one camera (`orview.geometry.shared_error`).

    Told from all corners that look at the camera, though some may be hidden; so `UNSURE` of it is left out.

    Args:
        pose: `camera_from_board`.
        sigma_px: noise of a corner in x and in y, one standard deviation.
        profile: the camera, with the covariance of its lens.
        board: the board, with what is known of its print.

    Returns:
        Left motions (6, K), camera frame, for one sigma of each of nine combinations of the lens, of the print's scale
        and of each of its bends. None where no corners look at the camera.
    """
    faces = [
        face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
        for face in board.faces
    ]
    turned = [
        corners
        for face, corners in zip(board.faces, faces, strict=True)
        if float(pose.rotate(face.normal_board) @ pose.apply(corners.mean(axis=0))) < 0.0
    ]
    if not turned:
        return None
    points = np.vstack(turned)
    parts = _parts(pose, points, np.full(len(points), sigma_px), profile, board, bow_solved=True)
    return None if parts is None else np.sqrt(1.0 - UNSURE) * parts[1]


def _parts(
    pose: RigidTransform,
    points_board_mm: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
    profile: CameraProfile,
    board: Board,
    *,
    bow_solved: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the covariance (6, 6) of the noise, and the motions (6, K) by one sigma of each other thing."""
    by_motion, by_lens = pixel_jacobians(pose, points_board_mm, profile.lens)
    by_place = by_motion[:, 3:].reshape(-1, 2, 3)
    in_camera = pose.rotation @ bow_modes(board, points_board_mm)
    by_bend = (by_place @ in_camera).reshape(len(by_motion), -1)
    by_scale = (by_place @ pose.rotate(points_board_mm)[..., None]).reshape(-1, 1) * board.printed.scale_sigma
    by_solved = np.hstack([by_motion, by_bend]) if bow_solved else by_motion
    weighted = by_solved * np.repeat(1.0 / np.square(sigmas_px), 2)[:, None]
    information = weighted.T @ by_solved
    diagonal = np.arange(6, len(information))
    information[diagonal, diagonal] += 1.0
    sizes = np.sqrt(np.maximum(information.diagonal(), 1e-300))
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information / np.outer(sizes, sizes))[0] < OPEN:
        return None
    inverse = np.linalg.inv(information)
    motion_by_pixel = inverse[:6] @ weighted.T
    noise = (motion_by_pixel * np.repeat(np.square(sigmas_px), 2)) @ motion_by_pixel.T
    # What the prior of a bend holds back of it stays in the pose.
    motion_by_bend = inverse[:6, 6:] if bow_solved else motion_by_pixel @ by_bend
    motion_by_lens, motion_by_scale = motion_by_pixel @ by_lens, motion_by_pixel @ by_scale
    return noise, np.hstack([motion_by_lens @ _root(profile.covariance), motion_by_scale, motion_by_bend])


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return R (N, N) with R R^T the covariance, whose entries may differ by many orders and whose rank may be less."""
    scale = np.sqrt(np.maximum(covariance.diagonal(), 1e-300))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0)))
