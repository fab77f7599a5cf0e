"""From the beads in a CT to the tumour before a camera: how wrong the whole chain is, and what it claims of itself.

    python -m benchmarks.registration_rooms [--rooms 150] [--seed 0]

SYNTHETIC, one draw of everything that errs for each room and board: beads set into the board by
`BEAD_PLACEMENT_SIGMA_MM` and found in the CT by their covariance (`benchmarks.fiducials` judges that), the print on its
plate by `MOUNT_SIGMA_MM`, its scale by what a ruler or nobody says, the bow of each of its plates by its flatness, a
calibration by its own covariance. The board is filmed at 0.6 m, tilted by 10 to 40 degrees, by an ordinary 1080p webcam
with its blur, noise, tone curve, sharpening and JPEG; the tumour is 140 mm behind it. The product's own code matches
and fits the beads and finds the board in three pictures, the last of which counts.
"""

import argparse
import math
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking_scenes import LENS
from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.fit import best_rotation
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board, Print
from orview.markers.camera import CameraProfile
from orview.markers.print_check import RULER_SIGMA_MM
from orview.model.case import CaseFiducial
from orview.register.board_in_ct import BEAD_PLACEMENT_SIGMA_MM, MOUNT_SIGMA_MM, register_case
from orview.sim.bow import Bow, BowShape
from orview.sim.calibrated import calibrated_profile
from orview.sim.printed_face import printed_faces
from orview.sim.real_camera import RealCamera, Scene
from orview.track.follow import Follower

BOARDS = ("patient_folded", "patient_raised", "patient_flat")
MEASURED = Print(scale_sigma=RULER_SIGMA_MM / 100.0 / math.sqrt(2.0))
UNMEASURED = Print()
DISTANCE_MM, DEPTH_MM, TILT_DEG = 600.0, 140.0, (10.0, 40.0)
PICTURES = 3
SHAPES = (BowShape.CYLINDER, BowShape.SADDLE)
BEAD_SIGMAS_MM = np.array([0.03, 0.03, 0.06])
"""Of beads in a CT with slices of a millimetre, along its axes."""

CALIBRATIONS = 60
"""Drawn calibrations, taken in turn: each costs as much as many rooms."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rooms:
    """What came of the rooms of one board.

    Attributes:
        errors_mm: at the tumour, of the rooms that showed one.
        claims_mm: 95 % radius claimed there.
        asked: rooms.
        unregistered: whose registration was refused.
    """

    errors_mm: NDArray[np.float64]
    claims_mm: NDArray[np.float64]
    asked: int
    unregistered: int

    @property
    def median_mm(self) -> float:
        """The median error."""
        return float(np.median(self.errors_mm))

    @property
    def p95_mm(self) -> float:
        """What 95 % of the errors stay below."""
        return float(np.quantile(self.errors_mm, 0.95))

    @property
    def held(self) -> float:
        """The part of the errors within what was claimed."""
        return float((self.errors_mm <= self.claims_mm).mean())


def rooms_of(name: str, *, printed: Print, count: int, seed: int) -> Rooms:
    """Draw rooms with one of the delivered boards, on all cores."""
    draw = partial(_room, name, printed, seed)
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        outcomes = list(pool.map(draw, range(count), chunksize=5))
    there = [outcome for outcome in outcomes if outcome is not None and outcome[0] < math.inf]
    errors, claims = np.array(there).reshape(-1, 2).T
    return Rooms(errors_mm=errors, claims_mm=claims, asked=count, unregistered=outcomes.count(None))


def _room(name: str, printed: Print, seed: int, number: int) -> tuple[float, float] | None:
    """Return error and claim at the tumour, both infinite without a pose; None where the registration is refused."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, BOARDS.index(name), number])
    board = _board(name, printed)
    profile = _profile(1000 * seed + number % CALIBRATIONS)
    middle = board.beads_board_mm.mean(axis=0)
    reach_mm = float(np.linalg.norm(board.beads_board_mm - middle, axis=1).mean())
    mount = rotation_from_vector(rng.normal(0.0, MOUNT_SIGMA_MM / reach_mm, 3))
    patient_from_board = RigidTransform(
        Frame.PATIENT, Frame.BOARD, best_rotation(rng.normal(size=(3, 3))), rng.uniform(-900.0, 900.0, 3)
    )
    built = board.beads_board_mm + rng.normal(0.0, BEAD_PLACEMENT_SIGMA_MM, board.beads_board_mm.shape)
    # Where the beads truly are to the print, which is what a camera sees and what the board frame is.
    beads = middle + (built - middle) @ mount.T + rng.normal(0.0, MOUNT_SIGMA_MM, 3)
    found = patient_from_board.apply(beads) + rng.normal(size=beads.shape) * BEAD_SIGMAS_MM
    print_middle = np.vstack(list(board.marker_corners_mm.values())).mean(axis=0)
    behind = np.array([*print_middle[:2], DEPTH_MM])
    tumour = patient_from_board.apply(behind)
    verdict = register_case(
        [
            CaseFiducial(position_patient_mm=place, covariance_mm2=np.diag(BEAD_SIGMAS_MM**2), diameter_mm=4.0)
            for place in rng.permutation(found)
        ],
        board,
        targets={"tumour": tumour},
        target_key="tumour",
    )
    if not verdict.accepted or verdict.board_from_patient is None:
        return None
    camera_from_board = _seen(print_middle, rng)
    scene = BentScene(
        board=board,
        camera_from_board=lambda _: camera_from_board,
        print_scale=1.0 + float(rng.normal(0.0, board.printed.scale_sigma)),
        bends_mm=tuple(rng.normal(0.0, board.printed.flatness_mm, len(board.faces)).tolist()),
        wall_seed=number,
    )
    camera = RealCamera(lens=LENS, exposure_ms=4.0, seed=number)
    follower = Follower(board, profile)
    for picture in range(PICTURES):
        shot = camera.shoot(scene, (picture + 1) / 30.0)
        seen = follower.step(shot.image, taken_ns=shot.taken_ns)
    if seen.camera_from_board is None:
        return math.inf, math.inf
    chain = seen.camera_from_board @ verdict.board_from_patient
    error_mm = np.linalg.norm(chain.transform.apply(tumour) - camera_from_board.apply(behind))
    return float(error_mm), radius_95_mm(chain.covariance_at(tumour))


