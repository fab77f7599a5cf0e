"""A lens from pictures of a printed board, with what the pictures leave uncertain and a verdict in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.advice import advice, focal_sigma
from orview.calibrate.bundle import LENS_SIZE
from orview.calibrate.expected import DISTANCES_MM, WORKING_DISTANCE_MM, ExpectedError, expected_errors
from orview.calibrate.lens_fit import fit_lens
from orview.calibrate.projection import lens_of
from orview.errors import ContractError, RefusedError
from orview.findings import Finding
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting

LIMIT_MM = 1.0
"""A calibration that costs more than this at the target, 95 %, at the working distance, is refused by default."""

MAX_FOCAL_SIGMA = 0.05
"""Relative. A focal length known worse than this gives distances that are of no use."""

MAX_RMS_PX = 2.0
"""Corners this far off, root mean square, are no pictures of this board through one lens."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A camera profile and how it came about.

    Attributes:
        profile: the result.
        view_rms_px: residual of each sighting given, None where it was rejected.
        rejected_corners: corners left out of accepted views because they disagreed with the rest.
        expected: what the lens costs at a target, by distance of the board.
        limit_mm: what it may cost at the working distance.
        findings: what would make the next calibration better.
    """

    profile: CameraProfile
    view_rms_px: tuple[float | None, ...]
    rejected_corners: int
    expected: tuple[ExpectedError, ...]
    limit_mm: float
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether the expected error at the working distance stays within the limit."""
        return self.profile.expected_error_mm is not None and self.profile.expected_error_mm <= self.limit_mm

    @property
    def verdict(self) -> str:
        """The verdict in one word."""
        return "accepted" if self.accepted else "refused"


def calibrate_intrinsics(
    sightings: Sequence[Sighting],
    *,
    width_px: int,
    height_px: int,
    camera: str,
    mode: str,
    serial: str,
    calibrated_on: date,
    board_digest: str,
    readout_ms: float = 0.0,
    working_distance_mm: float = WORKING_DISTANCE_MM,
    limit_mm: float = LIMIT_MM,
) -> Calibration:
    """Solve the lens that explains all pictures of one board, and the shape of the board with it.

    Args:
        sightings: what `detect_board` found in each picture, all from one camera in one mode.
        width_px: width of the pictures.
        height_px: height of the pictures.
        camera: name of the device; it, and all that follow, only go into the profile.
        mode: what the device was set to.
        serial: serial number of the device.
        calibrated_on: day of the calibration.
        board_digest: digest of the board.
        readout_ms: time from exposing the first row to the last, 0 of a global shutter.
        working_distance_mm: how far from the camera boards will be followed.
        limit_mm: the expected error that is still accepted there.

    Raises:
        RefusedError: too few usable pictures, a board that is not flat by definition, two boards in the pictures, or
            pictures that do not determine a lens.
    """
    _refuse_unfit(sightings)
    fit = fit_lens(sightings, width_px=width_px, height_px=height_px)
    try:
        lens = lens_of(fit.bundle.lens, width_px=width_px, height_px=height_px)
    except ContractError as error:
        raise RefusedError(
            "No lens explains these pictures.", mend="Check that all show this board, sharp, through one camera."
        ) from error
    distances = tuple(sorted({*DISTANCES_MM, working_distance_mm}))
    expected = expected_errors(
        fit.bundle.lens,
        fit.covariance[:LENS_SIZE, :LENS_SIZE],
        fit.shape.points_mm,
        width_px=width_px,
        height_px=height_px,
        noise_px=fit.noise_px,
        distances_mm=distances,
    )
    at_work = expected[distances.index(working_distance_mm)]
    profile = CameraProfile(
        lens=lens,
        camera=camera,
        mode=mode,
        serial=serial,
        calibrated_on=calibrated_on,
        board_digest=board_digest,
        views=len(fit.numbers),
        rms_px=fit.rms_px,
        covariance=fit.covariance[:LENS_SIZE, :LENS_SIZE],
        readout_ms=readout_ms,
        expected_error_mm=at_work.error_mm,
        expected_at_mm=working_distance_mm,
        board_bow_mm=fit.shape.bow_mm(fit.bundle.shape),
    )
    _refuse_useless(profile)
    view_rms_px: list[float | None] = [None] * len(sightings)
    for view, number in enumerate(fit.numbers):
        view_rms_px[number] = fit.view_rms_px(view)
    return Calibration(
        profile=profile,
        view_rms_px=tuple(view_rms_px),
        rejected_corners=int((~fit.kept).sum()),
        expected=expected,
        limit_mm=limit_mm,
        findings=advice(fit, profile, given=len(sightings), expected=at_work, limit_mm=limit_mm),
    )


def require_flat(points_board_mm: NDArray[np.float64]) -> None:
    """Refuse a board whose corners (N, 3) are not defined in one plane, z = 0.

    Raises:
        RefusedError: they are not.
    """
    if np.abs(points_board_mm[:, 2]).max(initial=0.0) > 1e-9:
        raise RefusedError("A camera is calibrated with a flat board; this one has depth.", mend="Use calibration_a4.")


def _refuse_unfit(sightings: Sequence[Sighting]) -> None:
    for sighting in sightings:
        require_flat(sighting.points_board_mm)
    doubled = sum(bool(sighting.doubled_ids) for sighting in sightings)
    if 2 * doubled > len(sightings):
        raise RefusedError(
            f"In {doubled} of {len(sightings)} pictures markers of the board are to be seen twice: there are two "
            "boards with the same ids.",
            mend="Take the other board out of sight.",
        )


def _refuse_useless(profile: CameraProfile) -> None:
    if profile.rms_px > MAX_RMS_PX:
        raise RefusedError(
            f"The pictures do not fit one lens: corners lie {profile.rms_px:.1f} px off.",
            mend="Check that the board definition is that of the print, and that zoom and focus stayed as they were.",
        )
    uncertain = focal_sigma(profile)
    if uncertain > MAX_FOCAL_SIGMA:
        raise RefusedError(
            f"The pictures leave the focal length uncertain by {100 * uncertain:.0f} %.",
            mend="Take more pictures, with the board tilted by 25 to 50 degrees in different directions.",
        )
