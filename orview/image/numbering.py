"""Do the slices' own numbers tell another order than their positions do?

Positions alone place a slice. Two slices whose positions were exchanged still make an even stack: only their numbers,
which the scanner counted as it made them, show it (hazard H15).
"""

from collections.abc import Sequence

import numpy as np

from orview.errors import RefusedError
from orview.findings import Finding, Severity

FEW = 0.25
"""Up to this part of the steps may run backwards and still be a few exchanged slices; beyond, the numbers are noise."""


NOISE = -1
"""What `_exchanged` returns for values in no order."""


def check_locations(locations_mm: Sequence[float | None]) -> None:
    """Compare the scanner's own count along the table with the order of slices sorted by position.

    Args:
        locations_mm: SliceLocation of each, None where unknown. It runs either way and often repeats; only an order
            that is broken in a few places tells something.

    Raises:
        RefusedError: some slices are located against their places.
    """
    known = [location for location in locations_mm if location is not None]
    if len(known) < len(locations_mm) or len(set(known)) < len(known):
        return
    n = _exchanged(known)
    if n is not None and n != NOISE:
        raise RefusedError(
            f"Slices {n + 1} and {n + 2} of the sorted stack lie the other way round by their stated locations: "
            "slices may have been exchanged.",
            mend="Export the series again from the scanner or archive.",
        )


def _exchanged(values: Sequence[float]) -> int | None:
    """Return the first place where values that run one way run back, None where none does, NOISE where many do."""
    steps = np.diff(values)
    backwards = steps < 0
    if 2 * np.count_nonzero(backwards) > len(steps):
        backwards = steps > 0
    if not backwards.any():
        return None
    return int(backwards.argmax()) if np.count_nonzero(backwards) <= max(2, FEW * len(steps)) else NOISE


def check_numbering(numbers: Sequence[int | None]) -> list[Finding]:
    """Compare the numbers of slices sorted by position with that order.

    Args:
        numbers: InstanceNumber of each, None where unknown. Numbers that repeat tell nothing.

    Raises:
        RefusedError: some slices are numbered against their places.
    """
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or len(set(known)) < len(known) or len(known) < 2:
        return [
            Finding(
                code="SLICES_UNNUMBERED",
                severity=Severity.INFO,
                message="The slices are not numbered: exchanged ones could not be noticed by it.",
            )
        ]
    n = _exchanged(known)
    if n == NOISE:
        return [
            Finding(
                code="NUMBERS_UNORDERED",
                severity=Severity.WARNING,
                message="The slices' numbers follow no order: exchanged slices could not be noticed by them. "
                "Their positions are used.",
            )
        ]
    if n is not None:
        raise RefusedError(
            f"Slices {n + 1} and {n + 2} of the sorted stack are numbered the other way round than they lie: "
            "slices may have been exchanged.",
            mend="Export the series again from the scanner or archive.",
        )
    findings = []
    stride = int(np.median(np.abs(np.diff(known))))
    if stride > 1:
        findings.append(
            Finding(
                code="SLICES_LEFT_OUT",
                severity=Severity.WARNING,
                message=f"The slices' numbers go in steps of {stride}: those between may have been left out.",
            )
        )
    if min(known) > stride:
        findings.append(
            Finding(
                code="SERIES_PART",
                severity=Severity.INFO,
                message=f"The slices' numbers begin at {min(known)}: the series may be longer than what was given.",
            )
        )
    return findings
