"""Points measured at the board come in as they are; what cannot be used is said with file, line and mend."""

from pathlib import Path

import numpy as np
import pytest

from orview.edge.board_points import (
    BoardPoint,
    check_points_are_new,
    read_touched,
    read_traced,
    write_touched,
    write_traced,
)
from orview.errors import InputError

ROWS = "psis_left,10,20,30\npsis_right,40,20,30\n,10,90,35\n"


def _file(folder: Path, text: str, name: str = "touched.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_touches_keep_their_axes_names_and_sigmas(tmp_path: Path) -> None:
    text = "# frame = board\nname,x,y,z,sigma\na,10,20,30,0.4\n,40,20,30,\nc,10,90,35,1\n"
    points = read_touched(_file(tmp_path, text))
    np.testing.assert_allclose(
        [point.position_board_mm for point in points], [(10, 20, 30), (40, 20, 30), (10, 90, 35)]
    )
    assert [point.name for point in points] == ["a", None, "c"]
    assert [point.sigma_mm for point in points] == [0.4, None, 1.0]
    assert points[2].where == "line 5"
    assert [point.shared_mm for point in points] == [None, None, None]


def test_touches_say_what_they_share(tmp_path: Path) -> None:
    text = "# frame = board\nname,x,y,z,sigma,shared\na,10,20,30,0.4,0.2\nb,40,20,30,,\nc,10,90,35,1,\n"
    points = read_touched(_file(tmp_path, text))
    assert [point.shared_mm for point in points] == [0.2, None, None]


def test_a_trace_needs_no_names_and_a_tip_may_rest(tmp_path: Path) -> None:
    text = "# frame = BOARD\nx,y,z\n1,2,3\n1,2,3\n4,5,3\n1 9 3\n"
    np.testing.assert_allclose(read_traced(_file(tmp_path, text)), [(1, 2, 3), (1, 2, 3), (4, 5, 3), (1, 9, 3)])


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("frame", ["", "# frame = LPS\n", "# frame = RAS\n"])
def test_points_that_are_not_of_the_board_are_refused(tmp_path: Path, frame: str) -> None:
    for read in (read_touched, read_traced):
        with pytest.raises(InputError, match="frame of the board") as caught:
            read(_file(tmp_path, frame + ROWS))
        assert "# frame = board" in caught.value.mend


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "touched.csv is empty"),
        ("# frame = board\nname,x,y,z\n", "touched.csv holds no points"),
        ("# frame = board\na,1,2,3\nb,4,nan,6\n", "line 3: y is nan"),
        ("# frame = board\na,1,2,3\nb,4,5\n", "line 3: it has 3 columns, not 4"),
        ("# frame = board\nname,x,y,z,sigma\na,1,2,3\n", "line 3: it has 4 columns, not 5. Write name,x,y,z,sigma"),
        ("# frame = board\nname,x,y,z,sigma\na,1,2,3,-1\n", "line 3: sigma is -1"),
        ("# frame = board\nname,x,y,z,sigma,shared\na,1,2,3,0.3,0.3\n", "line 3: a shares more error with the others"),
        ("# frame = board\nname,x,y,z,shared\na,1,2,3,0.3\n", "line 3: a shares more error with the others"),
        ("# frame = board\nname,x,y,z,sigma,shared\na,1,2,3,1,x\n", "line 3: shared is 'x', which is no number"),
        ("# frame = board\n# unit = m\na,1,2,3\n", "the unit is 'm'. Write the points in millimetres"),
        ("# frame = board\na,1,2,3\na,7,2,9\nc,4,9,6\n", "line 3: the name 'a' stands there a second time"),
        ("# frame = board\na,1,2,3\nb,1.2,2,3\nc,4,9,6\n", "line 3: b lies where a does .line 2."),
        ("# frame = board\na,1,2,3\nb,2,4,6\nc,3,6,9\n", "all 3 points lie on one line"),
        ("# frame = board\na,1,2,3\nb,2,4,1600\nc,4,9,6\n", "line 3: b lies 1.6 m from the board"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_touched(_file(tmp_path, text))
    assert words.replace(".line 2.", "(line 2)") in str(caught.value)
    assert "touched.csv" in caught.value.message
    assert caught.value.mend


def test_other_files_and_files_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file of points measured at the board"):
        read_touched(_file(tmp_path, "{}", "touched.mrk.json"))
    many = "".join(f"{n},{n * n % 7},{n % 5}\n" for n in range(201))
    with pytest.raises(InputError, match="201 points, more than 200"):
        read_touched(_file(tmp_path, f"# frame = board\nx,y,z\n{many}"))
    assert len(read_traced(_file(tmp_path, f"# frame = board\nx,y,z\n{many}"))) == 201


def test_what_is_written_is_read(tmp_path: Path) -> None:
    names = ("psis left", '#2, the "ridge"', None)
    places = np.array([[10.1234, 20.0, 30.0], [-40.0, 20.0, 30.0], [10.0, 90.0, 35.0]])
    points = [
        BoardPoint(name=name, position_board_mm=place, sigma_mm=sigma_mm, shared_mm=shared_mm, where="")
        for name, place, sigma_mm, shared_mm in zip(names, places, (0.7, None, 1.25), (0.3, None, None), strict=True)
    ]
    path = tmp_path / "touched.csv"
    write_touched(path, points[:1])
    write_touched(path, points)
    read = read_touched(path)
    assert [(point.name, point.sigma_mm) for point in read] == [(names[0], 0.7), (names[1], None), (None, 1.25)]
    assert [point.shared_mm for point in read] == [0.3, None, None]
    np.testing.assert_allclose([point.position_board_mm for point in read], places, atol=0.0005)
    write_traced(tmp_path / "trace.csv", list(places))
    np.testing.assert_allclose(read_traced(tmp_path / "trace.csv"), places, atol=0.0005)
    assert {entry.name for entry in tmp_path.iterdir()} == {"touched.csv", "trace.csv"}


def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trace.csv"
    write_traced(path, list(np.eye(3)))
    before = path.read_text()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(InputError, match="No space left"):
        write_traced(path, list(2.0 * np.eye(3)))
    assert path.read_text() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["trace.csv"]


def test_measured_points_are_never_overwritten_and_have_a_place(tmp_path: Path) -> None:
    check_points_are_new(tmp_path / "touched.csv")
    (tmp_path / "old.csv").touch()
    for path, words in (
        (tmp_path / "old.csv", "never overwritten"),
        (tmp_path / "none" / "a.csv", "folder"),
        (tmp_path / "touched.json", "no name for measured points"),
    ):
        with pytest.raises(InputError, match=words):
            check_points_are_new(path)
