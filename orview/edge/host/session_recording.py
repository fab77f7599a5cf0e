"""A recording of every session that is on: poses, what was told of the session, what people asked for.

A recording names no patient: cases appear by their ids.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from orview.edge.recording.frames import FrameKind, RecordingHead
from orview.edge.recording.writer import RecordingWriter
from orview.protocol import messages
from orview.protocol.camera import Calibrate, CheckCamera, ChooseCamera, StopCalibrating
from orview.protocol.checking import CheckPoint, PatientMoved
from orview.protocol.codec import encode
from orview.protocol.placing import CornersTouched
from orview.protocol.planning import GoToStage, LockPlan, Plan
from orview.protocol.registering import AcceptRegistration
from orview.protocol.time_out import TickItem
from orview.protocol.touching import RegisterTouched, StopTouching, TouchAgain, TouchCheckPoint, TouchLandmarks
from orview.protocol.viewing import SetView

ASKED = (
    messages.SelectCase,
    messages.Start,
    messages.Confirm,
    messages.Stop,
    CheckPoint,
    TouchCheckPoint,
    TouchLandmarks,
    TouchAgain,
    RegisterTouched,
    StopTouching,
    CornersTouched,
    PatientMoved,
    AcceptRegistration,
    TickItem,
    LockPlan,
    GoToStage,
    Calibrate,
    StopCalibrating,
    CheckCamera,
    ChooseCamera,
    SetView,
)
"""What people ask for that moves the session, or registers its case, and holds neither names nor secrets."""


@dataclass(frozen=True, kw_only=True)
class RecordingState:
    """How recording stands.

    Attributes:
        on: a session is on and recorded.
        name: of the newest recording.
        bytes: written since the host started.
        dropped: frames lost since then because the disk was too slow.
        stopped_why: why the newest stopped by itself, empty where it did not.
    """

    on: bool
    name: str
    bytes: int
    dropped: int
    stopped_why: str

    @property
    def word(self) -> str:
        """Return "on", "off", or "stopped" where it stopped by itself."""
        return "stopped" if self.stopped_why else ("on" if self.on else "off")


class SessionRecording:
    """Records while a session is on.

    Args:
        folder: of the recordings; None records nothing.
        head: what a recording that begins now begins with.
    """

    def __init__(self, folder: Path | None, head: Callable[[], RecordingHead]) -> None:
        self._folder = folder
        self._head = head
        self._writer: RecordingWriter | None = None
        self._told = ""
        self._plan: Plan | None = None
        self._newest: RecordingWriter | None = None
        self._bytes_before = self._dropped_before = 0

    def take_session(self, message: messages.Session, *, now_ns: int) -> None:
        """Take what clients are told of the session: a recording begins and ends with it."""
        on = message.state is not messages.OverlayState.OFF
        if on and self._writer is None and self._folder is not None:
            if self._newest is not None:
                self._bytes_before += self._newest.written_bytes
                self._dropped_before += self._newest.all_dropped
            self._newest = self._writer = RecordingWriter(self._folder, self._head())
            self._put_plan(now_ns)
        self._put(FrameKind.SESSION, now_ns, encode(nameless(message)).encode())
        if not on:
            self._end()

    def take_plan(self, plan: Plan, *, now_ns: int) -> None:
        """Take what clients are told of the plan; a recording begins with it."""
        self._plan = plan
        self._put_plan(now_ns)

    def take_track(self, record: bytes, *, now_ns: int) -> None:
        """Take a track record as it came."""
        self._put(FrameKind.TRACK, now_ns, record)

    def take_pose(self, pose: bytes, *, now_ns: int) -> None:
        """Take a pose as it was sent."""
        self._put(FrameKind.POSE, now_ns, pose)

    def take_request(self, message: messages.ClientMessage, *, role: messages.Role, now_ns: int) -> None:
        """Take what a person asked for."""
        if isinstance(message, ASKED):
            self._put(FrameKind.MESSAGE, now_ns, f'{{"role":"{role.value}","message":{encode(message)}}}'.encode())

    def news(self) -> str:
        """Return why nothing is recorded any more, once; else nothing."""
        why = "" if self._writer is None else self._writer.stopped_why
        news, self._told = ("" if why == self._told else why), why
        return news

    @property
    def state(self) -> RecordingState | None:
        """How recording stands, None before the first."""
        newest = self._newest
        if newest is None:
            return None
        return RecordingState(
            on=self._writer is not None,
            name=newest.path.stem,
            bytes=self._bytes_before + newest.written_bytes,
            dropped=self._dropped_before + newest.all_dropped,
            stopped_why=newest.stopped_why,
        )

    def close(self) -> None:
        """End the recording; it is safely on disk then."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _put_plan(self, now_ns: int) -> None:
        if self._plan is not None and self._plan.digest is not None:
            # What people wrote into notes may be anything.
            stages = tuple(replace(stage, notes="") for stage in self._plan.stages)
            self._put(FrameKind.PLAN, now_ns, encode(replace(self._plan, stages=stages)).encode())

    def _put(self, kind: FrameKind, now_ns: int, content: bytes) -> None:
        if self._writer is not None:
            self._writer.put(kind, now_ns, content)

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.end()
            self._writer = None


def nameless(message: messages.Session) -> messages.Session:
    """Return what is told of a session without the name people gave its case: it may be the patient's."""
    conditions = tuple(
        replace(condition, words="") if condition.key == "case" else condition for condition in message.conditions
    )
    return replace(message, case_name=None, conditions=conditions)
