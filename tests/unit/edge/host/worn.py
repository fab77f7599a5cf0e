"""A simulated wearer of a board, what the room's camera sees of it, and what the host makes of that."""

from dataclasses import replace
from datetime import date

import numpy as np

from orview.edge.boards import load_board
from orview.edge.host.headset_place import HeadsetPlace
from orview.edge.host.keeper import Keeper
from orview.edge.host.world_desk import WorldDesk, corners_to_touch
from orview.edge.host.worn_looker import WornLooker
from orview.edge.slots.worn_records import WornAsk, WornNews, WornPlaced, WornSight
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import against
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.protocol.placing import HeadsetBoard, HeadsetWorld
from orview.protocol.poses import wire_from_rigid
from orview.session.state import Session
from orview.sim.lens import LENS
from orview.sim.worn import WornRoom

ROOM = 1
PLACE_MM, PLACE_RAD = 0.4, 0.0006
ASK_S, HEAD_S = 0.2, 1.0 / 72.0


def measured(name: str) -> Board:
    board = load_board(name)
    return replace(board, printed=replace(board.printed, scale_sigma=0.0005))


PATIENTS, WORN = measured("patient_folded"), measured("headset")
PROFILE = CameraProfile(
    lens=replace(
        LENS,
        width_px=1920,
        height_px=1080,
        fx_px=1.5 * LENS.fx_px,
        fy_px=1.5 * LENS.fy_px,
        cx_px=1.5 * LENS.cx_px,
        cy_px=1.5 * LENS.cy_px,
    ),
    camera="room",
    mode="1920x1080",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=25,
    rms_px=0.1,
    covariance=np.diag(np.square([1.5, 1.5, 1.5, 1.5, 0.003, 0.01, 0.0001, 0.0001, 0.01])),
)


class WornOne:
    """One wearer, from the pictures to the alignment."""

    def __init__(self, rng: np.random.Generator, *, begin_s: float | None = None) -> None:
        self.room = WornRoom(PROFILE, PATIENTS, WORN, rng, place_sigma_mm=PLACE_MM, place_sigma_rad=PLACE_RAD)
        position_m, quat_xyzw = wire_from_rigid(self.room.told_from_worn)
        self.told = HeadsetBoard(
            board=WORN.name,
            headset_from_board=(*position_m, *quat_xyzw),
            place_sigma_mm=PLACE_MM,
            place_sigma_rad=PLACE_RAD,
        )
        keeper = Keeper(session=Session(), board_digest=PATIENTS.digest, room_frame_id=ROOM)
        self.place = HeadsetPlace(WorldDesk(keeper, corners_board_mm=corners_to_touch(PATIENTS), room_frame_id=ROOM))
        self.looker = WornLooker()
        self.now_s = float(rng.uniform(10.0, 14.0)) if begin_s is None else begin_s
        self._felt_s = self.now_s - 0.3
        self.jump: RigidTransform | None = None

    def go_on(self, seconds: float, *, sights: int = 1) -> list[WornPlaced]:
        """Wear it for a while; returns what the look process answered."""
        answers = []
        for _ in range(round(seconds / ASK_S)):
            (answer,) = self.looker.take(WornAsk(number=1, news=(self.news(sights=sights),))).clients
            self.place.wear(answer, now_ns=self.now_ns)
            answers.append(answer)
        return answers

    def news(self, *, sights: int = 1) -> WornNews:
        """Wear it for a fifth of a second; returns what is new then."""
        self.now_s += ASK_S
        stamps_s = [self.now_s - ASK_S * number / sights for number in reversed(range(sights))]
        times_s = np.arange(self._felt_s + HEAD_S, self.now_s + max(self.room.lag_s, 0.0), HEAD_S)
        self._felt_s = float(times_s[-1])
        return WornNews(
            client=1,
            wearer="device 0",
            room_frame_id=ROOM,
            worn=self.told,
            heads_ns=tuple(round(1e9 * t) for t in times_s),
            heads=tuple(self._head(float(t)) for t in times_s),
            sights=tuple(
                WornSight(board=WORN.name, taken_ns=round(1e9 * at_s), room_from_worn=seen.noise, shared=seen.shared)
                for at_s in stamps_s
                if (seen := self.room.see_worn(at_s)) is not None
            ),
        )

    @property
    def now_ns(self) -> int:
        return round(1e9 * self.now_s)

    def message(self) -> HeadsetWorld:
        return self.place.message(now_ns=self.now_ns)

    def drawn(self) -> UncertainPose:
        """`world_from_board` of the patient's board as it is drawn, by the same camera, with what is claimed of it."""
        found, room_shared, seen = self.place.standing(self.now_ns), self.place.room_shared, self.room.see_patients()
        assert found is not None
        assert room_shared is not None
        assert seen is not None
        shared = np.pad(seen.shared, ((0, 0), (0, room_shared.shape[1] - seen.shared.shape[1])))
        return found @ against(seen.room_from_board, shared, room_shared)

    def _head(self, told_s: float) -> tuple[float, ...]:
        head = self.room.head(told_s)
        position_m, quat_xyzw = wire_from_rigid(head if self.jump is None else self.jump @ head)
        return (*position_m, *quat_xyzw)
