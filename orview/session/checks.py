"""What touched check points let a session do: which agree, what voided them, and when they are too old.

The touches are judged elsewhere; here they are remembered, the newest of each landmark. One must agree, none may
disagree, and none counts that is older than the case says or from before a doubt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from orview.units import NS_PER_S

_NS_PER_MIN = 60 * NS_PER_S


@dataclass(frozen=True, kw_only=True)
class CheckNeed:
    """What a case asks for: how many check points it names, and how long a check is good for."""

    known: int = 0
    max_age_ns: int = 30 * _NS_PER_MIN


@dataclass(frozen=True, kw_only=True)
class Touched:
    """The newest touch of a landmark: whether it agrees, in words, and when it was."""

    agrees: bool
    words: str
    at_ns: int


@dataclass(frozen=True, kw_only=True)
class Checks:
    """The check points of a session.

    Attributes:
        need: what the case asks for.
        touched: per landmark its newest touch since the last doubt.
        voided: why there is none from before, in a few words that begin a sentence; may be empty.
    """

    need: CheckNeed = field(default_factory=CheckNeed)
    touched: Mapping[str, Touched] = field(default_factory=lambda: MappingProxyType({}))
    voided: str = ""

    def taken(self, landmark: str, touch: Touched) -> "Checks":
        """Return the checks with one touch more."""
        return replace(self, touched=MappingProxyType({**self.touched, landmark: touch}), voided="")

    def void(self, why: str) -> "Checks":
        """Return the checks without any touch; `why` begins the sentence that asks for one."""
        return replace(self, touched=MappingProxyType({}), voided=why)

    @property
    def due_ns(self) -> int | None:
        """When the newest agreeing touch becomes too old; None where there is none."""
        newest = self._newest_agreeing()
        return None if newest is None else newest.at_ns + self.need.max_age_ns

    def fault(self, now_ns: int) -> str | None:
        """Return why LIVE may not stand on these checks, in one sentence; None where it may."""
        if self.need.known == 0:
            return "No check points are known for this case: add them with `orview checkpoints`."
        wrong = next((touch for touch in self.touched.values() if not touch.agrees), None)
        if wrong is not None:
            return wrong.words
        due_ns = self.due_ns
        if due_ns is None:
            return f"{self.voided} Touch a check point.".strip()
        if now_ns > due_ns:
            return f"The last check point is older than {self.need.max_age_ns // _NS_PER_MIN} min: touch one."
        return None

    @property
    def good_words(self) -> str:
        """What the newest agreeing touch says; empty where there is none."""
        newest = self._newest_agreeing()
        return "" if newest is None else newest.words

    def _newest_agreeing(self) -> Touched | None:
        agreeing = [touch for touch in self.touched.values() if touch.agrees]
        return max(agreeing, key=lambda touch: touch.at_ns, default=None)
