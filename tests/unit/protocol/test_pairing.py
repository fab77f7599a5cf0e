"""The door: codes are for one use, 120 s and five tries; tokens for one device, role and room."""

import random
from dataclasses import replace

import pytest

from orview.errors import ContractError
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.limits import CODE_LIFE_MS, CODE_TRIES
from orview.protocol.messages import Hello, Refused, Role
from orview.protocol.pairing import ADMISSION_BYTES, CODE_BYTES, Admission, Doorkeeper, token_digest
from orview.units import ns_from_ms

RANDOM = random.Random(4)


def chance(count: int) -> bytes:
    return RANDOM.randbytes(count)


def hello(*, code: str | None = None, token: str | None = None, role: Role = Role.SURGEON) -> Hello:
    return Hello(protocol=PROTOCOL_VERSION, role_wanted=role, device_name="Headset", token=token, code=code, page=None)


def knock(door: Doorkeeper, said: Hello, *, now_ns: int = 0) -> Admission | Refused:
    return door.admit(said, randomness=chance(ADMISSION_BYTES), now_ns=now_ns)


def admitted(door: Doorkeeper, said: Hello, *, now_ns: int = 0) -> Admission:
    answer = knock(door, said, now_ns=now_ns)
    assert isinstance(answer, Admission), answer
    return answer


def refused(door: Doorkeeper, said: Hello, *, now_ns: int = 0) -> str:
    answer = knock(door, said, now_ns=now_ns)
    assert isinstance(answer, Refused), answer
    assert answer.mend
    return answer.code


def new_code(door: Doorkeeper, *, now_ns: int = 0) -> str:
    return door.issue_code(randomness=chance(CODE_BYTES), now_ns=now_ns).code


def test_a_code_lets_one_device_in_once() -> None:
    door = Doorkeeper(room_name="Room 1")
    code = new_code(door)
    admission = admitted(door, hello(code=code))
    assert admission.new
    assert admission.device.role is Role.SURGEON
    assert admission.device.token_digest == token_digest(admission.token)
    assert door.standing_code(now_ns=0) is None
    assert refused(door, hello(code=code)) == "CODE_VOID"


def test_a_code_ends_after_two_minutes() -> None:
    door = Doorkeeper(room_name="Room 1")
    code = new_code(door, now_ns=1000)
    end_ns = 1000 + ns_from_ms(CODE_LIFE_MS)
    assert door.standing_code(now_ns=end_ns - 1) is not None
    assert refused(door, hello(code=code), now_ns=end_ns) == "CODE_VOID"


@pytest.mark.hazard("H19")
def test_ten_thousand_guesses_let_nobody_in() -> None:
    door = Doorkeeper(room_name="Room 1")
    code = new_code(door)
    answers = [refused(door, hello(code=f"{guess:06d}")) for guess in range(10_000) if f"{guess:06d}" != code]
    assert answers[:CODE_TRIES] == ["CODE_WRONG"] * CODE_TRIES
    assert set(answers[CODE_TRIES:]) == {"CODE_VOID"}
    assert refused(door, hello(code=code)) == "CODE_VOID"


def test_a_new_code_voids_the_one_before_and_its_tries() -> None:
    door = Doorkeeper(room_name="Room 1")
    first = new_code(door)
    for _ in range(CODE_TRIES - 1):
        refused(door, hello(code=f"{(int(first) + 1) % 1_000_000:06d}"))
    second = new_code(door)
    assert second != first
    assert refused(door, hello(code=first)) == "CODE_WRONG"
    admitted(door, hello(code=second))


@pytest.mark.hazard("H31")
def test_no_code_makes_a_nurse() -> None:
    door = Doorkeeper(room_name="Room 1")
    code = new_code(door)
    assert refused(door, hello(code=code, role=Role.NURSE)) == "WRONG_ROLE"
    assert admitted(door, hello(code=code, role=Role.OBSERVER)).device.role is Role.OBSERVER


def test_a_token_lets_its_device_in_again() -> None:
    door = Doorkeeper(room_name="Room 1")
    first = admitted(door, hello(code=new_code(door)))
    remembered = Doorkeeper(room_name="Room 1", devices=door.devices)
    again = admitted(remembered, hello(token=first.token))
    assert (again.device, again.token, again.new) == (first.device, first.token, False)


@pytest.mark.hazard("H19")
def test_a_token_is_for_its_device_role_and_room_only() -> None:
    door = Doorkeeper(room_name="Room 1")
    admission = admitted(door, hello(code=new_code(door)))
    assert refused(door, hello(token=admission.token, role=Role.NURSE)) == "WRONG_ROLE"
    assert refused(door, hello(token=admission.token, role=Role.OBSERVER)) == "WRONG_ROLE"
    assert refused(door, hello(token=admission.token[:-1] + "_")) == "TOKEN_VOID"
    elsewhere = Doorkeeper(room_name="Room 2", devices=door.devices)
    assert refused(elsewhere, hello(token=admission.token)) == "TOKEN_VOID"
    assert door.revoke(admission.device.device_id)
    assert refused(door, hello(token=admission.token)) == "TOKEN_VOID"
    assert not door.revoke("nobody")


def test_a_wrong_token_is_not_helped_by_a_right_code() -> None:
    door = Doorkeeper(room_name="Room 1")
    code = new_code(door)
    assert refused(door, hello(token="A" * 43, code=code)) == "TOKEN_VOID"
    admitted(door, hello(code=code))


def test_neither_token_nor_code() -> None:
    assert refused(Doorkeeper(room_name="Room 1"), hello()) == "NOT_PAIRED"


def test_the_console_is_enrolled_without_a_code() -> None:
    door = Doorkeeper(room_name="Room 1")
    console = door.enrol(name="Console", role=Role.NURSE, randomness=chance(ADMISSION_BYTES))
    assert admitted(door, hello(token=console.token, role=Role.NURSE)).device == console.device


def test_what_is_stored_of_a_token_does_not_let_in() -> None:
    door = Doorkeeper(room_name="Room 1")
    admission = admitted(door, hello(code=new_code(door)))
    stored = str(vars(admission.device))
    assert admission.token not in stored
    assert refused(door, replace(hello(), token=admission.device.token_digest[:43])) == "TOKEN_VOID"


def test_codes_spread_evenly_and_keep_their_zeros() -> None:
    door = Doorkeeper(room_name="Room 1")
    codes = [new_code(door) for _ in range(2000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 1980
    # Each first digit is expected 200 times, standard deviation 13.4.
    counts = [sum(code[0] == digit for code in codes) for digit in "0123456789"]
    assert all(140 < count < 260 for count in counts)


def test_too_little_randomness_is_a_broken_contract() -> None:
    door = Doorkeeper(room_name="Room 1")
    with pytest.raises(ContractError):
        door.issue_code(randomness=b"short", now_ns=0)
    with pytest.raises(ContractError):
        door.enrol(name="n", role=Role.NURSE, randomness=b"short")
