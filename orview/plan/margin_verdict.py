"""Whether a plane keeps the margin asked for, and whether also with what a registration may be wrong by."""

from enum import StrEnum

from orview.findings import Finding, Severity


class MarginVerdict(StrEnum):
    """What is to be said of a margin."""

    KEPT = "kept"
    NOT_SAFE = "not_safe"
    NOT_KEPT = "not_kept"


def margin_verdict(least_mm: float, *, margin_mm: float, expected_error_mm: float | None) -> MarginVerdict:
    """Judge the least distance of a plane to the tumour.

    Args:
        least_mm: in the image.
        margin_mm: asked for.
        expected_error_mm: of the registration at the tumour, 95 %; None where there is none yet.
    """
    if least_mm < margin_mm:
        return MarginVerdict.NOT_KEPT
    if expected_error_mm is not None and least_mm < margin_mm + expected_error_mm:
        return MarginVerdict.NOT_SAFE
    return MarginVerdict.KEPT


def margin_finding(
    key: str, name: str, least_mm: float, *, margin_mm: float, expected_error_mm: float | None
) -> Finding | None:
    """Return what must be said of the plane of that key and name, None where the margin is kept for sure.

    The other arguments are those of `margin_verdict`.
    """
    verdict = margin_verdict(least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm)
    if verdict is MarginVerdict.NOT_KEPT:
        return Finding(
            code="MARGIN_NOT_KEPT",
            severity=Severity.WARNING,
            message=f"{name} leaves {least_mm:.1f} mm to the tumour; {margin_mm:.1f} mm are asked for.",
            where=key,
        )
    if verdict is MarginVerdict.NOT_SAFE and expected_error_mm is not None:
        return Finding(
            code="MARGIN_NOT_SAFE",
            severity=Severity.WARNING,
            message=f"{name} leaves {least_mm:.1f} mm to the tumour; {margin_mm:.1f} mm are asked for, and the "
            f"registration may be wrong by {expected_error_mm:.1f} mm: {margin_mm + expected_error_mm:.1f} mm are "
            "safe.",
            where=key,
        )
    return None
