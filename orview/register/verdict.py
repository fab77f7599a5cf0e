"""The answer of a registration: where the patient stands in the board's frame, how far to trust it, yes or no.

Only numpy and geometry are loaded here, because the process that streams reads verdicts.
"""

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

from orview.errors import ContractError, InputError
from orview.frames import Frame
from orview.geometry.chain import Link, LinkKey
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose, adjoint_of

Value = TypeVar("Value")

VERDICT_VERSION = 3
"""Version of the JSON; another one is refused, never guessed at (hazard H23)."""

DEFAULT_LIMIT_MM = 2.0
"""The largest expected error at the target, 95 %, that is accepted unless a case says otherwise."""


class Method(StrEnum):
    """The way a registration was made."""

    BOARD = "board"
    POINTS = "points"
    SURFACE = "surface"


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """A registration with its reasons; accepted or refused.

    Attributes:
        method: beads of the board in the CT, touched points, or a traced surface.
        accepted: True only where everything below stands inside its limits.
        board_from_patient: the pose with its covariance; None where the points could not be told apart or do not
            fit, never None where accepted.
        chain: the links that make the covariance of `board_from_patient`; links of the room come on top of them.
        expected_error_mm: per structure key, the radius that holds the error of `board_from_patient` there in
            95 % of cases; empty without a pose.
        links: per structure key and link key, the link's part of the error's variance there; each sums to 1.
        target_key: the structure that decides.
        limit_mm: the largest expected error at the target that is accepted.
        fre_mm: rms misfit of the points used, for finding faults; never shown as accuracy. None without a pose.
        scale: size in the room over size in the CT, 1 when both are right; None where it was not measured.
        matched: points the pose rests on.
        known: points there could be: beads of the board, landmarks of the case, points traced.
        found: points offered: round bright blobs in the CT, points touched or traced.
        board_digest: digest of the definition of the board the pose is told in.
        reasons: why, in sentences; for an accepted verdict what it rests on.
        advice: what would make it better or mend it, in sentences; may be empty.
        used_patient_mm: (x, y, z) in the CT of each bead or landmark the pose rests on. None of them can check it.
        unusable: the points offered cannot be what they are said to be (another frame, unit or a mirror, points twice
            or on one line). Nothing follows about patient and board: it is told, never stored, and not in the JSON.
    """

    method: Method
    accepted: bool
    board_from_patient: UncertainPose | None
    chain: tuple[Link, ...]
    expected_error_mm: dict[str, float]
    links: dict[str, dict[str, float]]
    target_key: str
    limit_mm: float
    fre_mm: float | None
    scale: float | None
    matched: int
    known: int
    found: int
    board_digest: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    used_patient_mm: tuple[tuple[float, float, float], ...] = ()
    unusable: bool = False

    def __post_init__(self) -> None:
        if self.links.keys() != self.expected_error_mm.keys() or not all(
            abs(sum(shares.values()) - 1.0) < 1e-6 for shares in self.links.values()
        ):
            raise ContractError("A verdict tells for every structure which link has which share of the error.")
        if not self.accepted:
            return
        error_mm = self.expected_error_mm.get(self.target_key, math.nan)
        if self.board_from_patient is None or not error_mm <= self.limit_mm:
            raise ContractError("An accepted verdict has a pose and an expected error inside the limit at its target.")

    @property
    def expected_error_at_target_mm(self) -> float | None:
        """The expected error, 95 %, at the target; None without a pose."""
        return self.expected_error_mm.get(self.target_key)

    def pose_beside(self, key: LinkKey) -> UncertainPose | None:
        """Return `board_from_patient` with what it is wrong by beside one link; None without a pose.

        For who errs by that link himself, and alike: a pointer that touched the landmarks of this registration and now
        touches a check point.
        """
        if self.board_from_patient is None:
            return None
        transform = self.board_from_patient.transform
        told = np.zeros((6, 6))
        for link in self.chain:
            if link.key is not key:
                told += link.covariance
        adjoint = adjoint_of(transform)
        return UncertainPose(transform, adjoint @ told @ adjoint.T)

    def to_json(self) -> str:
        """Return the verdict as canonical JSON text."""
        return json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def to_document(self) -> dict[str, Any]:
        """Return the verdict as plain values for JSON; `from_json` of its text gives the verdict back."""
        pose = self.board_from_patient
        return {
            "version": VERDICT_VERSION,
            "method": self.method.value,
            "verdict": _ACCEPTED if self.accepted else _REFUSED,
            "board_from_patient": None
            if pose is None
            else {
                "matrix_mm": pose.transform.matrix.tolist(),
                "covariance_rad_mm": pose.covariance.tolist(),
            },
            "chain": {link.key.value: link.covariance.tolist() for link in self.chain},
            "expected_error_mm": dict(self.expected_error_mm),
            "links": {key: dict(shares) for key, shares in self.links.items()},
            "target_key": self.target_key,
            "limit_mm": self.limit_mm,
            "fre_mm": self.fre_mm,
            "scale": self.scale,
            "matched": self.matched,
            "known": self.known,
            "found": self.found,
            "board_digest": self.board_digest,
            "reasons": list(self.reasons),
            "advice": list(self.advice),
            "used_patient_mm": [list(place) for place in self.used_patient_mm],
        }

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """Rebuild a verdict written by `to_json`.

        Raises:
            InputError: another version, a missing or unknown field, a number that is not finite, a matrix that is
                not rigid, or an accepted verdict that contradicts itself.
        """
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
            if data.pop("version") != VERDICT_VERSION:
                raise ValueError("another version")
            pose = data.pop("board_from_patient")
            verdict = cls(
                method=Method(data.pop("method")),
                board_from_patient=None if pose is None else _pose_from_json(pose),
                chain=tuple(_link_from_json(key, rows) for key, rows in data.pop("chain").items()),
                expected_error_mm=_numbers(data.pop("expected_error_mm")),
                links={key: _numbers(shares) for key, shares in data.pop("links").items()},
                limit_mm=_number(data.pop("limit_mm")),
                fre_mm=_optional_number(data.pop("fre_mm")),
                scale=_optional_number(data.pop("scale")),
                reasons=tuple(_of_type(str, reason) for reason in _of_type(list, data.pop("reasons"))),
                advice=tuple(_of_type(str, advice) for advice in _of_type(list, data.pop("advice"))),
                accepted={_ACCEPTED: True, _REFUSED: False}[data.pop("verdict")],
                matched=_of_type(int, data.pop("matched")),
                known=_of_type(int, data.pop("known")),
                found=_of_type(int, data.pop("found")),
                target_key=_of_type(str, data.pop("target_key")),
                board_digest=_of_type(str, data.pop("board_digest")),
                used_patient_mm=tuple(_place(place) for place in data.pop("used_patient_mm")),
            )
            if data:
                raise ValueError("an unknown field")
            return verdict
        except (ValueError, TypeError, KeyError, AttributeError, ContractError):
            raise InputError(
                "A stored registration cannot be read.", mend="Register the case again with `orview register`."
            ) from None


