"""What crosses between processes for worn boards comes back as it went, and fits its slots when it is most."""

import numpy as np

from orview.edge.slots.worn_records import (
    MOST_PLACED,
    WORN_ANSWER_CAPACITY,
    WORN_ASK_CAPACITY,
    WORN_CAPACITY,
    PlacedWorn,
    WornAnswer,
    WornAsk,
    WornNews,
    WornPlaced,
    WornRecord,
    WornSight,
)
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from tests.wire.messages import CLIENT_MESSAGES

CLIENTS, HEADS, SIGHTS = 4, 600, 60
"""More headsets than a room holds, after as long a silence as is kept."""


def pose(to_frame: Frame, from_frame: Frame, seed: int) -> UncertainPose:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 6))
    return UncertainPose(
        RigidTransform.from_rotation_vector(to_frame, from_frame, rng.normal(size=3), 1e3 * rng.normal(size=3)),
        root @ root.T,
    )


def sight(seed: int) -> WornSight:
    return WornSight(
        board="headset",
        taken_ns=10**18 + seed,
        room_from_worn=pose(Frame.ROOM, Frame.BOARD, seed),
        shared=np.random.default_rng(seed).normal(size=(6, 19)),
    )


def same(one: WornSight, other: WornSight) -> bool:
    return (
        (one.board, one.taken_ns) == (other.board, other.taken_ns)
        and np.allclose(one.room_from_worn.transform.matrix, other.room_from_worn.transform.matrix)
        and np.allclose(one.room_from_worn.covariance, other.room_from_worn.covariance)
        and np.array_equal(one.shared, other.shared)
    )


def test_sights_go_from_track_to_stream() -> None:
    record = WornRecord(sights=tuple(sight(number) for number in range(CLIENTS)))
    payload = record.encode()
    assert len(payload) <= WORN_CAPACITY
    assert all(map(same, WornRecord.decode(payload).sights, record.sights))


def test_what_is_asked_goes_to_the_look_process() -> None:
    head = (0.123456789012345, -1.123456789012345, 2.123456789012345, 0.5, 0.5, 0.5, 0.5)
    news = tuple(
        WornNews(
            client=number,
            wearer="device-1 0",
            room_frame_id=7,
            worn=CLIENT_MESSAGES["headset_board"],
            heads_ns=tuple(range(10**18, 10**18 + HEADS)),
            heads=(head,) * HEADS,
            sights=tuple(sight(one) for one in range(SIGHTS)),
        )
        for number in range(CLIENTS)
    )
    payload = WornAsk(number=3, news=news).encode()
    assert len(payload) <= WORN_ASK_CAPACITY
    back = WornAsk.decode(payload)
    assert back.number == 3
    for one, other in zip(back.news, news, strict=True):
        assert (one.client, one.wearer, one.worn) == (other.client, other.wearer, other.worn)
        assert one.room_frame_id == other.room_frame_id
        assert (one.heads_ns, one.heads) == (other.heads_ns, other.heads)
        assert all(map(same, one.sights, other.sights))


def test_the_answer_comes_back_with_the_newest_sights() -> None:
    placed = tuple(
        PlacedWorn(world_from_headset=pose(Frame.WORLD, Frame.HEADSET, number), sight=sight(number))
        for number in range(MOST_PLACED + 2)
    )
    unknown = WornPlaced(client=99, room_frame_id=7, worn=None, words="Turn your head.", placed=())
    worn = CLIENT_MESSAGES["headset_board"]
    several = (
        WornPlaced(client=number, room_frame_id=7, worn=worn, words="Hold still.", placed=placed)
        for number in range(CLIENTS)
    )
    answer = WornAnswer(number=9, clients=(*several, unknown))
    payload = answer.encode()
    assert len(payload) <= WORN_ANSWER_CAPACITY
    back = WornAnswer.decode(payload)
    assert (back.number, back.clients[2].client, back.clients[2].words) == (9, 2, "Hold still.")
    assert (back.clients[2].room_frame_id, back.clients[2].worn) == (7, worn)
    assert back.clients[-1].worn is None
    for one, other in zip(back.clients[1].placed, placed[2:], strict=True):
        assert same(one.sight, other.sight)
        assert np.allclose(one.world_from_headset.covariance, other.world_from_headset.covariance)
