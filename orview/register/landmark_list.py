"""The landmarks of a case that are touched to register it, as the store keeps them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, InputError
from orview.register.landmarks import Landmark

FORMAT = 1
"""Version of the JSON of a list; another one is refused."""

MOST_LANDMARKS = 32
"""Seven are good; more than this nobody touches."""

LONGEST_NAME = 80


@dataclass(frozen=True, kw_only=True)
class LandmarkList:
    """Landmarks with names of their own.

    Raises:
        ContractError: names twice, no name, too many points, or a point that is not finite.
    """

    landmarks: tuple[Landmark, ...] = ()

    def __post_init__(self) -> None:
        check_landmarks(self.landmarks, most=MOST_LANDMARKS)

    def to_json(self) -> str:
        """Return the list as canonical JSON text."""
        return canonical({"version": FORMAT, "landmarks": document_of(self.landmarks)})

    @classmethod
    def from_json(cls, text: str) -> "LandmarkList":
        """Rebuild a list written by `to_json`.

        Raises:
            InputError: it is none.
        """
        try:
            document = json.loads(text)
            if document["version"] != FORMAT or document.keys() != {"version", "landmarks"}:
                raise ValueError("another version")
            return cls(landmarks=landmarks_of(document["landmarks"]))
        except (ValueError, TypeError, KeyError, ContractError):
            raise InputError(
                "The landmarks of the case cannot be read.", mend="Give them again with `orview landmarks`."
            ) from None


def check_landmarks(landmarks: Sequence[Landmark], *, most: int) -> None:
    """Refuse landmarks that cannot be called by their names or are no points.

    Raises:
        ContractError: they are.
    """
    names = [landmark.name for landmark in landmarks]
    if len(set(names)) != len(names) or not all(0 < len(name) <= LONGEST_NAME for name in names):
        raise ContractError(f"Landmarks have names of 1 to {LONGEST_NAME} letters, each once.")
    if len(names) > most:
        raise ContractError(f"There are at most {most} landmarks of a kind.")
    for landmark in landmarks:
        if not (_is_numbers(landmark.position_patient_mm, (3,)) and _is_numbers(landmark.covariance_mm2, (3, 3))):
            raise ContractError("A landmark is three finite numbers with a 3x3 covariance.")


def document_of(landmarks: Sequence[Landmark]) -> list[dict[str, Any]]:
    """Return landmarks as plain values."""
    return [
        {
            "name": landmark.name,
            "position_patient_mm": np.asarray(landmark.position_patient_mm).tolist(),
            "covariance_mm2": np.asarray(landmark.covariance_mm2).tolist(),
        }
        for landmark in landmarks
    ]


def landmarks_of(document: Sequence[Any]) -> tuple[Landmark, ...]:
    """Rebuild what `document_of` returned.

    Raises:
        ValueError, TypeError, KeyError: it is something else.
    """
    return tuple(
        Landmark(
            name=str(one["name"]),
            position_patient_mm=np.array(one["position_patient_mm"], dtype=np.float64),
            covariance_mm2=np.array(one["covariance_mm2"], dtype=np.float64),
        )
        for one in document
    )


def canonical(document: dict[str, Any]) -> str:
    """Return a document as JSON text that is the same for the same values."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _is_numbers(values: NDArray[np.float64], shape: tuple[int, ...]) -> bool:
    return values.shape == shape and bool(np.isfinite(values).all())
