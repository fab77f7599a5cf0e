"""What an entry of the log says to people: one short sentence for each kind of thing that happens in a room."""

from collections.abc import Mapping

from orview.session.audit import AuditFact

NOTE_WRITTEN = "NOTE_WRITTEN"

_WORDS: Mapping[str, str] = {
    "HOST_STARTED": "The host was started.",
    "CASE_SELECTED": "A case was chosen.",
    "STARTED": "The session was opened.",
    "CONFIRMED": "START was pressed.",
    "STOPPED": "END was pressed.",
    "REGISTRATION_FOUND": "A registration was found.",
    "BOARDS_MOVED": "One of the boards was bumped.",
    "CALIBRATION_CHECKED": "The camera's calibration was looked at.",
    "CHECKS_CHANGED": "The check points were given anew.",
    "PATIENT_MOVED": "The patient was moved.",
    "TRACK_FRESH": "The board is in sight.",
    "TRACK_LOST": "The board is out of sight.",
    "RESTARTED": "A part of the host was restarted.",
    "CLOCK_GAP": "The computer paused.",
    "DEVICE_JOINED": "A device came in.",
    "DEVICE_PUT_OUT": "A device was put out.",
    "VIEW_CLEARED": "HIDE ALL was pressed: everything is hidden in all headsets.",
    "VIEW_SHOWN": "The overlay is shown again.",
    "RECORDING_ENDED": "The recording ended.",
    "REGISTRATION_ACCEPTED": "The registration was accepted.",
    "IDENTITY_SET": "It was said whose the case is.",
    "PROCEDURE_SET": "Side and procedure were said.",
    "TIME_OUT_TOLD": "The items of the time-out are others.",
    "TIME_OUT_CHANGED": "What the team had ticked in the time-out has changed.",
    "WHEEL_TAKEN": "A console took the wheel.",
    "WHEEL_FREED": "The console with the wheel is gone.",
    "PLAN_FOUND": "The case has another plan.",
    "PLAN_LOCKED": "The plan was locked.",
    "PLAN_STORED": "A new version of the plan was stored.",
    "STAGE_CHOSEN": "Another stage of the plan was begun.",
    "CAMERA_CHOSEN": "Another room camera was chosen.",
    "NETWORK_CHANGED": "The laptop has another address in the network.",
    NOTE_WRITTEN: "A note was written.",
}


def words_of(kind: str, facts: Mapping[str, AuditFact], *, device: str = "") -> str:
    """Return a sentence for an entry of the log.

    Args:
        kind: its word; one that is not known here is told as it stands.
        facts: of the entry.
        device: what the device calls itself that the entry is about, where it is about one.
    """
    said = _said(kind, facts, device)
    if refused := facts.get("refused"):
        return f"{said} Refused: {refused}"
    if (to := facts.get("to")) is None:
        return said
    why = str(facts.get("why") or "")
    return " ".join((said, f"{to}." if why in ("", said) else f"{to}: {why}"))


def _said(kind: str, facts: Mapping[str, AuditFact], device: str) -> str:
    match kind:
        case "CHECK_POINT_TOUCHED":
            agrees = "agrees" if facts.get("agrees") else "does not agree"
            return f"Check point {facts.get('landmark', '')}: {agrees}."
        case "IDENTIFIED":
            kinds = facts.get("kinds")
            return f"The patient was identified by {kinds}." if kinds else "The patient is not identified."
        case "TICKED":
            return f"Time-out, {facts.get('item', '')}: ticked."
        case "STAGE_CHOSEN" if facts.get("stage"):
            return f"Stage {facts['stage']} was begun."
        case "UNTICKED":
            return f"Time-out, {facts.get('item', '')}: taken back."
        case "RESTARTED" if facts.get("part"):
            return f"The {facts['part']} was restarted."
        case "DEVICE_JOINED" if device:
            return f"{device} came in."
        case "DEVICE_PUT_OUT" if device:
            return f"{device} was put out."
        case _:
            return _WORDS.get(kind) or f"{kind.replace('_', ' ').capitalize()}."
