"""Planes cross the wire in metres and come back."""

from dataclasses import replace

import numpy as np
import pytest

from orview.edge.host.plane_wire import plane_from_wire, wire_from_plane
from orview.errors import InputError
from orview.protocol.codec import decode_from_client, encode
from orview.protocol.drafting import SetPlane
from tests.unit.plan.test_clearance import TURNS, plane


@pytest.mark.parametrize("turn", TURNS)
def test_a_plane_goes_out_and_comes_back(turn: np.ndarray) -> None:
    given = plane(31.0, turn, aside_mm=12.0)
    told = wire_from_plane(given)
    assert np.array(told.center_patient_m) * 1000.0 == pytest.approx(given.center_mm)
    sent = decode_from_client(encode(SetPlane(plane=told)))
    assert isinstance(sent, SetPlane)
    again = plane_from_wire(sent.plane)
    assert (again.key, again.name, again.width_mm, again.height_mm) == ("cut", "Cut", 80.0, 60.0)
    for one, other in ((again.center_mm, given.center_mm), (again.kept_normal, given.kept_normal)):
        assert one == pytest.approx(other, abs=1e-9)
    assert again.along == pytest.approx(given.along, abs=1e-9)


def test_a_last_digit_over_one_stays_on_the_wire() -> None:
    over = replace(plane(31.0, TURNS[0]), kept_normal=np.array([0.0, 0.0, np.nextafter(1.0, 2.0)]))
    assert wire_from_plane(over).kept_normal == (0.0, 0.0, 1.0)


def test_numbers_that_make_no_plane_are_refused() -> None:
    told = wire_from_plane(plane(31.0, TURNS[0]))
    with pytest.raises(InputError, match="has not the length 1"):
        plane_from_wire(replace(told, kept_normal=(0.0, 0.0, 0.5)))
