"""Every hazard mark names a row, and the table people read is the one the tests make."""

from tests.plan.hazards import SEVERITY, TABLE, proofs_of_rows, rows, table


def test_every_mark_names_a_row() -> None:
    assert proofs_of_rows().keys() <= rows().keys()


def test_every_row_is_whole() -> None:
    assert list(rows()) == [f"H{number:02d}" for number in range(1, 36)]
    for row in rows().values():
        assert row["severity"] in SEVERITY
        assert row["hazard"]
        assert row["control"]


def test_the_table_is_fresh() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run: python -m tests.plan.hazards"
