"""The desk of the wheel: of several nurse's consoles one changes things, the others watch until they take it over.

A console is known by its device and by the number its page keeps over a reload, so that neither a reload nor a new
socket loses the wheel. Programs give no such number: together they count as one console, which never gets a free wheel
by merely coming in, but by acting, and which leaves it free once the last of them that acted is gone: no program is
loaded again, and one that only reads keeps the wheel from nobody.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orview.edge.host.client_link import ClientLink
from orview.protocol.messages import (
    SENT_WITHOUT_THE_WHEEL,
    ClientMessage,
    Notice,
    NoticeWeight,
    Refused,
    Role,
)
from orview.protocol.viewing import SetView
from orview.protocol.wheel import Wheel
from orview.session.audit import AuditFact
from orview.units import NS_PER_S

FREED_AFTER_NS = 10 * NS_PER_S
"""A page that is gone for so long holds the wheel no more."""

NO_PAGE = ""
_ONLY_CLEARS = SetView(preset=None, styles=(), cleared=True, window=None, clip=None, clip_off=False, twin=None)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A console: the device it is, the number of its page, and what it calls itself."""

    device_id: str
    page: str
    name: str


class WheelDesk:
    """Who holds the wheel.

    Args:
        note: writes into the log what was done.
        keep: keeps the record of who holds it.
        record: of an earlier process of this host (`record`), None where there is none: who held the wheel then has
            as long to come back as anybody who left.
        consoles: device ids of this host's consoles; a record of another is of another run.
        now_ns: host clock.
    """

    def __init__(
        self,
        note: Callable[[str, Mapping[str, AuditFact]], None],
        keep: Callable[[str], None] = lambda record: None,
        *,
        record: str | None = None,
        consoles: frozenset[str] = frozenset(),
        now_ns: int = 0,
    ) -> None:
        self._note, self._keep = note, keep
        self._links: dict[ClientLink, Holder] = {}
        self._acted: set[ClientLink] = set()
        self._holder = _holder_on_record(record, consoles)
        self._left_ns: int | None = None if self._holder is None else now_ns

    def record(self) -> str:
        """Return who holds the wheel as JSON text."""
        holder = self._holder
        return json.dumps(None if holder is None else vars(holder))

    def come(self, link: ClientLink) -> None:
        """A client was let in."""
        assert link.device is not None
        if link.device.role is not Role.NURSE:
            return
        console = Holder(device_id=link.device.device_id, page=link.page or NO_PAGE, name=link.device.name)
        self._links[link] = console
        if self._holder is not None and _same(self._holder, console):
            self._left_ns = None
        elif self._holder is None and link.page is not None:
            self._hand_to(console)
            return
        link.tell(self._message(console))

    def leave(self, link: ClientLink, *, now_ns: int) -> None:
        """A connection ended."""
        console = self._links.pop(link, None)
        self._acted.discard(link)
        if console is None or not self._holds(console):
            return
        if console.page == NO_PAGE:
            if not self._acted:
                self._free()
        elif not any(map(self._holds, self._links.values())):
            self._left_ns = now_ns

    def refusal(self, link: ClientLink, message: ClientMessage) -> Refused | None:
        """Return why a client may not send this now; where the wheel is free, sending takes it."""
        console = self._links.get(link)
        if console is None or type(message) in SENT_WITHOUT_THE_WHEEL or message == _ONLY_CLEARS:
            return None
        if self._holder is None:
            self._hand_to(console)
        if self._holds(console):
            if console.page == NO_PAGE:
                self._acted.add(link)
            return None
        return Refused(
            code="NO_WHEEL",
            message="Another console holds the wheel.",
            mend="Take it over first.",
            about=message.TYPE,
        )

    def take(self, link: ClientLink) -> None:
        """Hand the wheel to a console, whoever holds it, and tell both."""
        console, before = self._links[link], self._holder
        if console.page == NO_PAGE:
            self._acted.add(link)
        if self._holds(console):
            return
        self._hand_to(console)
        if before is None:
            return
        for other, theirs in self._links.items():
            if _same(theirs, before):
                other.tell(
                    Notice(weight=NoticeWeight.WARNING, text=f"{console.name} took the wheel: you only watch now.")
                )

    def watch(self, *, now_ns: int) -> None:
        """Free the wheel where its holder is gone for too long."""
        if self._left_ns is not None and now_ns - self._left_ns > FREED_AFTER_NS:
            self._free()

    def _free(self) -> None:
        assert self._holder is not None
        self._note("WHEEL_FREED", {"device": self._holder.device_id, "page": self._holder.page})
        self._holder = self._left_ns = None
        self._tell()

    def _hand_to(self, console: Holder) -> None:
        before, self._holder, self._left_ns = self._holder, console, None
        from_page = None if before is None else before.page
        self._note("WHEEL_TAKEN", {"device": console.device_id, "page": console.page, "from_page": from_page})
        self._tell()

    def _tell(self) -> None:
        self._keep(self.record())
        for link, console in self._links.items():
            link.tell(self._message(console))

    def _message(self, console: Holder) -> Wheel:
        holder = self._holder
        return Wheel(holder_name=None if holder is None else holder.name, yours=self._holds(console))

    def _holds(self, console: Holder) -> bool:
        return self._holder is not None and _same(self._holder, console)


def _same(one: Holder, other: Holder) -> bool:
    return (one.device_id, one.page) == (other.device_id, other.page)


def _holder_on_record(record: str | None, consoles: frozenset[str]) -> Holder | None:
    try:
        holder = Holder(**json.loads(record or "null"))
    except (ValueError, TypeError):
        return None
    return holder if holder.device_id in consoles else None
