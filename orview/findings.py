"""The one way to say "this looks wrong": a finding with a stable code, a severity, words and a place.

Findings are collected while the work goes on; the severity decides at the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How much a finding weighs. Ordered: the worst of several is their maximum."""

    INFO = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that looks wrong.

    Attributes:
        code: stable, UPPER_SNAKE_CASE; tests and translations key on it.
        severity: ERROR refuses what the finding is about; WARNING is shown; INFO is listed.
        message: one plain sentence: what is wrong and, where it helps, what to do. No patient data.
        where: the place in the data ("slice 17", "label 26"), or empty.
    """

    code: str
    severity: Severity
    message: str
    where: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as plain strings, for reports and the wire."""
        return {
            "code": self.code,
            "severity": self.severity.name.lower(),
            "message": self.message,
            "where": self.where,
        }

    @classmethod
    def from_json(cls, data: dict[str, str]) -> "Finding":
        """Rebuild a finding written by `to_json`.

        Raises:
            KeyError: a field is missing or the severity is unknown.
        """
        return cls(
            code=data["code"],
            severity=Severity[data["severity"].upper()],
            message=data["message"],
            where=data["where"],
        )


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, whose plural takes an s: "1 speck", "2 specks"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the highest severity among `findings`, None when there are none."""
    return max((finding.severity for finding in findings), default=None)
