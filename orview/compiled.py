"""The one door to compiled loops: a function of numbers and arrays, turned into machine code at its first call.

What was compiled is kept beside the source (or in the user's cache where that cannot be written), so that only the very
first call on a machine takes its second. A compiled function lets the other threads go on while it runs.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import DTypeLike, NDArray

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return a function that does the same in machine code, without holding the interpreter's lock.

    Args:
        function: takes and gives numbers and numpy arrays only; calls nothing but numpy and other compiled functions.
            Its sums are those of IEEE arithmetic in the order written, so that results are alike everywhere. What it
            calls or reads by name stands in the same file: what is kept is made anew when that file changes, and
            nothing looks at others.
    """
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


def plain(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array as compiled functions are warmed for: of one type, in C order, writable; itself where it is so.

    For each other kind of array a function is compiled once more, which takes the user's time.
    """
    return np.require(array, dtype, ["C", "W"])
