"""The model of a plan: lines on bone, the tumour in its bands, shells, all where the patient has them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.plan_model import MOST_CUT_SEGMENTS, MOST_SHELL_SEGMENTS, drawn_tumour, plan_model
from orview.edge.plans import PlannedCase
from orview.mesh.measure import corners_mm
from orview.model.glb import linear
from orview.model.glb_reader import DrawnLines, DrawnMesh, read_glb, read_lines
from orview.plan.assess import plane_facts
from orview.plan.cut_plane import CutPlane
from orview.plan.margin_colors import BANDS, band_of
from tests.bony import stored_case
from tests.khronos import validate
from tests.solids import AWAY_MM, ball, beside, box, cylinder
from tests.unit.plan.test_clearance import TURNS, plane

RADIUS_MM, ABOVE_MM, RECTUM_MM = 15.0, 24.0, 31.0
SACRUM_MM = np.array([100.0, 60.0, 110.0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Made:
    """A plan's model, read back."""

    glb: bytes
    lines: dict[str, DrawnLines]
    meshes: dict[str, DrawnMesh]
    planes: list[CutPlane]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    store = CaseStore.open(tmp_path_factory.mktemp("store"))
    case = stored_case(
        store,
        {
            "tumour": ball(RADIUS_MM, steps=40),
            "sacrum": box(SACRUM_MM),
            "rectum": cylinder(10.0, 200.0, center_mm=beside([0.0, -RECTUM_MM, 0.0])),
        },
    )
    planned = PlannedCase(case.id, store)
    high = plane(ABOVE_MM, TURNS[0], sides_mm=(200.0, 200.0))
    facts = {"cut": plane_facts(high, planned.ground)}
    glb = plan_model(facts, planned.ground, drawn_tumour(case, store), synthetic=True)
    return Made(
        glb=glb,
        lines={line.name: line for line in read_lines(glb)},
        meshes={mesh.name: mesh for mesh in read_glb(glb)},
        planes=[high],
    )


def test_it_holds_what_headsets_look_for(made: Made) -> None:
    assert list(made.lines) == ["cut.cut", "shell_5", "shell_10", "shell_15"]
    assert list(made.meshes) == ["margin", "near"]


def test_the_cut_line_runs_round_the_bone(made: Made) -> None:
    segments = made.lines["cut.cut"].segments_mm
    assert 4 <= len(segments) <= MOST_CUT_SEGMENTS
    lengths = np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1)
    assert lengths.sum() == pytest.approx(2.0 * (SACRUM_MM[0] + SACRUM_MM[1]), abs=0.05)
    assert segments[..., 2] == pytest.approx(AWAY_MM[2] + ABOVE_MM, abs=0.02)


def of_band(mesh: DrawnMesh, number: int) -> np.ndarray:
    """The triangles (N, 3, 3) painted as a band."""
    assert mesh.colors is not None
    wanted = (*linear(BANDS[number].color_srgb), 1.0)
    rows = np.abs(mesh.colors - wanted).max(axis=1) < 1.0 / 255.0
    return corners_mm(mesh.surface)[rows[mesh.surface.triangles].all(axis=1)]


def test_the_tumour_is_painted_by_its_distance_to_the_cut(made: Made) -> None:
    reached = {number: of_band(made.meshes["margin"], number) for number in range(len(BANDS))}
    assert [len(triangles) > 0 for triangles in reached.values()] == [False, False, True, True, True]
    for number, triangles in reached.items():
        if len(triangles):
            # The nearest point is 9 mm away, the farthest 39.
            distances = AWAY_MM[2] + ABOVE_MM - triangles[..., 2]
            assert (band_of(distances.mean(axis=1)) == number).all()
            begins = BANDS[number].from_mm
            assert distances.min() == pytest.approx(max(begins, ABOVE_MM - RADIUS_MM), abs=0.02)


def test_it_is_painted_by_its_distance_to_what_is_in_the_way(made: Made) -> None:
    near = made.meshes["near"]
    for number in (2, 3, 4):
        triangles = of_band(near, number)
        away = np.linalg.norm(triangles[..., :2] - beside([0.0, -RECTUM_MM, 0.0])[:2], axis=-1) - 10.0
        assert len(triangles)
        # Round the border a triangle's corners are exact and what lies between is straight.
        assert away.min() > BANDS[number].from_mm - 0.1
    assert not len(of_band(near, 1))


@pytest.mark.parametrize("shell_mm", [5.0, 10.0, 15.0])
def test_shells_lie_at_their_distances(made: Made, shell_mm: float) -> None:
    shell = made.lines[f"shell_{shell_mm:.0f}"]
    assert 300 < len(shell.segments_mm) <= MOST_SHELL_SEGMENTS
    assert shell.extras == {"figure": "shell", "distance_mm": shell_mm}
    radii = np.linalg.norm(shell.segments_mm.reshape(-1, 3) - AWAY_MM, axis=1)
    assert radii == pytest.approx(RADIUS_MM + shell_mm, abs=0.3)


def test_the_validator_finds_nothing(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "plan.glb"
    path.write_bytes(made.glb)
    (report,) = validate([path])
    assert (report["errors"], report["warnings"]) == (0, 0), report
