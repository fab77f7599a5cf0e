"""From the beads in a CT to the tumour before a camera: how wrong the whole chain is, and what it claims of itself.

    python -m benchmarks.registration_rooms [--rooms 500] [--seed 0]

SYNTHETIC, one draw of everything that errs for each room and board: beads set into the board by
`BEAD_PLACEMENT_SIGMA_MM` and found in the CT by their covariance, the print on its plate by `MOUNT_SIGMA_MM`, its scale
by what a ruler or nobody says, its bow by its flatness, a calibration by its own covariance, every corner by 0.1 px.
The board is seen at 0.6 m, tilted by 10 to 40 degrees; the tumour is 140 mm behind it. The product's own code matches,
fits and solves.
"""

import argparse
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.fit import best_rotation
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board, Print
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting
from orview.markers.pose import solve_pose
from orview.markers.print_check import RULER_SIGMA_MM
from orview.model.case import CaseFiducial
from orview.register.board_in_ct import BEAD_PLACEMENT_SIGMA_MM, MOUNT_SIGMA_MM, register_case
from orview.sim.calibrated import calibrated_profile
from orview.sim.lens import LENS

BOARDS = ("patient_folded", "patient_raised", "patient_flat")
MEASURED = Print(scale_sigma=RULER_SIGMA_MM / 100.0 / math.sqrt(2.0))
UNMEASURED = Print()
DISTANCE_MM, DEPTH_MM, TILT_DEG = 600.0, 140.0, (10.0, 40.0)
CORNER_PX = 0.1
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
    """Draw rooms with one of the delivered boards."""
    rng = np.random.default_rng([seed, BOARDS.index(name)])
    board = replace(load_board(name), printed=printed)
    profiles = [calibrated_profile(LENS, seed=1000 * seed + number) for number in range(min(CALIBRATIONS, count))]
    errors, claims, unregistered = [], [], 0
    for number in range(count):
        outcome = _room(board, profiles[number % len(profiles)], rng)
        if outcome is None:
            unregistered += 1
        elif outcome[0] < math.inf:
            errors.append(outcome[0])
            claims.append(outcome[1])
    return Rooms(errors_mm=np.array(errors), claims_mm=np.array(claims), asked=count, unregistered=unregistered)


def _room(board: Board, profile: CameraProfile, rng: np.random.Generator) -> tuple[float, float] | None:
    """Return error and claim at the tumour, both infinite without a pose; None where the registration is refused."""
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
    corners, faces = _corners(board)
    behind = np.array([*corners.mean(axis=0)[:2], DEPTH_MM])
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
    camera_from_board = _seen(corners.mean(axis=0), rng)
    modes = bow_modes(board, corners)
    real = corners * (1.0 + rng.normal(0.0, board.printed.scale_sigma)) + modes @ rng.normal(size=modes.shape[2])
    pixels = LENS.project(camera_from_board.apply(real)) + rng.normal(0.0, CORNER_PX, (len(real), 2))
    sighting = Sighting(
        pixels=pixels,
        points_board_mm=corners,
        marker_count=10,
        sigmas_px=np.full(len(real), CORNER_PX),
        faces=faces,
    )
    pose = solve_pose(sighting, profile, board).camera_from_board
    if pose is None:
        return math.inf, math.inf
    chain = pose @ verdict.board_from_patient
    error_mm = np.linalg.norm(chain.transform.apply(tumour) - camera_from_board.apply(behind))
    return float(error_mm), radius_95_mm(chain.covariance_at(tumour))


def _corners(board: Board) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the corners (N, 3) of the board and the face each is on."""
    corners = [
        face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
        for face in board.faces
    ]
    return np.vstack(corners), np.repeat(np.arange(len(corners)), [len(one) for one in corners])


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
    arguments.add_argument("--rooms", type=int, default=500, help="of each board")
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    for printed in (MEASURED, UNMEASURED):
        for name in BOARDS:
            show(name, printed, rooms_of(name, printed=printed, count=options.rooms, seed=options.seed))


if __name__ == "__main__":
    main()
