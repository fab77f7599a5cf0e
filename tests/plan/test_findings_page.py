"""The page of findings says what the code says."""

import re

from tests.plan.findings_page import PAGE, page, rows


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.plan.findings_page"


def test_every_code_is_written_out() -> None:
    for row in rows():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", row.code), f"{row.code!r} of {row.module} is no code"


def test_every_finding_has_a_severity_and_a_sentence() -> None:
    for row in rows():
        assert set(row.severity.split(" or ")) <= {"info", "warning", "error"}, row
        assert len(row.words) > 20, row
