"""Headsets aligned by pictures of their own cameras, by worn boards and by touches: how wrong, what they claim.

    python -m benchmarks.headset_world [--wearers 60] [--seed 5]

Each wearer looks around and rests for 12 s before a board that rests, with a lens, a place of the camera and a print
that err as they are told to, and stamps 20 to 100 ms late with 1 ms of jitter. Corners are projected (0.1 px of noise),
not rendered; from there on everything is the host's: pose, moment, mean, claim. *Naive* pairs each picture with the
head at its stamp: the robust mean refuses nearly all of that, so the plain mean is told.
"""

import argparse
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.headset_worn import report
from orview.edge.boards import load_board
from orview.edge.host.looker import TOLD_CENTRE, TOLD_FOCAL, told_profile
from orview.edge.host.world_desk import corners_to_touch
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import own_covariance
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX, Sighting
from orview.markers.pose import solve_pose
from orview.markers.uncertainty import shared_errors
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.register.exposure import Exposures
from orview.register.lag import TimedSight
from orview.register.world import calm_bias, fit_touches, seen_by_headset
from orview.register.world_mean import Sight, robust_mean
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, Wearer

PLACE_MM, PLACE_RAD = 0.5, 0.001
PRINT_SIGMA = 0.0005
LOOK_S, WORN_S, HEAD_S = 0.2, 12.0, 1.0 / 72.0
TOUCH_MM = 1.0
FEWEST = 8
TARGET_BOARD_MM = np.array([75.0, 55.0, 140.0])
WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.57, 0.0, 0.0], [-75, -600, -550.0])
ROOM_FROM_BOARD = RigidTransform(Frame.ROOM, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, 600.0]))
WORLD_FROM_ROOM = WORLD_FROM_BOARD @ ROOM_FROM_BOARD.inverse()


@dataclass(frozen=True, kw_only=True)
class Worn:
    """What came of one wearer, mm, s and ms; None where it was never aligned."""

    error_mm: float
    claim_mm: float
    first_s: float
    lag_off_ms: float
    lag_sigma_ms: float
    naive_mm: float


class _Told:
    """A camera as its headset tells it: lens and place are off by what they are told to be off by."""

    def __init__(self, rng: np.random.Generator) -> None:
        lens = HEADSET_LENS
        larger = 1.0 + TOLD_FOCAL * rng.normal()
        off = TOLD_CENTRE * lens.width_px * rng.normal(size=2)
        self.lens: PinholeLens = replace(
            lens,
            fx_px=lens.fx_px * larger,
            fy_px=lens.fy_px * larger,
            cx_px=lens.cx_px + off[0],
            cy_px=lens.cy_px + off[1],
        )
        wrong = RigidTransform.from_rotation_vector(
            Frame.CAMERA, Frame.CAMERA, rng.normal(0.0, PLACE_RAD, 3), rng.normal(0.0, PLACE_MM, 3)
        )
        self.headset_from_camera = HEADSET_FROM_CAMERA @ wrong

    @property
    def profile(self) -> CameraProfile:
        """As the host takes it."""
        lens = LensEntry(
            fx_px=self.lens.fx_px,
            fy_px=self.lens.fy_px,
            cx_px=self.lens.cx_px,
            cy_px=self.lens.cy_px,
            distortion=self.lens.distortion,
        )
        camera = HeadsetCamera(
            name="headset",
            serial="",
            width_px=self.lens.width_px,
            height_px=self.lens.height_px,
            lens=lens,
            headset_from_camera=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
            place_sigma_mm=PLACE_MM,
            place_sigma_rad=PLACE_RAD,
        )
        return told_profile(camera, lens)


