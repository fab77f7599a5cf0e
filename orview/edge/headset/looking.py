"""What a reference headset tells the host of what it sees, or of the head that wears a board for the room's camera."""

import asyncio
from collections import deque
from collections.abc import Callable

from orview.edge.headset.beat import Beat
from orview.edge.headset.config import HeadsetConfig, HeadsetEyes
from orview.edge.headset.link import HeadsetLink
from orview.edge.headset.placement import Placement
from orview.geometry.rigid import RigidTransform
from orview.protocol.clock import ClockEstimate
from orview.protocol.codec import encode, encode_look
from orview.protocol.limits import MAX_HEADS, MAX_WORN_HEADS
from orview.protocol.looking import HeadPose, LookMessage
from orview.protocol.placing import BoardSeen, HeadEntry, Heads
from orview.protocol.poses import wire_from_rigid
from orview.units import ns_from_s, s_from_ns

LOOK_EVERY_S = 0.1
PICTURE_EVERY_S = 0.2
HEAD_EVERY_S = 1.0 / 72.0
WORN_HEADS = 10
"""Poses of the head that are told together."""


class Looking:
    """Looks at the board as long as the headset runs.

    Args:
        config: of the headset.
        placement: tells the room that is looked at.
        now_ns: the headset's clock.
        link: returns the link as it is then, None for none.
        estimate: returns the host's clock as it is known then, None while it is not.
    """

    def __init__(
        self,
        config: HeadsetConfig,
        placement: Placement,
        *,
        now_ns: Callable[[], int],
        link: Callable[[], HeadsetLink | None],
        estimate: Callable[[], ClockEstimate | None],
    ) -> None:
        self._config, self._placement = config, placement
        self._now_ns, self._link, self._estimate = now_ns, link, estimate
        self._told: HeadsetLink | None = None
        self._heads: deque[tuple[int, RigidTransform]] = deque(maxlen=MAX_HEADS)
        self._sequence = 0

    async def tell_places(self) -> None:
        """Tell the host where these eyes see the board."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now_ns, link, estimate, room = self._now_ns(), self._link(), self._estimate(), self._placement.room
            if self._config.eyes is None or link is None or room is None or estimate is None:
                continue
            look = self._config.eyes(now_ns)
            if look is not None:
                seen = BoardSeen(
                    room_frame_id=room.room_frame_id,
                    seen_ns=estimate.host_from_client_ns(now_ns),
                    world_from_board=_numbers_of(look.world_from_board),
                    world_from_headset=_numbers_of(look.world_from_headset),
                    sigma_mm=look.sigma_mm,
                    sigma_rad=look.sigma_rad,
                )
                await link.send(encode(seen))

    async def tell_heads(self) -> None:
        """Tell the host which board this headset wears, and where the head is all the time."""
        worn = self._config.worn
        told: HeadsetLink | None = None
        felt: deque[tuple[int, RigidTransform]] = deque(maxlen=MAX_WORN_HEADS)
        while worn is not None:
            now_ns = self._now_ns()
            felt.append((now_ns, worn.head(now_ns)))
            link, estimate = self._link(), self._estimate()
            if link is not None and estimate is not None and len(felt) >= WORN_HEADS:
                if told is not link:
                    await link.send(encode(worn.board))
                    told = link
                heads = tuple(
                    HeadEntry(at_ns=estimate.host_from_client_ns(at_ns), world_from_headset=_numbers_of(pose))
                    for at_ns, pose in felt
                )
                felt.clear()
                await link.send(encode(Heads(heads=heads)))
            await asyncio.sleep(HEAD_EVERY_S)
        await asyncio.Event().wait()

    async def feel_head(self) -> None:
        """Note where the head is, as often as a headset tells."""
        while self._config.pictures is not None:
            now_ns = self._now_ns()
            self._heads.append((now_ns, self._config.pictures.head(now_ns)))
            await asyncio.sleep(HEAD_EVERY_S)
        await asyncio.Event().wait()

    async def send_pictures(self) -> None:
        """Send pictures of the headset's own camera, each with where the head was since the one before it."""
        eyes = self._config.pictures
        beat = Beat(ns_from_s(PICTURE_EVERY_S), now_ns=self._now_ns())
        while True:
            if eyes is not None:
                await self._send_picture(eyes)
            await asyncio.sleep(max(s_from_ns(beat.pause_ns(self._now_ns())), 0.02))

    async def _send_picture(self, eyes: HeadsetEyes) -> None:
        # A picture takes its time; the poses are drawn meanwhile.
        shot = await asyncio.to_thread(eyes.shoot, self._now_ns())
        link, estimate = self._link(), self._estimate()
        if shot is None or link is None or estimate is None or not self._heads:
            return
        if self._told is not link:
            await link.send(encode(eyes.camera))
            self._told = link
        heads = tuple(_head(estimate.host_from_client_ns(at_ns), pose) for at_ns, pose in self._heads)
        self._heads.clear()
        self._sequence += 1
        look = LookMessage(
            width_px=eyes.camera.width_px,
            height_px=eyes.camera.height_px,
            sequence=self._sequence,
            taken_ns=estimate.host_from_client_ns(shot.stamped_ns),
            heads=heads,
            jpeg=shot.jpeg,
        )
        await link.send(encode_look(look))


def _head(at_ns: int, pose: RigidTransform) -> HeadPose:
    position_m, quat_xyzw = wire_from_rigid(pose)
    return HeadPose(at_ns=at_ns, position_m=position_m, quat_xyzw=quat_xyzw)


def _numbers_of(transform: RigidTransform) -> tuple[float, ...]:
    position_m, quat_xyzw = wire_from_rigid(transform)
    return (*position_m, *quat_xyzw)
