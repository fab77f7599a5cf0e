"""The pictures of a plan: from three sides, the tumour painted by how far the cuts are, what leaves."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.report.document import Picture
from orview.errors import ContractError
from orview.mesh.lettering import Badge, Scale
from orview.mesh.render import PAPER, Shown, render
from orview.mesh.sheets import Line, Sheet
from orview.mesh.view import FROM_BEHIND, FROM_FRONT, FROM_LEFT
from orview.model.case import Case
from orview.plan.apart import closed_parts
from orview.plan.clearance import clearance
from orview.plan.cut_line import cut_line
from orview.plan.cut_plane import CutPlane
from orview.plan.ground import Ground
from orview.plan.margin_colors import BANDS_MM, band_of, colors_of
from orview.plan.margins import cut_distances_mm
from orview.plan.plan import Plan
from orview.plan.roots import ROOT_OF_KEY, Fate
from orview.segment.anatomy import Kind

Floats = NDArray[np.float64]
Draw = Callable[..., NDArray[np.uint8]]

WIDTH, HEIGHT = 960, 720
BAND_COLORS = colors_of(np.arange(len(BANDS_MM) + 1, dtype=np.int8))
"""From a cut that passes the tumour to the widest margin."""
LEFT_OUT = frozenset({Kind.SKIN, Kind.MUSCLE, Kind.ORGAN, Kind.OTHER})
_PLANE_COLOR = np.array([0.80, 0.10, 0.42])
_GIVEN_UP, _TAKEN, _LEFT = (0.42, 0.42, 0.42), (0.93, 0.62, 0.28), (0.93, 0.90, 0.82)
_CUT_PX, _OUTLINE_PX = 4.0, 2.0
_SHEET_COVER = 0.14
_CONTOUR_MM = 0.2
_FROM_BEHIND_LEFT = np.array([0.55, 0.74, 0.39]) / np.linalg.norm([0.55, 0.74, 0.39])
_VIEWS = (("From in front", FROM_FRONT), ("From the left", FROM_LEFT), ("From behind", FROM_BEHIND))


def pictures_of(plan: Plan, ground: Ground, case: Case) -> tuple[Picture, ...]:
    """Draw a plan on the structures of its case."""
    draw = partial(
        render, width=WIDTH, height=HEIGHT, mark="SYNTHETIC" if case.source.synthetic else "", backdrop=PAPER
    )
    drawn = list(_views(plan, ground, case, draw))
    if plan.planes:
        drawn += [*_margins(plan, ground, draw), *_specimen(plan, ground, case, draw)]
    return tuple(drawn)


def _views(plan: Plan, ground: Ground, case: Case, draw: Draw) -> Iterator[Picture]:
    """Draw everything that is planned, straight from three sides."""
    numbers = ", ".join(f"{n} {plane.name}" for n, plane in enumerate(plan.planes, start=1))
    told = f" Planes: {numbers}." if numbers else ""
    sheets, badges = _sheets(plan.planes), _badges(plan.planes)
    lines = [*_outlines(plan.planes), *_cuts(plan.planes, ground)]
    shown, focus_mm = _shown(plan, ground, case), _focus_mm(plan, ground)
    for words, towards_eye in _VIEWS:
        yield _picture(
            draw(shown, towards_eye=towards_eye, focus_mm=focus_mm, sheets=sheets, lines=lines, badges=badges),
            f"{words}: bone see-through, roots that are given up grey, thick lines where bone is cut.{told}",
        )


def _margins(plan: Plan, ground: Ground, draw: Draw) -> Iterator[Picture]:
    """Draw the tumour as the nearest cut sees it, and from the other side."""
    nearest = min(plan.planes, key=lambda plane: clearance(ground.tumour, plane).least_mm)
    seen = f"as the nearest cut sees it ({plan.planes.index(nearest) + 1} {nearest.name})"
    bands = ", ".join(f"{low:.0f} to {high:.0f}" for low, high in pairwise(BANDS_MM))
    told = f"below {BANDS_MM[0]:.0f}, {bands}, and more than {BANDS_MM[-1]:.0f} mm"
    tumour = Shown(
        surface=ground.tumour, color_srgb=(0.5, 0.5, 0.5), paint=lambda points: _painted(points, plan.planes)
    )
    scale = Scale(colors=BAND_COLORS, ticks=tuple(f"{edge:.0f}" for edge in BANDS_MM))
    for words, towards_eye in ((seen, nearest.kept_normal), ("from the other side", -nearest.kept_normal)):
        yield _picture(
            draw([tumour], towards_eye=towards_eye, focus_mm=ground.tumour.vertices_mm, scale=scale),
            f"The tumour {words}, painted by the distance to the nearest cut: {told}.",
        )


def _specimen(plan: Plan, ground: Ground, case: Case, draw: Draw) -> Iterator[Picture]:
    """Draw what leaves the patient, where the planes part bone all the way."""
    bones = [body.surface for body in ground.bodies.values() if body.kind is Kind.BONE]
    taken, left = [], []
    for bone in bones:
        try:
            apart = closed_parts(bone, plan.planes)
        except ContractError:
            return
        taken += [] if apart.specimen is None else [apart.specimen]
        left += [] if apart.remaining is None else [apart.remaining]
    if not taken:
        return
    tumours = [body for body in ground.bodies.values() if body.kind is Kind.TUMOUR]
    shown = [
        *(Shown(surface=bone, color_srgb=_TAKEN) for bone in taken),
        *(Shown(surface=body.surface, color_srgb=case.structure(body.key).color_srgb) for body in tumours),
        *(Shown(surface=bone, color_srgb=_LEFT, see_through=True) for bone in left),
    ]
    yield _picture(
        draw(shown, towards_eye=_FROM_BEHIND_LEFT, focus_mm=_focus_mm(plan, ground)),
        "What leaves the patient as it is planned: tumour and bone, solid; what stays is see-through. From behind, "
        "left and above.",
    )


def _painted(points_mm: Floats, planes: Sequence[CutPlane]) -> Floats:
    distances = cut_distances_mm(points_mm, planes)
    colors = BAND_COLORS[band_of(distances)]
    edge = np.abs(distances[:, None] - BANDS_MM).min(axis=1) < _CONTOUR_MM
    return np.where(edge[:, None], 0.15, colors)


def _shown(plan: Plan, ground: Ground, case: Case) -> list[Shown]:
    given_up = {key for key, root in ROOT_OF_KEY.items() if plan.roots.get(root) is Fate.SACRIFICE}
    return [
        Shown(
            surface=body.surface,
            color_srgb=_GIVEN_UP if body.key in given_up else case.structure(body.key).color_srgb,
            see_through=body.kind is Kind.BONE,
        )
        for body in ground.bodies.values()
        if body.kind not in LEFT_OUT
    ]


def _focus_mm(plan: Plan, ground: Ground) -> Floats:
    """Return points of all that is planned: tumour, planes, and the bone it is in."""
    sacrum = ground.bodies.get("sacrum")
    return np.concatenate(
        [
            ground.tumour.vertices_mm,
            *(plane.corners_mm for plane in plan.planes),
            *(() if sacrum is None else (sacrum.surface.vertices_mm,)),
        ]
    )


def _sheets(planes: Sequence[CutPlane]) -> list[Sheet]:
    return [Sheet(corners_mm=plane.corners_mm, color=_PLANE_COLOR**2.2, cover=_SHEET_COVER) for plane in planes]


def _outlines(planes: Sequence[CutPlane]) -> list[Line]:
    return [
        Line(points_mm=plane.corners_mm[[0, 1, 2, 3, 0]], color=_PLANE_COLOR, width_px=_OUTLINE_PX) for plane in planes
    ]


def _cuts(planes: Sequence[CutPlane], ground: Ground) -> list[Line]:
    bones = [body.surface for body in ground.bodies.values() if body.kind is Kind.BONE]
    return [
        Line(points_mm=run, color=_PLANE_COLOR, width_px=_CUT_PX)
        for plane in planes
        for bone in bones
        for run in cut_line(bone, plane).runs_mm
    ]


def _badges(planes: Sequence[CutPlane]) -> list[Badge]:
    return [
        Badge(text=str(n), at_mm=plane.corners_mm[2], color=_PLANE_COLOR) for n, plane in enumerate(planes, start=1)
    ]


def _picture(pixels: NDArray[np.uint8], words: str) -> Picture:
    _, png = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    height, width = pixels.shape[:2]
    return Picture(png=png.tobytes(), width=width, height=height, words=words)
