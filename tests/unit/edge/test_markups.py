"""Points come in from 3D Slicer and from CSV in patient millimetres; what cannot be used is said with its line."""

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.markups import read_points
from orview.edge.point_checks import LARGEST_BYTES
from orview.errors import InputError
from tests.data import shared_data
from tests.faults.hostile.mutations import mutated

HEADER = "# Markups fiducial file version = 4.11\n# CoordinateSystem = {frame}\n"
COLUMNS = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
ROWS = "1,10,20,30,0,0,0,1,1,1,0,left,,\n2,40,20,30,0,0,0,1,1,1,0,right,,\n3,10,90,35,0,0,0,1,1,1,0,top,,\n"
PLACES = np.array([(10.0, 20.0, 30.0), (40.0, 20.0, 30.0), (10.0, 90.0, 35.0)])
FLIP = np.array([-1.0, -1.0, 1.0])


def _file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _markup(**changes: Any) -> dict[str, Any]:
    points = [
        {"label": label, "position": place.tolist(), "positionStatus": "defined", "selected": True, "visibility": True}
        for label, place in zip(("left", "right", "top"), PLACES, strict=True)
    ]
    return {"type": "Fiducial", "coordinateSystem": "LPS", "coordinateUnits": "mm", "controlPoints": points} | changes


def _json(folder: Path, *markups: dict[str, Any]) -> Path:
    schema = "https://raw.githubusercontent.com/slicer/slicer/main/Resources/Schema/markups-schema-v1.0.3.json#"
    return _file(folder, "case.mrk.json", json.dumps({"@schema": schema, "markups": list(markups)}, indent=1))


def _positions(path: Path, frame: str | None = None) -> np.ndarray[Any, Any]:
    return np.array([point.position_patient_mm for point in read_points(path, frame=frame)[0]])


@pytest.mark.parametrize(("frame", "sign"), [("0", FLIP), ("RAS", FLIP), ("1", 1.0), ("LPS", 1.0)])
def test_an_fcsv_is_read_as_its_header_says(tmp_path: Path, frame: str, sign: Any) -> None:
    path = _file(tmp_path, "case.fcsv", HEADER.format(frame=frame) + COLUMNS + ROWS)
    np.testing.assert_allclose(_positions(path), PLACES * sign)
    assert [point.name for point in read_points(path)[0]] == ["left", "right", "top"]


def test_columns_are_taken_by_their_names_and_labels_may_be_quoted(tmp_path: Path) -> None:
    text = '# columns = label,z,y,x,sel,vis\n"S1, ""left""",3,2,1,1,1\nb,6,5,40,1,1\nc,9,80,7,1,1\n'
    points, _ = read_points(_file(tmp_path, "old.fcsv", text))
    assert points[0].name == 'S1, "left"'
    np.testing.assert_allclose(points[0].position_patient_mm, (-1.0, -2.0, 3.0))


def test_points_of_slicer_5_that_are_not_placed_selected_or_shown_are_passed_over(tmp_path: Path) -> None:
    more = (
        "4,1,1,1,0,0,0,1,1,1,0,unplaced,,,0,0\n5,2,2,2,0,0,0,1,0,1,0,hidden,,,2,0\n"
        "6,3,3,3,0,0,0,1,1,0,0,unselected,,,2,0\n7,4,9,5,0,0,0,1,1,1,0,placed,,,2,0\n"
    )
    points, findings = read_points(_file(tmp_path, "new.fcsv", HEADER.format(frame="LPS") + COLUMNS + ROWS + more))
    assert [point.name for point in points] == ["left", "right", "top", "placed"]
    assert [finding.code for finding in findings] == ["POINTS_SKIPPED"]
    assert "unplaced, hidden, unselected" in findings[0].message


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({}, 1.0),
        ({"coordinateSystem": "RAS"}, FLIP),
        ({"coordinateUnits": "um"}, 0.001),
        ({"coordinateUnits": ["mm", "UCUM", "millimeter"]}, 1.0),
    ],
)
def test_markups_are_read_in_their_frame_and_unit(tmp_path: Path, changes: dict[str, Any], factor: Any) -> None:
    np.testing.assert_allclose(_positions(_json(tmp_path, _markup(**changes))), PLACES * factor)


def test_several_lists_are_one_and_other_kinds_are_named(tmp_path: Path) -> None:
    more = _markup(controlPoints=[{"label": "more", "position": [1, 2, 3]}])
    odd: list[dict[str, Any]] = [{"positionStatus": "undefined"}, {"selected": False}, {"visibility": False}]
    odd.append({"positionStatus": "preview"})
    skipped = _markup(
        controlPoints=[{"label": f"odd {n}", "position": [5, n, 3], **mark} for n, mark in enumerate(odd)]
    )
    points, findings = read_points(_json(tmp_path, _markup(), {"type": "Curve"}, more, skipped))
    assert [point.name for point in points] == ["left", "right", "top", "more"]
    assert [finding.code for finding in findings] == ["NOT_POINTS", "POINTS_SKIPPED"]
    assert "Curve" in findings[0].message
    assert findings[1].message.startswith("4 points")