@lru_cache
def _board(name: str, printed: Print) -> Board:
    return replace(load_board(name), printed=printed)


@lru_cache(maxsize=CALIBRATIONS)
def _profile(seed: int) -> CameraProfile:
    return calibrated_profile(LENS, seed=seed)


@dataclass(frozen=True, kw_only=True, eq=False)
class BentScene(Scene):
    """A board each plate of which is bent for itself.

    Attributes:
        bends_mm: how far the middle of each face's plate stands out; what stands on the first bends with it.
    """

    bends_mm: tuple[float, ...] = ()

    def bows(self) -> tuple[Bow | None, ...]:
        """Return how each face of the board is bent."""
        faces = printed_faces(self.board)
        bent = [
            Bow(shape=SHAPES[number % 2], middle_mm=bend_mm, low_mm=face.low_mm, high_mm=face.high_mm)
            for number, (face, bend_mm) in enumerate(zip(faces, self.bends_mm, strict=True))
        ]
        on_first = replace(self, bow=bent[0]).carried()
        return tuple(first or own for first, own in zip(on_first, bent, strict=True))

    def carried(self) -> tuple[Bow | None, ...]:
        """Return the bow of the first face and of those that stand on it, None for the others."""
        return super().bows()


def _seen(middle: NDArray[np.float64], rng: np.random.Generator) -> RigidTransform:
    """Return `camera_from_board` of a board whose middle is at the distance, near the middle of the picture."""
    azimuth = rng.uniform(0.0, 2.0 * np.pi)
    tilt = np.radians(rng.uniform(*TILT_DEG))
    rotation = rotation_from_vector((np.cos(azimuth) * tilt, np.sin(azimuth) * tilt, 0.0)) @ rotation_from_vector(
        (0.0, 0.0, rng.uniform(0.0, 2.0 * np.pi))
    )
    place = np.array([*rng.uniform(-60.0, 60.0, 2), DISTANCE_MM])
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, place - rotation @ middle)


def show(name: str, printed: Print, rooms: Rooms) -> None:
    """Print one line."""
    how = "bars measured" if printed is MEASURED else "not measured"
    print(
        f"  {name:15s} {how}: median {rooms.median_mm:.2f}, 95 % {rooms.p95_mm:.2f} mm; {rooms.held:.1%} within the "
        f"claim (median {np.median(rooms.claims_mm):.2f} mm); a pose in {len(rooms.errors_mm)} of {rooms.asked}, "
        f"{rooms.unregistered} not registered",
        flush=True,
    )


def main() -> None:
    """Run every board, measured and not."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rooms", type=int, default=150, help="of each board")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    for printed in (MEASURED, UNMEASURED):
        for name in BOARDS:
            show(name, printed, rooms_of(name, printed=printed, count=options.rooms, seed=options.seed))


if __name__ == "__main__":
    main()
