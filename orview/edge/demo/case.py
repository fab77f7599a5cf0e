"""The demonstration before surgery: a phantom's CT becomes a case, a virtual camera a profile, both tied to a board.

Everything runs through the product's own doors; only the patient, the camera and the hands are simulated.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from orview.calibrate.intrinsics import calibrate_intrinsics
from orview.edge.boards import load_board, write_files
from orview.edge.camera import VIRTUAL_CAMERA, mode_of
from orview.edge.case_store import CaseStore
from orview.edge.demo.landmarks import demo_check_plan, demo_landmarks
from orview.edge.images.files import write_labels, write_volume
from orview.edge.plans import PlannedCase
from orview.edge.prepare import prepare
from orview.edge.profiles import add_profile
from orview.edge.registration import register_with_board
from orview.errors import RefusedError
from orview.markers.board import Board
from orview.markers.detect import detect_board
from orview.markers.print_check import check_bars
from orview.markers.sheet import BAR_MM
from orview.model.case import Case
from orview.register.verdict import Verdict
from orview.sim.calibration_views import calibration_pictures
from orview.sim.phantom import Phantom, build_phantom
from orview.sim.planned import planned
from orview.sim.pointing_hand import TIP_POINTER_MM

PATIENT_BOARD = "patient_flat"
CALIBRATION_BOARD = "calibration_a4"
CALIBRATION_VIEWS = 16
POINTER_BOARD = "pointer"
TIP_SIGMA_MM = 0.15
"""One sigma along each axis of the tip of a pointer that was swung well."""
CASE_NAME = "Synthetic phantom"


@dataclass(frozen=True, kw_only=True, eq=False)
class DemoCase:
    """What the demonstration starts with.

    Attributes:
        board: of the patient.
        board_file: its definition with the measured size of its print.
        phantom: the simulated patient, with the truth.
        case: as it came out of the store's door.
        verdict: the accepted registration.
        stages: how many the plan of its resection has.
        profile: file of the virtual camera's profile.
        pointer_file: definition of the board on the pointer, with the measured size of its print.
        tip_file: where that pointer's tip is, as `orview calibrate pivot` tells it.
        prepare_s: from the CT's files to the models in the store.
        calibration_rms_px: residual of the virtual camera's calibration.
    """

    board: Board
    board_file: Path
    phantom: Phantom
    case: Case
    verdict: Verdict
    stages: int
    profile: Path
    pointer_file: Path
    tip_file: Path
    prepare_s: float
    calibration_rms_px: float


def prepare_demo(folder: Path, store: CaseStore, *, seed: int, progress: Callable[[str, float], None]) -> DemoCase:
    """Make phantom, case, camera profile and registration.

    Args:
        folder: for the phantom's image files and the profile.
        store: where the case goes.
        seed: of the phantom.
        progress: told a stage and how much of it is done.

    Raises:
        RefusedError: the registration was refused.
        OrviewError: as the doors it goes through.
    """
    board_file = folder / f"{PATIENT_BOARD}_measured.toml"
    board = _measured(PATIENT_BOARD, board_file)
    pointer_file, tip_file = folder / f"{POINTER_BOARD}_measured.toml", folder / "tip.json"
    _write_tip(tip_file, _measured(POINTER_BOARD, pointer_file), seed=seed)
    progress("Scanning a synthetic phantom", 0.0)
    phantom = build_phantom(board=board, seed=seed)
    progress("Scanning a synthetic phantom", 0.7)
    image, labels = folder / "phantom_ct.nii.gz", folder / "phantom_labels.nii.gz"
    write_volume(image, phantom.volume)
    write_labels(labels, phantom.labels)
    progress("Scanning a synthetic phantom", 1.0)

    started = time.monotonic()
    case = prepare(
        [image],
        labels=[labels],
        name=CASE_NAME,
        store=store,
        progress=progress,
        today=datetime.now(UTC).date(),
    ).case
    prepare_s = time.monotonic() - started
    store.put_check_plan(case.id, demo_check_plan(phantom.patient, seed=seed))
    store.put_landmarks(case.id, demo_landmarks(phantom.patient, seed=seed))

    profile = folder / "virtual_camera.toml"
    rms_px = _calibrate(profile, seed=seed, progress=progress)

    progress("Registering the board", 0.0)
    verdict = register_with_board(case.id, str(board_file), store=store).verdict
    progress("Registering the board", 1.0)
    if not verdict.accepted:
        raise RefusedError(f"The phantom could not be registered. {' '.join(verdict.reasons)}")
    progress("Planning the resection", 0.0)
    stages = _plan(case, phantom, store)
    progress("Planning the resection", 1.0)
    return DemoCase(
        board=board,
        board_file=board_file,
        phantom=phantom,
        case=case,
        verdict=verdict,
        stages=stages,
        profile=profile,
        pointer_file=pointer_file,
        tip_file=tip_file,
        prepare_s=prepare_s,
        calibration_rms_px=rms_px,
    )


def _plan(case: Case, phantom: Phantom, store: CaseStore) -> int:
    """Store the plan of the phantom's resection; returns how many stages it has."""
    on_case = PlannedCase(case.id, store)
    bodies = on_case.ground.bodies
    plan = planned(
        case_digest=case.digest,
        keys=bodies,
        tumour_mm=on_case.ground.tumour.vertices_mm,
        sacrum_mm=bodies["sacrum"].surface.vertices_mm,
        landmarks_mm=phantom.landmarks,
    )
    on_case.keep(plan)
    return len(plan.stages)


def _measured(name: str, board_file: Path) -> Board:
    """Write and return a board as somebody leaves it who measured both bars of its (simulated) print."""
    board = load_board(name)
    bars = check_bars(board.printed, level_mm=BAR_MM, upright_mm=BAR_MM)
    measured = replace(board, printed=bars.printed)
    write_files({board_file: measured.to_toml().encode()}, what="measured board")
    return measured


def _write_tip(path: Path, pointer: Board, *, seed: int) -> None:
    """Write where the tip is, as somebody finds it by swinging the pointer: not quite where it is."""
    found = np.array(TIP_POINTER_MM) + np.random.default_rng([seed, 82]).normal(0.0, TIP_SIGMA_MM, 3)
    tip = {
        "board_digest": pointer.digest,
        "tip_in_board_mm": found.tolist(),
        "covariance_mm2": (TIP_SIGMA_MM**2 * np.eye(3)).tolist(),
    }
    write_files({path: json.dumps(tip).encode()}, what="pointer's tip")


def _calibrate(profile: Path, *, seed: int, progress: Callable[[str, float], None]) -> float:
    """Calibrate the virtual camera from pictures it takes of a board, add its profile, return the residual in px."""
    stage = "Calibrating the camera"
    board = load_board(CALIBRATION_BOARD)
    sightings, height_px, width_px, mode = [], 0, 0, ""
    for number, picture in enumerate(calibration_pictures(board, count=CALIBRATION_VIEWS, seed=seed)):
        progress(stage, number / (CALIBRATION_VIEWS + 1))
        height_px, width_px, mode = picture.shape[0], picture.shape[1], mode_of(picture)
        sighting = detect_board(picture, board)
        if sighting is not None:
            sightings.append(sighting)
    calibration = calibrate_intrinsics(
        sightings,
        width_px=width_px,
        height_px=height_px,
        camera=VIRTUAL_CAMERA,
        mode=mode,
        serial="",
        calibrated_on=datetime.now(tz=UTC).date(),
        board_digest=board.digest,
    )
    add_profile(profile, calibration.profile)
    progress(stage, 1.0)
    return calibration.profile.rms_px
