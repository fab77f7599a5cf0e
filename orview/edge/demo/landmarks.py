"""Places of the simulated patient that can be touched: their names, and where somebody picked them in the CT."""

from collections.abc import Mapping

import numpy as np

from orview.register.check_points import CheckPlan, round_covariance
from orview.register.landmark_list import LandmarkList
from orview.register.landmarks import Landmark
from orview.sim.patient import LyingPatient

PICKED_SIGMA_MM = 0.5
"""One sigma along each axis of a landmark picked in the CT."""
CHECKED = {"psis_left": "Posterior iliac spine, left"}
"""The simulated patient's landmarks that serve as check points, and what they are called."""
REGISTERED = {
    "psis_right": "Posterior iliac spine, right",
    "ischial_tuberosity_left": "Ischial tuberosity, left",
    "ischial_tuberosity_right": "Ischial tuberosity, right",
    "sacral_tip": "Sacral tip",
}
"""Those by which the case can be registered by touch."""
SPOTS = {name: key for key, name in (CHECKED | REGISTERED).items()}
"""What the simulated patient calls what people call so."""


def demo_check_plan(patient: LyingPatient, *, seed: int) -> CheckPlan:
    """Return check points of a simulated patient, picked as somebody picks them in a CT: not quite where they are."""
    return CheckPlan(landmarks=_picked(patient, CHECKED, np.random.default_rng([seed, 77])))


def demo_landmarks(patient: LyingPatient, *, seed: int) -> LandmarkList:
    """Return the landmarks by which a simulated patient can be registered by touch, picked likewise."""
    return LandmarkList(landmarks=_picked(patient, REGISTERED, np.random.default_rng([seed, 78])))


def _picked(patient: LyingPatient, names: Mapping[str, str], rng: np.random.Generator) -> tuple[Landmark, ...]:
    return tuple(
        Landmark(
            name=name,
            position_patient_mm=patient.landmarks[key] + rng.normal(0.0, PICKED_SIGMA_MM, 3),
            covariance_mm2=round_covariance(PICKED_SIGMA_MM),
        )
        for key, name in names.items()
    )
