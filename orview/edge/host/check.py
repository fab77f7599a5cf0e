"""One thing that was tried on a machine, and what came of it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was tried.

    Attributes:
        key: stable name.
        passed: whether it is as it should be.
        needed: a host cannot run without it.
        words: what was found.
        mend: what to do, empty where nothing is to be done.
    """

    key: str
    passed: bool
    needed: bool
    words: str
    mend: str = ""