def wear(board: Board, rng: np.random.Generator) -> Worn | None:
    """Let somebody wear a headset for a while."""
    told, head = _Told(rng), Wearer(WORLD_FROM_BOARD, board)
    profile, corners = told.profile, board.chessboard_corners_mm
    modes = bow_modes(board, corners)
    real = corners * (1.0 + PRINT_SIGMA * rng.normal()) + modes @ rng.normal(size=modes.shape[2])
    bias = about(np.zeros(3), sigma_rad=PLACE_RAD, sigma_mm=PLACE_MM) + calm_bias()
    lag_s, begin_s = rng.uniform(0.02, 0.1), rng.uniform(0.0, 10.0)
    exposures, waiting, kept, naive = Exposures(), [], list[tuple[int, UncertainPose]](), list[Sight]()
    sights: list[Sight] = []
    felt_s, first_s = begin_s - 0.3, float("nan")
    for number in range(round(WORN_S / LOOK_S)):
        now_s = begin_s + LOOK_S * number
        exposed_s = now_s - lag_s - rng.normal(0.0, 0.001)
        camera_from_board = (head.head(exposed_s) @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD
        pixels = HEADSET_LENS.project(camera_from_board.apply(real)) + rng.normal(0.0, 0.1, (len(real), 2))
        corners_seen = Sighting(pixels=pixels, points_board_mm=corners, marker_count=17)
        seen = solve_pose(corners_seen, profile, board).camera_from_board
        times_s = np.arange(felt_s + HEAD_S, now_s + 0.03, HEAD_S)
        felt_s = float(times_s[-1])
        exposures.take_heads([round(1e9 * t) for t in times_s], [head.head(t) for t in times_s])
        if seen is None:
            continue
        stamped_ns = round(1e9 * now_s)
        headset_from_board = UncertainPose.certain(told.headset_from_camera) @ seen
        exposures.take_sight(TimedSight(stamped_ns=stamped_ns, headset_from_board=headset_from_board))
        naive.append(_sight(head.head(now_s) @ told.headset_from_camera, seen, profile, board))
        waiting.append((stamped_ns, seen))
        if exposures.lag is not None:
            waiting, kept = kept + waiting, []
        while waiting and exposures.is_due(waiting[0][0]):
            stamp, pose = waiting.pop(0)
            exposure = exposures.place(stamp)
            if exposure is None:
                kept.append((stamp, pose))
                continue
            camera = exposure.world_from_headset @ UncertainPose.certain(told.headset_from_camera)
            sights.append(_sight(camera.transform, pose, profile, board, head=camera.covariance))
        if np.isnan(first_s) and len(sights) >= FEWEST and _mean(sights, bias) is not None:
            first_s = now_s - begin_s
    found = _mean(sights[-40:], bias)
    if found is None or exposures.lag is None:
        return None
    return Worn(
        error_mm=_off(found),
        claim_mm=radius_95_mm(found.covariance_at(ROOM_FROM_BOARD.apply(TARGET_BOARD_MM))),
        first_s=first_s,
        lag_off_ms=exposures.lag.lag_ms - 1e3 * lag_s,
        lag_sigma_ms=exposures.lag.sigma_ms,
        naive_mm=float(np.linalg.norm(np.mean([_misses(sight.world_from_room) for sight in naive], axis=0))),
    )


def _sight(
    camera: RigidTransform,
    seen: UncertainPose,
    profile: CameraProfile,
    board: Board,
    *,
    head: NDArray[np.float64] | None = None,
) -> Sight:
    shared = shared_errors(seen.transform, CORNER_SIGMA_PX, profile, board)
    assert shared is not None
    return seen_by_headset(
        world_from_camera=camera,
        camera_from_board=UncertainPose(seen.transform, own_covariance(seen, shared)),
        room_from_board=UncertainPose.certain(ROOM_FROM_BOARD),
        head_covariance=head,
        shared=shared,
    )


def _mean(sights: list[Sight], bias: NDArray[np.float64]) -> UncertainPose | None:
    try:
        return robust_mean(sights, bias_covariance=bias).world_from_room
    except RefusedError:
        return None


def _off(found: UncertainPose) -> float:
    return float(np.linalg.norm(_misses(found)))


def _misses(found: UncertainPose) -> NDArray[np.float64]:
    target = ROOM_FROM_BOARD.apply(TARGET_BOARD_MM)
    return found.transform.apply(target) - WORLD_FROM_ROOM.apply(target)


def _touched(wearers: int, seed: int) -> str:
    """Return the line of headsets that are aligned by four touched corners of the patient's board, 1 mm each."""
    rng, corners = np.random.default_rng([seed, 4]), corners_to_touch(load_board("patient_flat"))
    errors, inside = [], 0
    for _ in range(wearers):
        touched = WORLD_FROM_BOARD.apply(corners) + rng.normal(0.0, TOUCH_MM, corners.shape)
        found = fit_touches(corners, touched, sigma_mm=TOUCH_MM)
        off = found.transform.apply(TARGET_BOARD_MM) - WORLD_FROM_BOARD.apply(TARGET_BOARD_MM)
        errors.append(float(np.linalg.norm(off)))
        inside += errors[-1] <= radius_95_mm(found.covariance_at(TARGET_BOARD_MM))
    return (
        f"four touched corners, {TOUCH_MM:.0f} mm each: error at the target: median {np.median(errors):.2f}, 95 % "
        f"{np.quantile(errors, 0.95):.2f} mm; {inside / wearers:.3f} inside the claim"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wearers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=5)
    asked = parser.parse_args()
    board = load_board("patient_flat")
    board = replace(board, printed=replace(board.printed, scale_sigma=PRINT_SIGMA))
    rng = np.random.default_rng(asked.seed)
    worn = [wear(board, rng) for _ in range(asked.wearers)]
    aligned = [one for one in worn if one is not None]
    errors, claims = np.array([one.error_mm for one in aligned]), np.array([one.claim_mm for one in aligned])
    lags = np.array([[one.lag_off_ms, one.lag_sigma_ms] for one in aligned])
    naive = np.array([one.naive_mm for one in aligned])
    first_s = np.nanmedian([one.first_s for one in aligned])
    print(f"aligned: {len(aligned)} of {len(worn)}, after {first_s:.1f} s (median)")
    print(f"error at the target, 140 mm deep: median {np.median(errors):.2f}, 95 % {np.quantile(errors, 0.95):.2f} mm")
    print(f"claimed, 95 %: {claims.mean():.2f} mm on average; {np.mean(errors <= claims):.3f} of the errors inside")
    print(
        f"lag: rms {np.sqrt(np.mean(lags[:, 0] ** 2)):.2f}, worst {np.abs(lags[:, 0]).max():.2f} ms; "
        f"z {np.sqrt(np.mean((lags[:, 0] / lags[:, 1]) ** 2)):.2f}"
    )
    print(report(asked.wearers, asked.seed))
    print(_touched(asked.wearers, asked.seed))
    print(f"naive: median {np.median(naive):.2f}, 95 % {np.quantile(naive, 0.95):.2f} mm")


if __name__ == "__main__":
    main()
