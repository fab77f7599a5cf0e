"""Planes come in from 3D Slicer where they were drawn, in either frame and any unit, and go out the same."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.plan_markups import SCHEMA, markups_text, read_planes
from orview.errors import InputError
from orview.plan.cut_plane import CutPlane
from orview.plan.plan import Plan
from orview.plan.stages import Look, Position, Stage
from tests.data import shared_data
from tests.faults.hostile.mutations import mutated
from tests.unit.plan.test_clearance import TURNS

FLIP = np.diag([-1.0, -1.0, 1.0])
FLIP4 = np.diag([-1.0, -1.0, 1.0, 1.0])


def plane(turn: np.ndarray = TURNS[1], *, key: str = "high_cut", name: str = "High cut") -> CutPlane:
    return CutPlane.of(
        key=key,
        name=name,
        center_mm=[-3.7, 46.0, -883.25],
        kept_normal=turn[:, 2],
        along=turn[:, 0],
        width_mm=92.0,
        height_mm=51.5,
    )


def plan_of(*planes: CutPlane) -> Plan:
    stage = Stage(key="one", name="One", position=Position.PRONE, looks={"tumour": Look.SOLID})
    return Plan(case_digest="ab" * 32, stages=(stage,), planes=planes)


def as_slicer(cut: CutPlane, *, frame: str = "LPS", unit_mm: float = 1.0, **changes: Any) -> dict[str, Any]:
    """A plane as Slicer 5 writes it: `vtkMRMLMarkupsPlaneJsonStorageNode::WriteBasicProperties`."""
    # In the node's own axes, RAS.
    node_from_object = np.eye(4)
    node_from_object[:3, :3] = FLIP @ np.stack([cut.along, cut.upward, cut.kept_normal], axis=1)
    node_from_object[:3, 3] = FLIP @ cut.center_mm / unit_mm
    # The base is turned against the object by some angle about the normal, as points set by hand make it.
    cosine, sine = np.cos(0.3), np.sin(0.3)
    base_from_object = np.array([[cosine, -sine, 0, 0], [sine, cosine, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    node_from_base = node_from_object @ np.linalg.inv(base_from_object)
    turn, turn4 = (FLIP, FLIP4) if frame == "LPS" else (np.eye(3), np.eye(4))
    half = np.array([cut.width_mm, cut.height_mm]) / (2.0 * unit_mm)
    center = (turn @ node_from_object[:3, 3]).tolist()
    return {
        "type": "Plane",
        "coordinateSystem": frame,
        "coordinateUnits": "mm",
        "planeType": "pointNormal",
        "sizeMode": "auto",
        "autoScalingSizeFactor": 1.0,
        "center": center,
        "normal": (turn @ node_from_object[:3, 2]).tolist(),
        "objectToBase": (turn4 @ base_from_object).ravel().tolist(),
        "baseToNode": (turn4 @ node_from_base).ravel().tolist(),
        "orientation": (turn @ node_from_object[:3, :3]).ravel().tolist(),
        "size": [*(2.0 * half).tolist(), 0.0],
        "planeBounds": [-half[0], half[0], -half[1], half[1]],
        "controlPoints": [{"id": "1", "label": "P-1", "position": center, "positionStatus": "defined"}],
        **changes,
    }


def written(folder: Path, *markups: dict[str, Any], name: str = "high cut.mrk.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"@schema": SCHEMA, "markups": list(markups)}), encoding="utf-8")
    return path


def assert_same(found: CutPlane, wanted: CutPlane, *, within: float = 1e-6) -> None:
    assert found.corners_mm == pytest.approx(wanted.corners_mm, abs=within)
    assert found.kept_normal == pytest.approx(wanted.kept_normal, abs=1e-9)


@pytest.mark.parametrize("turn", TURNS)
def test_planes_go_out_and_come_back_exactly(tmp_path: Path, turn: np.ndarray) -> None:
    planes = (plane(turn), plane(turn, key="other", name="Other"))
    path = tmp_path / "planes.mrk.json"
    path.write_text(markups_text(plan_of(*planes)), encoding="utf-8")
    read, findings = read_planes(path)
    assert findings == ()
    assert [(one.key, one.name) for one in read] == [("high_cut", "High cut"), ("other", "Other")]
    for found, wanted in zip(read, planes, strict=True):
        assert_same(found, wanted)


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("frame", ["LPS", "RAS"])
@pytest.mark.parametrize("left_out", [(), ("orientation",), ("objectToBase", "baseToNode"), ("planeBounds",)])
def test_a_plane_as_slicer_writes_it(tmp_path: Path, turn: np.ndarray, frame: str, left_out: tuple[str, ...]) -> None:
    markup = {field: value for field, value in as_slicer(plane(turn), frame=frame).items() if field not in left_out}
    ((found,), findings) = read_planes(written(tmp_path, markup))
    assert findings == ()
    assert (found.key, found.name) == ("high_cut", "high cut")
    assert_same(found, plane(turn))


def test_our_file_says_what_slicers_own_would(tmp_path: Path) -> None:
    (markup,) = json.loads(markups_text(plan_of(plane())))["markups"]
    base, own = (np.array(markup[field]).reshape(4, 4) for field in ("baseToNode", "objectToBase"))
    # As Slicer reads LPS: the first two rows of each are turned; their product places the plane in RAS.
    node_from_object = (FLIP4 @ base) @ (FLIP4 @ own)
    assert node_from_object[:3, 3] == pytest.approx(FLIP @ plane().center_mm)
    assert node_from_object[:3, 2] == pytest.approx(FLIP @ plane().kept_normal)
    assert node_from_object[:3, 0] == pytest.approx(FLIP @ plane().along)


def test_units_and_bounds_beside_the_centre(tmp_path: Path) -> None:
    markup = as_slicer(plane(), unit_mm=0.001, coordinateUnits=["um", "UCUM", "micrometer"])
    ((found,), _) = read_planes(written(tmp_path, markup))
    assert_same(found, plane())
    bounds = [-46.0, 20.0, -25.75, 5.75]
    ((found,), _) = read_planes(written(tmp_path, as_slicer(plane(), planeBounds=bounds)))
    assert (found.width_mm, found.height_mm) == (pytest.approx(66.0), pytest.approx(31.5))
    middle = plane().center_mm - 13.0 * plane().along - 10.0 * plane().upward
    assert found.center_mm == pytest.approx(middle, abs=1e-9)


def curve(cut: CutPlane, *, rough_mm: float = 0.0) -> list[np.ndarray]:
    angles = np.linspace(0.0, 2.0 * np.pi, 25)[:-1]
    heights = rough_mm * np.tile([1.0, -1.0], 12)
    return [
        cut.center_mm
        + 0.5 * cut.width_mm * np.cos(angle) * cut.along
        + 0.5 * cut.height_mm * np.sin(angle) * cut.upward
        + height * cut.kept_normal
        for angle, height in zip(angles, heights, strict=True)
    ]


def points_of(places: list[np.ndarray], kind: str, labels: str, **more: Any) -> dict[str, Any]:
    points = [
        {"label": labels.format(n), "position": place.tolist(), "positionStatus": "defined"}
        for n, place in enumerate(places, start=1)
    ]
    return {"type": kind, "coordinateSystem": "LPS", "coordinateUnits": "mm", "controlPoints": points, **more}


@pytest.mark.parametrize("kind", ["Curve", "ClosedCurve", "Fiducial"])
def test_flat_curves_and_lists_of_points_are_planes(tmp_path: Path, kind: str) -> None:
    ((found,), findings) = read_planes(written(tmp_path, points_of(curve(plane()), kind, "High cut-{}")))
    assert findings == ()
    assert found.name.lower() == "high cut"
    assert found.center_mm == pytest.approx(plane().center_mm, abs=1e-9)
    assert abs(found.kept_normal @ plane().kept_normal) == pytest.approx(1.0)
    assert (found.width_mm, found.height_mm) == (pytest.approx(92.0), pytest.approx(51.5))


def test_what_is_no_plane_is_passed_over_and_named(tmp_path: Path) -> None:
    center = plane().center_mm
    roots = points_of([center + n for n in range(3)], "Fiducial", "S{}")
    few = points_of([center, center + 5.0], "Fiducial", "Bead-{}")
    line = points_of([center, center + 5.0], "Line", "L-{}")
    unplaced = as_slicer(plane(), name="Later")
    unplaced["controlPoints"][0]["positionStatus"] = "undefined"
    planes, findings = read_planes(written(tmp_path, as_slicer(plane(), name="High cut"), roots, few, line, unplaced))
    assert [one.key for one in planes] == ["high_cut"]
    told = " ".join(finding.message for finding in findings)
    for part in ("named like a nerve root", "2 points named Bead", "of the type Line", "Later was not placed"):
        assert part in told


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        (points_of(curve(plane(), rough_mm=3.0), "ClosedCurve", "C-{}"), "is not flat"),
        (points_of([plane().center_mm] * 2, "Curve", "C-{}"), "has 2 points"),
        (as_slicer(plane(), normal=[0.0, 0.0, 0.0]), "has no length"),
        (as_slicer(plane(), normal=[1.0, 0.0]), "three coordinates, not 2"),
        (as_slicer(plane(), normal=[0.0, 1.0, 0.0]), "axes contradict its normal"),
        (as_slicer(plane(), center="here"), "three coordinates, not 0"),
        (as_slicer(plane(), planeBounds=None, size=None), "has no size"),
        (as_slicer(plane(), planeBounds=[1, 2, 3]), "planeBounds is not 4 numbers"),
        (as_slicer(plane(), planeBounds=[0.0, 0.0, 0.0, 0.0]), "is 0 mm wide or high"),
        (as_slicer(plane(), coordinateSystem="IJK"), "not LPS or RAS"),
        ({"type": "ROI"}, "holds no plane"),
    ],
)
def test_what_cannot_be_a_plane_is_said(tmp_path: Path, markup: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_planes(written(tmp_path, markup))


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    for name, words in (("cut.stl", "is no markups file"), ("none.mrk.json", "cannot be read")):
        with pytest.raises(InputError, match=words):
            read_planes(tmp_path / name)


def test_points_that_slicer_saved_are_no_plane_by_chance() -> None:
    with pytest.raises(InputError, match="is not flat"):
        read_planes(shared_data("slicer/mouse_skull_A_J.mrk.json"))


def test_damaged_files_are_read_or_refused_in_words(tmp_path: Path) -> None:
    whole, rng = written(tmp_path, as_slicer(plane())).read_bytes(), random.Random(4)
    path = tmp_path / "damaged.mrk.json"
    for _ in range(200):
        path.write_bytes(mutated(whole, rng))
        try:
            planes, _ = read_planes(path)
        except InputError:
            continue
        assert all(np.isfinite(one.corners_mm).all() for one in planes)
