"""The simulated patient on the table: anatomy and board, without an image of them. Drawn in milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.sim import fixture
from orview.sim.pelvis import Pelvis, build_pelvis


@dataclass(frozen=True, kw_only=True, eq=False)
class LyingPatient:
    """A patient lying prone with a board over the sacrum.

    Attributes:
        pelvis: the anatomy, patient frame.
        patient_from_board: where the board truly is.
        seed: what both were drawn with.
    """

    pelvis: Pelvis
    patient_from_board: RigidTransform
    seed: int

    @property
    def landmarks(self) -> Mapping[str, NDArray[np.float64]]:
        """Named points (3,), patient mm."""
        return self.pelvis.landmarks_patient_mm


def lay_patient(board: Board, *, seed: int) -> LyingPatient:
    """Draw the patient of a seed; the same one `build_phantom` makes an image of.

    Raises:
        RefusedError: the board does not fit on the back.
    """
    rng = np.random.default_rng(seed)
    pelvis = build_pelvis(rng)
    over = pelvis.patient_from_pelvis(np.array([rng.uniform(-6.0, 6.0), 0.0, 44.0]))
    return LyingPatient(pelvis=pelvis, patient_from_board=fixture.place_board(board, pelvis.body, over, rng), seed=seed)
