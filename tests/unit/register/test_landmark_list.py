"""Landmarks come back from the store's text as they were, and what is none is refused."""

import json

import numpy as np
import pytest

from orview.errors import ContractError, InputError
from orview.register.landmark_list import MOST_LANDMARKS, LandmarkList
from orview.register.landmarks import Landmark


def _landmark(name: str, x_mm: float = 1.5) -> Landmark:
    return Landmark(
        name=name, position_patient_mm=np.array([x_mm, -2.0, 30.25]), covariance_mm2=np.diag([0.25, 0.5, 1.0])
    )


def test_a_list_comes_back_as_it_was() -> None:
    kept = LandmarkList(landmarks=(_landmark("Crest, left"), _landmark("Ärmel", 7.0)))
    back = LandmarkList.from_json(kept.to_json())
    assert back.to_json() == kept.to_json()
    assert [one.name for one in back.landmarks] == ["Crest, left", "Ärmel"]
    np.testing.assert_array_equal(back.landmarks[1].position_patient_mm, [7.0, -2.0, 30.25])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2, "landmarks": []}', '{"version": 1, "landmarks": 1}'])
def test_what_is_no_list_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(InputError) as refused:
        LandmarkList.from_json(text)
    assert "orview landmarks" in refused.value.mend


@pytest.mark.hazard("H30")
def test_points_that_are_none_and_names_that_call_nobody_are_refused() -> None:
    for wrong in (
        (_landmark("a"), _landmark("a")),
        (_landmark(""),),
        (_landmark("x" * 81),),
        (_landmark("a", float("nan")),),
        tuple(_landmark(f"p{number}") for number in range(MOST_LANDMARKS + 1)),
    ):
        with pytest.raises(ContractError):
            LandmarkList(landmarks=wrong)
    text = LandmarkList(landmarks=(_landmark("a"),)).to_json()
    assert json.loads(text)["version"] == 1
