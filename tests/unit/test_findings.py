"""Findings: ordered by weight, the same after JSON."""

import json

import pytest

from orview.findings import Finding, Severity, counted, worst

GAP = Finding(code="SLICE_GAP", severity=Severity.ERROR, message="A slice is missing.", where="slice 17")
OLD = Finding(code="OLD_IMAGE", severity=Severity.WARNING, message="The CT is 60 days old.")


def test_the_worst_finding_decides() -> None:
    assert worst([OLD, GAP, OLD]) is Severity.ERROR
    assert worst([OLD]) is Severity.WARNING
    assert worst([]) is None
    assert Severity.INFO < Severity.WARNING < Severity.ERROR


@pytest.mark.parametrize("finding", [GAP, OLD])
def test_json_gives_the_finding_back(finding: Finding) -> None:
    assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


def test_a_missing_field_or_unknown_severity_is_an_error() -> None:
    with pytest.raises(KeyError):
        Finding.from_json({"code": "X", "severity": "error", "message": ""})
    with pytest.raises(KeyError):
        Finding.from_json(GAP.to_json() | {"severity": "fatal"})


def test_what_is_counted_agrees_with_its_number() -> None:
    assert [counted(number, "speck") for number in (0, 1, 2)] == ["0 specks", "1 speck", "2 specks"]
