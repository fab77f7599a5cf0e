"""The model of a stored plan: its cut lines, the margins painted on the tumour, and the shells round it, as a GLB.

    cut.<plane key>             the line of a plane on bone
    margin                      the tumour, painted by the distance to the nearest cut
    near                        the tumour, painted by the distance to the nearest nerve, vessel or organ
    shell_5 shell_10 shell_15   wires so many mm round the tumour

Metres, axes and the node above all are those of the case's own models (`model.figures`). Nothing a person wrote is in
it but the keys of planes.
"""

from collections.abc import Mapping

from orview.edge.case_store import CaseStore
from orview.edge.export import surfaces_of
from orview.mesh.measure import joined
from orview.mesh.surface import Surface
from orview.model.case import Case, Level
from orview.model.figures import LineFigure, PaintedFigure, write_figures
from orview.plan.assess import PlaneFacts
from orview.plan.ground import Ground
from orview.plan.margin_colors import BANDS
from orview.plan.margins import Floats, cut_distances_mm, shells, way_distances_mm
from orview.plan.painting import painted
from orview.plan.polyline import segments_of, thinned
from orview.plan.wire import wire
from orview.segment.anatomy import Color, Kind

MOST_CUT_SEGMENTS = 600
MOST_SHELL_SEGMENTS = 3000
CUT_COLOR: Color = (1.0, 1.0, 1.0)


def plan_model(facts: Mapping[str, PlaneFacts], ground: Ground, tumour: Surface, *, synthetic: bool) -> bytes:
    """Return the GLB of a plan.

    Args:
        facts: of each plane, by its key.
        ground: the structures of the case.
        tumour: its surface as headsets draw it, patient mm.
        synthetic: the case is no patient.
    """
    cuts = [
        LineFigure(
            name=f"cut.{key}",
            segments_mm=segments_of(
                thinned([run for line in one.bone_lines for run in line.runs_mm], MOST_CUT_SEGMENTS)
            ),
            color=CUT_COLOR,
            extras={"figure": "cut", "plane": key},
        )
        for key, one in facts.items()
    ]
    to_cuts = cut_distances_mm(tumour.vertices_mm, [one.plane for one in facts.values()])
    to_others = way_distances_mm(tumour.vertices_mm, ground)
    paintings = [_painting(name, tumour, distances) for name, distances in (("margin", to_cuts), ("near", to_others))]
    color_from = {band.from_mm: band.color_srgb for band in BANDS}
    wires = [
        LineFigure(
            name=f"shell_{shell_mm:.0f}",
            segments_mm=wire(surface, most_segments=MOST_SHELL_SEGMENTS),
            color=color_from[shell_mm],
            extras={"figure": "shell", "distance_mm": shell_mm},
        )
        for shell_mm, surface in shells(ground).items()
    ]
    return write_figures([*cuts, *paintings, *wires], synthetic=synthetic)


def drawn_tumour(case: Case, store: CaseStore) -> Surface:
    """Return all that is tumour as headsets draw it, or as fine as it is in a case that has no level for them.

    Raises:
        StoreError: a model is missing or damaged.
    """
    levels = {level.level: level for level in case.levels}
    surfaces = surfaces_of(case, levels.get(Level.HEADSET, levels[Level.FULL]), store)
    return joined([surfaces[one.key] for one in case.structures if one.kind is Kind.TUMOUR])


def _painting(name: str, tumour: Surface, distances_mm: Floats) -> PaintedFigure:
    done = painted(tumour, distances_mm)
    return PaintedFigure(
        name=name,
        surface=done.surface,
        colors=[band.color_srgb for band in BANDS],
        color_numbers=done.bands,
        extras={"figure": name},
    )
