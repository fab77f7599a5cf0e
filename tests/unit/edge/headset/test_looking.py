"""A reference headset that sends pictures tells its camera first, then each picture with the heads since the last."""

import asyncio
import contextlib
import json

from orview.edge.headset.config import HeadsetConfig, Shot
from orview.edge.headset.looking import Looking
from orview.edge.headset.placement import Placement
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.clock import ClockEstimate
from orview.protocol.codec import decode_binary_from_client, decode_from_client
from orview.protocol.limits import MAX_CLIENT_TEXT_BYTES
from orview.protocol.placing import Heads
from orview.units import NS_PER_MS
from tests.wire.messages import CLIENT_MESSAGES, JPEG

OFFSET_NS = 5_000 * NS_PER_MS
ESTIMATE = ClockEstimate(offset_ns=OFFSET_NS, uncertainty_ns=1, round_trip_ns=2, exchanges=9)


class Eyes:
    """A camera whose pictures are stamped 40 ms before they are there."""

    camera = CLIENT_MESSAGES["headset_camera"]

    def head(self, now_ns: int) -> RigidTransform:
        return RigidTransform.identity(Frame.WORLD, Frame.HEADSET)

    def shoot(self, now_ns: int) -> Shot:
        return Shot(jpeg=JPEG, stamped_ns=now_ns - 40 * NS_PER_MS)


class Link:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []

    async def send(self, message: str | bytes) -> None:
        self.sent.append(message)


def sent_by(config: HeadsetConfig, *, links: list[Link], seconds_each: float = 0.6) -> None:
    at: dict[str, Link | int] = {"link": links[0], "ns": 0}

    def now_ns() -> int:
        at["ns"] += NS_PER_MS  # type: ignore[operator]
        return at["ns"]  # type: ignore[return-value]

    async def run() -> None:
        looking = Looking(config, Placement(None), now_ns=now_ns, link=lambda: at["link"], estimate=lambda: ESTIMATE)  # type: ignore[arg-type]
        works = (looking.feel_head(), looking.send_pictures(), looking.tell_heads())
        tasks = [asyncio.create_task(work) for work in works]
        for link in links:
            at["link"] = link
            await asyncio.sleep(seconds_each)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(run())


def test_each_link_is_told_the_camera_once_and_then_pictures_with_their_heads() -> None:
    links = [Link(), Link()]
    sent_by(HeadsetConfig(pictures=Eyes()), links=links)
    for link in links:
        assert json.loads(link.sent[0])["type"] == "headset_camera"
        looks = [decode_binary_from_client(data) for data in link.sent[1:]]
        assert len(looks) >= 2
        assert all(look.jpeg == JPEG for look in looks)
        times = [head.at_ns for look in looks for head in look.heads]
        assert times == sorted(set(times))
        # All times are the host's, by one offset.
        assert all(OFFSET_NS - 40 * NS_PER_MS <= time_ns < 2 * OFFSET_NS for time_ns in times)
        assert all(look.taken_ns < look.heads[-1].at_ns + 40 * NS_PER_MS for look in looks)
    sequences = [decode_binary_from_client(data).sequence for link in links for data in link.sent[1:]]
    assert sequences == list(range(1, len(sequences) + 1))


def test_a_headset_without_a_camera_sends_nothing() -> None:
    links = [Link()]
    sent_by(HeadsetConfig(), links=links, seconds_each=0.3)
    assert links[0].sent == []


class Head:
    """A head with a board on it."""

    board = CLIENT_MESSAGES["headset_board"]

    def head(self, now_ns: int) -> RigidTransform:
        return RigidTransform.identity(Frame.WORLD, Frame.HEADSET)


def test_each_link_is_told_the_worn_board_once_and_then_where_the_head_is() -> None:
    links = [Link(), Link()]
    sent_by(HeadsetConfig(worn=Head()), links=links, seconds_each=0.8)
    for link in links:
        assert decode_from_client(str(link.sent[0])) == Head.board
        told = [decode_from_client(str(data)) for data in link.sent[1:]]
        assert len(told) >= 2
        assert all(isinstance(message, Heads) for message in told)
        times = [head.at_ns for message in told for head in message.heads]
        assert times == sorted(set(times))
        assert all(OFFSET_NS <= time_ns < 2 * OFFSET_NS for time_ns in times)
        assert max(len(data) for data in link.sent) <= MAX_CLIENT_TEXT_BYTES
