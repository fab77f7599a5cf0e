"""Where a CT measured nothing: padding and the corners outside the scan circle read as air, and it is said."""

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity

AIR_HU = -1024.0
"""What is written where nothing was measured; no less than the least a CT of 12 bits can say."""

NOTHING_HU = -1500.0
"""Air is -1000 HU and noise reaches some hundreds below it; what was not scanned is marked with -2000 to -3071."""


def air_outside(array: NDArray[np.float32], *, padded: float = 0.0) -> list[Finding]:
    """Set what a CT did not measure to air, in place.

    Args:
        array: (K, J, I) HU; changed.
        padded: part of the voxels, 0 to 1, that were marked as padding and are air already.
    """
    nothing = array < NOTHING_HU
    part = padded + float(np.count_nonzero(nothing)) / array.size
    array[nothing] = AIR_HU
    if part == 0.0:
        return []
    return [
        Finding(
            code="OUTSIDE_SCAN",
            severity=Severity.INFO,
            message=f"{100.0 * part:.1f} % of the voxels lie outside what was scanned and read as air.",
        )
    ]
