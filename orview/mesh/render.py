"""A picture of surfaces without a graphics card: seen from the patient's left front, shaded, its size and sides told.

Orthographic, so that the bar of 50 mm is right everywhere. Open3D's rays (Embree) run on any processor and need no
display; its own off-screen renderer wants a Vulkan driver.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.measure import corners_mm
from orview.mesh.rays import Floats, Targets, lit
from orview.mesh.strokes import draw_line, draw_text, text_width
from orview.mesh.surface import Surface

TOWARDS_EYE = np.array([0.50, -0.80, 0.33]) / np.linalg.norm([0.50, -0.80, 0.33])
"""Where the eye stands seen from the patient, LPS: left, in front and a little above."""
BAR_MM = 50.0

_SQUARES = 16
_FINER = 2
_EDGE = 0.035
"""Neighbouring pixels that differ by more, of 0 to 1, are looked at with `_FINER` squared rays each."""
_FILLED = 0.84
_BACKGROUND_TOP, _BACKGROUND_BOTTOM = np.array([0.030, 0.040, 0.055]), np.array([0.006, 0.008, 0.012])
_INK, _MARK = np.array([0.80, 0.84, 0.88]), np.array([0.95, 0.66, 0.25])
_SMALLEST_LETTERING = 0.75
"""Of its size in a picture of 480 px: smaller letters are not to be read."""
_VEIL_FACING, _VEIL_EDGE = 0.06, 0.75


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """One surface of a picture.

    Attributes:
        surface: patient mm.
        color_srgb: red, green, blue, 0 to 1.
        see_through: drawn as a thin veil over what lies behind it.
    """

    surface: Surface
    color_srgb: tuple[float, float, float]
    see_through: bool = False


def render(shown: Sequence[Shown], *, width: int = 640, height: int = 480, mark: str = "") -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) of red, green, blue.

    Args:
        shown: surfaces, at least one triangle in all.
        width: px, even.
        height: px, even.
        mark: written in the upper left corner, of the letters `mesh.strokes` knows.
    """
    solid, veil = ([one for one in shown if one.see_through is through] for through in (False, True))
    view = _view_of([one.surface for one in solid or veil], width=width, height=height)
    scene = _Scene(solid, veil, view)
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    picture = scene.colors(x.ravel(), y.ravel(), first=True).reshape(height, width, 3)
    rows, columns = np.nonzero(_edges(_srgb(picture)))
    step = (np.arange(_FINER) + 0.5) / _FINER
    fine_x, fine_y = (offsets.ravel() for offsets in np.meshgrid(step, step))
    finer = scene.colors((columns[:, None] + fine_x).ravel(), (rows[:, None] + fine_y).ravel())
    picture[rows, columns] = finer.reshape(len(rows), _FINER**2, 3).mean(axis=1)
    # Letters are mixed with what lies below as screens show it: in linear light dark-on-light edges look ragged.
    told = _srgb(picture)
    _annotate(told, view, mark)
    return np.asarray(np.rint(told * 255.0), dtype=np.uint8)


@dataclass(frozen=True, kw_only=True, eq=False)
class _View:
    """An orthographic camera: unit axes in patient space, the point in the picture's middle, and its scale."""

    right: NDArray[np.float64]
    up: NDArray[np.float64]
    forward: NDArray[np.float64]
    middle_mm: NDArray[np.float64]
    mm_per_px: float
    width: int
    height: int

    def rays(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> Floats:
        """Return origin and direction (N, 6) of the rays at places of the picture, px."""
        rays = np.empty((len(x), 6), dtype=np.float32)
        rays[:, :3] = (
            self.middle_mm
            + ((x - self.width / 2.0) * self.mm_per_px)[:, None] * self.right
            + ((self.height / 2.0 - y) * self.mm_per_px)[:, None] * self.up
        )
        rays[:, 3:] = self.forward
        return rays


def shares_hidden(focus: Surface, others: Sequence[Surface]) -> list[float]:
    """Return how much of one surface each of the others hides in a picture by `render`, 0 to 1.

    Counted in squares that hold points of the focus: a few per cent of error are nothing here.
    """
    along = _points_mm(focus) @ _axes()
    low, high = along.min(axis=0), along.max(axis=0)
    square_mm = max(float((high - low)[:2].max()) / _SQUARES, 1e-3)

    def nearest(depth_along: NDArray[np.float64]) -> NDArray[np.float64]:
        inside = ((depth_along[:, :2] >= low[:2]) & (depth_along[:, :2] <= high[:2])).all(axis=1)
        x, y = ((depth_along[inside, :2] - low[:2]) / square_mm).astype(np.int64).T
        depth = np.full((_SQUARES + 1, _SQUARES + 1), np.inf)
        np.minimum.at(depth, (x, y), depth_along[inside, 2])
        return depth

    mine = nearest(along)
    whole = np.isfinite(mine)
    return [float((nearest(_points_mm(other) @ _axes()) < mine)[whole].mean()) for other in others]


def _points_mm(surface: Surface) -> NDArray[np.float64]:
    """Return the vertices and the middles of the triangles, (N, 3)."""
    return np.concatenate([surface.vertices_mm, corners_mm(surface).mean(axis=1)])


def _axes() -> NDArray[np.float64]:
    """Return the picture's right, up and into it as columns, patient space."""
    right = np.cross(-TOWARDS_EYE, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, -TOWARDS_EYE), -TOWARDS_EYE], axis=1)


