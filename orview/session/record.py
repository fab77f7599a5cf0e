"""What of a session outlives a crash: the case, whether a session was on, what people vouched for, plan and stage.

A restored session is HOLD or OFF, never LIVE (hazard H22); a record that is not exactly what was
written is refused as a whole (hazard H23). An accepted registration is accepted still when the same one
comes back, and an item of the time-out stays ticked for its fact.
"""

import hashlib
import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from orview.errors import RefusedError
from orview.session.staging import PlanFacts, Staging
from orview.session.state import CaseFacts, Restarted, Session, State, step
from orview.session.time_out import TimeOut

SCHEMA = 3
_FIELDS_OF_1 = {"schema", "on", "case_id", "case_digest", "digest"}
_FIELDS_OF_2 = _FIELDS_OF_1 | {"identified_by", "accepted", "ticked"}
_FIELDS = {1: _FIELDS_OF_1, 2: _FIELDS_OF_2, 3: _FIELDS_OF_2 | {"plan_digest", "stage"}}
"""Per schema. In the first nobody vouched for anything, in the second there were no plans."""


def encode(session: Session) -> str:
    """Return the record of a session as JSON."""
    body: dict[str, object] = {
        "schema": SCHEMA,
        "on": session.state is not State.OFF,
        "case_id": None if session.case is None else session.case.case_id,
        "case_digest": None if session.case is None else session.case.digest,
        "identified_by": list(session.identified_by),
        "accepted": session.accepted,
        "ticked": dict(session.time_out.ticked),
        "plan_digest": session.staging.locked_digest,
        "stage": session.staging.stage,
    }
    return json.dumps(body | {"digest": _digest(body)}, sort_keys=True)


def case_id_of(record: str) -> str | None:
    """Return the id of the case a record names, for looking it up in the store.

    Raises:
        RefusedError: the record is not one this version wrote.
    """
    case_id = _read(record)["case_id"]
    return None if case_id is None else str(case_id)


def plan_digest_of(record: str) -> str | None:
    """Return the digest of the plan that was locked, for looking it up in the store; None where none was.

    Raises:
        RefusedError: the record is not one this version wrote.
    """
    digest = _read(record).get("plan_digest")
    return None if digest is None else str(digest)


def restore(record: str, *, case: CaseFacts | None, plan: PlanFacts | None, now_ns: int) -> Session:
    """Rebuild the session of a record: HOLD if one was on, else OFF.

    Args:
        record: what `encode` wrote.
        case: the case of that id as the store holds it now, None if it is gone.
        plan: that was locked, as the store holds it; None if none was, or it is gone: then one is to be locked anew.
        now_ns: the time.

    Raises:
        RefusedError: the record is not one this version wrote, or the case is not the one it names.
    """
    body = _read(record)
    if body["case_id"] is None:
        return Session()
    if case is None or (case.case_id, case.digest) != (body["case_id"], body["case_digest"]):
        raise RefusedError(
            "The case of the last session is gone or was changed since.", mend="Choose the case again and start."
        )
    known = Session(case=case)
    if body["schema"] != 1:
        known = Session(
            case=case,
            identified_by=tuple(body["identified_by"]),
            accepted=body["accepted"],
            time_out=TimeOut(ticked=MappingProxyType(body["ticked"])),
            staging=_staging(body, plan),
        )
    if not body["on"]:
        return known
    held = replace(known, state=State.HOLD)
    return step(held, Restarted(part="host"), now_ns=now_ns).session


def _staging(body: dict[str, Any], plan: PlanFacts | None) -> Staging:
    """Return the plan and stage a record names, where the store still has them."""
    if plan is None or plan.digest != body.get("plan_digest") or not 1 <= body["stage"] <= len(plan.stages):
        return Staging()
    return Staging(newest=plan, locked=plan, stage=body["stage"])


def _read(record: str) -> dict[str, Any]:
    try:
        body = json.loads(record)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _unreadable()
    schema = body.get("schema")
    # True is no 1, and a list is no key.
    if type(schema) is not int or body.keys() != _FIELDS.get(schema):
        raise _unreadable()
    digest = body.pop("digest")
    if digest != _digest(body):
        raise _unreadable()
    return body


def _digest(body: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _unreadable() -> RefusedError:
    return RefusedError("The record of the last session cannot be read.", mend="Choose the case again and start.")
