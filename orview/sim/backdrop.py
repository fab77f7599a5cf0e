"""What the camera sees behind the board: the patient's back in a window of the drapes, as a lit landscape.

Seen from above, skin and cloth are one surface y = height(x, z) of the patient frame. Its light does not
depend on where the camera stands, so colour and shading are painted once into a map of the surface; a
picture then only asks, for a coarse grid of rays, where each meets the surface.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.sim.fixture import plate_corners_mm
from orview.sim.lens import encode_srgb
from orview.sim.patient import LyingPatient
from orview.sim.pelvis import Pelvis
from orview.sim.shapes import distance_at

HALF_WIDTH_MM, UP_MM, DOWN_MM = 900.0, 840.0, 660.0
TABLE_Y_MM = -120.0
SHADOW_FALL_MM = 20.0
"""How far the plate's shadow falls before it meets the skin."""

_HEIGHT_STEP_MM = 6.0
_TEXEL_MM = 1.5
_LAMP = np.array([-0.35, 0.88, 0.32])
_SKIN = np.array([0.255, 0.365, 0.610])
_CLOTH = np.array([0.330, 0.300, 0.105])
_TAPE = np.array([0.42, 0.40, 0.22])
_WINDOW_MM = (112.0, -62.0, 140.0)
"""Half the width, lower and upper edge of the opening in the drapes, pelvis frame."""


