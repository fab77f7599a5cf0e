"""Where the room stands in a reference headset's world: as the host proposes, or finds it from what was seen."""

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.messages import Aligned, Room
from orview.protocol.placing import HeadsetWorld, WorldState
from orview.protocol.poses import rigid_from_wire, wire_from_rigid

_SIGMAS_OF_95 = 2.8
"""Radius of the ball of 95 % in sigmas along one axis, three axes alike."""


class Placement:
    """The alignment of one headset.

    Args:
        given: where the room is, if somebody told; else as the host proposes, else the room is the world.

    Attributes:
        world_from_room: as it stands.
        room: the newest, None before.
        error_mm: expected at the target with the headset in it, 95 %; 0 while nobody said.
    """

    def __init__(self, given: RigidTransform | None) -> None:
        self.world_from_room = given or RigidTransform.identity(Frame.WORLD, Frame.ROOM)
        self.room: Room | None = None
        self.error_mm = 0.0
        self._given = given is not None
        self._version: int | None = None
        self._told = 0

    def begin_connection(self) -> None:
        """All that the connection before said is void."""
        self._version = None

    def take_proposal(self, room: Room) -> Aligned:
        """Take the room as proposed: this headset has no eyes to find it itself."""
        if not self._given and room.world_from_room is not None:
            self.world_from_room = _pose(room.world_from_room)
        return self._message(room.room_frame_id, sigma_mm=0.0)

    def take_world(self, world: HeadsetWorld) -> tuple[int | None, Aligned | None]:
        """Take where the host finds the room from what these eyes saw.

        Returns:
            The room frame that may be drawn in, None for none, and the message that says so where it is news.
        """
        if world.world_from_room is None or world.state is not WorldState.ALIGNED:
            self._version = None
            return None, None
        self.error_mm = world.expected_error_mm or 0.0
        if world.version == self._version:
            return world.room_frame_id, None
        self._version = world.version
        self.world_from_room = _pose(world.world_from_room)
        return world.room_frame_id, self._message(world.room_frame_id, sigma_mm=self.error_mm / _SIGMAS_OF_95)

    def _message(self, room_frame_id: int, *, sigma_mm: float) -> Aligned:
        position_m, quat_xyzw = wire_from_rigid(self.world_from_room)
        self._told += 1
        return Aligned(
            version=self._told,
            room_frame_id=room_frame_id,
            world_from_room=(*position_m, *quat_xyzw),
            sigma_mm=sigma_mm,
        )


def _pose(numbers: tuple[float, ...]) -> RigidTransform:
    return rigid_from_wire(to_frame=Frame.WORLD, from_frame=Frame.ROOM, position_m=numbers[:3], quat_xyzw=numbers[3:])
