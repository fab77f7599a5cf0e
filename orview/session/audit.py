"""The log of what was done in the room: a chain in which nothing can be changed, left out or put in unseen.

Each entry carries a keyed digest over itself and the entry before (HMAC-SHA-256, RFC 2104; a chain as in Schneier and
Kelsey 1999, doi 10.1145/317087.317089). Whoever holds the key can write another chain, and the last entries can be cut
off: both are seen by the heads that clients were handed.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orview.errors import ContractError

KEY_BYTES = 32
FIRST_LINK = "0" * 64
"""What the first entry follows."""

SHORT_LINK_DIGITS = 12
"""So much of a link is enough for a person to compare: nobody finds another entry that begins so."""

MOST_PROBLEMS = 20

AuditFact = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """The newest entry of a log: its number, from 1, and its link (64 hex digits)."""

    sequence: int
    link: str


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One thing that was done or happened.

    Attributes:
        sequence: from 1, without gaps.
        utc: when, ISO 8601.
        kind: what, a word in capitals.
        by: the role of who did it, or the part of the product it happened to.
        facts: what else is to be known, without anything that identifies a patient.
        link: 64 hex digits, the keyed digest over the entry and the one before.
    """

    sequence: int
    utc: str
    kind: str
    by: str
    facts: Mapping[str, AuditFact]
    link: str

    @property
    def head(self) -> AuditHead:
        """What is handed to clients once this is the newest entry."""
        return AuditHead(sequence=self.sequence, link=self.link)


@dataclass(frozen=True, kw_only=True)
class AuditVerdict:
    """What a look through a log found.

    Attributes:
        entries: how many there are.
        head: of the newest, None where there is none.
        problems: what is wrong with it, one short sentence each; empty where it is whole.
    """

    entries: int
    head: AuditHead | None
    problems: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, left out or put in, as far as can be told."""
        return not self.problems


def next_entry(
    after: AuditHead | None, *, key: bytes, utc: str, kind: str, by: str, facts: Mapping[str, AuditFact]
) -> AuditEntry:
    """Return the entry that follows a head, None for the first of all.

    Raises:
        ContractError: the key is too short to keep anybody out, or a fact is no plain number.
    """
    sequence = 1 if after is None else after.sequence + 1
    link = _link(FIRST_LINK if after is None else after.link, key, sequence, utc, kind, by, facts)
    return AuditEntry(sequence=sequence, utc=utc, kind=kind, by=by, facts=dict(facts), link=link)


def look_through(entries: Iterable[AuditEntry], *, key: bytes, heads: Sequence[AuditHead] = ()) -> AuditVerdict:
    """Check a whole log against its key, and against heads that clients were handed.

    Args:
        entries: in their order.
        key: of the log.
        heads: as clients remember them; of a link its first digits do.
    """
    problems: list[str] = []
    wanted = {head.sequence: head.link for head in heads}
    before, count, newest = FIRST_LINK, 0, None
    for entry in entries:
        count += 1
        if entry.sequence != count:
            problems.append(f"Where entry {count} should be there is entry {entry.sequence}.")
            count = entry.sequence
        elif entry.link != _link(before, key, entry.sequence, entry.utc, entry.kind, entry.by, entry.facts):
            problems.append(f"Entry {entry.sequence} ({entry.utc}) is not as it was written.")
        if not entry.link.startswith(wanted.pop(entry.sequence, "")):
            problems.append(f"A client remembers another entry {entry.sequence}.")
        before, newest = entry.link, entry.head
        if len(problems) >= MOST_PROBLEMS:
            return AuditVerdict(entries=count, head=newest, problems=tuple(problems[:MOST_PROBLEMS]))
    problems += [f"A client remembers entry {sequence}, which is not there." for sequence in sorted(wanted)]
    return AuditVerdict(entries=count, head=newest, problems=tuple(problems[:MOST_PROBLEMS]))


def _link(before: str, key: bytes, sequence: int, utc: str, kind: str, by: str, facts: Mapping[str, AuditFact]) -> str:
    if len(key) < KEY_BYTES:
        raise ContractError(f"The key of an audit log has {KEY_BYTES} bytes.")
    try:
        body = json.dumps([sequence, utc, kind, by, dict(facts)], sort_keys=True, allow_nan=False)
    except ValueError:
        raise ContractError("A fact in the audit log is a plain word or number.") from None
    return hmac.new(key, before.encode() + body.encode(), hashlib.sha256).hexdigest()