def _view_of(surfaces: Sequence[Surface], *, width: int, height: int) -> _View:
    """Return the view that shows these surfaces whole."""
    right, up, forward = _axes().T
    along = np.concatenate([surface.vertices_mm for surface in surfaces]) @ _axes()
    low, high = along.min(axis=0), along.max(axis=0)
    across, upwards, _ = (low + high) / 2.0
    # The eye stands before anything a body may have, and near enough for float32 to tell a hundredth of a millimetre.
    return _View(
        right=right,
        up=up,
        forward=forward,
        middle_mm=across * right + upwards * up + (low[2] - 500.0) * forward,
        mm_per_px=max(float(max((high[0] - low[0]) / width, (high[1] - low[1]) / height)) / _FILLED, 1e-3),
        width=width,
        height=height,
    )


class _Scene:
    """What is seen along any ray of a view."""

    def __init__(self, solid: Sequence[Shown], veil: Sequence[Shown], view: _View) -> None:
        self._solid, self._veil = (
            Targets([one.surface for one in layer], [_linear(np.array(one.color_srgb)) for one in layer])
            for layer in (solid, veil)
        )
        self._view = view
        self._openness = np.ones((view.height, view.width), dtype=np.float32)

    def colors(self, x: NDArray[np.float64], y: NDArray[np.float64], *, first: bool = False) -> Floats:
        """Return the linear colour (N, 3) at places of the picture.

        Args:
            x: px to the right.
            y: px down.
            first: the places are the middles of all pixels, row by row; the shadows found there serve later calls.
        """
        rays = self._view.rays(x, y)
        down = (y / self._view.height)[:, None]
        colors = np.asarray(_BACKGROUND_TOP + down * (_BACKGROUND_BOTTOM - _BACKGROUND_TOP), dtype=np.float32)
        depth = np.full(len(rays), np.inf, dtype=np.float32)
        if (hit := self._solid.cast(rays)) is not None:
            if first:
                self._openness = self._solid.openness(hit, shape=self._openness.shape)
            pixels = y[hit.rays].astype(np.int64), x[hit.rays].astype(np.int64)
            colors[hit.rays] = lit(hit, self._openness[pixels], towards_eye=TOWARDS_EYE)
            depth[hit.rays] = hit.depth
        if (hit := self._veil.cast(rays)) is not None:
            grazing = 1.0 - np.abs(hit.normals @ TOWARDS_EYE)
            cover = np.where(hit.depth < depth[hit.rays], _VEIL_FACING + (_VEIL_EDGE - _VEIL_FACING) * grazing**4, 0.0)
            pale = 0.6 * hit.colors + 0.3
            colors[hit.rays] += (pale - colors[hit.rays]) * cover[:, None].astype(np.float32)
        return colors


def _edges(picture: Floats) -> NDArray[np.bool_]:
    """Return which pixels differ from a neighbour."""
    edges = np.zeros(picture.shape[:2], dtype=np.bool_)
    across = np.abs(np.diff(picture, axis=1)).max(axis=2) > _EDGE
    down = np.abs(np.diff(picture, axis=0)).max(axis=2) > _EDGE
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges


def _annotate(picture: Floats, view: _View, mark: str) -> None:
    """Draw the patient's directions, the bar and the mark."""
    size = max(view.height / 480.0, _SMALLEST_LETTERING)
    middle = np.array([56.0 * size, view.height - 56.0 * size])
    directions = []
    for axis, letters in enumerate(("LR", "PA", "SI")):
        for letter, sign in zip(letters, (1.0, -1.0), strict=True):
            patient = sign * np.eye(3)[axis]
            towards = np.array([patient @ view.right, -(patient @ view.up)])
            directions.append((float(patient @ view.forward), letter, towards))
    # Far ones first and fainter: the near ones lie over them.
    for away, letter, towards in sorted(directions, key=lambda direction: -direction[0]):
        opacity = 0.5 if away > 0.0 else 1.0
        end = middle + 30.0 * size * towards
        draw_line(picture, [middle, end], color=_INK, width=1.4 * size, opacity=opacity)
        letter_at = end + 10.0 * size * towards / max(float(np.hypot(*towards)), 0.35)
        draw_text(picture, letter, letter_at, color=_INK, height=10.0 * size, opacity=opacity)
    bar, right, level = BAR_MM / view.mm_per_px, view.width - 24.0 * size, view.height - 24.0 * size
    tick = 4.0 * size
    ends = [(right - bar, level - tick), (right - bar, level), (right, level), (right, level - tick)]
    draw_line(picture, ends, color=_INK, width=1.8 * size)
    draw_text(picture, "50 mm", (right - bar / 2.0, level - 14.0 * size), color=_INK, height=10.0 * size)
    if mark:
        place = (20.0 * size + text_width(mark, height=12.0 * size) / 2.0, 24.0 * size)
        draw_text(picture, mark, place, color=_MARK, height=12.0 * size)


def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of screen values (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: Floats) -> Floats:
    """Return screen values of linear light (IEC 61966-2-1)."""
    light = np.clip(linear, 0.0, 1.0)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)
