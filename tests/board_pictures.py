"""Pictures of a printed board from a known pose: the exact truth that detection and tracking are measured against."""

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.markers.print_png import raster_of
from orview.markers.sheet import lay_out
from orview.sim.real_camera import RealCamera, Scene, Shot
from orview.sim.sensor_chain import SensorChain
from orview.sim.shutter import Motion
from orview.units import rad_from_deg

PRINT_DPI = 508
PIXELS_PER_MM = PRINT_DPI / 25.4


def board_pose(
    board: Board,
    *,
    distance_mm: float,
    tilt_deg: float = 0.0,
    azimuth_deg: float = 0.0,
    roll_deg: float = 0.0,
    aside_mm: tuple[float, float] = (0.0, 0.0),
) -> RigidTransform:
    """Return `camera_from_board` with the middle of the pattern at a distance, tilted about an axis in the picture."""
    azimuth = rad_from_deg(azimuth_deg)
    axis = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    rotation = rotation_from_vector(axis * rad_from_deg(tilt_deg)) @ rotation_from_vector(
        (0.0, 0.0, rad_from_deg(roll_deg))
    )
    middle = np.array([*(np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0), 0.0])
    translation = np.array([*aside_mm, distance_mm]) - rotation @ middle
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, translation)


def picture_of(
    board: Board,
    camera_from_board: RigidTransform,
    lens: PinholeLens,
    *,
    noise: float = 0.0,
    blur_px: float = 0.6,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Return a grey picture (H, W) of the printed sheet lying in the room; the lens must not distort."""
    assert lens.distortion == (0.0,) * 5
    page = lay_out(board)[0]
    face, (left_mm, top_mm) = page.faces[0]
    assert np.array_equal(face.board_from_face.matrix, np.eye(4)), "only a board that lies flat in its own frame"
    sheet = raster_of(page, dpi=PRINT_DPI)
    # Centre of raster pixel (0, 0) is half a pixel inside the sheet's corner.
    board_from_raster = np.array(
        [
            [1.0 / PIXELS_PER_MM, 0.0, 0.5 / PIXELS_PER_MM - left_mm],
            [0.0, 1.0 / PIXELS_PER_MM, 0.5 / PIXELS_PER_MM - top_mm],
            [0.0, 0.0, 1.0],
        ]
    )
    rotation, translation = camera_from_board.rotation, camera_from_board.translation_mm
    pixel_from_raster = lens.matrix @ np.column_stack([rotation[:, :2], translation]) @ board_from_raster
    fine = 4
    fine_from_pixel = np.array([[fine, 0.0, (fine - 1) / 2.0], [0.0, fine, (fine - 1) / 2.0], [0.0, 0.0, 1.0]])
    # Brought down first to about the fine picture's own scale, so that the warp does not skip print pixels.
    smooth = cv2.GaussianBlur(sheet, (0, 0), 0.8)
    picture = cv2.warpPerspective(
        smooth,
        fine_from_pixel @ pixel_from_raster,
        (lens.width_px * fine, lens.height_px * fine),
        flags=cv2.INTER_LINEAR,
        borderValue=120,
    )
    picture = cv2.resize(picture, (lens.width_px, lens.height_px), interpolation=cv2.INTER_AREA)
    if blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), blur_px)
    grain = np.random.default_rng(seed).normal(0.0, noise, picture.shape) if noise else 0.0
    # Paper is not 255 and ink not 0, so that noise is not cut off.
    return np.asarray(np.clip(30.0 + picture * (190.0 / 255.0) + grain, 0, 255), dtype=np.uint8)


CLEAN = SensorChain(
    blur_px=0.6,
    corner_light=1.0,
    white_electrons=float("inf"),
    gamma=False,
    tone=0.0,
    sharpen=0.0,
    jpeg_quality=None,
)
"""A camera without faults but for the spread of its optics: values in proportion to light."""


def clean_picture_of(board: Board, camera_from_board: RigidTransform, lens: PinholeLens) -> NDArray[np.uint8]:
    """Return a grey picture (H, W) of any board, folded ones too, by any lens, before a structured wall."""
    camera = RealCamera(lens=lens, chain=CLEAN)
    return camera.shoot(Scene(board=board, camera_from_board=lambda _: camera_from_board), 0.0).image


def real_shots(scene: Scene, lens: PinholeLens, *, count: int, readout_ms: float = 0.0, seed: int = 0) -> list[Shot]:
    """Return a film of 30 pictures a second by an ordinary webcam, with the truth beside each picture."""
    camera = RealCamera(lens=lens, readout_ms=readout_ms, exposure_ms=4.0, seed=seed)
    return [camera.shoot(scene, k / 30.0) for k in range(count)]


def moving(start: RigidTransform, *, mm_s: NDArray[np.float64], rad_s: NDArray[np.float64]) -> Motion:
    """Return a pose that moves evenly: `mm_s` (3,) in the camera frame, turning about the board's origin."""

    def pose(t_s: float) -> RigidTransform:
        rotation = rotation_from_vector(np.asarray(rad_s) * t_s) @ start.rotation
        return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, start.translation_mm + np.asarray(mm_s) * t_s)

    return pose


def pose_error(truth: RigidTransform, found: RigidTransform, at_board_mm: NDArray[np.float64]) -> tuple[float, float]:
    """Return how far a point of the board lands from where it should, mm, and the angle between the poses, deg."""
    moved_mm = float(np.linalg.norm(truth.apply(at_board_mm) - found.apply(at_board_mm)))
    return moved_mm, float(np.degrees((truth.inverse() @ found).angle_rad))
