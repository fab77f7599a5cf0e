"""Bringing a board nearer when it is farther from where it was expected than its borders can tell.

The print, softened until only squares and markers are left of it, is laid onto the picture softened alike, and moved
until the two agree (Lucas & Kanade 1981, with the gradients of the print: Baker & Matthews 2004).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.face import Face
from orview.markers.ink import cut_ink
from orview.markers.patterns import Charuco
from orview.track.middle import middle_of
from orview.track.motion import left_from_middle, moved_by, rows_by_motion
from orview.track.placed import placed
from orview.track.robust import HUBER
from orview.track.seen import project
from orview.track.view import facing_camera

FEATURE_PX = 8.0
"""Side of a chessboard square, or of a marker, in the picture brought down in size."""

SOFT_SHARE = 0.2
"""Blur of the softened print as a share of that side."""

STEPS_A_SIDE = 4
"""Points taken along that side."""

RASTER = 24
"""Texels along that side of the print that is softened."""

ROUNDS = 12
STILL_PX = 0.05
"""In the small picture; a round that moves the points by less is the last."""

DAMPING = 0.01

LEAST_POINTS = 60
LEAST_LIKENESS = 0.35
"""Correlation of print and picture below which they do not belong together."""

_MARGIN_PX = 40


class SoftPrint:
    """The softened print of one board for the pictures of one camera.

    Args:
        board: the board.
        lens: the camera's.
        readout_s: from the first row of a picture to the last.
    """

    def __init__(self, board: Board, lens: PinholeLens, *, readout_s: float) -> None:
        self._lens = lens
        self._readout_s = readout_s
        self._feature_mm = max(_feature_mm(face) for face in board.faces)
        columns = [_softened(face, self._feature_mm) for face in board.faces]
        self._points, self._normals, self._values, self._slopes, self._axes = (
            np.concatenate(parts) for parts in zip(*columns, strict=True)
        )

    def bring_nearer(
        self, picture: NDArray[np.uint8], camera_from_board: RigidTransform, *, velocity: NDArray[np.float64]
    ) -> RigidTransform | None:
        """Return a pose within a pixel or two of the board, None where the picture does not look like its print.

        Args:
            picture: (H, W) grey or (H, W, 3) BGR.
            camera_from_board: where the board is expected: within half a square.
            velocity: (6,) left motion per second, expected.
        """
        small = self._small(picture, camera_from_board)
        if small is None:
            return None
        pose = camera_from_board
        likeness = 0.0
        for _ in range(ROUNDS):
            seen = facing_camera(self._points, self._normals, pose)
            in_camera, projected, _ = placed(
                self._points[seen], pose, self._lens, velocity=velocity, readout_s=self._readout_s
            )
            light, inside = small.light(projected.pixels)
            if np.count_nonzero(inside) < LEAST_POINTS:
                return None
            in_camera, by_place = in_camera[inside], projected.by_place[inside]
            at = np.flatnonzero(seen)[inside]
            slopes = _slopes_in_picture(by_place, self._axes[at] @ pose.rotation.T, self._slopes[at])
            middle = in_camera.mean(axis=0)
            rows = rows_by_motion(in_camera - middle, np.einsum("ni,nij->nj", slopes, by_place))
            change, likeness = _agree(light, self._values[at], rows)
            pose = moved_by(pose, left_from_middle(middle) @ change)
            shift_px = np.einsum("nij,nj->ni", by_place, np.cross(change[:3], in_camera - middle) + change[3:])
            if np.abs(shift_px).mean() < STILL_PX * small.factor:
                break
        return pose if likeness > LEAST_LIKENESS else None

    def _small(self, picture: NDArray[np.uint8], camera_from_board: RigidTransform) -> "_SmallPicture | None":
        """Return the part of the picture around the board, softened and brought down in size."""
        seen = facing_camera(self._points, self._normals, camera_from_board)
        if np.count_nonzero(seen) < LEAST_POINTS:
            return None
        in_camera = camera_from_board.apply(self._points[seen])
        feature_px = self._lens.fx_px * self._feature_mm / middle_of(in_camera[:, 2])
        factor = max(1, round(feature_px / FEATURE_PX))
        pixels = project(in_camera, self._lens).pixels
        margin = max(_MARGIN_PX, round(feature_px))
        size = np.array([self._lens.width_px, self._lens.height_px])
        low = np.clip(np.floor(pixels.min(axis=0)).astype(int) - margin, 0, size)
        high = np.clip(np.ceil(pixels.max(axis=0)).astype(int) + margin, 0, size)
        high = low + (high - low) // factor * factor
        if (high - low < 4 * factor).any():
            return None
        part = picture[low[1] : high[1], low[0] : high[0]]
        shape = ((high - low) // factor).tolist()
        light = cv2.resize(part, shape, interpolation=cv2.INTER_AREA) if factor > 1 else part
        if light.ndim == 3:
            light = cv2.cvtColor(light, cv2.COLOR_BGR2GRAY)
        soft_px = SOFT_SHARE * feature_px / factor
        soft = cv2.GaussianBlur(light.astype(np.float32), (0, 0), soft_px)
        return _SmallPicture(np.asarray(soft, dtype=np.float32), low, factor)


@dataclass(frozen=True, eq=False)
class _SmallPicture:
    """Brightness (h, w), the pixel (2,) its corner was cut at, and how many pixels a side became one."""

    brightness: NDArray[np.float32]
    corner: NDArray[np.int_]
    factor: int

    def light(self, pixels: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the brightness at those of the pixels (N, 2) that lie inside, and which do."""
        at = (pixels - self.corner + 0.5) / self.factor - 0.5
        height, width = self.brightness.shape
        inside = np.asarray(((at >= 0.0) & (at <= (width - 1.0, height - 1.0))).all(axis=1))
        if not inside.any():
            return np.empty(0), inside
        x, y = at[inside].astype(np.float32).T
        values = cv2.remap(self.brightness, x[None], y[None], cv2.INTER_LINEAR)
        return np.asarray(values[0], dtype=np.float64), inside


