"""The answer of a registration: where the patient stands in the board's frame, how far to trust it, yes or no.

Only numpy and geometry are loaded here, because the process that streams reads verdicts.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, TypeVar

from orview.errors import ContractError, InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose

Value = TypeVar("Value")

VERDICT_VERSION = 1
"""Version of the JSON; another one is refused, never guessed at (hazard H23)."""

DEFAULT_LIMIT_MM = 2.0
"""The largest expected error at the target, 95 %, that is accepted unless a case says otherwise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """A registration with its reasons; accepted or refused.

    Attributes:
        accepted: True only where everything below stands inside its limits.
        board_from_patient: the pose with its covariance; None where the beads could not be told apart or do not
            fit, never None where accepted.
        expected_error_mm: per structure key, the radius that holds the error of `board_from_patient` there in
            95 % of cases; empty without a pose.
        target_key: the structure that decides.
        limit_mm: the largest expected error at the target that is accepted.
        fre_mm: rms misfit of the matched beads, for finding faults; never shown as accuracy. None without a pose.
        scale: size of the board over size of what was found in the CT, 1 when both are right; None without a match.
        matched: beads of the board found in the CT and used.
        beads_on_board: beads the board has.
        beads_found: round bright blobs found in the CT.
        board_digest: digest of the board's definition.
        reasons: why, in sentences; for an accepted verdict what it rests on.
        advice: what would make it better or mend it, in sentences; may be empty.
    """

    accepted: bool
    board_from_patient: UncertainPose | None
    expected_error_mm: dict[str, float]
    target_key: str
    limit_mm: float
    fre_mm: float | None
    scale: float | None
    matched: int
    beads_on_board: int
    beads_found: int
    board_digest: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.accepted:
            return
        error_mm = self.expected_error_mm.get(self.target_key, math.nan)
        if self.board_from_patient is None or not error_mm <= self.limit_mm:
            raise ContractError("An accepted verdict has a pose and an expected error inside the limit at its target.")

    @property
    def expected_error_at_target_mm(self) -> float | None:
        """The expected error, 95 %, at the target; None without a pose."""
        return self.expected_error_mm.get(self.target_key)

    def to_json(self) -> str:
        """Return the verdict as canonical JSON text."""
        return json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"), allow_nan=False)

    def to_document(self) -> dict[str, Any]:
        """Return the verdict as plain values for JSON; `from_json` of its text gives the verdict back."""
        pose = self.board_from_patient
        return {
            "version": VERDICT_VERSION,
            "accepted": self.accepted,
            "board_from_patient": None
            if pose is None
            else {
                "matrix_mm": pose.transform.matrix.tolist(),
                "covariance_rad_mm": pose.covariance.tolist(),
            },
            "expected_error_mm": dict(self.expected_error_mm),
            "target_key": self.target_key,
            "limit_mm": self.limit_mm,
            "fre_mm": self.fre_mm,
            "scale": self.scale,
            "matched": self.matched,
            "beads_on_board": self.beads_on_board,
            "beads_found": self.beads_found,
            "board_digest": self.board_digest,
            "reasons": list(self.reasons),
            "advice": list(self.advice),
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
                board_from_patient=None if pose is None else _pose_from_json(pose),
                expected_error_mm={key: _number(mm) for key, mm in data.pop("expected_error_mm").items()},
                limit_mm=_number(data.pop("limit_mm")),
                fre_mm=_optional_number(data.pop("fre_mm")),
                scale=_optional_number(data.pop("scale")),
                reasons=tuple(_of_type(str, reason) for reason in _of_type(list, data.pop("reasons"))),
                advice=tuple(_of_type(str, advice) for advice in _of_type(list, data.pop("advice"))),
                accepted=_of_type(bool, data.pop("accepted")),
                matched=_of_type(int, data.pop("matched")),
                beads_on_board=_of_type(int, data.pop("beads_on_board")),
                beads_found=_of_type(int, data.pop("beads_found")),
                target_key=_of_type(str, data.pop("target_key")),
                board_digest=_of_type(str, data.pop("board_digest")),
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
