"""Does the way slices run agree with how the patient is said to lie in the scanner?

Where it does not, left and right are in doubt (hazard H04).

A scanner takes axial slices as it sees them from one side: rows across the table, columns down with gravity. Head
first or feet first, on the back, the belly or a side, that gives one orientation in the patient frame for each of the
eight positions (PS3.3 C.7.3.1.1.2). Many scanners turn the picture afterwards to how it is usually shown: rows to the
patient's left, columns to the back. Any other way to run says that either the position or the orientation was written
wrongly, and with it perhaps left and right.
"""

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity

AXIAL_MIN_COSINE = 0.8
"""A slice whose normal is closer than 37 degrees to the patient's long axis is axial; a gantry tilts by 30 at most."""

_LEFT, _BACK = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])

SCANNED: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {
    "HFS": (_LEFT, _BACK),
    "HFP": (-_LEFT, -_BACK),
    "FFS": (-_LEFT, _BACK),
    "FFP": (_LEFT, -_BACK),
    "HFDR": (_BACK, -_LEFT),
    "HFDL": (-_BACK, _LEFT),
    "FFDR": (-_BACK, -_LEFT),
    "FFDL": (_BACK, _LEFT),
}
"""Row and column direction in the patient frame (LPS) of an axial slice as scanned, for each patient position.

Columns run with gravity; rows make the normal point to the head for head first and to the feet for feet first.
"""

_AXES = ("sagittal", "coronal", "axial")


def orientation_words(row: NDArray[np.float64], column: NDArray[np.float64]) -> str:
    """Return "axial", "coronal", "sagittal" or "oblique" for a slice's (3,) unit directions in the patient frame."""
    normal = np.abs(np.cross(row, column))
    along = int(normal.argmax())
    return _AXES[along] if normal[along] >= AXIAL_MIN_COSINE else "oblique"


def check_posture(position: str, row: NDArray[np.float64], column: NDArray[np.float64]) -> list[Finding]:
    """Compare axial slices' directions with the patient's position in the scanner.

    Args:
        position: PatientPosition ("HFS" and the like), empty where unknown.
        row: (3,) unit; along increasing column index, patient frame.
        column: (3,) unit; along increasing row index.
    """
    if orientation_words(row, column) != "axial":
        return []
    if position not in SCANNED:
        return [
            Finding(
                code="POSITION_UNKNOWN",
                severity=Severity.INFO,
                message="The image does not say how the patient lay in the scanner: left and right cannot be checked "
                "against it.",
            )
        ]
    for expected_row, expected_column in (SCANNED[position], (_LEFT, _BACK)):
        # A tilted or turned slice still runs mostly that way.
        if row @ expected_row > 0.7 and column @ expected_column > 0.7:
            return []
    return [
        Finding(
            code="LEFT_RIGHT_DOUBTFUL",
            severity=Severity.WARNING,
            message=f"The slices run to the patient's {_towards(row)} and {_towards(column)}, which no scan of a "
            f"patient lying {_lying(position)} ({position}) gives: left and right may be exchanged. "
            "Check a known side before use.",
        )
    ]


def _towards(direction: NDArray[np.float64]) -> str:
    axis = int(np.abs(direction).argmax())
    return (("right", "left"), ("front", "back"), ("feet", "head"))[axis][int(direction[axis] > 0)]


def _lying(position: str) -> str:
    first = "head first" if position.startswith("HF") else "feet first"
    return (
        first
        + {"S": " on the back", "P": " on the belly", "DR": " on the right side", "DL": " on the left side"}[
            position[2:]
        ]
    )
