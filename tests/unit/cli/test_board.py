"""`orview board`."""

from pathlib import Path

import pytest
import typer

from orview.cli import board as verb
from orview.edge.boards import load_board
from tests.unit.cli.verbs import run_verb


def test_a_pdf_an_svg_and_pngs_are_written(tmp_path: Path) -> None:
    pdf, svg, png = (tmp_path / name for name in ("board.pdf", "board.svg", "board.PNG"))
    document = run_verb("board", "patient_flat", "--out", pdf, "--json").document
    assert pdf.read_bytes().startswith(b"%PDF")
    assert (document["board"], document["markers"], document["beads"], document["dpi"]) == ("patient_flat", 17, 8, None)
    assert (document["files"], document["bytes"], document["pages"]) == ([str(pdf)], pdf.stat().st_size, 2)
    assert document["page_mm"] == [210.0, 297.0]
    document = run_verb("board", "patient_flat", "--out", png, "--json", "--dpi", "300").document
    assert document["dpi"] == 300
    assert [Path(file).name for file in document["files"]] == ["board.PNG", "board-2.PNG"]
    assert all(Path(file).read_bytes().startswith(b"\x89PNG") for file in document["files"])
    document = run_verb("board", "patient_folded", "--out", svg, "--json", "--paper", "letter").document
    assert svg.read_text().startswith("<svg")
    assert document["page_mm"] == [215.9, 279.4]
    assert [face["name"] for face in document["faces"]] == ["left", "right"]


def test_without_json_stdout_stays_empty(tmp_path: Path) -> None:
    outcome = run_verb("board", "calibration_a4", "--out", tmp_path / "board.pdf")
    assert (outcome.code, outcome.out) == (0, "")
    assert "Print at 100 %" in outcome.words


def test_bad_requests_are_refused_with_words(tmp_path: Path) -> None:
    assert run_verb("board", "patient_flat", "--out", tmp_path / "board.gif").code == 2
    assert run_verb("board", "patient_flat").code == 2
    assert run_verb("board", "patient_flat", "--out", tmp_path / "board.pdf", "--paper", "a5").code == 2
    assert run_verb("board", "patient_flat", "--out", tmp_path / "board.pdf", "--bar", "99").code == 2
    assert "no board 'nothing'" in run_verb("board", "nothing", "--out", tmp_path / "board.pdf").words
    assert "cannot be written" in run_verb("board", "patient_flat", "--out", tmp_path / "no" / "board.pdf").words
    assert "does not fit" in run_verb("board", "calibration_a4", "--out", tmp_path / "x.pdf", "--paper", "letter").words
    assert list(tmp_path.iterdir()) == []


@pytest.mark.hazard("H06")
def test_a_measured_print_becomes_a_copy_of_the_definition(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    arguments = ("board", "patient_folded", "--check", "--bar", "99.7", "--bar-vertical", "99.8", "--out", copy)
    document = run_verb(*arguments, "--json").document
    board, mine = load_board("patient_folded"), load_board(copy)
    assert mine.name == board.name
    assert mine.digest == document["digest"] != board.digest
    assert mine.nominal.digest == board.digest
    assert document["scale"] == pytest.approx(0.9975) == mine.printed.scale
    assert document["scale_sigma"] == pytest.approx(mine.printed.scale_sigma)
    assert "level bar 99.7 mm" in copy.read_text()
    assert "already" in run_verb(*arguments).words


@pytest.mark.hazard("H06")
def test_a_wrong_print_is_told(tmp_path: Path) -> None:
    copy = tmp_path / "mine.toml"
    check = ("board", "patient_folded", "--check", "--out", copy)
    assert "stretched" in run_verb(*check, "--bar", "99.7", "--bar-vertical", "98.9").words
    assert "not the length" in run_verb(*check, "--bar", "9.97").words
    assert "no terminal" in run_verb(*check).words
    assert run_verb(*check, "--bar-vertical", "99.9", "--beads", "1-2=3").code == 2
    assert run_verb(*check, "--beads", "1:2=3").code == 2
    assert run_verb("board", "patient_folded", "--check", "--bar", "99.9").code == 2
    assert not copy.exists()
    assert "print it again at 100 %" in run_verb(*check, "--bar", "96.4", "--bar-vertical", "96.4").words.replace(
        "\n", " "
    )


@pytest.mark.hazard("H06")
def test_bead_distances_are_compared(tmp_path: Path) -> None:
    beads = load_board("patient_folded").beads_board_mm
    pairs = [(7, 3), (1, 3)]
    for built in (0.99, 1.0, 1.01):
        given = []
        for first, second in pairs:
            length = built * float(((beads[first - 1] - beads[second - 1]) ** 2).sum() ** 0.5)
            given += ["--beads", f"{first}-{second}={length:.1f}"]
        outcome = run_verb("board", "patient_folded", "--check", *given, "--json")
        if built == 1.0:
            assert outcome.document["bead_scale"] == pytest.approx(1.0, abs=1e-3)
        else:
            assert "off the size of its definition" in outcome.words.replace("\n", " ")


@pytest.mark.hazard("H06")
def test_a_person_types_each_bar_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([99.8, 99.7, 99.8, 99.8, 99.8, 98.7])
    monkeypatch.setattr(verb, "can_ask", lambda: True)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(answers))
    copy = tmp_path / "mine.toml"
    document = run_verb("board", "patient_folded", "--check", "--out", copy, "--json").document
    assert document["scale"] == pytest.approx(0.99775)
    other = tmp_path / "other.toml"
    assert "two readings" in run_verb("board", "patient_folded", "--check", "--out", other).words
    assert not other.exists()
