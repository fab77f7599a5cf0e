"""What everybody is told when something changed: first the disk, then they.

What people were told of case and session must be what a crash leaves. Poses do not wait for that: they say at once
whether anything may be shown.
"""

import asyncio

from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.desks import Desks
from orview.edge.host.keeper import Keeper
from orview.edge.host.logbook import Logbook, LogLevel
from orview.edge.host.pose_sender import PoseSender
from orview.edge.host.reception import Reception
from orview.edge.host.recorder import Recorder
from orview.edge.host.session_recording import SessionRecording
from orview.edge.host.store import HostStore
from orview.edge.host.touch_keeper import TouchKeeper
from orview.errors import OrviewError
from orview.protocol import messages
from orview.session.state import State


class Bulletin:
    """Tells clients how things stand, each thing when it changed.

    Args:
        crowd: everybody who is connected.
        keeper: the session.
        desks: whose messages are told.
        reception: knows the joining code.
        host_store: where the session's record lies.
        recording: of the session.
        poses: sends them.
        log: told of trouble.
    """

    def __init__(
        self,
        *,
        crowd: Crowd,
        keeper: Keeper,
        desks: Desks,
        reception: Reception,
        host_store: HostStore,
        recording: SessionRecording,
        poses: PoseSender,
        log: Logbook,
    ) -> None:
        self._crowd = crowd
        self._keeper = keeper
        self._desks = desks
        self._reception = reception
        self._recording = recording
        self._poses = poses
        self._log = log
        self.recorder = Recorder(host_store, keeper.session, trouble=self.trouble)
        self._touch_keeper = TouchKeeper(host_store, self.recorder.write)
        self._telling: asyncio.Task[None] | None = None
        self._host_store = host_store
        self._kept_view: str | None = None
        self._one_view_at_a_time = asyncio.Lock()

    def session(self) -> None:
        """Tell how the session stands, once that is on disk."""
        self._desks.time_out.keep_up(now_ns=now_ns())
        self.recorder.take(self._keeper.session)
        if self.recorder.behind:
            if self._telling is None:
                if self._keeper.session.state is not State.LIVE:
                    self._poses.send()
                self._telling = asyncio.get_running_loop().create_task(self._tell_recorded())
            return
        # Before the session, and poses after it: nobody is told of a stage without its plan.
        plan = self._desks.plans.message()
        if self._crowd.tell_news(plan):
            self._recording.take_plan(plan, now_ns=now_ns())
        session = self._keeper.session_message()
        self._keeper.staging_told()
        if self._crowd.tell_news(session):
            self._recording.take_session(session, now_ns=now_ns())
        self._crowd.tell_news(self._desks.checks.message())
        self.drafting()
        self.events()
        self._crowd.tell_news(self._desks.patient.identity(now_ns=now_ns()))
        self._crowd.tell_news(self._desks.patient.procedure())
        self._crowd.tell_news(self._keeper.registration_message())
        self._crowd.tell_news(self._desks.time_out.message())
        self.view()

    async def _tell_recorded(self) -> None:
        await self.recorder.caught_up()
        self._telling = None
        self.session()

    def events(self) -> None:
        """Tell the nurse what happened of late."""
        self._crowd.tell_news(self._desks.events.message())

    def report(self) -> None:
        """Tell the nurse how far the report is."""
        self._crowd.tell_news(self._desks.report.message())

    def drafting(self) -> None:
        """Tell the nurse how the draft of the plan stands."""
        self._crowd.tell_news(self._desks.drafting.message())
        # Who draws looks at the image, with or without a session.
        self._crowd.tell_news(self._desks.slices.message())

    async def cases(self) -> None:
        """Tell the nurse which cases there are."""
        try:
            self._crowd.tell_news(await self._desks.cases.message())
        except OrviewError as error:
            self.trouble(error)

    def view(self) -> None:
        """Tell what is drawn, and how, and keep it: what was cleared stays so over a restart."""
        if self._crowd.tell_news(self._desks.viewing.message()):
            self.recorder.write(self._keep_view())

    async def _keep_view(self) -> None:
        async with self._one_view_at_a_time:
            record = self._desks.viewing.record()
            if record != self._kept_view:
                await asyncio.to_thread(self._host_store.put_view, record)
                self._kept_view = record

    def work(self) -> None:
        """Tell what is being prepared."""
        for message in self._desks.prepare.messages():
            self._crowd.tell_news(message)

    def camera(self) -> None:
        """Tell of camera and calibration."""
        self._crowd.tell_news(self._desks.camera.message())

    def pointer(self) -> None:
        """Tell what the pointer waits for, and keep the landmarks touched so far."""
        self._crowd.tell_news(self._desks.pointer.message())
        self._crowd.tell_news(self._desks.registering.message())
        self._touch_keeper.take(self._desks.registering.kept)

    def wearing(self) -> None:
        """Tell which headset wears which board, where the room's camera looks for any."""
        wearing = self._desks.places.wearing()
        if wearing.boards:
            self._crowd.tell_news(wearing)

    def joining(self) -> None:
        """Tell the code that lets devices in."""
        self._crowd.tell_news(self._reception.message(now_ns=now_ns()))

    def trouble(self, error: OrviewError) -> None:
        """Tell everybody what went wrong in the host."""
        self._log.note("TROUBLE", LogLevel.WARNING, error=type(error).__name__)
        self._crowd.tell(messages.Notice(weight=messages.NoticeWeight.ERROR, text=str(error)))
