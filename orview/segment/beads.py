"""Radiopaque beads in a CT, found by themselves, each with how well its centre is known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Bead:
    """A small round radiopaque body found in a CT.

    Attributes:
        position_patient_mm: (3,) its centre.
        covariance_mm2: (3, 3) of the centre's error, patient axes.
        diameter_mm: of the ball with the same radiopaque volume.
        peak_hu: the brightest voxel, Hounsfield units.
    """

    position_patient_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    diameter_mm: float
    peak_hu: float
