"""The expected error at each structure as one headset is told it: renewed once a second, since each takes a while."""

from collections.abc import Callable

from orview.model.case import Case
from orview.protocol.placing import StructureError
from orview.units import ns_from_s

RENEW_EVERY_NS = ns_from_s(1.0)
"""Each structure takes a third of a millisecond of the loop that also sends the poses."""


class StructureErrors:
    """The errors of one case and one alignment.

    Args:
        error_mm: the error at the structure of a key at a time, 95 %, mm; None while nobody knows.
    """

    def __init__(self, error_mm: Callable[[str, int], float | None]) -> None:
        self._error_mm = error_mm
        self._errors: tuple[StructureError, ...] = ()
        self._of: tuple[str, int] | None = None
        self._renewed_ns = 0

    def at(self, case: Case, *, version: int, now_ns: int) -> tuple[StructureError, ...]:
        """Return the errors for a case, as the alignment of this version has them; none while nobody knows."""
        of = (case.id, version)
        if of == self._of and 0 <= now_ns - self._renewed_ns < RENEW_EVERY_NS and self._errors:
            return self._errors
        told = ((structure.key, self._error_mm(structure.key, now_ns)) for structure in case.structures)
        self._errors = tuple(
            StructureError(key=key, expected_error_mm=error_mm) for key, error_mm in told if error_mm is not None
        )
        self._of, self._renewed_ns = of, now_ns
        return self._errors
