"""A doubted camera counts again when a person looked after it and its lens was measured to fit, never by itself."""

import pytest

from orview.edge.host.camera_check import LIMIT_NS, MEASURING, UNDECIDED, CameraCheck
from orview.units import NS_PER_S

MOVED = "The camera was moved."


def take(check: CameraCheck, *, refusal: str = "", fits: bool = False, taken_ns: int = 0) -> CameraCheck:
    check.take(refusal=refusal, fits=fits, taken_ns=taken_ns)
    return check


@pytest.mark.hazard("H11")
def test_a_doubt_stays_however_well_the_lens_fits_until_a_person_looked() -> None:
    check = take(CameraCheck(), refusal=MOVED)
    for k in range(1000):
        assert take(check, fits=True, taken_ns=k * NS_PER_S).words == MOVED
    check.begin()
    assert (check.words, check.doubt, check.checking) == (MEASURING, MOVED, True)
    assert take(check, fits=True).words == ""


@pytest.mark.hazard("H11")
def test_another_knock_while_measuring_begins_the_doubt_anew() -> None:
    check = CameraCheck(MOVED)
    check.begin()
    again = take(check, refusal="The camera was refocused.", fits=True)
    assert (again.words, again.checking) == ("The camera was refocused.", False)


@pytest.mark.hazard("H11")
def test_what_cannot_be_measured_in_time_leads_to_calibrating() -> None:
    check = CameraCheck(MOVED)
    check.begin()
    for at_ns in range(5, 5 + LIMIT_NS, NS_PER_S):
        assert take(check, taken_ns=at_ns).checking
    assert take(check, taken_ns=6 + LIMIT_NS).words == UNDECIDED
    assert take(check, fits=True, taken_ns=7 + LIMIT_NS).words == UNDECIDED
    check.trust()
    assert check.words == ""


def test_a_camera_nobody_doubts_is_not_measured() -> None:
    check = CameraCheck()
    check.begin()
    assert not take(check).checking
