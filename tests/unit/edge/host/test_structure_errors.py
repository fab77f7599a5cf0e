"""What a headset is told of each structure: all of them, renewed once a second or when something else holds."""

from dataclasses import replace

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.structure_errors import StructureErrors
from orview.units import NS_PER_S
from tests.integration.small_room import add_case


@pytest.fixture
def case(tmp_path):
    return add_case(CaseStore.open(tmp_path), registered=False)


class Teller:
    """Knows an error of every structure, a larger one each time it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, key: str, _now_ns: int) -> float | None:
        self.asked += 1
        return None if key == "unknown" else float(self.asked)


def test_every_structure_somebody_knows_is_told(case):
    unknown = replace(case.structures[0], key="unknown")
    case = replace(case, structures=(*case.structures, unknown))
    told = StructureErrors(Teller()).at(case, version=1, now_ns=0)
    assert [entry.key for entry in told] == [structure.key for structure in case.structures[:-1]]
    assert all(entry.expected_error_mm > 0.0 for entry in told)


def test_it_is_asked_once_a_second_and_at_once_for_another_alignment_or_case(case):
    teller = Teller()
    errors = StructureErrors(teller)
    first = errors.at(case, version=1, now_ns=NS_PER_S)
    assert errors.at(case, version=1, now_ns=2 * NS_PER_S - 1) == first
    assert errors.at(case, version=1, now_ns=2 * NS_PER_S) != first
    again = errors.at(case, version=2, now_ns=2 * NS_PER_S)
    assert errors.at(replace(case, id="fedcba9876543210"), version=2, now_ns=2 * NS_PER_S) != again


def test_what_nobody_knew_is_asked_again_at_once(case):
    known: list[float] = []
    errors = StructureErrors(lambda _key, _now_ns: known[0] if known else None)
    assert errors.at(case, version=1, now_ns=0) == ()
    known.append(1.5)
    assert errors.at(case, version=1, now_ns=1) != ()
