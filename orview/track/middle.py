"""The middle of many numbers, without the checks that make `numpy.median` slow on short arrays."""

import numpy as np
from numpy.typing import NDArray


def middle_of(values: NDArray[np.floating]) -> float:
    """Return the median of values (N,), N > 0, none of them NaN; of an even number the upper one of the two."""
    half = len(values) // 2
    return float(np.partition(values, half)[half])
