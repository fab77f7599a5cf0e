"""How work that falls into independent pieces is handed out: these floors know no threads of their own."""

from collections.abc import Callable, Iterable
from typing import Any

Parallel = Callable[..., Iterable[Any]]
"""Like the builtin `map`: calls a function for each item, possibly at the same time, and gives the results in order."""
