"""Ways to follow a board, all from nothing at the start of a film: ours, and what OpenCV offers off the shelf.

The rivals use OpenCV's defaults and the profile's lens; their sigma is what a least-squares fit says of itself, the
noise of its corners carried to the target.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking_scenes import Film
from benchmarks.tracking_score import Answer
from orview.errors import NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import motion_jacobian
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.track.follow import Follower

Look = Callable[[NDArray[np.uint8], int], Answer]
"""A picture and the time it was taken, ns, to an answer."""

APRILTAG_SHIFT_PX = 0.5
"""OpenCV's AprilTag refinement counts pixels from their corners; everything else here from their centres."""

FEWEST_CORNERS = 4


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to follow.

    Attributes:
        kind: of the board it looks for.
        start: returns it with nothing remembered.
        aware: it is told the readout time.
    """

    kind: str
    start: Callable[[Film], Look]
    aware: bool = False


def ours(film: Film) -> Look:
    """Return the product's follower."""
    follower = Follower(film.boards.by_kind["ours"], film.profile)
    target = film.target_mm("ours")

    def look(picture: NDArray[np.uint8], taken_ns: int) -> Answer:
        started = time.process_time()
        tracked = follower.step(picture, taken_ns=taken_ns)
        ms = 1e3 * (time.process_time() - started)
        if tracked.camera_from_board is None:
            return Answer(pose=None, sigma_mm=0.0, ms=ms, reason=tracked.reason)
        sigma_mm = float(np.sqrt(np.trace(tracked.camera_from_board.covariance_at(target))))
        return Answer(pose=tracked.camera_from_board.transform, sigma_mm=sigma_mm, ms=ms)

    return look


def charuco(film: Film) -> Look:
    """Return `CharucoDetector.detectBoard` on the whole picture and `solvePnP`, as in OpenCV's tutorial."""
    board = film.boards.by_kind["ours"]
    assert board.charuco is not None
    pattern = cv2.aruco.CharucoBoard(
        (board.charuco.squares_x, board.charuco.squares_y),
        board.charuco.square_mm,
        board.charuco.marker_mm,
        cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary)),
        np.array(board.charuco.ids, dtype=np.int32),
    )
    detector = cv2.aruco.CharucoDetector(pattern)
    corners = board.faces[0].corners_mm

    def find(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        pixels, ids, _, _ = detector.detectBoard(picture)
        if ids is None or len(ids) < FEWEST_CORNERS:
            return None
        return corners[np.ravel(ids)], np.reshape(pixels, (-1, 2)).astype(np.float64)

    return _solved(find, film.profile, film.target_mm("ours"))


def aruco_subpix(film: Film) -> Look:
    """Return `ArucoDetector` with `CORNER_REFINE_SUBPIX` on a grid of markers, and `solvePnP`."""
    find = _grid_finder(film.boards.by_kind["aruco"], cv2.aruco.CORNER_REFINE_SUBPIX, shift_px=0.0)
    return _solved(find, film.profile, film.target_mm("aruco"))


def apriltag(film: Film) -> Look:
    """Return `ArucoDetector` with `CORNER_REFINE_APRILTAG` less half a pixel on a grid of tags, and `solvePnP`."""
    find = _grid_finder(film.boards.by_kind["april"], cv2.aruco.CORNER_REFINE_APRILTAG, shift_px=APRILTAG_SHIFT_PX)
    return _solved(find, film.profile, film.target_mm("april"))


WAYS: Mapping[str, Way] = {
    "ours": Way(kind="ours", start=ours, aware=True),
    "ChArUco": Way(kind="ours", start=charuco),
    "ArUco SUBPIX": Way(kind="aruco", start=aruco_subpix),
    "AprilTag": Way(kind="april", start=apriltag),
}

Find = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float64], NDArray[np.float64]] | None]


def _grid_finder(board: Board, refinement: int, *, shift_px: float) -> Find:
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = refinement
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, board.dictionary))
    detector = cv2.aruco.ArucoDetector(dictionary, parameters)
    places = board.marker_corners_mm

    def find(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        found, ids, _ = detector.detectMarkers(picture)
        if ids is None:
            return None
        known = [
            (marker, corners) for marker, corners in zip(np.ravel(ids).tolist(), found, strict=True) if marker in places
        ]
        if not known:
            return None
        points = np.vstack([places[marker] for marker, _ in known])
        pixels = np.vstack([np.reshape(corners, (4, 2)) for _, corners in known]).astype(np.float64)
        return points, pixels - shift_px

    return find


def _solved(find: Find, profile: CameraProfile, target_mm: NDArray[np.float64]) -> Look:
    matrix, distortion = profile.lens.matrix, np.array(profile.lens.distortion)

    def look(picture: NDArray[np.uint8], _: int) -> Answer:
        started = time.process_time()
        pose, found = None, find(picture)
        if found is not None:
            try:
                solved, rotation, translation = cv2.solvePnP(*found, matrix, distortion)
                if solved:
                    pose = RigidTransform.from_rotation_vector(
                        Frame.CAMERA, Frame.BOARD, np.ravel(rotation), np.ravel(translation)
                    )
            except (cv2.error, NotRigidError):
                pose = None
        ms = 1e3 * (time.process_time() - started)
        if pose is None or found is None:
            return Answer(pose=None, sigma_mm=0.0, ms=ms)
        return Answer(pose=pose, sigma_mm=_fitted_sigma_mm(pose, *found, profile, target_mm), ms=ms)

    return look


def _fitted_sigma_mm(
    pose: RigidTransform,
    points_mm: NDArray[np.float64],
    pixels: NDArray[np.float64],
    profile: CameraProfile,
    target_mm: NDArray[np.float64],
) -> float:
    """Return one sigma of the target, root of the trace, from the residual of the corners alone."""
    distortion = np.array(profile.lens.distortion)
    seen, jacobian = cv2.projectPoints(pose.apply(points_mm), np.zeros(3), np.zeros(3), profile.lens.matrix, distortion)
    by_motion = np.asarray(jacobian)[:, :6]
    freedom = max(2 * len(points_mm) - 6, 1)
    noise = float(np.square(np.reshape(seen, (-1, 2)) - pixels).sum()) / freedom
    at_target = motion_jacobian(pose.apply(target_mm))
    covariance = at_target @ np.linalg.pinv(by_motion.T @ by_motion) @ at_target.T
    return float(np.sqrt(noise * np.trace(covariance)))
