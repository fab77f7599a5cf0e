"""Flat sheets and lines in a picture of surfaces: clear in front, faint where something solid hides them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.mesh.view import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_AHEAD_MM = 1.5
"""A line on a surface counts as in front of it: it was cut into triangles, the surface is drawn smooth."""
_STEP_PX = 1.0
_HIDDEN = 0.35
_FRACTION_BITS = 4
_FINER = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A see-through rectangle.

    Attributes:
        corners_mm: (4, 3) in their order round it.
        color: (3,) linear light.
        cover: how much of what lies behind it is covered, 0 to 1.
    """

    corners_mm: Floats
    color: Floats
    cover: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """A line in space.

    Attributes:
        points_mm: (N, 3), at least two.
        color: (3,) in the picture's values.
        width_px: how thick.
        through: drawn faintly where something solid hides it, rather than not at all.
    """

    points_mm: Floats
    color: Floats
    width_px: float
    through: bool = True


def sheet_depths(sheet: Sheet, rays: Singles) -> Singles:
    """Return how far along rays (N, 6) a sheet lies, infinite where they miss it: (N,)."""
    corner, across, upward = sheet.corners_mm[0], *(sheet.corners_mm[n] - sheet.corners_mm[0] for n in (1, 3))
    normal = np.cross(across, upward)
    origins, directions = rays[:, :3].astype(np.float64), rays[:, 3:].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = (corner - origins) @ normal / (directions @ normal)
        arms = origins + depth[:, None] * directions - corner
        inside = (depth > 0.0) & np.isfinite(depth)
        for side in (across, upward):
            part = arms @ side / (side @ side)
            inside &= (part >= 0.0) & (part <= 1.0)
    return np.where(inside, depth, np.inf).astype(np.float32)


def draw_lines(picture: Singles, lines: Sequence[Line], view: View, depth: Singles) -> None:
    """Draw lines into a picture.

    Args:
        picture: (H, W, 3), changed in place.
        lines: what to draw, those above others last.
        view: of the picture.
        depth: (H, W) how far the solid surface at the middle of each pixel lies, infinite where there is none.
    """
    for line in lines:
        places, deep = view.places(_fine(line.points_mm, view))
        column, row = (np.clip(places[:, n].astype(int), 0, depth.shape[1 - n] - 1) for n in (0, 1))
        hidden = deep > depth[row, column] + _AHEAD_MM
        for behind, opacity in ((True, _HIDDEN if line.through else 0.0), (False, 1.0)):
            if opacity > 0.0:
                _blend(picture, _mask(places, hidden == behind, line.width_px, depth.shape), line.color, opacity)


def _fine(points_mm: Floats, view: View) -> Floats:
    """Return a line as points that stand a pixel from one another."""
    lengths = np.linalg.norm(np.diff(points_mm, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = max(int(along[-1] / (_STEP_PX * view.mm_per_px)) + 1, 2)
    wanted = np.union1d(np.linspace(0.0, along[-1], count), along)
    return np.stack([np.interp(wanted, along, points_mm[:, axis]) for axis in range(3)], axis=1)


def _mask(places: Floats, drawn: NDArray[np.bool_], width_px: float, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return how much of each pixel (H, W) the parts of a line cover that are drawn, 0 to 255."""
    height, width = shape
    mask = np.zeros((_FINER * height, _FINER * width), dtype=np.uint8)
    # OpenCV counts from the middle of the first pixel.
    fixed = np.rint((_FINER * places - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
    both = drawn[:-1] & drawn[1:]
    for run in np.split(np.arange(len(places)), np.flatnonzero(~both) + 1):
        if len(run) > 1:
            cv2.polylines(
                mask,
                [fixed[run].reshape(-1, 1, 2)],
                isClosed=False,
                color=255,
                thickness=max(round(_FINER * width_px), 1),
                shift=_FRACTION_BITS,
            )
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _blend(picture: Singles, mask: NDArray[np.uint8], color: Floats, opacity: float) -> None:
    rows, columns = np.nonzero(mask)
    cover = (opacity / 255.0) * mask[rows, columns, None]
    picture[rows, columns] += (np.asarray(color) - picture[rows, columns]) * cover
