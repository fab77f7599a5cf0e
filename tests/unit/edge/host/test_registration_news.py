"""What the nurse is told of the registration: the verdict's own numbers, and whether a person accepted it."""

from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.geometry.chain import LinkKey
from orview.protocol.codec import decode_from_host, encode
from orview.protocol.registering import Registration, RegistrationMethod, RegistrationState
from orview.register.verdict import Verdict
from orview.session.checks import CheckNeed
from orview.session.state import Role, Session
from orview.session.vouching import RegistrationAccepted
from tests.integration.small_room import add_case, verdict
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
    assert keeper.registration_message().state is RegistrationState.MISSING
    case = add_case(CaseStore.open(tmp_path), registered=False)
    keeper.select(case, by=Role.NURSE, checks=CheckNeed(known=1), now_ns=T0)
    return keeper


def told(keeper: Keeper, given: Verdict) -> Registration:
    assert keeper.case is not None
    keeper.take_verdict(keeper.case.id, given, now_ns=T0)
    message = keeper.registration_message()
    assert decode_from_host(encode(message)) == message
    return message


def accept(keeper: Keeper, digest: str | None) -> str:
    return keeper.apply(RegistrationAccepted(by=Role.NURSE, verdict=digest or ""), now_ns=T0).refusal


def test_an_accepted_verdict_is_told_with_its_numbers_and_may_be_accepted(keeper: Keeper) -> None:
    shares = {LinkKey.BOARD_BUILD.value: 0.25, LinkKey.CT_FIDUCIALS.value: 0.75}
    message = told(keeper, replace(verdict(BOARD_DIGEST), links={"tumour": shares}, expected_error_mm={"tumour": 1.21}))
    assert (message.state, message.method, message.limit_mm) == (
        RegistrationState.ACCEPTED,
        RegistrationMethod.BOARD,
        2.0,
    )
    assert [(one.key, one.expected_error_mm) for one in message.structures] == [("tumour", 1.3)]
    assert [(one.link, one.share) for one in message.links] == [("ct_fiducials", 0.75), ("board_build", 0.25)]
    assert (message.reasons, message.accepted) == (("Eight beads match.",), False)
    assert accept(keeper, message.digest) == ""
    assert keeper.registration_message().accepted


def test_a_refused_verdict_is_told_with_its_reasons_and_is_never_accepted(keeper: Keeper) -> None:
    message = told(keeper, verdict(BOARD_DIGEST, accepted=False))
    assert (message.state, message.reasons, message.advice) == (
        RegistrationState.REFUSED,
        ("The beads do not match.",),
        ("Look at the board.",),
    )
    assert accept(keeper, message.digest) == "The beads do not match. Look at the board."
    assert not keeper.registration_message().accepted


def test_a_verdict_on_another_board_is_refused_whatever_it_says(keeper: Keeper) -> None:
    message = told(keeper, verdict("cd" * 32))
    assert message.state is RegistrationState.REFUSED
    assert message.reasons == ("The case is registered with another board.",)
    assert accept(keeper, message.digest) != ""


def test_another_verdict_is_to_be_accepted_anew(keeper: Keeper) -> None:
    first = told(keeper, verdict(BOARD_DIGEST))
    assert accept(keeper, first.digest) == ""
    second = told(keeper, replace(verdict(BOARD_DIGEST), fre_mm=0.3))
    assert (second.digest != first.digest, second.accepted) == (True, False)
    assert "another one now" in accept(keeper, first.digest)


def test_while_there_is_none_it_says_why(keeper: Keeper) -> None:
    assert keeper.case is not None
    keeper.take_no_verdict(keeper.case.id, "The case is being registered with the board.", now_ns=T0)
    message = keeper.registration_message()
    assert (message.state, message.reasons) == (
        RegistrationState.MISSING,
        ("The case is being registered with the board.",),
    )
    assert accept(keeper, None) == "The case is being registered with the board."
