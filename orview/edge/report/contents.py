"""From what is on record of a session to the sections of its report. Every number in it is one of the record's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from orview.edge.report.document import Document, Section, Table
from orview.edge.report.plan_sections import plan_sections
from orview.edge.report.record import SessionRecord
from orview.edge.report.words import SPACE, mm, when
from orview.model.case import Case
from orview.session.audit import AuditEntry
from orview.session.happenings import words_of
from orview.session.vouching import listed

RESEARCH_USE = "For research use only. Not a medical device. This report is no part of a patient's record."
SYNTHETIC = "SYNTHETIC: the case was made by a program, not of a patient."
SIMULATED = "SIMULATED: the room was made by a program."
_MADE_BY = {"board": "the board in the CT", "points": "touched landmarks", "surface": "traced bone"}


def contents_of(record: SessionRecord) -> Document:
    """Return the report of a session."""
    session = record.session
    name = record.case.name if record.case is not None else "a case that was removed"
    return Document(
        title=f"Session of {session.began_utc:%Y-%m-%d}, {name}",
        marks=tuple(_marks(record)),
        sections=tuple(_sections(record)),
    )


def _marks(record: SessionRecord) -> Iterator[str]:
    yield RESEARCH_USE
    if record.case is not None and record.case.source.synthetic:
        yield SYNTHETIC
    if any(moment.document["simulated"] for moment in record.moments):
        yield SIMULATED


def _sections(record: SessionRecord) -> Iterator[Section]:
    newest = record.moments[-1].document if record.moments else {}
    live = next((one.document for one in reversed(record.moments) if one.document["kind"] == "LIVE"), {})
    yield _what(record, newest, live)
    yield _who(record, newest)
    if (items := _told(live, "time_out").get("items")) is not None:
        yield _time_out(items)
    yield _registration(live or newest)
    yield _expected(record)
    yield from plan_sections(record)
    yield _check_points(record)
    yield _turns(record)
    yield _notes(record)
    yield _events(record)
    if record.case is not None:
        yield _models(record.case)
    yield _software(record, newest)


def _what(record: SessionRecord, newest: Mapping[str, Any], live: Mapping[str, Any]) -> Section:
    session, case = record.session, record.case
    rows = [
        ("Session", session.name),
        ("Room", str(newest.get("room", ""))),
        ("Opened", when(session.began_utc)),
        ("Ended" if session.ended else "Last entry", when(session.ended_utc)),
        ("Case", f"{case.name} ({case.id})" if case is not None else f"{session.case_id or 'none'}, removed since"),
        ("Identity", _identity(record, live)),
    ]
    procedure = _told(live or newest, "procedure")
    rows += [
        ("Procedure", str(procedure.get("procedure") or "not said")),
        ("Side", str(procedure.get("side") or "not said")),
    ]
    if case is not None:
        source = case.source
        spacing = " x ".join(f"{mm:.2f}" for mm in source.spacing_mm)
        rows += [
            ("Images", f"{source.modality or source.kind} {source.series_text}".strip()),
            ("Acquired", _acquired(source.acquired, session.began_utc.date())),
            ("Slices", f"{source.slices}, voxels of {spacing}{SPACE}mm"),
            *(("Said of the images", finding.message) for finding in case.findings),
        ]
    return Section(title="What", table=Table(head=("", ""), rows=tuple(rows)))


def _identity(record: SessionRecord, live: Mapping[str, Any]) -> str:
    """Say that identifiers matched, and of which kinds; never what they were."""
    matched = _told(live, "identity").get("matched") or ()
    if matched:
        return f"{_number(len(matched))} identifiers matched: {listed(tuple(map(str, matched)))}."
    confirmed = any(entry.kind == "CONFIRMED" and "refused" not in entry.facts for entry in record.session.entries)
    return "Confirmed by a person at the console." if confirmed else "Not confirmed."


def _acquired(acquired: str | None, today: date) -> str:
    if acquired is None:
        return "unknown"
    days = (today - date.fromisoformat(acquired)).days
    return f"{acquired}, {days} {'day' if days == 1 else 'days'} before the session"


def _who(record: SessionRecord, newest: Mapping[str, Any]) -> Section:
    named = {one["device_id"]: one["name"] for one in _told(newest, "clients").get("clients", ())}
    seen: dict[str, AuditEntry] = {}
    for entry in (*record.session.before, *record.session.entries):
        device = str(entry.facts.get("device", ""))
        if entry.kind == "DEVICE_JOINED":
            seen[device] = entry
        elif entry.kind == "DEVICE_PUT_OUT" and entry in record.session.before:
            seen.pop(device, None)
    rows = [
        (
            entry.by,
            record.devices.get(device) or named.get(device, "") or "the host's own screen",
            device,
            when(entry.utc),
        )
        for device, entry in seen.items()
    ]
    head = ("Role", "Device", "Its id", "Came in")
    return Section(title="Who", lines=() if rows else ("No device was in.",), table=_table(head, rows))


def _time_out(items: Sequence[Mapping[str, Any]]) -> Section:
    rows = [(str(item["words"]), "ticked" if item["ticked"] else "not ticked") for item in items]
    return Section(title="Time-out", table=_table(("Item", ""), rows))


def _registration(document: Mapping[str, Any]) -> Section:
    verdict = document.get("verdict")
    if verdict is None:
        return Section(title="Registration", lines=("None was in use.",))
    target = str(verdict["target_key"])
    rows = [
        (
            "Made by",
            {"board": "the board in the CT", "points": "touched landmarks", "surface": "traced bone"}.get(
                str(verdict["method"]), str(verdict["method"])
            ),
        ),
        ("Verdict", str(verdict["verdict"])),
        ("Points", f"{verdict['matched']} used of {verdict['known']}, {verdict['found']} offered"),
        (f"Expected error at {_name(document, target)}, 95{SPACE}%", mm(verdict["expected_error_mm"].get(target))),
        (f"Limit there, 95{SPACE}%", mm(verdict["limit_mm"])),
        ("Misfit of the points, no accuracy", mm(verdict["fre_mm"])),
        ("Board", str(verdict["board_digest"])),
        *(
            (f"Share of {link.replace('_', ' ')}", f"{100.0 * share:.0f}{SPACE}%")
            for link, share in sorted(verdict["links"].get(target, {}).items(), key=lambda one: -one[1])
        ),
    ]
    return Section(
        title="Registration",
        lines=tuple(map(str, (*verdict["reasons"], *verdict["advice"]))),
        table=_table(("", ""), rows),
    )


def _expected(record: SessionRecord) -> Section:
    """The numbers that were shown: as the overlay was started, the worst while it stood, and at the end."""
    started = [_errors(one.document) for one in record.moments if one.document["kind"] == "LIVE"]
    if not started:
        return Section(title="Expected error at each structure", lines=("The overlay was never shown.",))
    worst: dict[str, float] = {}
    for moment in record.moments:
        for key, error_mm in moment.document["worst_mm"].items():
            worst[key] = max(error_mm, worst.get(key, 0.0))
    last = record.moments[-1].document
    rows = [
        (structure["name"], mm(started[0].get(key)), mm(worst.get(key)), mm(structure["expected_error_mm"]))
        for structure in last["session"]["structures"]
        for key in (structure["key"],)
    ]
    head = ("Structure", "At the first START", "Worst while shown", "At the end")
    return Section(
        title="Expected error at each structure",
        lines=(f"95{SPACE}% of errors are expected to be smaller, the whole chain to the room's camera counted.",),
        table=_table(head, rows),
    )


def _check_points(record: SessionRecord) -> Section:
    rows = [
        (when(check.utc), check.landmark, check.role, mm(check.misfit_mm), mm(check.expected_mm), check.word)
        for check in record.checks
    ]
    head = ("When", "Check point", "By", "Found off by", f"Expected, 95{SPACE}%", "Word")
    return Section(title="Check points", lines=() if rows else ("None was touched.",), table=_table(head, rows))


def _turns(record: SessionRecord) -> Section:
    rows = [
        (when(entry.utc), f"{entry.facts['from']} → {entry.facts['to']}", entry.by, str(entry.facts.get("why", "")))
        for entry in record.session.entries
        if "to" in entry.facts and "from" in entry.facts
    ]
    return Section(title="States", table=_table(("When", "State", "By", "Why"), rows))


def _notes(record: SessionRecord) -> Section:
    rows = [(when(note.utc), note.words) for note in record.notes]
    return Section(title="Notes", lines=() if rows else ("None was written.",), table=_table(("When", "Note"), rows))


def _events(record: SessionRecord) -> Section:
    rows = [
        (when(entry.utc), entry.by, words_of(entry.kind, entry.facts, device=_device(record, entry)))
        for entry in record.session.entries
    ]
    return Section(title="What happened", table=_table(("When", "By", "What"), rows))


def _device(record: SessionRecord, entry: AuditEntry) -> str:
    return record.devices.get(str(entry.facts.get("device", "")), "")


def _models(case: Case) -> Section:
    rows = [
        ("Case", case.digest),
        ("Image", case.source.digest),
        *((("Outlines", case.source.labels_digest),) if case.source.labels_digest else ()),
        *((f"Model, {level.level}", level.sha256) for level in case.levels),
    ]
    return Section(title="Models (SHA-256)", table=_table(("", ""), rows))


def _software(record: SessionRecord, newest: Mapping[str, Any]) -> Section:
    log = record.log
    lines = [
        f"orview {newest.get('orview', '')}, protocol {newest.get('protocol', '')}.",
        f"The log has {log.entries} entries and is whole." if log.whole else "The log is NOT whole.",
        *log.problems,
    ]
    profile = _told(newest, "camera").get("profile")
    if profile is not None:
        allowed = "" if profile["error_mm"] is None else f", error allowed for {mm(profile['error_mm'])}"
        lines.append(f"Camera {profile['name']}, calibrated on {profile['calibrated_on']}{allowed}.")
    if log.head is not None:
        lines.append(f"Its newest entry is {log.head.sequence}:{log.head.link}.")
    return Section(title="Software and log", lines=tuple(lines))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Table | None:
    kept = tuple(rows)
    return Table(head=head, rows=kept) if kept else None


def _told(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = document.get("told", {}).get(kind)
    return found if isinstance(found, Mapping) else {}


def _errors(document: Mapping[str, Any]) -> dict[str, float | None]:
    return {one["key"]: one["expected_error_mm"] for one in document["session"]["structures"]}


def _name(document: Mapping[str, Any], key: str) -> str:
    names = {one["key"]: str(one["name"]) for one in document["session"]["structures"]}
    return names.get(key, key)


def _number(count: int) -> str:
    return {2: "Two", 3: "Three"}.get(count, str(count))