@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_a_csv_says_its_frame_or_is_told_it(tmp_path: Path, frame: str) -> None:
    sign = 1.0 if frame == "LPS" else FLIP
    rows = "left,10,20,30\nright,40,20,30\ntop,10,90,35\n"
    said = _file(tmp_path, "said.csv", f"# frame = {frame}\nname,x,y,z\n{rows}")
    told = _file(tmp_path, "told.csv", rows)
    np.testing.assert_allclose(_positions(said), PLACES * sign)
    np.testing.assert_allclose(_positions(told, frame), PLACES * sign)
    with pytest.raises(InputError, match=r"told\.csv does not say"):
        read_points(told)
    with pytest.raises(InputError, match="asked for"):
        read_points(said, frame="RAS" if frame == "LPS" else "LPS")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "", "a.csv is empty"),
        ("a.csv", "# frame = LPS\nname,x,y,z\n", "no points"),
        ("a.csv", "# frame = LPS\na,1,2,3\nb,4,nan,6\n", "line 3: y is nan"),
        ("a.csv", "# frame = LPS\na,1,2,3\nb,4,5\n", "line 3: it has 3 columns, not 4"),
        ("a.csv", "# frame = LPS\na;1,5;2,5;3,5\n", "line 2: it has semicolons between columns and commas inside"),
        ("a.csv", "# frame = LPS\na,1,5,2,5,3,5\n", "not with a comma"),
        ("a.csv", '# frame = LPS\na,"1,5",2,3\n', "x is '1,5', which is no number. Write decimals with a point"),
        ("a.csv", "# frame = MNI\na,1,2,3\n", "not LPS or RAS"),
        ("a.csv", "# frame = LPS\na,1,2,3\nb,1,2,3\nc,4,9,6\n", "line 3: b lies where a does .line 2."),
        ("a.csv", "# frame = LPS\na,1,2,3\na,7,2,3\n", "line 3: the name 'a' stands there a second time"),
        ("a.csv", "# frame = LPS\na,1,2,3\nb,2,4,6\nc,3,6,9\n", "all 3 points lie on one line"),
        ("a.csv", "# frame = LPS\na,1,2,3\nb,2,4,600000\n", "line 3: b is 600 m away"),
        ("a.fcsv", HEADER.format(frame="2") + COLUMNS + ROWS, "coordinate system is '2'"),
        ("a.fcsv", HEADER.format(frame="0") + COLUMNS + "1,10,20\n", "line 4: it has 3 columns, not 14"),
        ("a.fcsv", HEADER.format(frame="0") + "# columns = id,x,y,label\n" + ROWS, "does not name z once"),
        ("a.mrk.json", "{", "line 1: the JSON is broken"),
        ("a.mrk.json", "[1]", "not one JSON object"),
        ("a.mrk.json", '{"markups": [{"type": "Line"}]}', "no list of points"),
        ("a.mrk.json", '{"@schema": "x/markups-schema-v2.0.0.json", "markups": []}', "schema 2.0"),
        ("a.stl", "solid", "no file of points"),
    ],
)
def test_what_cannot_be_used_is_said_with_file_line_and_mend(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_points(_file(tmp_path, name, text))
    assert name in caught.value.message
    assert caught.value.mend


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"coordinateSystem": "IJK"}, "list 1: the coordinate system is 'IJK'"),
        ({"coordinateUnits": "inch"}, "list 1: the unit is 'inch'"),
        ({"controlPoints": [{"label": "a", "position": [1, 2]}]}, "list 1, point 1: a point has three coordinates"),
        ({"controlPoints": [{"label": "a", "position": [1, 2, float("nan")]}]}, "point 1: z is nan"),
        ({"controlPoints": [{"label": "a"}]}, "point 1: it has no position"),
    ],
)
def test_markups_that_cannot_be_used_are_said(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_points(_json(tmp_path, _markup(**changes)))


def test_files_that_are_missing_or_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_points(tmp_path / "none.fcsv")
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(InputError, match="larger than 8 MB"):
        read_points(path)


def test_damaged_files_end_in_points_or_in_words(tmp_path: Path) -> None:
    rng = random.Random(5)
    seeds = {
        "a.fcsv": HEADER.format(frame="LPS") + COLUMNS + ROWS,
        "a.csv": "# frame = LPS\nname,x,y,z\nleft,10,20,30\nright,40,20,30\ntop,10,90,35\n",
        "a.mrk.json": _json(tmp_path, _markup()).read_text(),
    }
    refused = 0
    for name, text in seeds.items():
        for _ in range(400):
            path = tmp_path / name
            path.write_bytes(mutated(text.encode(), rng))
            try:
                points, _ = read_points(path)
            except InputError:
                refused += 1
            else:
                assert np.isfinite([point.position_patient_mm for point in points]).all()
    assert refused > 300


@pytest.mark.parametrize(
    ("name", "count", "label", "place"),
    [
        ("midsag.fcsv", 56, "midsag2", (-12.5, 93.5, 7.5)),
        ("gorilla_template.fcsv", 41, "Gorilla_template_LM1-1", (-111.987, -312.757, -148.078)),
        ("mouse_skull_A_J.mrk.json", 51, "1", (-9.21016, -25.0792, 9.31477)),
    ],
)
def test_real_files_of_slicer_are_read(name: str, count: int, label: str, place: tuple[float, float, float]) -> None:
    points, findings = read_points(shared_data("slicer") / name)
    assert len(points) == count
    assert points[0].name == label
    np.testing.assert_allclose(points[0].position_patient_mm, place)
    assert not findings


def test_the_fiducials_of_the_real_pelvis_phantom_are_read() -> None:
    places = _positions(shared_data("phantom_pelvis") / "CT_Fiducial_Markers.txt", "LPS")
    np.testing.assert_allclose(places[:2], [(310.46, 77.96, 193.50), (37.48, 59.41, 193.50)])
    assert len(places) == 4
