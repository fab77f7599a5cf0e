"""Headsets aligned by boards they wear, for `headset_world`: how wrong, and what they claim, by the host's own pieces.

The patient is drawn by the same room camera that saw the headset: what its lens does to both cancels as far as it does.
"""

from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.host.headset_place import HeadsetPlace
from orview.edge.host.keeper import Keeper
from orview.edge.host.world_desk import WorldDesk, corners_to_touch
from orview.edge.host.worn_looker import WornLooker
from orview.edge.slots.worn_records import WornAsk, WornNews, WornSight
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import against
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.protocol.placing import HeadsetBoard, WorldState
from orview.protocol.poses import wire_from_rigid
from orview.session.state import Session
from orview.sim.lens import LENS
from orview.sim.worn import ROOM_FROM_PATIENTS, TARGET_BOARD_MM, WornRoom

PLACE_MM, PLACE_RAD = 0.4, 0.0006
"""What a hand-eye of 30 poses leaves open of the worn board's place."""
PRINT_SIGMA = 0.0005
LENS_SIGMAS = np.array([0.8, 0.8, 0.9, 0.9, 0.003, 0.012, 0.00005, 0.00005, 0.012])
"""Of a guided calibration at 1080p, one sigma, px for the first four."""
ASK_S, HEAD_S = 0.1, 1.0 / 72.0
ROOM = 1


def room_profile() -> CameraProfile:
    """Return a calibrated 1080p room camera, 62 degrees across."""
    larger = 1.5
    lens = replace(
        LENS,
        width_px=1920,
        height_px=1080,
        fx_px=larger * LENS.fx_px,
        fy_px=larger * LENS.fy_px,
        cx_px=larger * (LENS.cx_px + 0.5) - 0.5,
        cy_px=larger * (LENS.cy_px + 0.5) - 0.5,
    )
    return CameraProfile(
        lens=lens,
        camera="room",
        mode="1920x1080",
        serial="",
        calibrated_on=date(2026, 1, 1),
        board_digest="",
        views=25,
        rms_px=0.1,
        covariance=np.diag(np.square(LENS_SIGMAS)),
    )


def measured(name: str) -> Board:
    """Return a delivered board whose print was measured."""
    board = load_board(name)
    return replace(board, printed=replace(board.printed, scale_sigma=PRINT_SIGMA))


def wear_board(
    rng: np.random.Generator, *, worn_s: float = 12.0, sights_hz: float = 10.0
) -> tuple[float, float, float] | None:
    """Let somebody wear a board for a while.

    Returns:
        Error and claim (95 %) at the target, mm, and after how many seconds the headset was aligned; None for never.
    """
    worn = measured("headset")
    room = WornRoom(
        room_profile(), measured("patient_folded"), worn, rng, place_sigma_mm=PLACE_MM, place_sigma_rad=PLACE_RAD
    )
    position_m, quat_xyzw = wire_from_rigid(room.told_from_worn)
    told = HeadsetBoard(
        board=worn.name,
        headset_from_board=(*position_m, *quat_xyzw),
        place_sigma_mm=PLACE_MM,
        place_sigma_rad=PLACE_RAD,
    )
    patients = measured("patient_folded")
    desk = WorldDesk(
        Keeper(session=Session(), board_digest=patients.digest, room_frame_id=ROOM),
        corners_board_mm=corners_to_touch(patients),
        room_frame_id=ROOM,
    )
    place, looker = HeadsetPlace(desk), WornLooker()
    begin_s = rng.uniform(0.0, 10.0)
    felt_s, aligned_s, filmed_s = begin_s - 0.4, float("nan"), begin_s
    for number in range(round(worn_s / ASK_S)):
        now_s = begin_s + ASK_S * number
        times_s = np.arange(felt_s + HEAD_S, now_s + room.lag_s, HEAD_S)
        felt_s = float(times_s[-1]) if len(times_s) else felt_s
        sights = []
        while filmed_s <= now_s:
            if (seen := room.see_worn(filmed_s)) is not None:
                sights.append(
                    WornSight(
                        board=worn.name,
                        taken_ns=round(1e9 * filmed_s),
                        room_from_worn=seen.noise,
                        shared=seen.shared,
                    )
                )
            filmed_s += 1.0 / sights_hz
        news = WornNews(
            client=1,
            wearer="device 0",
            room_frame_id=ROOM,
            worn=told,
            heads_ns=tuple(round(1e9 * t) for t in times_s),
            heads=tuple(_wire(room.head(float(t))) for t in times_s),
            sights=tuple(sights),
        )
        (answer,) = looker.take(WornAsk(number=number, news=(news,))).clients
        place.wear(answer, now_ns=round(1e9 * now_s))
        if np.isnan(aligned_s) and place.message(now_ns=round(1e9 * now_s)).state is WorldState.ALIGNED:
            aligned_s = now_s - begin_s
    found, room_shared = place.standing(round(1e9 * now_s)), place.room_shared
    # One picture in thirty leaves the lean of the patient's board open.
    patients_seen = next((seen for _ in range(5) if (seen := room.see_patients()) is not None), None)
    if found is None or room_shared is None or patients_seen is None:
        return None
    shared = np.pad(patients_seen.shared, ((0, 0), (0, room_shared.shape[1] - patients_seen.shared.shape[1])))
    drawn = found @ against(patients_seen.room_from_board, shared, room_shared)
    truth = room.world_from_room @ ROOM_FROM_PATIENTS
    error_mm = float(np.linalg.norm(drawn.transform.apply(TARGET_BOARD_MM) - truth.apply(TARGET_BOARD_MM)))
    return error_mm, radius_95_mm(drawn.covariance_at(TARGET_BOARD_MM)), aligned_s


def _wire(pose: RigidTransform) -> tuple[float, ...]:
    position_m, quat_xyzw = wire_from_rigid(pose)
    return (*position_m, *quat_xyzw)


def report(wearers: int, seed: int) -> str:
    """Return the line of this way."""
    rng = np.random.default_rng([seed, 3])
    worn = [wear_board(rng) for _ in range(wearers)]
    found: NDArray[np.float64] = np.array([one for one in worn if one is not None])
    errors, claims, after_s = found.T
    return (
        f"a worn board: {len(found)} of {wearers} aligned after {np.nanmedian(after_s):.1f} s (median); error at the "
        f"target: median {np.median(errors):.2f}, 95 % {np.quantile(errors, 0.95):.2f} mm; claimed, 95 %: "
        f"{claims.mean():.2f} mm on average; {np.mean(errors <= claims):.3f} inside"
    )


if __name__ == "__main__":
    print(report(20, 5))
