"""The tip of a pointer in the frame of the board on the patient, from one picture that shows both boards.

`tip_in_board = board_from_camera @ camera_from_pointer @ tip_in_pointer`. Noise and prints of the two boards err apart;
an error of the lens moves both, and only the difference moves the tip. How it moves each is told from all corners that
look at the camera; as some may have been hidden, a part of it (`UNSURE`) counts as if nothing cancelled.
"""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import motion_jacobian
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.pose import PoseState
from orview.markers.uncertainty import pixel_jacobians
from orview.track.follow import TrackedPose
from orview.track.tip_sight import Tip, TipSight
from orview.units import m_from_mm

UNSURE = 0.1

LEAST_MARKER_PX = 25.0
"""Markers of a pointer smaller than this in the picture are often not read (`python -m benchmarks.pointer_reach`)."""


def reach_mm(pointer: Board, profile: CameraProfile) -> float:
    """Return up to which distance a camera reads the markers of a pointer."""
    smallest_mm = min(face.marker_mm for face in pointer.faces)
    return profile.lens.fx_px * smallest_mm / LEAST_MARKER_PX


def out_of_reach(pointer: Board, profile: CameraProfile, board: TrackedPose) -> str:
    """Return why a pointer near the patient is not seen from where the camera is, and what to do, or nothing.

    Args:
        pointer: the board on the pointer.
        profile: of the camera.
        board: what the picture says of the board on the patient, near which the pointer is used.
    """
    if board.camera_from_board is None:
        return ""
    distance_mm = float(np.linalg.norm(board.camera_from_board.transform.translation_mm))
    reach = reach_mm(pointer, profile)
    if distance_mm <= reach:
        return ""
    finer = "" if profile.lens.height_px >= 1080 else ", or use 1080p"
    return (
        f"The camera is {m_from_mm(distance_mm):.2f} m from the patient's board and reads this pointer up to "
        f"{m_from_mm(reach):.2f} m: come nearer{finer}."
    )


class TipFinder:
    """Finds a pointer's tip in pictures.

    Args:
        board: on the patient.
        pointer: the board on the pointer.
        profile: of the camera that sees both.
        tip: of that pointer.
    """

    def __init__(self, board: Board, pointer: Board, profile: CameraProfile, tip: Tip) -> None:
        self._profile, self._tip = profile, tip
        self._prints = tuple(_Print(one) for one in (board, pointer))

    def find(self, board: TrackedPose, pointer: TrackedPose) -> TipSight | None:
        """Return where a picture shows the tip, None where either board has no pose to be believed.

        Args:
            board: what the picture says of the board on the patient.
            pointer: what it says of the pointer's board.
        """
        if board.state is not PoseState.TRACKED or pointer.state is not PoseState.TRACKED:
            return None
        camera_from_board, camera_from_pointer = board.camera_from_board, pointer.camera_from_board
        if camera_from_board is None or camera_from_pointer is None:
            return None
        if board.noise_covariance is None or pointer.noise_covariance is None:
            return None
        in_camera = camera_from_pointer.transform.apply(self._tip.position_pointer_mm)
        board_from_camera = camera_from_board.transform.inverse()
        # Both errors are small motions in the camera's frame: what each moves is the tip, there.
        told = board_from_camera.rotation @ motion_jacobian(in_camera)
        noise = board.noise_covariance + pointer.noise_covariance
        turned = board_from_camera.rotation @ camera_from_pointer.transform.rotation
        return TipSight(
            taken_ns=board.taken_ns,
            position_board_mm=board_from_camera.apply(in_camera),
            noise_mm2=told @ noise @ told.T,
            shared_mm2=self._shared(
                told,
                (camera_from_board.transform, camera_from_board.covariance - board.noise_covariance),
                (camera_from_pointer.transform, camera_from_pointer.covariance - pointer.noise_covariance),
            )
            + turned @ self._tip.covariance_mm2 @ turned.T,
        )

    def _shared(
        self, told: NDArray[np.float64], *sides: tuple[RigidTransform, NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Return the covariance (3, 3) by prints and lens; a side is a pose and what is systematic in it (6, 6)."""
        by_lens = [
            told @ one.moved_by_lens(pose, self._profile) for one, (pose, _) in zip(self._prints, sides, strict=True)
        ]
        lens = self._profile.covariance
        alone = [one @ lens @ one.T for one in by_lens]
        apart = by_lens[1] - by_lens[0]
        by_prints = sum(
            (
                _never_negative(told @ covariance @ told.T - mine)
                for (_, covariance), mine in zip(sides, alone, strict=True)
            ),
            np.zeros((3, 3)),
        )
        return by_prints + (1.0 - UNSURE) * apart @ lens @ apart.T + UNSURE * (alone[0] + alone[1])


class _Print:
    """The corners of a board's markers, by face."""

    def __init__(self, board: Board) -> None:
        corners = board.marker_corners_mm
        self._faces = [np.vstack([corners[number] for number in face.ids]) for face in board.faces]

    def moved_by_lens(self, pose: RigidTransform, profile: CameraProfile) -> NDArray[np.float64]:
        """Return by what left motion (6, 9) a pose from the faces that look at the camera follows the lens."""
        seen = [corners for corners in self._faces if _looks_here(pose, corners)]
        by_motion, by_lens = pixel_jacobians(pose, np.vstack(seen or self._faces), profile.lens)
        return np.asarray(-np.linalg.lstsq(by_motion, by_lens, rcond=None)[0], dtype=np.float64)


def _looks_here(pose: RigidTransform, corners_board_mm: NDArray[np.float64]) -> bool:
    """Say whether the camera sees the printed side of a face: its corners run clockwise, so +z is into the paper."""
    first, second, _, fourth = pose.apply(corners_board_mm[:4])
    return float(np.cross(second - first, fourth - first) @ first) > 0.0


def _never_negative(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a symmetric matrix (3, 3) without its negative eigenvalues: hidden corners make some."""
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)
