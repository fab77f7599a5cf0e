"""`orview board`."""

from pathlib import Path

from tests.unit.cli.verbs import run_verb


def test_a_pdf_and_a_png_are_written(tmp_path: Path) -> None:
    pdf, png = tmp_path / "board.pdf", tmp_path / "board.PNG"
    document = run_verb("board", "patient_flat", "--out", pdf, "--json").document
    assert pdf.read_bytes().startswith(b"%PDF")
    assert (document["board"], document["markers"], document["beads"], document["dpi"]) == ("patient_flat", 17, 8, None)
    assert document["bytes"] == pdf.stat().st_size
    assert run_verb("board", "patient_flat", "--out", png, "--json", "--dpi", "300").document["dpi"] == 300
    assert png.read_bytes().startswith(b"\x89PNG")


def test_without_json_stdout_stays_empty(tmp_path: Path) -> None:
    outcome = run_verb("board", "calibration_a4", "--out", tmp_path / "board.pdf")
    assert (outcome.code, outcome.out) == (0, "")
    assert "Print at 100 %" in outcome.words


def test_bad_requests_are_refused_with_words(tmp_path: Path) -> None:
    assert run_verb("board", "patient_flat", "--out", tmp_path / "board.gif").code == 2
    assert "no board 'nothing'" in run_verb("board", "nothing", "--out", tmp_path / "board.pdf").words
    assert "cannot be written" in run_verb("board", "patient_flat", "--out", tmp_path / "no" / "board.pdf").words
    assert list(tmp_path.iterdir()) == []
