"""The desk of worn boards: knows who wears which, and has what heads tell paired with what the room's camera sees.

Who wears a board says the nurse, since a web page cannot know it, or a client that knows it by itself.
Runs in the stream process, which pairs nothing itself: finding out which head belongs to which picture takes longer
than a pose may wait. What is new of all headsets goes to the look process at once, and again when that has answered.
"""

from collections import Counter, deque
from dataclasses import dataclass, field

from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.worn_records import WornAnswer, WornAsk, WornNews, WornRecord, WornSight
from orview.protocol.messages import Refused
from orview.protocol.placing import HeadEntry, Heads, HeadsetBoard, Wear, Wearing, WornEntry
from orview.units import ns_from_s

UNANSWERED_NS = ns_from_s(2.0)
"""What is not answered for so long is given up: the process that had it is gone."""
EVERY_NS = ns_from_s(0.1)
MOST_HEADS = 600
MOST_SIGHTS = 60
"""Of one headset that may wait while nobody answers."""
MOST_TOLD = 16


@dataclass
class _Wearer:
    """One client that wears a board; `choice` grows whenever the nurse says anew who wears it."""

    worn: HeadsetBoard
    device: str
    choice: int
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
        self._boards, self._asks = boards, asks
        self._room_frame_id = room_frame_id
        self._wearers: dict[int, _Wearer] = {}
        self._chosen: dict[str, str] = {}
        self._choices: Counter[str] = Counter()
        self._number = 0
        self._asked: int | None = None
        self._asked_ns = -EVERY_NS

    def room_moved(self, room_frame_id: int) -> None:
        """The room camera may stand elsewhere: what it saw before is told in another frame."""
        self._room_frame_id = room_frame_id
        for wearer in self._wearers.values():
            wearer.sights.clear()

    def choose(self, message: Wear) -> Refused | None:
        """A nurse says which board a device wears; returns why that cannot be.

        Who wore the board until now does not any more, and where it sits is to be found anew.
        """
        if message.board is not None and message.board not in self._boards:
            return _not_looked_for(message.board, about=Wear.TYPE)
        self._chosen = {board: device for board, device in self._chosen.items() if device != message.device_id}
        for client, wearer in list(self._wearers.items()):
            if wearer.device == message.device_id or wearer.worn.board == message.board:
                self.forget(client)
        if message.board is not None:
            self._chosen[message.board] = message.device_id
            self._choices[message.board] += 1
        return None

    def wearing(self) -> Wearing:
        """Return who wears which board, as everybody is told it."""
        devices = {wearer.worn.board: wearer.device for wearer in self._wearers.values()} | self._chosen
        entries = (WornEntry(board=board, device_id=devices.get(board)) for board in self._boards[:MOST_TOLD])
        return Wearing(boards=tuple(entries))

    def take_board(self, client: int, worn: HeadsetBoard, *, device: str) -> Refused | None:
        """A client told which board it wears; returns why that cannot be."""
        if worn.board not in self._boards:
            return _not_looked_for(worn.board, about=HeadsetBoard.TYPE)
        if self._chosen.get(worn.board, device) != device:
            return _worn_by_another(worn.board)
        for other, wearer in list(self._wearers.items()):
            if wearer.worn.board == worn.board and other != client:
                if wearer.device != device:
                    return _worn_by_another(worn.board)
                # The same device came in anew; what its old connection still says is of no use.
                self.forget(other)
        self._wearers[client] = _Wearer(worn=worn, device=device, choice=self._choices[worn.board])
        return None

    def is_worn_by(self, client: int) -> bool:
        """Return whether a client wears a board."""
        return client in self._wearers

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
            wearer=f"{wearer.device} {wearer.choice}",
            room_frame_id=self._room_frame_id,
            worn=wearer.worn,
            heads_ns=tuple(head.at_ns for head in heads),
            heads=tuple(head.world_from_headset for head in heads),
            sights=sights,
        )


def _not_looked_for(board: str, *, about: str) -> Refused:
    return Refused(
        code="BAD_BOARD",
        message=f"The room's camera does not look for a board {board!r}.",
        mend="Start the host with --headset-board and the file of this board.",
        about=about,
    )


def _worn_by_another(board: str) -> Refused:
    return Refused(
        code="BAD_BOARD",
        message=f"Another headset wears the board {board!r}.",
        mend="Print a board with other markers for each headset.",
        about=HeadsetBoard.TYPE,
    )
