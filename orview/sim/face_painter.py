"""Faces of a board, or a wall, as the rows of a camera see them: light and cover of each pixel, before the sensor.

Each pixel is the mean of 3 x 3 samples, each carried through the lens and its row's pose into the print.
Whole pixels are pixel centres throughout (see `geometry.pinhole`).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.sim.bow import Bow
from orview.sim.printed_face import PrintedFace, texture_of
from orview.sim.shutter import RowMatrices

SAMPLES = 3
FINE = 2.5
"""Texels of the print to a pixel of the picture, about: finer ones would be skipped, coarser ones would blur."""

BACK = 0.2
"""Light from the back of a plate."""

LAMP = (0.88, 0.10)
"""The lamp stands to one side: light at the left end of a print and how much more there is at the right."""

_RAY_STEP_PX = 4
_REACH_PX = 4


@dataclass(frozen=True, kw_only=True)
class Glare:
    """The blurred mirror image of a lamp on a print.

    Attributes:
        at_mm: its middle (x, y) in the face.
        radius_mm: one sigma of its spread.
        light: what it adds in its middle, 1 being white.
    """

    at_mm: tuple[float, float]
    radius_mm: float
    light: float


@dataclass(frozen=True, eq=False)
class Layer:
    """What stands before the background in a part of a picture.

    Attributes:
        rows, columns: which part.
        light: (h, w, 2) light already weighed with cover, and cover 0 to 1.
    """

    rows: slice
    columns: slice
    light: NDArray[np.float32]


@lru_cache(maxsize=4)
def rays_of(lens: PinholeLens) -> NDArray[np.float32]:
    """Return where each pixel looks, (H, W, 2): x and y of the ray with z = 1."""
    step = _RAY_STEP_PX
    columns, rows = math.ceil(lens.width_px / step) + 4, math.ceil(lens.height_px / step) + 4
    first = 0.5 * (step - 1) - 2 * step
    grid = np.stack(np.meshgrid(first + step * np.arange(columns), first + step * np.arange(rows)), axis=-1)
    coarse = lens.unproject(grid)[..., :2]
    # Cells of both sizes share their outer edges. Between rays so near the lens is straight to 1e-3 px.
    fine = cv2.resize(coarse, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return fine[2 * step : 2 * step + lens.height_px, 2 * step : 2 * step + lens.width_px].astype(np.float32)


def paint_faces(
    faces: tuple[PrintedFace, ...],
    board_from_camera: RowMatrices,
    lens: PinholeLens,
    *,
    bows: tuple[Bow | None, ...] | None = None,
    print_scale: float = 1.0,
    glare: Glare | None = None,
) -> Layer | None:
    """Return the faces seen by the rows of a picture; None where they are out of view.

    Args:
        faces: of one board; the first one has the `glare`.
        board_from_camera: for each row.
        lens: of the camera.
        bows: how each face is bent.
        print_scale: true length of what is said to be 1 mm.
        glare: on the first face.
    """
    seen = {}
    for number, face in enumerate(faces):
        placed = face.board_from_face.copy()
        placed[:3, 3] *= print_scale
        face_from_camera = board_from_camera.after(np.linalg.inv(placed).astype(np.float64))
        box = _box(face, face_from_camera, lens, print_scale)
        if box is not None:
            seen[number] = (face, face_from_camera, box)
    if not seen:
        return None
    boxes = np.array([box for *_, box in seen.values()])
    (left, top), (right, bottom) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    light = np.zeros((bottom - top, right - left, 2), dtype=np.float32)
    camera_mm = board_from_camera.matrices[len(board_from_camera.knots) // 2][:3, 3]
    for number in back_to_front(faces, camera_mm):
        if number not in seen:
            continue
        face, face_from_camera, box = seen[number]
        rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
        part = _paint_face(
            face,
            face_from_camera,
            lens,
            rows,
            columns,
            bow=None if bows is None else bows[number],
            print_scale=print_scale,
            glare=glare if number == 0 else None,
        )
        below = light[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
        below *= 1.0 - part[..., 1:]
        below += part
    return Layer(slice(int(top), int(bottom)), slice(int(left), int(right)), light)


def back_to_front(faces: tuple[PrintedFace, ...], camera_mm: NDArray[np.float64]) -> list[int]:
    """Return the order in which faces hide one another from a camera at (3,), board frame.

    A face is hidden by what lies on the camera's side of its plane. Where each of two lies behind the other's plane,
    as on a ridge, neither hides the other.
    """
    corners = [face.corners_board_mm for face in faces]
    hidden_by = np.zeros((len(faces), len(faces)), dtype=np.bool_)
    for number, face in enumerate(faces):
        normal, origin = face.board_from_face[:3, 2], face.board_from_face[:3, 3]
        towards = np.sign(normal @ (camera_mm - origin))
        for other, points in enumerate(corners):
            heights = towards * ((points - origin) @ normal)
            # What lies in the same plane hides nothing.
            hidden_by[number, other] = heights.min() > -1e-6 and heights.max() > 1e-6
    order: list[int] = []
    left = set(range(len(faces)))
    while left:
        free = [number for number in left if not any(hidden_by[other, number] for other in left)]
        chosen = min(free or left)
        order.append(chosen)
        left.remove(chosen)
    return order


def places_mm(
    face_from_camera: NDArray[np.float64], rays: NDArray[np.float32], bow: Bow | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where rays (h, w, 2) meet a face: x and y (h, w), mm.

    Args:
        face_from_camera: (h, 4, 4), one for each row, or (1, 4, 4) for all.
        rays: as `rays_of`.
        bow: how the face is bent.
    """
    turned = face_from_camera[:, :3, :3].astype(np.float32)[:, None]
    start = face_from_camera[:, :3, 3].astype(np.float32)[:, None]
    x, y = rays[..., 0], rays[..., 1]
    rise = turned[..., 2, 0] * x + turned[..., 2, 1] * y + turned[..., 2, 2]
    slope_x = (turned[..., 0, 0] * x + turned[..., 0, 1] * y + turned[..., 0, 2]) / rise
    slope_y = (turned[..., 1, 0] * x + turned[..., 1, 1] * y + turned[..., 1, 2]) / rise
    # The ray meets the plane z = h at start + slope (h - start_z).
    at_x = start[..., 0] - slope_x * start[..., 2]
    at_y = start[..., 1] - slope_y * start[..., 2]
    if bow is None:
        return at_x, at_y
    bent_x, bent_y = at_x, at_y
    for _ in range(3):
        # A bow changes by a few micrometres over the step of a round, so three are exact to 1e-6 mm.
        height = bow.height_mm(bent_x, bent_y).astype(np.float32)
        bent_x, bent_y = at_x + slope_x * height, at_y + slope_y * height
    return bent_x, bent_y


