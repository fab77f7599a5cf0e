"""Painted surfaces and lines go into their GLB and come back where they were, in their colours."""

import numpy as np
import pytest

from orview.mesh.measure import area_mm2, corners_mm
from orview.model.figures import LineFigure, PaintedFigure, write_figures
from orview.model.glb import linear
from orview.model.glb_reader import read_glb, read_lines, split_container
from tests.khronos import validate
from tests.solids import AWAY_MM, ball

RED, BLUE, GREEN = (0.8, 0.1, 0.2), (0.0, 0.2, 0.9), (0.1, 0.7, 0.3)
SEGMENTS_MM = np.array(AWAY_MM) + np.random.default_rng(3).uniform(-60.0, 60.0, (400, 2, 3))
PLACE_MM = 0.006


@pytest.fixture(scope="module")
def figures() -> list[PaintedFigure | LineFigure]:
    solid = ball(20.0, steps=30)
    upper = corners_mm(solid).mean(axis=1)[:, 2] > AWAY_MM[2]
    return [
        LineFigure(name="cut.high", segments_mm=SEGMENTS_MM, color=GREEN, extras={"figure": "cut", "plane": "high"}),
        PaintedFigure(
            name="margin",
            surface=solid,
            colors=[RED, BLUE, GREEN],
            color_numbers=upper.astype(np.int8),
            extras={"figure": "margin"},
        ),
        LineFigure(name="shell_5", segments_mm=SEGMENTS_MM[:7] + 3.0, color=RED, extras={"figure": "shell"}),
    ]


@pytest.fixture(scope="module")
def glb(figures: list[PaintedFigure | LineFigure]) -> bytes:
    return write_figures(figures, synthetic=True)


def test_lines_come_back_where_they_were(glb: bytes) -> None:
    cut, shell = read_lines(glb)
    assert (cut.name, cut.extras, shell.name) == ("cut.high", {"figure": "cut", "plane": "high"}, "shell_5")
    assert cut.segments_mm == pytest.approx(SEGMENTS_MM, abs=PLACE_MM)
    assert shell.segments_mm == pytest.approx(SEGMENTS_MM[:7] + 3.0, abs=PLACE_MM)


def test_each_triangle_has_its_own_colour(glb: bytes, figures: list[PaintedFigure | LineFigure]) -> None:
    (mesh,) = read_glb(glb)
    given = figures[1].surface
    assert mesh.name == "margin"
    assert mesh.colors is not None
    assert area_mm2(mesh.surface) == pytest.approx(area_mm2(given), rel=1e-4)
    of_corners = mesh.colors[mesh.surface.triangles]
    assert (of_corners == of_corners[:, :1]).all()
    upper = corners_mm(mesh.surface).mean(axis=1)[:, 2] > AWAY_MM[2]
    for rows, color in ((upper, BLUE), (~upper, RED)):
        assert of_corners[rows, 0] == pytest.approx(np.tile((*linear(color), 1.0), (rows.sum(), 1)), abs=0.5 / 255.0)


def test_light_runs_on_over_the_borders_of_colours(glb: bytes) -> None:
    (mesh,) = read_glb(glb)
    outward = (mesh.surface.vertices_mm - AWAY_MM) / 20.0
    along_model = np.stack([outward[:, 0], outward[:, 2], -outward[:, 1]], axis=1)
    assert np.einsum("nx,nx->n", along_model, mesh.normals).min() > 0.995


def test_the_node_above_all_holds_the_step(glb: bytes) -> None:
    document, _ = split_container(glb)
    assert document["extensionsRequired"] == ["EXT_meshopt_compression", "KHR_mesh_quantization"]
    assert document["scenes"][0]["extras"] == {"orview": {"synthetic": True}}
    top = document["nodes"][0]
    assert (top["name"], top["children"]) == ("all-structures", [1, 2, 3])
    assert len(set(top["scale"])) == 1


def test_the_same_figures_give_the_same_bytes(glb: bytes, figures: list[PaintedFigure | LineFigure]) -> None:
    assert write_figures(figures, synthetic=True) == glb


def test_the_validator_finds_nothing(glb: bytes, tmp_path) -> None:
    path = tmp_path / "figures.glb"
    path.write_bytes(glb)
    (report,) = validate([path])
    assert (report["errors"], report["warnings"]) == (0, 0), report
