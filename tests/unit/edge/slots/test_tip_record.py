"""What is said of a tip comes out of the slot as it went in, and nothing that is none comes out."""

from dataclasses import replace

import numpy as np
import pytest

from orview.edge.slots.tip_record import TIP_CAPACITY, TipRecord
from orview.errors import ContractError
from orview.track.tip_sight import Rest, TipState

REST = Rest(
    taken_ns=7_000_000_000,
    position_board_mm=np.array([1.5, -2.25, 30.0]),
    covariance_mm2=np.diag([0.25, 0.5, 1.0]),
    pictures=21,
    scatter_mm=0.125,
    shared_mm2=np.diag([0.0625, 0.125, 0.25]),
)
SEEN = TipRecord(
    order=3,
    taken_ns=8_000_000_000,
    state=TipState.TAKEN,
    patient_seen=True,
    doubted=False,
    position_board_mm=np.array([1.0, 2.0, 3.0]),
    covariance_mm2=0.5 * np.eye(3),
    rest=REST,
)
UNSEEN = replace(
    SEEN, state=TipState.UNSEEN, patient_seen=False, position_board_mm=None, covariance_mm2=None, rest=None
)


@pytest.mark.parametrize(
    "record",
    [
        SEEN,
        UNSEEN,
        replace(SEEN, rest=None),
        replace(UNSEEN, rest=REST, doubted=True),
        replace(UNSEEN, advice="Come nearer."),
    ],
)
def test_a_record_comes_back_as_it_was(record: TipRecord) -> None:
    payload = record.encode()
    assert len(payload) == TIP_CAPACITY
    back = TipRecord.decode(payload)
    assert (back.order, back.taken_ns, back.state) == (record.order, record.taken_ns, record.state)
    assert (back.patient_seen, back.doubted, back.advice) == (record.patient_seen, record.doubted, record.advice)
    if record.position_board_mm is None:
        assert back.position_board_mm is None
        assert back.covariance_mm2 is None
    else:
        np.testing.assert_array_equal(back.position_board_mm, record.position_board_mm)
        np.testing.assert_array_equal(back.covariance_mm2, record.covariance_mm2)
    if record.rest is None:
        assert back.rest is None
        return
    assert back.rest is not None
    np.testing.assert_array_equal(back.rest.position_board_mm, REST.position_board_mm)
    np.testing.assert_array_equal(back.rest.covariance_mm2, REST.covariance_mm2)
    np.testing.assert_array_equal(back.rest.shared_mm2, REST.shared_mm2)
    assert (back.rest.taken_ns, back.rest.pictures, back.rest.scatter_mm) == (7_000_000_000, 21, 0.125)


@pytest.mark.hazard("H30")
def test_what_is_no_record_is_refused() -> None:
    for payload in (b"", b"OVT1" + SEEN.encode()[4:], SEEN.encode()[:-1]):
        with pytest.raises(ContractError):
            TipRecord.decode(payload)
    with pytest.raises(ContractError):
        TipRecord.decode(replace(SEEN, position_board_mm=np.array([np.nan, 0.0, 0.0])).encode())
    with pytest.raises(ContractError):
        replace(SEEN, covariance_mm2=None)
