"""A recording of each session that is on, without the patient's name in it."""

from dataclasses import replace
from pathlib import Path

from orview.edge.host.session_recording import ASKED, SessionRecording
from orview.edge.recording.frames import Frame, FrameKind, FrameReader
from orview.edge.recording.writer import SUFFIX
from orview.protocol import messages
from orview.protocol.drafting import (
    ClosePlan,
    OpenPlan,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StorePlan,
    TryPlane,
    UndoPlan,
)
from orview.protocol.events import NoteText
from orview.protocol.identity import Identify, SetIdentity, SetProcedure
from orview.protocol.inbox import Prepare, StopPreparing
from orview.protocol.nearby import PutOut
from orview.protocol.placing import Wear
from orview.protocol.planning import NO_PLAN
from orview.protocol.slices import LookingAt
from orview.protocol.team import Flash
from orview.protocol.wheel import TakeWheel
from tests.unit.edge.recording.test_frames import HEAD
from tests.wire.messages import CLIENT_MESSAGES, PLAN, SESSION

NAME = "Åsa Ünïcode"


def session(state: messages.OverlayState) -> messages.Session:
    conditions = (messages.ConditionEntry(key="case", ok=True, words=f"Case {NAME}."), *SESSION.conditions)
    return replace(SESSION, state=state, case_name=NAME, conditions=conditions)


def recorded(folder: Path) -> list[list[Frame]]:
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with path.open("rb") as file:
            found.append(list(FrameReader(file).frames()))
    return found


def test_a_recording_begins_and_ends_with_the_session(tmp_path: Path) -> None:
    recording = SessionRecording(tmp_path, lambda: HEAD)
    recording.take_pose(b"before", now_ns=1)
    recording.take_session(session(messages.OverlayState.HOLD), now_ns=2)
    recording.take_track(b"track", now_ns=3)
    recording.take_pose(b"pose", now_ns=4)
    recording.take_request(messages.Confirm(), role=messages.Role.NURSE, now_ns=5)
    recording.close()
    recording.take_session(session(messages.OverlayState.OFF), now_ns=6)
    recording.take_session(session(messages.OverlayState.LIVE), now_ns=7)
    recording.close()
    first, second = sorted(recorded(tmp_path), key=len, reverse=True)
    kinds = [FrameKind.SESSION, FrameKind.TRACK, FrameKind.POSE, FrameKind.MESSAGE]
    assert [frame.kind for frame in first] == kinds
    assert [frame.at_ns for frame in first] == [2, 3, 4, 5]
    assert first[3].content == b'{"role":"nurse","message":{"type":"confirm"}}'
    assert [frame.at_ns for frame in second] == [7]


def test_a_recording_begins_with_the_plan_without_its_notes(tmp_path: Path) -> None:
    recording = SessionRecording(tmp_path, lambda: HEAD)
    recording.take_plan(NO_PLAN, now_ns=1)
    recording.take_plan(PLAN, now_ns=1)
    recording.take_session(session(messages.OverlayState.HOLD), now_ns=2)
    recording.take_plan(replace(PLAN, version=3), now_ns=4)
    recording.close()
    ((first, second, third),) = recorded(tmp_path)
    assert [frame.kind for frame in (first, second, third)] == [FrameKind.PLAN, FrameKind.SESSION, FrameKind.PLAN]
    assert b"Free the rectum" not in first.content
    assert b'"version":3' in third.content


def test_nothing_in_it_names_the_patient_or_lets_anybody_in(tmp_path: Path) -> None:
    recording = SessionRecording(tmp_path, lambda: HEAD)
    recording.take_session(session(messages.OverlayState.HOLD), now_ns=2)
    for message in CLIENT_MESSAGES.values():
        if isinstance(message, messages.Hello | Prepare):
            recording.take_request(message, role=messages.Role.NURSE, now_ns=3)
    recording.close()
    (frames,) = recorded(tmp_path)
    assert len(frames) == 1
    (path,) = tmp_path.iterdir()
    assert NAME.encode() not in path.read_bytes()
    assert "Ünïcode" not in frames[0].content.decode()
    assert "\\u00dcn" not in frames[0].content.decode()


def test_who_wants_no_recording_gets_none(tmp_path: Path) -> None:
    recording = SessionRecording(None, lambda: HEAD)
    recording.take_session(session(messages.OverlayState.LIVE), now_ns=2)
    recording.take_pose(b"pose", now_ns=3)
    recording.close()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("a file, no folder")
    recording = SessionRecording(tmp_path / "recordings", lambda: HEAD)
    recording.take_session(session(messages.OverlayState.LIVE), now_ns=2)
    writer = recording._writer
    assert writer is not None
    writer._thread.join(10.0)
    assert "Nothing is recorded any more" in recording.news()
    assert recording.news() == ""
    recording.close()


DRAWS_A_PLAN = {
    *(OpenPlan, TryPlane, SetPlane, RemovePlane, SetRoot, SetMargin, SetStage, SetStageLook),
    *(RemoveStage, UndoPlan, RedoPlan, StorePlan, ClosePlan),
}
"""A draft is nothing of the session before it is stored, and its notes are words of people."""
MOVES_NO_SESSION = {
    messages.NewCode,
    PutOut,
    Prepare,
    StopPreparing,
    *(Flash, LookingAt, TakeWheel, Wear),
}
"""What a nurse or surgeon may ask for without anything of the session changing: who comes in, and cases to be made."""
MAY_NAME_THE_PATIENT = {Identify, SetIdentity, SetProcedure, NoteText}
"""Proofs of identifiers, and words of people: no recording holds them."""


def test_all_that_people_may_do_to_a_session_is_recorded(tmp_path: Path) -> None:
    """A new message of the table is recorded, or said here to change nothing."""
    of_people = {
        kind for kind, roles in messages.ROLES_BY_CLIENT_MESSAGE.items() if messages.Role.OBSERVER not in roles
    }
    left_out = MOVES_NO_SESSION | DRAWS_A_PLAN | MAY_NAME_THE_PATIENT
    assert of_people - left_out <= set(ASKED)
    assert not left_out & set(ASKED)
    recording = SessionRecording(tmp_path, lambda: HEAD)
    recording.take_session(session(messages.OverlayState.HOLD), now_ns=2)
    asked = [message for message in CLIENT_MESSAGES.values() if type(message) in of_people - left_out]
    for message in asked:
        recording.take_request(message, role=messages.Role.NURSE, now_ns=3)
    recording.close()
    (frames,) = recorded(tmp_path)
    assert len(frames) == 1 + len(asked) > 12
