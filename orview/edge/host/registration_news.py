"""What the nurse is told of the registration of the selected case: expected errors, shares of the links, why."""

import math

from orview.geometry.chain import WORDS, LinkKey
from orview.model.case import Case
from orview.protocol.binary import MAX_ERROR_MM
from orview.protocol.registering import (
    LinkShare,
    RegisteredStructure,
    Registration,
    RegistrationMethod,
    RegistrationState,
)
from orview.register.verdict import Verdict
from orview.session.state import Session

_MOST_SENTENCES = 16
_MOST_LETTERS = 400


def registration_message(case: Case | None, session: Session, verdict: Verdict | None, *, digest: str) -> Registration:
    """Return the message for a case and the verdict on it and the board in use, None where there is none yet.

    Args:
        case: the selected case.
        session: whether a person accepted it.
        verdict: accepted or refused.
        digest: of the verdict, hex.
    """
    if case is None or verdict is None:
        words = () if case is None else (session.registration.words,)
        return Registration(
            state=RegistrationState.MISSING,
            digest=None,
            method=None,
            target_key=None,
            limit_mm=None,
            matched=0,
            known=0,
            structures=(),
            links=(),
            reasons=words,
            advice=(),
            accepted=False,
        )
    holds = session.registration.holds
    return Registration(
        state=RegistrationState.ACCEPTED if holds else RegistrationState.REFUSED,
        digest=digest,
        method=RegistrationMethod(verdict.method.value),
        target_key=verdict.target_key,
        limit_mm=verdict.limit_mm,
        matched=verdict.matched,
        known=verdict.known,
        structures=tuple(
            RegisteredStructure(
                key=structure.key,
                name=structure.name[:80],
                expected_error_mm=_rounded_up(verdict.expected_error_mm[structure.key]),
            )
            for structure in case.structures
            if structure.key in verdict.expected_error_mm
        ),
        links=_links(verdict),
        reasons=_sentences(verdict.reasons if verdict.accepted == holds else (session.registration.words,)),
        advice=_sentences(verdict.advice),
        accepted=session.is_accepted,
    )


def _links(verdict: Verdict) -> tuple[LinkShare, ...]:
    """Return the shares at the target, the greatest first."""
    shares = verdict.links.get(verdict.target_key, {})
    return tuple(
        LinkShare(link=key, share=min(max(share, 0.0), 1.0), words=WORDS[LinkKey(key)])
        for key, share in sorted(shares.items(), key=lambda one: -one[1])
    )


def _rounded_up(error_mm: float) -> float:
    # The number is a bound.
    return min(math.ceil(error_mm * 10.0) / 10.0, MAX_ERROR_MM)


def _sentences(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sentence[:_MOST_LETTERS] for sentence in sentences[:_MOST_SENTENCES])
