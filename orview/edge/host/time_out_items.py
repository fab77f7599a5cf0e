"""The items of the time-out for a case, each with what the host knows of it.

WHO Surgical Safety Checklist (2009), "before skin incision": patient, site, procedure, imaging displayed; and what an
overlay adds to that: board, headsets, registration.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orview.edge.case_identity import PlannedProcedure
from orview.model.case import Case, CaseSource
from orview.protocol.identity import OperatedSide
from orview.session.state import Session
from orview.session.time_out import Item
from orview.session.vouching import FEWEST_IDENTIFIERS, listed

FACT_DIGITS = 16
OLD_AFTER_DAYS = 30
"""Images older than that are asked about: a tumour grows, and another stage may have been operated since."""

_SIDES = {
    OperatedSide.LEFT: "left",
    OperatedSide.RIGHT: "right",
    OperatedSide.BOTH: "both sides",
    OperatedSide.MIDLINE: "midline",
}
_MOST_WORDS = 400


@dataclass(frozen=True, kw_only=True)
class WornHeadset:
    """A headset that is in: its device, what people call it, and the digest of the model it says it has."""

    device_id: str
    name: str
    model_digest: str | None


def time_out_items(
    case: Case,
    session: Session,
    *,
    planned: PlannedProcedure,
    moved: str,
    headsets: Sequence[WornHeadset],
    today: date,
) -> tuple[Item, ...]:
    """Return the items in the order they are asked.

    Args:
        case: the selected case.
        session: as it stands.
        planned: what is to be done.
        moved: how a board on the patient was bumped, in one sentence; empty where none was.
        headsets: of surgeons.
        today: the day.
    """
    # The session knows it; a case makes it anew each time.
    digest = "" if session.case is None else session.case.digest
    identified = len(session.identified_by) >= FEWEST_IDENTIFIERS
    who = (
        f"{case.name}, identified by {listed(session.identified_by)}." if identified else "identify the patient first."
    )
    side = "say side and procedure first." if planned.side is None else f"{_SIDES[planned.side]}."
    procedure = f"{planned.procedure}." if planned.procedure else "say side and procedure first."
    registration = session.registration.words if session.is_accepted else "accept the registration first."
    staging = session.staging
    told: tuple[tuple[str, str, list[object], bool], ...] = (
        ("patient", f"Right patient: {who}", [list(session.identified_by)], identified),
        ("side", f"Right side: {side}", [planned.side], planned.side is not None),
        ("procedure", f"Right procedure: {procedure}", [planned.procedure], bool(planned.procedure)),
        ("images", f"Right images: {images_words(case.source, today=today)}", [], True),
        *(
            (("stage", f"Right stage: {staging.good_words}", [staging.locked.digest, staging.stage], True),)
            if staging.locked is not None
            else ()
        ),
        ("board", moved or "The board on the patient is fixed and clean.", [moved], not moved),
        ("headsets", f"Right headsets: {_headset_words(digest, headsets)}", _facts_of(digest, headsets), True),
        ("registration", f"Registration: {registration}", [session.verdict], session.is_accepted),
        ("fallback", "The images are on a screen in the room, should the overlay fail.", [], True),
    )
    return tuple(
        Item(
            key=key,
            words=_clipped(words),
            fact=_digest([key, digest, *facts]),
            ready=ready,
            # A link that breaks for a moment, or a restart of the host, takes every headset away.
            returns=key == "headsets",
        )
        for key, words, facts, ready in told
    )


def images_words(source: CaseSource, *, today: date) -> str:
    """Say of which day the images are, how old, and which (hazard H14)."""
    kind = source.modality or "Images"
    which = ", ".join(
        filter(None, (f"{source.slices} slices", source.series_text, "made by a program" if source.synthetic else ""))
    )
    if source.acquired is None:
        return f"{kind} taken on an unknown day, {which}. Compare them with the patient's file."
    days = (today - date.fromisoformat(source.acquired)).days
    if days < 0:
        return f"{kind} taken on {source.acquired}, a day to come, {which}. Is the clock of this computer right?"
    age = ("today", "1 day old")[days] if days < 2 else f"{days} days old"
    told = f"{kind} taken on {source.acquired}, {age}, {which}."
    return f"{told} Are there newer images?" if days >= OLD_AFTER_DAYS else told


def _headset_words(digest: str, headsets: Sequence[WornHeadset]) -> str:
    if not headsets:
        return "no surgeon's headset is in."
    ready = [headset.name for headset in headsets if headset.model_digest == digest]
    others = [headset.name for headset in headsets if headset.model_digest != digest]
    told = []
    if ready:
        one = len(ready) == 1
        told.append(f"{_names(ready)} has this case's model." if one else f"{_names(ready)} have this case's model.")
    if others:
        names = _names(others)
        one = len(others) == 1
        told.append(
            f"{names} does not have this case's model yet." if one else f"{names} do not have this case's model yet."
        )
    return " ".join(told)


def _names(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _facts_of(digest: str, headsets: Sequence[WornHeadset]) -> list[object]:
    return [sorted((headset.device_id, headset.model_digest == digest) for headset in headsets)]


def _digest(facts: list[object]) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:FACT_DIGITS]


def _clipped(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else words[: _MOST_WORDS - 1] + "…"
