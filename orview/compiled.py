"""The one door to compiled loops: a function of numbers and arrays, turned into machine code at its first call.

What was compiled is kept beside the source (or in the user's cache where that cannot be written), so that only the very
first call on a machine takes its second. A compiled function lets the other threads go on while it runs.
"""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Return a function that does the same in machine code, without holding the interpreter's lock.

    Args:
        function: takes and gives numbers and numpy arrays only; calls nothing but numpy and other compiled functions.
            Its sums are those of IEEE arithmetic in the order written, so that results are alike everywhere.
    """
    return cast(Function, numba.njit(cache=True, nogil=True)(function))
