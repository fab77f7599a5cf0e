"""Where a CT measured nothing: padding and the corners outside the scan circle read as air, and it is said."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity

AIR_HU = -1024.0
"""What is written where nothing was measured; no less than the least a CT of 12 bits can say."""

NOTHING_HU = -1500.0
"""Air is -1000 HU and noise reaches some hundreds below it; what was not scanned is marked with -2000 to -3071."""


def clear_outside(grey: NDArray[Any]) -> int:
    """Set what a CT did not measure to air, in place, and return how many values that were.

    Args:
        grey: HU; changed.
    """
    if grey.min() >= NOTHING_HU:
        return 0
    nothing = grey < NOTHING_HU
    grey[nothing] = AIR_HU
    return int(np.count_nonzero(nothing))


def outside_words(part: float) -> list[Finding]:
    """Return what is said where a part of the voxels, 0 to 1, was not measured."""
    if part == 0.0:
        return []
    return [
        Finding(
            code="OUTSIDE_SCAN",
            severity=Severity.INFO,
            message=f"{100.0 * part:.1f} % of the voxels lie outside what was scanned and read as air.",
        )
    ]
