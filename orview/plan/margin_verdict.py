"""Whether a plane keeps the margin asked for, and whether also with what a registration may be wrong by."""

from enum import StrEnum


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


def margin_words(name: str, least_mm: float, *, margin_mm: float, expected_error_mm: float | None) -> str:
    """Return the sentence on a plane of that name (arguments as of `margin_verdict`)."""
    told = f"{name} leaves {least_mm:.1f} mm to the tumour; {margin_mm:.1f} mm are asked for"
    verdict = margin_verdict(least_mm, margin_mm=margin_mm, expected_error_mm=expected_error_mm)
    if verdict is MarginVerdict.NOT_SAFE and expected_error_mm is not None:
        return (
            f"{told}, and the registration may be wrong by {expected_error_mm:.1f} mm: "
            f"{margin_mm + expected_error_mm:.1f} mm are safe."
        )
    return f"{told}."
