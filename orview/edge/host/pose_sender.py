"""The pose of the moment to every client, to the recording and to the instruments."""

from collections import deque

from orview.edge.host.clock import now_ns
from orview.edge.host.crowd import Crowd
from orview.edge.host.instruments import Instruments
from orview.edge.host.keeper import Keeper
from orview.edge.host.session_recording import SessionRecording
from orview.protocol import messages

_KEPT_AGES = 1000


class PoseSender:
    """Sends where the patient is, or that it is not to be shown.

    Args:
        crowd: everybody who is connected.
        keeper: the session.
        recording: of the session.
        instruments: count what is sent.
    """

    def __init__(self, crowd: Crowd, keeper: Keeper, recording: SessionRecording, instruments: Instruments) -> None:
        self._crowd = crowd
        self._keeper = keeper
        self._recording = recording
        self._instruments = instruments
        self._ages_ns: deque[tuple[int, int]] = deque(maxlen=_KEPT_AGES)

    def send(self) -> None:
        """Send where the patient is now, or that it is not to be shown, to every client."""
        pose = self._keeper.pose(now_ns=now_ns())
        self._recording.take_pose(self._crowd.send_pose(pose), now_ns=now_ns())
        if pose.state is messages.OverlayState.LIVE:
            age_ns = pose.send_ns - pose.capture_ns
            self._ages_ns.append((pose.send_ns, age_ns))
            self._instruments.take_pose(age_ns)

    def ages_ns(self, *, since_ns: int) -> list[int]:
        """Return the age, from exposure to sending, of each live pose sent since a time."""
        return [age_ns for sent_ns, age_ns in self._ages_ns if sent_ns >= since_ns]
