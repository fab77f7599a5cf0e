"""The room again, from a recording: a host whose poses are those that were sent then, and which says so everywhere.

It is a host of its own: own certificate, own tokens, own id, the word REPLAY before the room's name, `replay` in what
it announces, SIMULATED to every client. Nothing of it reaches the store. So no headset that belongs to a live room
joins it unasked, and whoever joins is told in every view that this is not the patient before them.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from orview.edge.host.client_link import ClientLink
from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.reception import Reception
from orview.edge.recording.playing import Part, Recording
from orview.errors import InputError, OrviewError
from orview.protocol import messages
from orview.protocol.binary import NO_MODEL, PoseMessage
from orview.protocol.faults import CloseCode
from orview.protocol.messages import OverlayState
from orview.protocol.overlay import PATIENT_THING_ID
from orview.protocol.planning import NO_PLAN, Plan
from orview.protocol.viewing import FIRST_VIEW
from orview.units import s_from_ns

MARK = "REPLAY"
CASE_ID = "replay"
RESEARCH_USE = "REPLAY of a recording, not the patient before you. For research use only. Not a medical device."
BEAT_EVERY_S = 0.1
WATCH_EVERY_S = 0.02
ROOM_BEFORE_VIEWER = (0.0, 1.4, -0.4, 1.0, 0.0, 0.0, 0.0)
"""Where clients without tracking of their own see the room: its camera (z forward, y down) is level before them."""
_LOOKED_THROUGH = 100_000
_BEFORE = 2**20
"""Poses that may be sent before the first recorded one, whose sequence is kept: 29 hours."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a replay is: playing, ended, or still waiting for somebody; and seconds of the recording played."""

    playing: bool
    ended: bool
    played_s: float
    clients: int


def marked(room_name: str) -> str:
    """Return the name a room's replay goes by."""
    return f"{MARK} {room_name}"[:80]


