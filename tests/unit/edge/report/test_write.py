"""Both files of a report say what the record says, are their owner's alone, and are whole or not there."""

from pathlib import Path

import pytest

from orview.edge import private_file
from orview.edge.report.folder import FOLDER
from orview.edge.report.record import record_of
from orview.edge.report.write import write_report
from orview.errors import StoreError
from tests.unit.edge.report.pdf_words import words_of_pdf
from tests.unit.edge.report.records import ERRORS_MM, NAME, NOTE, held


def test_page_and_paper_say_the_numbers_of_the_record(tmp_path: Path) -> None:
    made = held(tmp_path)
    written = write_report(made.store)
    assert (written.name, written.html.parent) == (NAME, tmp_path / FOLDER)
    paper, page = words_of_pdf(written.pdf.read_bytes()).splitlines(), written.html.read_text(encoding="utf-8")
    (check,) = record_of(made.store, None).checks
    lengths = [one for errors in ERRORS_MM.values() for one in errors] + [check.misfit_mm, check.expected_mm]
    for length in lengths:
        assert f"{length:.1f} mm" in paper
        assert f"{length:.1f}\u00a0mm" in page
    for words in ("Sacral tip", NOTE, made.case.digest, "Quest 3 headset"):
        assert words in paper
        assert words in page
    assert all(path.stat().st_mode & 0o077 == 0 for path in (written.html, written.pdf))
    # Written again from the same record it is the same report.
    before = written.pdf.read_bytes()
    assert write_report(made.store, NAME).pdf.read_bytes() == before


@pytest.mark.hazard("H25")
def test_a_disk_that_refuses_leaves_no_half_of_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = held(tmp_path)
    whole, calls = private_file.write_private, []

    def full(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        whole(path, data)

    monkeypatch.setattr("orview.edge.report.write.write_private", full)
    with pytest.raises(StoreError, match="No space left"):
        write_report(made.store)
    assert list((tmp_path / FOLDER).iterdir()) == []