def _pose_from_json(data: dict[str, Any]) -> UncertainPose:
    transform = RigidTransform.from_matrix(Frame.BOARD, Frame.PATIENT, data["matrix_mm"])
    return UncertainPose(transform, data["covariance_rad_mm"])


def _link_from_json(key: str, rows: list[list[float]]) -> Link:
    covariance = np.array(rows, dtype=np.float64)
    if covariance.shape != (6, 6) or not np.isfinite(covariance).all():
        raise ValueError("not a covariance")
    return Link(key=LinkKey(key), covariance=covariance)


def _place(values: object) -> tuple[float, float, float]:
    x, y, z = (_number(value) for value in _of_type(list, values))
    return x, y, z


def _numbers(values: dict[str, object]) -> dict[str, float]:
    return {key: _number(value) for key, value in values.items()}


def _of_type(kind: type[Value], value: object) -> Value:
    # `type is` and not isinstance: True is no count.
    if type(value) is not kind:
        raise ValueError(f"not a {kind.__name__}")
    return value


def _number(value: object) -> float:
    return float(_of_type(int, value) if isinstance(value, int) else _of_type(float, value))


def _optional_number(value: object) -> float | None:
    return None if value is None else _number(value)


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


_ACCEPTED, _REFUSED = "accepted", "refused"
