"""A wearer's head about a table with a board on it, with truth: places, looks and how wrong they are."""

import numpy as np

from orview.frames import Frame
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.register.world import seen_by_headset
from orview.register.world_mean import Sight

WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(
    Frame.WORLD, Frame.ROOM, [0.2, 1.1, -0.4], [300.0, -500.0, -900.0]
)
ROOM_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.BOARD, [2.9, 0.1, 0.2], [-60.0, 40.0, 700.0])
TARGET_ROOM_MM = ROOM_FROM_BOARD.apply([70.0, 50.0, 140.0])
"""The tumour, 140 mm below the board."""
BIAS = about([0.0, 0.0, 0.0], sigma_rad=0.001, sigma_mm=0.3)
"""Of the camera on the head, in its own frame."""


def drawn(rng: np.random.Generator, covariance: np.ndarray) -> np.ndarray:
    """A small motion (6,) of this covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.normal(size=6))


def moved(pose: RigidTransform, motion: np.ndarray) -> RigidTransform:
    """A pose after a small left motion (6,)."""
    return RigidTransform.from_rotation_vector(pose.to_frame, pose.to_frame, motion[:3], motion[3:]) @ pose


def camera_over_board(rng: np.random.Generator, *, spread_rad: float) -> RigidTransform:
    """`board_from_camera`: half a metre over the board, looking at its middle from somewhere in a cone."""
    tilt = rng.uniform(-spread_rad, spread_rad, 3)
    turned = rotation_from_vector(tilt)
    middle = np.array([70.0, 50.0, 0.0])
    ahead = turned @ np.array([0.0, 0.0, 1.0])
    return RigidTransform(Frame.BOARD, Frame.CAMERA, turned, middle - rng.uniform(450.0, 650.0) * ahead)


def noise_of(camera_from_board: RigidTransform, *, turn_rad: float = 0.003, mm: float = 0.3) -> np.ndarray:
    """Covariance (6, 6) of the noise of one look, turning about the board."""
    return about(camera_from_board.apply([70.0, 50.0, 0.0]), sigma_rad=turn_rad, sigma_mm=mm)


def look(
    rng: np.random.Generator,
    *,
    bias: np.ndarray,
    world_from_room: RigidTransform = WORLD_FROM_ROOM,
    spread_rad: float = 0.5,
    board_from_camera: RigidTransform | None = None,
    gross: bool = False,
) -> Sight:
    """One look from somewhere, with this draw of the bias and fresh noise; a gross one is far off."""
    if board_from_camera is None:
        board_from_camera = camera_over_board(rng, spread_rad=spread_rad)
    camera_from_board = board_from_camera.inverse()
    world_from_camera = world_from_room @ ROOM_FROM_BOARD @ board_from_camera
    noise = noise_of(camera_from_board)
    wrong = drawn(rng, noise) + bias
    if gross:
        wrong = wrong + rng.normal(size=6) * [0.2, 0.2, 0.2, 60.0, 60.0, 60.0]
    return seen_by_headset(
        world_from_camera=world_from_camera,
        camera_from_board=UncertainPose(moved(camera_from_board, wrong), noise),
        room_from_board=UncertainPose.certain(ROOM_FROM_BOARD),
    )


def error_mm(found: RigidTransform, truth: RigidTransform = WORLD_FROM_ROOM) -> float:
    """How far off a found `world_from_room` draws the tumour."""
    return float(np.linalg.norm(found.apply(TARGET_ROOM_MM) - truth.apply(TARGET_ROOM_MM)))