def _paint_face(
    face: PrintedFace,
    face_from_camera: RowMatrices,
    lens: PinholeLens,
    rows: slice,
    columns: slice,
    *,
    bow: Bow | None,
    print_scale: float,
    glare: Glare | None,
) -> NDArray[np.float32]:
    """Return light weighed with cover, and cover, (h, w, 2), of one face in a part of the picture."""
    matrices = face_from_camera.rows(rows.start, rows.stop)
    x_mm, y_mm = places_mm(matrices, rays_of(lens)[rows, columns], bow)
    middle = face_from_camera.matrices[len(face_from_camera.knots) // 2]
    distance_mm = abs(float(middle[2, 3])) or 1.0
    span_mm = float(np.linalg.norm(middle[:3, 3]))
    fine = _fineness(FINE * lens.fx_px / max(span_mm, distance_mm))
    texture = texture_of(face, fine)
    texel_x = ((x_mm / print_scale - face.low_mm[0]) * fine + 0.5).astype(np.float32)
    texel_y = ((y_mm / print_scale - face.low_mm[1]) * fine + 0.5).astype(np.float32)
    # Within a pixel the way into the print is straight to 1e-4 of a texel, so samples are interpolated.
    size = (x_mm.shape[1] * SAMPLES, x_mm.shape[0] * SAMPLES)
    taken = cv2.remap(
        texture,
        cv2.resize(texel_x, size, interpolation=cv2.INTER_LINEAR),
        cv2.resize(texel_y, size, interpolation=cv2.INTER_LINEAR),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    part = np.asarray(cv2.resize(taken, x_mm.shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.float32)
    if middle[2, 3] > 0.0:
        part[..., 0] = np.float32(BACK) * part[..., 1]
        return part
    part[..., 0] *= LAMP[0] + texel_x * np.float32(LAMP[1] / texture.shape[1])
    if glare is not None:
        away = (x_mm - glare.at_mm[0]) ** 2 + (y_mm - glare.at_mm[1]) ** 2
        part[..., 0] += part[..., 1] * np.float32(glare.light) * np.exp(away * np.float32(-0.5 / glare.radius_mm**2))
    return part


def _fineness(texels_per_mm: float) -> float:
    """Return one of few finenesses, a quarter octave apart, so that textures are made once."""
    return float(2.0 ** (0.25 * round(4.0 * math.log2(min(max(texels_per_mm, 0.25), 32.0)))))


def _box(
    face: PrintedFace, face_from_camera: RowMatrices, lens: PinholeLens, print_scale: float
) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom of the pixels a face may touch, ends not included."""
    across, down = (np.linspace(low, high, 5) for low, high in zip(face.low_mm, face.high_mm, strict=True))
    rim = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2) * print_scale
    places = np.column_stack([rim, np.zeros(len(rim)), np.ones(len(rim))])
    ends = []
    for matrix in face_from_camera.matrices[:: max(1, len(face_from_camera.knots) - 1)]:
        in_camera = (places @ np.linalg.inv(matrix).T)[:, :3]
        if in_camera[:, 2].min() < 50.0:
            return None
        ends.append(lens.project(in_camera))
    pixels = np.vstack(ends)
    low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - _REACH_PX, 0)
    high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + _REACH_PX + 1, (lens.width_px, lens.height_px))
    if (high - low < 2).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