def _slopes_in_picture(
    by_place: NDArray[np.float64], axes: NDArray[np.float64], slopes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return gradients (N, 2) per px of gradients (N, 2) per mm along face axes (N, 2, 3) in the camera frame."""
    across = np.einsum("nij,naj->nia", by_place, axes)
    a, b, c, d = across[:, 0, 0], across[:, 0, 1], across[:, 1, 0], across[:, 1, 1]
    determinant = a * d - b * c
    determinant = np.where(np.abs(determinant) > 1e-9, determinant, np.inf)
    # The transpose of the inverse, written out.
    return (
        np.stack([d * slopes[:, 0] - c * slopes[:, 1], a * slopes[:, 1] - b * slopes[:, 0]], axis=1)
        / determinant[:, None]
    )


def _agree(
    light: NDArray[np.float64], print_light: NDArray[np.float64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the motion (6,) that brings print and picture together, and their correlation before it."""
    weights = np.ones(len(light))
    change, likeness = np.zeros(6), 0.0
    for _ in range(3):
        total = weights.sum()
        seen = light - (weights @ light) / total
        drawn = print_light - (weights @ print_light) / total
        power = float(weights @ np.square(drawn))
        if not power > 0.0:
            return np.zeros(6), 0.0
        gain = float(weights @ (drawn * seen)) / power
        likeness = gain * math.sqrt(power / max(float(weights @ np.square(seen)), 1e-12))
        gain = max(gain, 1e-3)
        columns = np.column_stack([-gain * rows, print_light, np.ones(len(light))])
        weighted = columns * weights[:, None]
        normal = weighted.T @ columns
        # A little of each diagonal keeps steps short along what the print leaves open.
        normal[np.arange(6), np.arange(6)] *= 1.0 + DAMPING
        solved = np.linalg.solve(normal + 1e-12 * np.trace(normal) * np.eye(8), weighted.T @ light)
        rest = np.abs(light - columns @ solved)
        weights = np.minimum(1.0, HUBER * (1.4826 * middle_of(rest) + 1e-6) / np.maximum(rest, 1e-6))
        change = solved[:6]
    return change, likeness


def _feature_mm(face: Face) -> float:
    return face.pattern.square_mm if isinstance(face.pattern, Charuco) else face.marker_mm


def _softened(face: Face, feature_mm: float) -> tuple[NDArray[np.float64], ...]:
    """Return points (N, 3), normals (N, 3), brightness (N,), its slopes (N, 2) per mm, and face axes (N, 2, 3)."""
    ink = cut_ink(face)
    texel_mm = feature_mm / RASTER
    low, high = face.outline_box_mm
    columns = np.arange(low[0], high[0], texel_mm) + 0.5 * texel_mm
    rows = np.arange(low[1], high[1], texel_mm) + 0.5 * texel_mm
    column = np.clip(np.searchsorted(ink.x_mm, columns) - 1, 0, ink.black.shape[1] - 1)
    row = np.clip(np.searchsorted(ink.y_mm, rows) - 1, 0, ink.black.shape[0] - 1)
    white = 1.0 - ink.black[np.ix_(row, column)].astype(np.float32)
    soft = cv2.GaussianBlur(white, (0, 0), SOFT_SHARE * RASTER, borderType=cv2.BORDER_REPLICATE)
    down, across = np.gradient(soft, texel_mm)
    # So near the rim the softened picture shows what lies behind the plate.
    step, margin = RASTER // STEPS_A_SIDE, round(SOFT_SHARE * RASTER)
    y, x = np.mgrid[margin : len(rows) - margin : step, margin : len(columns) - margin : step].reshape(2, -1)
    points = face.board_from_face.apply(np.column_stack([columns[x], rows[y], np.zeros(len(x))]))
    axes = face.board_from_face.rotation.T[:2]
    return (
        points,
        np.tile(face.normal_board, (len(x), 1)),
        soft[y, x].astype(np.float64),
        np.column_stack([across[y, x], down[y, x]]).astype(np.float64),
        np.tile(axes, (len(x), 1, 1)),
    )
