"""What a registration is asked, and the verdict as its answer: told alike for beads, points and surfaces."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from orview.errors import ContractError
from orview.geometry.chain import WORDS, Link, LinkKey, expected_error
from orview.geometry.uncertain import UncertainPose
from orview.register.verdict import DEFAULT_LIMIT_MM, Method, Verdict


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """Where does the patient stand to a board, and is that sure enough at the target?

    Attributes:
        method: how it is answered.
        targets: structure key to the point (3,), patient mm, where its expected error is told.
        target_key: the structure that decides.
        limit_mm: largest expected error, 95 %, at the target.
        board_digest: of the board the pose is told in.
        known: points there could be.
        found: points offered.

    Raises:
        ContractError: the target is not among `targets`, or the limit is not positive.
    """

    method: Method
    targets: Mapping[str, ArrayLike]
    target_key: str
    limit_mm: float = DEFAULT_LIMIT_MM
    board_digest: str
    known: int
    found: int

    def __post_init__(self) -> None:
        if self.target_key not in self.targets:
            raise ContractError("The target must be one of the structures.")
        if not (math.isfinite(self.limit_mm) and self.limit_mm > 0.0):
            raise ContractError("The limit of the expected error is a positive number of mm.")

    def refused(
        self, reason: str, advice: str, *, scale: float | None = None, matched: int = 0, unusable: bool = False
    ) -> Verdict:
        """Answer without a pose: why not, and what to do; `unusable` where the points are no measurement at all."""
        return Verdict(
            method=self.method,
            accepted=False,
            board_from_patient=None,
            chain=(),
            expected_error_mm={},
            links={},
            target_key=self.target_key,
            limit_mm=self.limit_mm,
            fre_mm=None,
            scale=scale,
            matched=matched,
            known=self.known,
            found=self.found,
            board_digest=self.board_digest,
            reasons=(reason,),
            advice=(advice,),
            unusable=unusable,
        )

    def answered(
        self,
        pose: UncertainPose,
        chain: Sequence[Link],
        *,
        grounds: str,
        fre_mm: float,
        scale: float | None,
        matched: int,
        used_patient_mm: ArrayLike = (),
        advice: Sequence[str] = (),
        mends: Mapping[LinkKey, str] | None = None,
    ) -> Verdict:
        """Answer with a pose, accepted where the expected error at the target stays inside the limit.

        Args:
            pose: `board_from_patient`, its covariance the sum of `chain`.
            chain: what the pose rests on.
            grounds: in a sentence, what was checked and holds.
            fre_mm: rms misfit of the points used.
            scale: size in the room over size in the CT, None where it was not measured.
            matched: points used.
            used_patient_mm: (N, 3) beads or landmarks of the CT among them.
            advice: what to do in any case.
            mends: what makes a link better, said where it costs most and the limit is missed.
        """
        expected = {key: expected_error(chain, point) for key, point in self.targets.items()}
        at_target = expected[self.target_key]
        accepted = at_target.error_95_mm <= self.limit_mm
        expectation = (
            f"Expected error at the {self.target_key.replace('_', ' ')}: {at_target.error_95_mm:.1f} mm in 95 % of "
            f"cases, {'within' if accepted else 'above'} the limit of {self.limit_mm:.1f} mm."
        )
        more = list(advice)
        costliest = at_target.costliest
        if not accepted and costliest is not None:
            share = at_target.shares[costliest]
            mend = (mends or {}).get(costliest, "")
            more.append(f"Most of it ({share:.0%}) comes from {WORDS[costliest]}. {mend}".strip())
        return Verdict(
            method=self.method,
            accepted=accepted,
            board_from_patient=pose,
            chain=tuple(chain),
            expected_error_mm={key: value.error_95_mm for key, value in expected.items()},
            links={key: value.shares for key, value in expected.items()},
            target_key=self.target_key,
            limit_mm=self.limit_mm,
            fre_mm=fre_mm,
            scale=scale,
            matched=matched,
            known=self.known,
            found=self.found,
            board_digest=self.board_digest,
            reasons=(grounds, expectation) if accepted else (expectation, grounds),
            advice=tuple(more),
            used_patient_mm=tuple((x, y, z) for x, y, z in np.reshape(used_patient_mm, (-1, 3)).tolist()),
        )
