"""A store in which a session was held, made by hand: what stands in its report is known."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orview.edge.audit_log import AuditLog, Note
from orview.edge.case_store import CaseStore
from orview.edge.host.store import CheckLogEntry, HostStore, KeptMoment
from orview.model.case import Case
from orview.protocol.messages import Role
from orview.protocol.pairing import Device
from tests.cases import BLOBS, a_case
from tests.integration.small_room import verdict

BEGAN = datetime(2026, 1, 11, 9, 30, 0, tzinfo=UTC)
NAME = "20260111T093000Z_3"
ERRORS_MM = {"tumour": (1.7, 2.4, 1.9), "sacrum": (1.5, 2.1, 1.6)}
"""Of each structure: at the first START, the worst, at the end."""
NOTE = "Nerf S2 à gauche vu"


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


@dataclass
class Held:
    """A session that was held, and where."""

    store: CaseStore
    case: Case


def moment(case: Case, kind: str, seconds: float, place: int, worst: dict[str, float]) -> KeptMoment:
    """A moment in which the structures have the errors of a place."""
    document: dict[str, Any] = {
        "kind": kind,
        "orview": "0.1.0",
        "protocol": "abc123",
        "room": "Theatre 1",
        "simulated": True,
        "session": {
            "structures": [
                {"key": key, "name": key.capitalize(), "expected_error_mm": errors[place]}
                for key, errors in ERRORS_MM.items()
            ]
        },
        "verdict": verdict("b" * 64).to_document() if kind == "LIVE" else None,
        "told": {
            "clients": {"clients": [{"device_id": "c0", "name": "Linux console"}]},
            "identity": {"matched": ["name", "birth_date"] if kind == "LIVE" else []},
            "procedure": {"side": "left", "procedure": "Partial sacrectomy"},
            "time_out": {
                "items": [
                    {"words": "Right patient", "ticked": True},
                    {"words": "Board fixed and clean", "ticked": True},
                ]
            },
            "camera": {
                "profile": {"name": "Room camera", "calibrated_on": "2026-01-02", "age_days": 9, "error_mm": 0.4}
            },
        },
        "worst_mm": worst,
    }
    return KeptMoment(utc=at(seconds), case_id=case.id, document=document)


def held(folder: Path, *, name: str = "Case 12", note: str = NOTE, device: str = "Quest 3 headset") -> Held:
    """Hold a session of 15 minutes."""
    store = CaseStore.open(folder)
    case = replace(a_case(), name=name)
    store.add(case, BLOBS, identifiers={"PatientName": "Zz-canary^Jane", "PatientID": "canary-4711"})
    log, host = AuditLog(folder), HostStore(store)
    host.put_device(
        Device(device_id="a1", name=device, role=Role.SURGEON, room_name="Theatre 1", token_digest="d" * 64)
    )
    number = host.put_note(at(400), case.id, note).number
    host.put_note(at(90_000), case.id, "Of another day")
    live = {"from": "HOLD", "to": "LIVE", "why": "A person confirmed the case."}
    log.write(
        [
            Note(utc=at(-60), kind="HOST_STARTED", by="host", facts={"state": "OFF"}),
            Note(utc=at(-30), kind="CASE_SELECTED", by="nurse", facts={"case_id": case.id}),
            Note(utc=at(0), kind="STARTED", by="nurse", facts={"from": "OFF", "to": "HOLD", "why": "It is on."}),
            Note(utc=at(10), kind="DEVICE_JOINED", by="surgeon", facts={"device": "a1"}),
            Note(utc=at(60), kind="CONFIRMED", by="nurse", facts={"refused": "The board was not seen yet."}),
            Note(utc=at(120), kind="CONFIRMED", by="nurse", facts=live),
            Note(utc=at(400), kind="NOTE_WRITTEN", by="nurse", facts={"case_id": case.id, "note": number}),
            Note(utc=at(900), kind="STOPPED", by="nurse", facts={"from": "LIVE", "to": "OFF", "why": "END."}),
            Note(utc=at(1000), kind="HOST_STARTED", by="host", facts={"state": "OFF"}),
        ]
    )
    host.log_check(
        CheckLogEntry(
            utc=at(100),
            case_id=case.id,
            landmark="Sacral tip",
            role="surgeon",
            misfit_mm=1.34,
            expected_mm=2.06,
            word="agrees",
        )
    )
    host.put_moment(moment(case, "LIVE", 120, 0, {}))
    host.put_moment(moment(case, "HOLD", 500, 2, {key: errors[1] for key, errors in ERRORS_MM.items()}))
    host.put_moment(moment(case, "LIVE", 600, 2, {}))
    host.put_moment(moment(case, "END", 900, 2, {key: errors[2] for key, errors in ERRORS_MM.items()}))
    return Held(store=store, case=case)
