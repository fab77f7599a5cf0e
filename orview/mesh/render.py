"""A picture of surfaces without a graphics card: shaded, its size and sides told.

Open3D's rays (Embree) run on any processor and need no display; its own off-screen renderer wants a Vulkan driver.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.mesh.lettering import PAPER_INK, SCREEN_INK, Badge, Scale, annotate, draw_badges, draw_scale
from orview.mesh.measure import corners_mm
from orview.mesh.rays import Floats, Targets, lit
from orview.mesh.sheets import Line, Sheet, draw_lines, sheet_depths
from orview.mesh.surface import Surface
from orview.mesh.view import TOWARDS_EYE, View, axes_towards, view_of

Paint = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_SQUARES = 16
_FINER = 2
_EDGE = 0.035
"""Neighbouring pixels that differ by more, of 0 to 1, are looked at with `_FINER` squared rays each."""
_VEIL_FACING, _VEIL_EDGE = 0.06, 0.75
_GLASS_FACING, _GLASS_EDGE, _GLASS_DARK = 0.34, 0.95, 0.42


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """One surface of a picture.

    Attributes:
        surface: patient mm.
        color_srgb: red, green, blue, 0 to 1.
        see_through: drawn as a thin veil over what lies behind it.
        paint: gives the colour (N, 3), sRGB, of points (N, 3) of the surface; None for the same all over.
    """

    surface: Surface
    color_srgb: tuple[float, float, float]
    see_through: bool = False
    paint: Paint | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Backdrop:
    """What a picture is made on.

    Attributes:
        top, bottom: (3,) linear light of the empty picture.
        ink: (3,) of letters and lines, in the picture's values.
        glass: see-through surfaces are shaded, as a bright ground needs it; else they are a pale veil.
    """

    top: NDArray[np.float64]
    bottom: NDArray[np.float64]
    ink: NDArray[np.float64]
    glass: bool


SCREEN = Backdrop(
    top=np.array([0.030, 0.040, 0.055]), bottom=np.array([0.006, 0.008, 0.012]), ink=SCREEN_INK, glass=False
)
PAPER = Backdrop(top=np.ones(3), bottom=np.ones(3), ink=PAPER_INK, glass=True)


def render(
    shown: Sequence[Shown],
    *,
    width: int = 640,
    height: int = 480,
    mark: str = "",
    towards_eye: NDArray[np.float64] = TOWARDS_EYE,
    focus_mm: NDArray[np.float64] | None = None,
    backdrop: Backdrop = SCREEN,
    sheets: Sequence[Sheet] = (),
    lines: Sequence[Line] = (),
    badges: Sequence[Badge] = (),
    scale: Scale | None = None,
) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) of red, green, blue.

    Args:
        shown: surfaces, at least one triangle in all.
        width: px, even.
        height: px, even.
        mark: written in the upper left corner, of the letters `mesh.strokes` knows.
        towards_eye: (3,) unit, from the patient.
        focus_mm: (N, 3) points that fill the picture; everything solid where None.
        backdrop: what it is made on.
        sheets: see-through rectangles among the surfaces.
        lines: drawn over them, faint where something solid hides them.
        badges: words at places.
        scale: what painted colours mean.
    """
    solid, veil = ([one for one in shown if one.see_through is through] for through in (False, True))
    if focus_mm is None:
        focus_mm = np.concatenate([one.surface.vertices_mm for one in solid or veil])
    view = view_of(focus_mm, towards_eye=towards_eye, width=width, height=height)
    scene = _Scene(solid, veil, view, sheets, backdrop)
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    picture = scene.colors(x.ravel(), y.ravel(), first=True).reshape(height, width, 3)
    rows, columns = np.nonzero(_edges(_srgb(picture)))
    step = (np.arange(_FINER) + 0.5) / _FINER
    fine_x, fine_y = (offsets.ravel() for offsets in np.meshgrid(step, step))
    finer = scene.colors((columns[:, None] + fine_x).ravel(), (rows[:, None] + fine_y).ravel())
    picture[rows, columns] = finer.reshape(len(rows), _FINER**2, 3).mean(axis=1)
    # Letters are mixed with what lies below as screens show it: in linear light dark-on-light edges look ragged.
    told = _srgb(picture)
    draw_lines(told, lines, view, scene.depth)
    draw_badges(told, view, badges, paper=_srgb(backdrop.bottom.astype(np.float32)).astype(np.float64))
    annotate(told, view, ink=backdrop.ink, mark=mark)
    if scale is not None:
        draw_scale(told, view, scale, ink=backdrop.ink)
    return np.asarray(np.rint(told * 255.0), dtype=np.uint8)


