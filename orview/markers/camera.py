"""The profile of a camera: its lens, how well the lens is known, and to which camera and mode it belongs."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from orview.errors import CameraError, ContractError, InputError
from orview.geometry.pinhole import PinholeLens

LENS_PARAMETERS = ("fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2", "k3")
"""Order of rows and columns of a lens covariance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CameraProfile:
    """A calibrated camera in one mode.

    Attributes:
        lens: intrinsics and picture size.
        camera: name of the device, empty where the pictures did not say.
        mode: what the device was set to, e.g. "1280x720".
        serial: serial number, empty where the device has none.
        calibrated_on: day of the calibration.
        board_digest: `Board.digest` of the board it was calibrated with.
        views: pictures used.
        rms_px: reprojection residual of the calibration, root mean square per corner.
        covariance: (9, 9) of `LENS_PARAMETERS` (px for the first four), read-only.
        readout_ms: time from exposing the first row to exposing the last; 0 of a global shutter.
        expected_error_mm: 95 % of errors at a target 150 mm from a board stay below this, with the board at
            `expected_at_mm`; None where nobody worked it out.
        expected_at_mm: distance of the board from the camera that `expected_error_mm` is told for.
        board_bow_mm: how far from flat the calibration found its board, peak to valley; None where not solved for.

    Raises:
        ContractError: the covariance is not a finite symmetric (9, 9) matrix without negative variances,
            or the residual or another number is not finite or negative.
    """

    lens: PinholeLens
    camera: str
    mode: str
    serial: str
    calibrated_on: date
    board_digest: str
    views: int
    rms_px: float
    covariance: NDArray[np.float64]
    readout_ms: float = 0.0
    expected_error_mm: float | None = None
    expected_at_mm: float | None = None
    board_bow_mm: float | None = None

    def __post_init__(self) -> None:
        size = len(LENS_PARAMETERS)
        covariance = np.array(self.covariance, dtype=np.float64)
        if covariance.shape != (size, size) or not np.isfinite(covariance).all():
            raise ContractError("The covariance of a lens is a finite 9x9 matrix.")
        sigmas = np.sqrt(np.abs(np.diag(covariance)))
        tolerance = 1e-6 * np.outer(sigmas, sigmas) + 1e-30
        if (np.diag(covariance) < 0).any() or (np.abs(covariance - covariance.T) > tolerance).any():
            raise ContractError("The covariance of a lens is symmetric with no negative variance.")
        if not (np.isfinite(self.rms_px) and self.rms_px >= 0.0):
            raise ContractError("The residual of a calibration is a finite number of pixels.")
        for number in (self.readout_ms, self.expected_error_mm, self.expected_at_mm, self.board_bow_mm):
            if number is not None and not (np.isfinite(number) and number >= 0.0):
                raise ContractError("Readout time, expected error and bow are finite and not negative.")
        covariance = 0.5 * (covariance + covariance.T)
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the whole profile."""
        return hashlib.sha256(json.dumps(self._definition(), sort_keys=True, default=str).encode()).hexdigest()

    @property
    def sigmas(self) -> dict[str, float]:
        """Standard deviation of each of `LENS_PARAMETERS`."""
        return dict(zip(LENS_PARAMETERS, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def require_size(self, *, width_px: int, height_px: int) -> None:
        """Refuse pictures of another size than the profile's (hazard H11).

        Raises:
            CameraError: the sizes differ.
        """
        if (width_px, height_px) != (self.lens.width_px, self.lens.height_px):
            raise CameraError(
                f"The picture has {width_px} x {height_px} pixels, the camera profile "
                f"{self.lens.width_px} x {self.lens.height_px}.",
                mend="Set the camera to the calibrated size, or calibrate it in this one.",
            )

    def require_camera(self, *, camera: str, mode: str, serial: str) -> None:
        """Refuse another camera or another mode than the profile's (hazard H11).

        What either side does not know (an empty string) is not compared.

        Raises:
            CameraError: names, modes or serial numbers differ.
        """
        for what, ours, theirs in (
            ("serial number", self.serial, serial),
            ("name", self.camera, camera),
            ("mode", self.mode, mode),
        ):
            if ours and theirs and ours != theirs:
                raise CameraError(
                    f"The camera profile belongs to the {what} {ours!r}, this camera has {theirs!r}.",
                    mend="Choose this camera's own profile, or calibrate it.",
                )

    def _definition(self) -> dict[str, Any]:
        # What is not known is left out, so a profile's digest does not change with the fields that orview knows.
        known: dict[str, Any] = {
            name: float(value)
            for name in ("expected_error_mm", "expected_at_mm", "board_bow_mm")
            if (value := getattr(self, name)) is not None
        }
        if self.readout_ms:
            known["sensor"] = {"readout_ms": float(self.readout_ms)}
        return {
            "camera": self.camera,
            "mode": self.mode,
            "serial": self.serial,
            "calibrated_on": self.calibrated_on,
            "board_digest": self.board_digest,
            "views": self.views,
            "rms_px": float(self.rms_px),
            "lens": {
                "size_px": [self.lens.width_px, self.lens.height_px],
                "focal_px": [float(self.lens.fx_px), float(self.lens.fy_px)],
                "centre_px": [float(self.lens.cx_px), float(self.lens.cy_px)],
                "distortion": [float(value) for value in self.lens.distortion],
            },
            "uncertainty": {"parameters": list(LENS_PARAMETERS), "covariance": self.covariance.tolist()},
            **known,
        }

    def to_toml(self) -> str:
        """Return the profile as TOML; lengths in px, distortion k1, k2, p1, p2, k3 as OpenCV's."""
        return tomli_w.dumps(self._definition())

    @classmethod
    def from_toml(cls, text: str) -> "CameraProfile":
        """Read a profile written by `to_toml`.

        Raises:
            InputError: not TOML, or a field is missing, of the wrong kind or impossible.
        """
        try:
            table = tomllib.loads(text)
            lens = table["lens"]
            width_px, height_px = (int(value) for value in lens["size_px"])
            fx_px, fy_px = (float(value) for value in lens["focal_px"])
            cx_px, cy_px = (float(value) for value in lens["centre_px"])
            k1, k2, p1, p2, k3 = (float(value) for value in lens["distortion"])
            if tuple(table["uncertainty"]["parameters"]) != LENS_PARAMETERS:
                raise ValueError("the lens parameters are not in the known order")
            if not isinstance(table["calibrated_on"], date):
                raise TypeError("calibrated_on is no date")
            return cls(
                lens=PinholeLens(
                    width_px=width_px,
                    height_px=height_px,
                    fx_px=fx_px,
                    fy_px=fy_px,
                    cx_px=cx_px,
                    cy_px=cy_px,
                    distortion=(k1, k2, p1, p2, k3),
                ),
                camera=str(table["camera"]),
                mode=str(table["mode"]),
                serial=str(table["serial"]),
                calibrated_on=table["calibrated_on"],
                board_digest=str(table["board_digest"]),
                views=int(table["views"]),
                rms_px=float(table["rms_px"]),
                covariance=np.array(table["uncertainty"]["covariance"], dtype=np.float64),
                readout_ms=float(table.get("sensor", {}).get("readout_ms", 0.0)),
                expected_error_mm=_number_or_none(table, "expected_error_mm"),
                expected_at_mm=_number_or_none(table, "expected_at_mm"),
                board_bow_mm=_number_or_none(table, "board_bow_mm"),
            )
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError, ContractError) as error:
            raise InputError(
                f"The camera profile cannot be used: {error}.", mend="Make a new one with `orview calibrate`."
            ) from error


def _number_or_none(table: dict[str, Any], name: str) -> float | None:
    return float(table[name]) if name in table else None
