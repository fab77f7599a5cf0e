"""The time-out: what the team says aloud before the overlay is shown, each item ticked for what was true then.

An item carries the fact it was ticked for, as the host knows it. When that fact is another one, the tick is gone: it
was given for something else. Only where a fact goes and comes by itself, as headsets do with their link, the tick waits
for the very same fact to be back. Items the host knows to be untrue cannot be ticked (WHO Surgical Safety Checklist
2009: patient, site, procedure and imaging are confirmed by the team, and not assumed).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item of the list.

    Attributes:
        key: stable name.
        words: what is asked, with what the host knows of it.
        fact: digest of what a tick is given for.
        ready: False while the host knows that it cannot be so.
        returns: the fact may go and come back by itself, and its tick with it.
    """

    key: str
    words: str
    fact: str
    ready: bool = True
    returns: bool = False


@dataclass(frozen=True, kw_only=True)
class TimeOut:
    """The list as it stands.

    Attributes:
        items: in their order; empty before the host told them.
        ticked: per item the fact it was ticked for, which may not be the one that stands.
    """

    items: tuple[Item, ...] = ()
    ticked: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def told(self, items: tuple[Item, ...]) -> "TimeOut":
        """Return the list with these items; ticks that were given for something else are gone."""
        stand = {item.key: item for item in items if item.ready}
        kept = {
            key: fact
            for key, fact in self.ticked.items()
            if key in stand and (stand[key].fact == fact or stand[key].returns)
        }
        return TimeOut(items=items, ticked=MappingProxyType(kept))

    def has_tick(self, item: Item) -> bool:
        """Whether an item of the list is ticked for the fact that stands."""
        return self.ticked.get(item.key) == item.fact

    def refusal(self, key: str, fact: str) -> str:
        """Return why an item cannot be ticked for a fact, or nothing."""
        item = next((item for item in self.items if item.key == key), None)
        if item is None:
            return "The time-out has no such item."
        if not item.ready:
            return item.words
        return "" if item.fact == fact else "This item of the time-out has changed: read it again."

    def with_tick(self, key: str, fact: str) -> "TimeOut":
        """Return the list with an item ticked."""
        return replace(self, ticked=MappingProxyType({**self.ticked, key: fact}))

    def without_tick(self, key: str) -> "TimeOut":
        """Return the list with an item not ticked."""
        kept = {other: fact for other, fact in self.ticked.items() if other != key}
        return replace(self, ticked=MappingProxyType(kept))

    def cleared(self) -> "TimeOut":
        """Return the list with nothing ticked."""
        return replace(self, ticked=MappingProxyType({}))

    @property
    def ticked_keys(self) -> frozenset[str]:
        """Keys of the items that are ticked for the fact that stands."""
        return frozenset(item.key for item in self.items if self.has_tick(item))

    @property
    def open_count(self) -> int:
        """How many items are not ticked."""
        return sum(not self.has_tick(item) for item in self.items)

    def fault(self) -> str | None:
        """Return why the time-out is not over, in one sentence; None where it is."""
        if not self.items:
            return "The time-out is still to come."
        left = self.open_count
        return f"Time-out: {left} of {len(self.items)} items to tick." if left else None
