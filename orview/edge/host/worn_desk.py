"""The desk of worn boards: brings together what heads tell and what the room's camera sees, and has it paired.

Runs in the stream process, which pairs nothing itself: finding out which head belongs to which picture takes longer
than a pose may wait. What is new of all headsets goes to the look process at once, and again when that has answered.
"""

from collections import deque
from dataclasses import dataclass, field

from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.worn_records import WornAnswer, WornAsk, WornNews, WornRecord, WornSight
from orview.protocol.messages import Refused
from orview.protocol.placing import HeadEntry, Heads, HeadsetBoard
from orview.units import ns_from_s

UNANSWERED_NS = ns_from_s(2.0)
"""What is not answered for so long is given up: the process that had it is gone."""
EVERY_NS = ns_from_s(0.1)
MOST_HEADS = 600
MOST_SIGHTS = 60
"""Of one headset that may wait while nobody answers."""


@dataclass
class _Wearer:
    """One client that wears a board."""

    worn: HeadsetBoard
    device: str
    heads: deque[HeadEntry] = field(default_factory=lambda: deque(maxlen=MOST_HEADS))
    sights: deque[WornSight] = field(default_factory=lambda: deque(maxlen=MOST_SIGHTS))
    newest_ns: int = -1


class WornDesk:
    """The worn boards of all clients.

    Args:
        boards: names of the boards the room's camera looks for.
        asks: slot to the process that pairs.
        room_frame_id: of what the room's camera sees.
    """

    def __init__(self, boards: tuple[str, ...], asks: LatestSlot, *, room_frame_id: int) -> None:
        self._boards, self._asks = frozenset(boards), asks
        self._room_frame_id = room_frame_id
        self._wearers: dict[int, _Wearer] = {}
        self._number = 0
        self._asked: int | None = None
        self._asked_ns = -EVERY_NS

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: what it saw before is told in another frame."""
        self._room_frame_id = room_frame_id
        for wearer in self._wearers.values():
            wearer.sights.clear()

    def take_board(self, client: int, worn: HeadsetBoard, *, device: str) -> Refused | None:
        """A client told which board it wears; returns why that cannot be."""
        if worn.board not in self._boards:
            return _refused(
                f"The room's camera does not look for a board {worn.board!r}.",
                "Start the host with --headset-board and the file of this board.",
            )
        for other, wearer in list(self._wearers.items()):
            if wearer.worn.board == worn.board and other != client:
                if wearer.device != device:
                    return _refused(
                        f"Another headset wears the board {worn.board!r}.",
                        "Print a board with other markers for each headset.",
                    )
                # The same device came in anew; what its old connection still says is of no use.
                self.forget(other)
        self._wearers[client] = _Wearer(worn=worn, device=device)
        return None

    def worn_by(self, client: int) -> HeadsetBoard | None:
        """Return the board of a client, None for none."""
        wearer = self._wearers.get(client)
        return None if wearer is None else wearer.worn

    def take_heads(self, client: int, message: Heads, *, now_ns: int) -> None:
        """Take where a head was; of a client whose board is not looked for it is of no use."""
        wearer = self._wearers.get(client)
        if wearer is None:
            return
        for head in message.heads:
            # What a client tells twice or out of order is left out.
            if head.at_ns > wearer.newest_ns:
                wearer.heads.append(head)
                wearer.newest_ns = head.at_ns
        self.pump(now_ns=now_ns)

    def take_record(self, record: WornRecord, *, now_ns: int) -> None:
        """The room's camera saw worn boards."""
        for sight in record.sights:
            for wearer in self._wearers.values():
                if wearer.worn.board == sight.board:
                    wearer.sights.append(sight)
        self.pump(now_ns=now_ns)

    def take_answer(self, answer: WornAnswer, *, now_ns: int) -> None:
        """What was asked is answered: the next may be."""
        if answer.number == self._asked:
            self._asked = None
        self.pump(now_ns=now_ns)

    def forget(self, client: int) -> None:
        """A client is gone."""
        self._wearers.pop(client, None)

    def pump(self, *, now_ns: int) -> None:
        """Ask for what is new to be paired, where nothing is asked already."""
        if now_ns - self._asked_ns < EVERY_NS:
            return
        if self._asked is not None and now_ns - self._asked_ns < UNANSWERED_NS:
            return
        self._asked = None
        news = [self._news(client, wearer) for client, wearer in self._wearers.items() if wearer.heads or wearer.sights]
        if not news:
            return
        self._number += 1
        self._asked, self._asked_ns = self._number, now_ns
        self._asks.publish(WornAsk(number=self._number, news=tuple(news)).encode())

    def _news(self, client: int, wearer: _Wearer) -> WornNews:
        heads, sights = tuple(wearer.heads), tuple(wearer.sights)
        wearer.heads.clear()
        wearer.sights.clear()
        return WornNews(
            client=client,
            room_frame_id=self._room_frame_id,
            worn=wearer.worn,
            heads_ns=tuple(head.at_ns for head in heads),
            heads=tuple(head.world_from_headset for head in heads),
            sights=sights,
        )


def _refused(message: str, mend: str) -> Refused:
    return Refused(code="BAD_BOARD", message=message, mend=mend, about=HeadsetBoard.TYPE)