def shares_hidden(focus: Surface, others: Sequence[Surface]) -> list[float]:
    """Return how much of one surface each of the others hides in a picture by `render`, 0 to 1.

    Counted in squares that hold points of the focus: a few per cent of error are nothing here.
    """
    axes = axes_towards(TOWARDS_EYE)
    along = _points_mm(focus) @ axes
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
    return [float((nearest(_points_mm(other) @ axes) < mine)[whole].mean()) for other in others]


def _points_mm(surface: Surface) -> NDArray[np.float64]:
    """Return the vertices and the middles of the triangles, (N, 3)."""
    return np.concatenate([surface.vertices_mm, corners_mm(surface).mean(axis=1)])


class _Scene:
    """What is seen along any ray of a view."""

    def __init__(
        self, solid: Sequence[Shown], veil: Sequence[Shown], view: View, sheets: Sequence[Sheet], backdrop: Backdrop
    ) -> None:
        self._solid, self._veil = (
            Targets([one.surface for one in layer], [_linear(np.array(one.color_srgb)) for one in layer])
            for layer in (solid, veil)
        )
        self._paints = [one.paint for one in solid if len(one.surface.triangles)]
        self._view, self._sheets, self._backdrop = view, sheets, backdrop
        self._towards_eye = -view.forward
        self._turn = np.stack([view.right, view.up, view.forward], axis=1) @ axes_towards(TOWARDS_EYE).T
        self._openness = np.ones((view.height, view.width), dtype=np.float32)
        self.depth = np.full((view.height, view.width), np.inf, dtype=np.float32)

    def colors(self, x: NDArray[np.float64], y: NDArray[np.float64], *, first: bool = False) -> Floats:
        """Return the linear colour (N, 3) at places of the picture.

        Args:
            x: px to the right.
            y: px down.
            first: the places are the middles of all pixels, row by row; the shadows and the depth found there serve
                later calls.
        """
        rays = self._view.rays(x, y)
        down = (y / self._view.height)[:, None]
        top, bottom = self._backdrop.top, self._backdrop.bottom
        colors = np.asarray(top + down * (bottom - top), dtype=np.float32)
        depth = np.full(len(rays), np.inf, dtype=np.float32)
        if (hit := self._solid.cast(rays)) is not None:
            if first:
                self._openness = self._solid.openness(hit, shape=self._openness.shape)
            for number, paint in enumerate(self._paints):
                if paint is not None and (mine := hit.owners == number).any():
                    hit.colors[mine] = _linear(paint(hit.points[mine].astype(np.float64)))
            pixels = y[hit.rays].astype(np.int64), x[hit.rays].astype(np.int64)
            colors[hit.rays] = lit(hit, self._openness[pixels], towards_eye=self._towards_eye, turn=self._turn)
            depth[hit.rays] = hit.depth
        if first:
            self.depth = depth.reshape(self.depth.shape)
        veil = self._veil.cast(rays)
        before_veil = np.full(len(rays), np.inf, dtype=np.float32)
        if veil is not None:
            before_veil[veil.rays] = veil.depth
        sheets = [(sheet, sheet_depths(sheet, rays)) for sheet in self._sheets]
        for sheet, deep in sheets:
            _cover(colors, sheet, (deep < depth) & (deep >= before_veil))
        if veil is not None:
            grazing = 1.0 - np.abs(veil.normals @ self._towards_eye)
            if self._backdrop.glass:
                pale = _GLASS_DARK * lit(
                    veil, np.ones(len(veil.rays), np.float32), towards_eye=self._towards_eye, turn=self._turn
                )
                facing, edge = _GLASS_FACING, _GLASS_EDGE
            else:
                pale = np.asarray(0.6 * veil.colors + 0.3, dtype=np.float32)
                facing, edge = _VEIL_FACING, _VEIL_EDGE
            cover = np.where(veil.depth < depth[veil.rays], facing + (edge - facing) * grazing**4, 0.0)
            colors[veil.rays] += (pale - colors[veil.rays]) * cover[:, None].astype(np.float32)
        for sheet, deep in sheets:
            _cover(colors, sheet, (deep < depth) & (deep < before_veil))
        return colors


def _cover(colors: Floats, sheet: Sheet, where: NDArray[np.bool_]) -> None:
    colors[where] += (sheet.color.astype(np.float32) - colors[where]) * np.float32(sheet.cover)


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


def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of screen values (IEC 61966-2-1)."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: Floats) -> Floats:
    """Return screen values of linear light (IEC 61966-2-1)."""
    light = np.clip(linear, 0.0, 1.0)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)
