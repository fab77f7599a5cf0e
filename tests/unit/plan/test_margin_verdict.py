"""A margin is kept, kept but not for sure, or not kept, and the sentence says so."""

import pytest

from orview.plan.margin_verdict import MarginVerdict, margin_finding, margin_verdict


@pytest.mark.parametrize(
    ("least_mm", "error_mm", "verdict"),
    [
        (9.99, None, MarginVerdict.NOT_KEPT),
        (9.99, 2.0, MarginVerdict.NOT_KEPT),
        (10.0, None, MarginVerdict.KEPT),
        (11.99, 2.0, MarginVerdict.NOT_SAFE),
        (12.0, 2.0, MarginVerdict.KEPT),
        (-1.0, None, MarginVerdict.NOT_KEPT),
    ],
)
def test_the_margin_asked_for_and_what_the_registration_may_be_wrong_by(
    least_mm: float, error_mm: float | None, verdict: MarginVerdict
) -> None:
    assert margin_verdict(least_mm, margin_mm=10.0, expected_error_mm=error_mm) is verdict
    found = margin_finding("high", "High cut", least_mm, margin_mm=10.0, expected_error_mm=error_mm)
    if verdict is MarginVerdict.KEPT:
        assert found is None
        return
    assert found is not None
    assert (found.code, found.where) == (f"MARGIN_{verdict.name}", "high")
    assert found.message.startswith(f"High cut leaves {least_mm:.1f} mm to the tumour; 10.0 mm are asked for")
    assert ("12.0 mm are safe" in found.message) is (verdict is MarginVerdict.NOT_SAFE)
