"""The desk of looks: takes headsets' pictures off the sockets and lets one at a time be looked through.

Nothing is decoded here: a picture is refused by what its first bytes say, or waits, the newest of each client, until
the process that finds boards in it is free. So a client that sends too much costs the poses nothing (hazards H27, H28).
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from orview.edge.cameras.jpeg_header import check_jpeg
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LookAnswer, LookRecord
from orview.errors import InputError
from orview.protocol.limits import LOOKS_HZ, MAX_LOOK_PIXELS
from orview.protocol.looking import HeadPose, LookMessage
from orview.protocol.messages import Refused
from orview.protocol.placing import HeadsetCamera
from orview.register.exposure import MOST_HEADS
from orview.units import NS_PER_S, ns_from_s

STALE_NS = ns_from_s(2.0)
"""A picture that waited for so long is not looked through any more: no sight of the room camera is kept beside it."""
UNANSWERED_NS = ns_from_s(2.0)
"""A look without an answer for so long is given up: the process that had it is gone."""
_EVERY_NS = NS_PER_S * 8 // (10 * LOOKS_HZ)
"""Between two looks of one client; a little less than the rate asks for, as networks bunch them up."""


@dataclass
class _Sender:
    """One client that sends looks."""

    camera: HeadsetCamera
    device: str
    begun: int
    heads: deque[HeadPose] = field(default_factory=lambda: deque(maxlen=MOST_HEADS))
    waiting: LookMessage | None = None
    taken_ns: int = 0
    asked: int = 0
    refused: str = ""


class LookDesk:
    """The looks of all clients.

    Args:
        looks: slot to the process that looks pictures through.
    """

    def __init__(self, looks: LatestSlot) -> None:
        self._looks = looks
        self._senders: dict[int, _Sender] = {}
        self._number = 0
        self._asked: int | None = None
        self._asked_ns = 0

    def take_camera(self, client: int, camera: HeadsetCamera, *, device: str) -> None:
        """A client told which camera its looks are from: it begins, or begins anew in another world."""
        self._senders[client] = _Sender(camera=camera, device=device, begun=self._number)

    def is_current(self, answer: LookAnswer) -> bool:
        """Return whether an answer is to a look of a client as it is now, and not of one that began anew since."""
        sender = self._senders.get(answer.client)
        return sender is not None and answer.number > sender.begun

    def forget(self, client: int) -> None:
        """A client is gone."""
        self._senders.pop(client, None)

    def take(self, client: int, look: LookMessage, *, now_ns: int) -> Refused | None:
        """Take a look; returns why it cannot be used, once for as long as the reason stays."""
        sender = self._senders.get(client)
        if sender is None:
            return _refused("No camera was told.", "Send `headset_camera` before the first look.")
        # Heads count whatever becomes of the picture: without them there are gaps.
        sender.heads.extend(look.heads)
        if now_ns - sender.taken_ns < _EVERY_NS:
            return None
        try:
            self._check(sender.camera, look)
        except InputError as error:
            news = error.message != sender.refused
            sender.refused = error.message
            return _refused(error.message, error.mend) if news else None
        sender.waiting, sender.taken_ns, sender.refused = look, now_ns, ""
        self.pump(now_ns=now_ns)
        return None

    def take_answer(self, answer: LookAnswer, *, now_ns: int) -> None:
        """The look that was asked for is looked through: the next one may be."""
        if answer.number == self._asked:
            self._asked = None
        self.pump(now_ns=now_ns)

    def pump(self, *, now_ns: int) -> None:
        """Let the next look be looked through where none is: of the client whose last one is longest ago."""
        if self._asked is not None and now_ns - self._asked_ns < UNANSWERED_NS:
            return
        self._asked = None
        for client, sender in sorted(self._senders.items(), key=lambda one: one[1].asked):
            look, sender.waiting = sender.waiting, None
            if look is not None and now_ns - look.taken_ns <= STALE_NS:
                self._ask(client, sender, look, now_ns=now_ns)
                return

    def _ask(self, client: int, sender: _Sender, look: LookMessage, *, now_ns: int) -> None:
        heads = _ascending(sender.heads)
        sender.heads.clear()
        self._number += 1
        self._asked, self._asked_ns = self._number, now_ns
        sender.asked = self._number
        record = LookRecord(
            number=self._number,
            client=client,
            device=sender.device,
            taken_ns=look.taken_ns,
            camera=sender.camera,
            begun=sender.begun,
            heads_ns=np.array([head.at_ns for head in heads], dtype=np.int64),
            heads=np.array([(*head.position_m, *head.quat_xyzw) for head in heads]).reshape(-1, 7),
            jpeg=look.jpeg,
        )
        self._looks.publish(record.encode())

    def _check(self, camera: HeadsetCamera, look: LookMessage) -> None:
        if (look.width_px, look.height_px) != (camera.width_px, camera.height_px):
            raise InputError(
                f"A look has {look.width_px} x {look.height_px} pixels where its camera was told to have "
                f"{camera.width_px} x {camera.height_px}.",
                mend="Send `headset_camera` anew when the pictures change.",
            )
        check_jpeg(look.jpeg, width=look.width_px, height=look.height_px, most_pixels=MAX_LOOK_PIXELS)


def _ascending(heads: "deque[HeadPose]") -> list[HeadPose]:
    """Return heads at ascending times; what a client tells twice or out of order is left out."""
    found: list[HeadPose] = []
    for head in heads:
        if not found or head.at_ns > found[-1].at_ns:
            found.append(head)
    return found


def _refused(message: str, mend: str) -> Refused:
    return Refused(code="BAD_LOOK", message=message, mend=mend, about=LookMessage.ABOUT)