class Replay:
    """Plays a recording to whoever is let in.

    Args:
        recording: to be played.
        reception: lets clients in.
        speed: 2 plays in half the time; the distance of capture and sending within a pose stays as it was.
        at_once: begins without waiting for a headset.

    Attributes:
        failure: why it could not be played to its end, None where it could.

    Raises:
        InputError: no pose is in the recording.
    """

    def __init__(self, recording: Recording, reception: Reception, *, speed: float, at_once: bool) -> None:
        self._recording = recording
        self._case_name = f"{MARK} of {recording.head.started_utc[:16].replace('T', ' ')} UTC"
        self._reception = reception
        self._speed = speed
        self._crowd = Crowd()
        self._go = asyncio.Event()
        if at_once:
            self._go.set()
        self.failure: OrviewError | None = None
        self._ended = False
        self._sent_ns = 0
        self._played_ns = 0
        first = _first_pose(recording.parts())
        self._next_sequence = (first.sequence - _BEFORE) % 2**32
        self._room = messages.Room(
            room_frame_id=first.room_frame_id, world_from_room=ROOM_BEFORE_VIEWER, simulated=True
        )
        self._plan = NO_PLAN
        self._session = self._nothing("The replay begins when a headset is in, or with START on the console.")

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(
            playing=self._go.is_set(),
            ended=self._ended,
            played_s=s_from_ns(self._played_ns),
            clients=self._crowd.device_count,
        )

    async def run(self) -> None:
        """Play whenever somebody wants it, until cancelled."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._watch())
            while True:
                beating = loops.create_task(self._beat())
                self._crowd.tell_news(self._session)
                await self._go.wait()
                beating.cancel()
                try:
                    await self.play()
                except OrviewError as error:
                    self.failure = error
                    self._tell(self._nothing("The recording cannot be played on."))
                self._go.clear()

    async def play(self) -> None:
        """Play the recording once, in its own pace."""
        self._ended = False
        start_ns, first_ns = now_ns(), None
        for part in self._recording.parts():
            first_ns = part.at_ns if first_ns is None else first_ns
            self._played_ns = part.at_ns - first_ns
            due_ns = start_ns + round(self._played_ns / self._speed)
            # A recording that was held up itself may hold many parts of one moment: others must get their turn.
            await asyncio.sleep(max(0.0, s_from_ns(due_ns - now_ns())))
            if isinstance(part.said, PoseMessage):
                self._send(part.said, later_ns=due_ns - part.at_ns)
            elif isinstance(part.said, Plan):
                self._plan = part.said
                self._crowd.tell_news(part.said)
            else:
                name = None if part.said.case_id is None else self._case_name
                self._tell(replace(part.said, why=f"{MARK}: {part.said.why}"[:400], case_name=name))
        self._ended = True
        self._tell(self._nothing("The replay is over; START on the console begins it again."))

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one client until its connection ends."""
        local = connection.transport.get_extra_info("sslcontext") is None
        link = ClientLink(connection, local=local, now_ns=now_ns())
        self._crowd.add(link)
        try:
            with contextlib.suppress(ConnectionClosed):
                async for data in connection:
                    for message in link.receive(data, now_ns=now_ns()):
                        await self._act(link, message)
        finally:
            self._crowd.remove(link)
            self._crowd.tell_clients(now_ns=now_ns(), model_digest=self._model_digest)

    async def _act(self, link: ClientLink, message: object) -> None:
        match message:
            case messages.Hello():
                if await self._reception.admit(link, message, now_ns=now_ns()):
                    link.tell(self._room)
                    link.tell(FIRST_VIEW)
                    link.tell(self._plan)
                    link.tell(self._session)
                    self._crowd.tell_clients(now_ns=now_ns(), model_digest=self._model_digest)
                    if link.device is not None and link.device.role is not messages.Role.NURSE:
                        self._go.set()
                self._tell_joining()
            case messages.Report():
                link.take_report(message, now_ns=now_ns())
            case messages.NewCode():
                self._reception.issue_code(now_ns=now_ns())
                self._tell_joining()
            case messages.Start():
                if self._ended:
                    # On a socket sequences never go back: everybody comes in anew.
                    self._crowd.put_all_out(CloseCode.GOING_AWAY)
                self._go.set()
            case messages.Ping() | messages.Watch() | messages.Aligned():
                pass
            case _:
                about = getattr(message, "TYPE", "")
                link.tell(messages.Refused(code="NOT_NOW", message="This is a replay.", mend="", about=about))

    @property
    def _model_digest(self) -> str | None:
        return None if self._session.model is None else self._session.model.digest

    def _send(self, pose: PoseMessage, *, later_ns: int) -> None:
        """Send a recorded pose: all of it as it was, but for its two times, which keep their distance."""
        send_ns = max(pose.send_ns + later_ns, self._sent_ns + 1)
        capture_ns = 0 if pose.capture_ns == 0 else send_ns - (pose.send_ns - pose.capture_ns)
        if pose.room_frame_id != self._room.room_frame_id:
            self._room = replace(self._room, room_frame_id=pose.room_frame_id)
            self._crowd.tell(self._room)
        self._sent_ns, self._next_sequence = send_ns, (pose.sequence + 1) % 2**32
        self._crowd.send_pose(replace(pose, send_ns=send_ns, capture_ns=capture_ns))

    def _tell(self, session: messages.Session) -> None:
        self._session = session
        self._crowd.tell_news(session)

    def _nothing(self, why: str) -> messages.Session:
        """Return a session that shows nothing, and that the nurse may start."""
        return messages.Session(
            state=OverlayState.OFF,
            why=f"{MARK}: {why}",
            case_id=CASE_ID,
            case_name=self._case_name,
            model=None,
            structures=(),
            target_key=None,
            expected_error_mm=None,
            conditions=(),
            plan_digest=None,
            stage=0,
        )

    def _tell_joining(self) -> None:
        self._crowd.tell(self._reception.message(now_ns=now_ns()))

    async def _beat(self) -> None:
        """Keep the links calm while nothing is played."""
        while True:
            self._sent_ns = max(now_ns(), self._sent_ns + 1)
            pose = PoseMessage(
                state=OverlayState.OFF,
                thing_id=PATIENT_THING_ID,
                sequence=self._next_sequence,
                room_frame_id=self._room.room_frame_id,
                capture_ns=0,
                send_ns=self._sent_ns,
                model_prefix=NO_MODEL,
            )
            self._next_sequence = (self._next_sequence + 1) % 2**32
            self._crowd.send_pose(pose)
            await asyncio.sleep(BEAT_EVERY_S)

    async def _watch(self) -> None:
        while True:
            self._crowd.flush(now_ns=now_ns())
            self._crowd.expire(now_ns=now_ns())
            await asyncio.sleep(WATCH_EVERY_S)


def _first_pose(parts: Iterator[Part]) -> PoseMessage:
    """Return the first pose of a recording.

    Raises:
        InputError: there is none.
    """
    for part in islice(parts, _LOOKED_THROUGH):
        if isinstance(part.said, PoseMessage):
            return part.said
    raise InputError("No pose is in this recording.", mend="Choose one of a session that was shown.")