class Backdrop:
    """The landscape of one patient; BGR.

    Args:
        patient: who lies there.
        board: casts its shadow.
        lens: of the camera that will film it.
    """

    RAY_STEP_PX = 8
    """Rays are cast at every so many pixels; between them the surface is taken as a saddle."""

    def __init__(self, patient: LyingPatient, board: Board, lens: PinholeLens) -> None:
        self._origin = patient.pelvis.origin_patient_mm
        rng = np.random.default_rng([patient.seed, 2])
        x = np.arange(-HALF_WIDTH_MM, HALF_WIDTH_MM + 1.0, _HEIGHT_STEP_MM)
        z = np.arange(-DOWN_MM, UP_MM + 1.0, _HEIGHT_STEP_MM)
        skin = _skin_height(patient.pelvis, x, z)
        hidden = _under_cloth(x, z)
        cloth = cv2.GaussianBlur(skin, (0, 0), 5.0) + 1.5 + _folds(rng, skin.shape) * 7.0
        self._height = np.asarray(skin * (1.0 - hidden) + cloth * hidden, dtype=np.float32)
        self._map = _painted(self._height, x, z, patient, board, rng)
        self._lens = lens
        columns = np.arange(0.5 * self.RAY_STEP_PX - 0.5, lens.width_px, self.RAY_STEP_PX)
        rows = np.arange(0.5 * self.RAY_STEP_PX - 0.5, lens.height_px, self.RAY_STEP_PX)
        self._rays = lens.unproject(np.stack(np.meshgrid(columns, rows), axis=-1))

    def picture(self, camera_from_patient: RigidTransform) -> NDArray[np.uint8]:
        """Return what the camera sees, (H / 2, W / 2, 3) BGR sRGB, without what the sensor does to it."""
        across, up = self.ground_mm(camera_from_patient)
        half = (self._lens.width_px // 2, self._lens.height_px // 2)
        # Sizes are multiples of one another, so resizing keeps centres of coarse cells on centres of fine ones.
        map_x = cv2.resize(
            ((across + HALF_WIDTH_MM) / _TEXEL_MM).astype(np.float32), half, interpolation=cv2.INTER_LINEAR
        )
        map_y = cv2.resize(((up + DOWN_MM) / _TEXEL_MM).astype(np.float32), half, interpolation=cv2.INTER_LINEAR)
        picture = cv2.remap(self._map, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(picture, dtype=np.uint8)

    def ground_mm(self, camera_from_patient: RigidTransform) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where each coarse ray meets the surface: x and z, mm from the pelvis' origin."""
        patient_from_camera = camera_from_patient.inverse()
        start = patient_from_camera.translation_mm - self._origin
        ray = patient_from_camera.rotate(self._rays)
        slope_x, slope_z = ray[..., 0] / ray[..., 1], ray[..., 2] / ray[..., 1]
        y = np.full(slope_x.shape, 100.0)
        for _ in range(10):
            x, z = start[0] + (y - start[1]) * slope_x, start[2] + (y - start[1]) * slope_z
            # A part of the step at a time converges wherever the surface is less steep than the ray.
            y += 0.7 * (self.height_mm(x, z) - y)
        return start[0] + (y - start[1]) * slope_x, start[2] + (y - start[1]) * slope_z

    def height_mm(self, x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the surface's y at x and z (R, C), mm from the pelvis' origin."""
        map_x = ((x + HALF_WIDTH_MM) / _HEIGHT_STEP_MM).astype(np.float32)
        map_z = ((z + DOWN_MM) / _HEIGHT_STEP_MM).astype(np.float32)
        height = cv2.remap(self._height, map_x, map_z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(height, dtype=np.float64)


def _skin_height(pelvis: Pelvis, x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the hindmost y of the body at x and z, the table's where there is none: (Z, X), pelvis origin."""
    grid_x, grid_z = np.meshgrid(x, z)
    inside, outside = np.full(grid_x.shape, 20.0), np.full(grid_x.shape, 180.0)
    points = np.empty((*grid_x.shape, 3))
    for _ in range(20):
        middle = 0.5 * (inside + outside)
        points[...] = np.stack([grid_x, middle, grid_z], axis=-1) + pelvis.origin_patient_mm
        within = distance_at(pelvis.body, points) < 0.0
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    beside = inside < 20.5
    # The cloth falls from the flank to the table in a slope rather than a cliff.
    away = np.maximum(np.abs(grid_x) - 165.0 * pelvis.scale, 0.0)
    flank = np.maximum(20.0 - 1.1 * away, TABLE_Y_MM)
    return np.where(beside, flank, inside).astype(np.float32)


def _under_cloth(x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return how far the skin lies under the drapes, 0 to 1."""
    return np.clip(0.5 + _beyond_window(*np.meshgrid(x, z)) / 14.0, 0.0, 1.0).astype(np.float32)


def _beyond_window(x: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance, mm, from the rim of the opening in the drapes, positive under the cloth."""
    half, low, high = _WINDOW_MM
    across = np.abs(x) - (half - 25.0)
    along = np.abs(z - 0.5 * (low + high)) - (0.5 * (high - low) - 25.0)
    corner = np.hypot(np.maximum(across, 0.0), np.maximum(along, 0.0))
    return np.asarray(corner + np.minimum(np.maximum(across, along), 0.0) - 25.0)


def _folds(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return soft creases of cloth about -1 to 1 (Z, X): noise of several sizes, folded."""
    total = np.zeros(shape, dtype=np.float32)
    for size, share in ((9.0, 0.6), (4.5, 0.3), (2.0, 0.1)):
        noise = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), size, sigmaY=1.8 * size)
        total += np.float32(share) * (1.0 - np.abs(noise / float(noise.std())))
    return total


def _painted(
    height: NDArray[np.float32],
    x: NDArray[np.float64],
    z: NDArray[np.float64],
    patient: LyingPatient,
    board: Board,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """Return the surface's colour with its shading, (Z, X, 3) BGR sRGB at `_TEXEL_MM`."""
    fine_x = np.arange(x[0], x[-1] + 0.5, _TEXEL_MM)
    fine_z = np.arange(z[0], z[-1] + 0.5, _TEXEL_MM)
    place_x, place_z = np.meshgrid((fine_x - x[0]) / _HEIGHT_STEP_MM, (fine_z - z[0]) / _HEIGHT_STEP_MM)
    fine = cv2.remap(height, place_x.astype(np.float32), place_z.astype(np.float32), cv2.INTER_CUBIC)
    fine = np.asarray(cv2.GaussianBlur(fine, (0, 0), 4.0), dtype=np.float32)
    grid_x, grid_z = np.meshgrid(fine_x, fine_z)
    beyond = _beyond_window(grid_x, grid_z)
    cloth = np.clip(0.5 + beyond / 1.5, 0.0, 1.0)[..., None]

    skin = _SKIN * (1.0 + 0.10 * _mottle(rng, fine.shape, 14.0) + 0.05 * _mottle(rng, fine.shape, 1.6))[..., None]
    weave = 1.0 + 0.05 * _mottle(rng, fine.shape, 0.8)[..., None]
    tape = np.clip(1.0 - np.abs(beyond - 22.0) / 1.5, 0.0, 1.0)[..., None] * 0.35
    colour = skin * (1.0 - cloth) + (_CLOTH * (1.0 - tape) + _TAPE * tape) * weave * cloth
    # Skin is painted with iodine round the operation field.
    iodine = np.clip(0.5 - (beyond + 22.0) / 18.0, 0.0, 1.0)[..., None] * (1.0 - cloth)
    colour *= 1.0 - iodine * (1.0 - np.array([0.55, 0.80, 0.98]))

    slope_z, slope_x = np.gradient(fine, _TEXEL_MM)
    normal_length = np.sqrt(slope_x**2 + slope_z**2 + 1.0)
    lamp = _LAMP / np.linalg.norm(_LAMP)
    facing = np.clip((lamp[1] - slope_x * lamp[0] - slope_z * lamp[2]) / normal_length, 0.0, 1.0)
    spot = np.exp(-((grid_x / 420.0) ** 2) - ((grid_z - 20.0) / 420.0) ** 2)
    light = 0.20 + 0.95 * facing * (0.25 + 0.75 * spot)
    light *= 1.0 - 0.45 * np.exp(-((beyond / 7.0) ** 2)) * (beyond < 3.0)
    light *= 1.0 - 0.55 * _shadow(patient, board, lamp, grid_x, grid_z)
    return (encode_srgb(np.clip(colour * light[..., None], 0.0, 1.0)) * 255.0 + 0.5).astype(np.uint8)


def _shadow(
    patient: LyingPatient,
    board: Board,
    lamp: NDArray[np.float64],
    grid_x: NDArray[np.float64],
    grid_z: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return how much of the lamp the plate takes from each place, 0 to 1; a broad lamp has soft shadows."""
    corners = patient.patient_from_board.apply(plate_corners_mm(board)) - patient.pelvis.origin_patient_mm
    fallen = corners - SHADOW_FALL_MM / lamp[1] * lamp
    mask = np.zeros(grid_x.shape, dtype=np.uint8)
    outline = np.rint((fallen[:, [0, 2]] - (grid_x[0, 0], grid_z[0, 0])) / _TEXEL_MM).astype(np.int32)
    cv2.fillConvexPoly(mask, outline, 255)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 7.0 / _TEXEL_MM), dtype=np.float32) / np.float32(255.0)


def _mottle(rng: np.random.Generator, shape: tuple[int, ...], size_mm: float) -> NDArray[np.float32]:
    """Return unevenness (Z, X) of mean 0 and deviation 1, its patches about `size_mm` large."""
    step = max(1, math.floor(0.5 * size_mm / _TEXEL_MM))
    coarse = rng.standard_normal((shape[0] // step + 2, shape[1] // step + 2), dtype=np.float32)
    noise = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), size_mm / (step * _TEXEL_MM)), (shape[1], shape[0]))
    return np.asarray(noise / float(noise.std()), dtype=np.float32)
