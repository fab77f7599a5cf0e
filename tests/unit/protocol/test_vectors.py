"""The vectors in tests/wire are fresh, and the Python side keeps every one of them."""

import json
from typing import Any

import pytest

from orview.protocol.binary import PictureMessage, PoseMessage
from orview.protocol.clock import ClockEstimate, ClockEstimator
from orview.protocol.codec import (
    CLIENT_TYPES,
    HOST_TYPES,
    BinaryMessage,
    decode_binary,
    decode_binary_from_client,
    decode_from_client,
    decode_from_host,
    encode,
    encode_binary,
    encode_look,
)
from orview.protocol.faults import Fault, WireError
from orview.protocol.looking import LookMessage
from orview.protocol.messages import HideReason, OverlayState, Session
from orview.protocol.overlay import Overlay, model_prefix, plan_prefix
from orview.units import ms_from_ns, ns_from_ms
from tests.wire import messages, rules
from tests.wire.generate import FOLDER, text_of, vectors

FILES = dict(vectors())


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def rows(file_name: str, key: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in read(file_name)[key]]


@pytest.mark.parametrize("name", list(FILES))
def test_vector_files_are_what_the_generator_writes(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(FILES[name])


def test_vectors_hold_every_message_type_and_nearly_every_fault() -> None:
    document = read("messages.json")
    assert {row["message"]["type"] for row in document["good"]} == {*CLIENT_TYPES, *HOST_TYPES}
    faults = {row["fault"] for file in ("messages.json", "binary.json") for row in read(file)["bad"]}
    # JavaScript's JSON.parse cannot see a field that stands twice; OUT_OF_TURN is the peer's.
    assert faults == {fault.value for fault in Fault} - {"DUPLICATE_FIELD", "OUT_OF_TURN"}


@pytest.mark.parametrize("row", rows("messages.json", "good"))
def test_good_text_is_read_and_written_again(row: dict[str, Any]) -> None:
    all_messages = {**messages.CLIENT_MESSAGES, **messages.HOST_MESSAGES}
    decode = decode_from_client if row["from"] == "client" else decode_from_host
    message = decode(row["text"])
    assert message == all_messages[row["name"]]
    assert json.loads(encode(message)) == row["message"]


@pytest.mark.parametrize("row", rows("messages.json", "bad"))
def test_bad_text_is_refused_with_its_fault(row: dict[str, Any]) -> None:
    decode = decode_from_client if row["from"] == "client" else decode_from_host
    with pytest.raises(WireError) as caught:
        decode(row["text"])
    assert (caught.value.fault.value, caught.value.where) == (row["fault"], row["where"])


def plain(message: BinaryMessage) -> dict[str, Any]:
    values: dict[str, Any] = dict(vars(message))
    if isinstance(message, PoseMessage):
        prefixes = {"model_prefix": message.model_prefix.hex(), "plan_prefix": message.plan_prefix.hex()}
        values.update(kind="pose", state=message.state.value, **prefixes)
    else:
        assert isinstance(message, PictureMessage)
        values.update(kind="picture", jpeg=message.jpeg.hex())
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


@pytest.mark.parametrize("row", rows("binary.json", "good"))
def test_good_bytes_are_read_and_written_again(row: dict[str, Any]) -> None:
    message = decode_binary(bytes.fromhex(row["hex"]))
    assert plain(message) == row["message"]
    assert encode_binary(message).hex() == row["hex"]


@pytest.mark.parametrize("row", rows("binary.json", "bad"))
def test_bad_bytes_are_refused_with_their_fault(row: dict[str, Any]) -> None:
    with pytest.raises(WireError) as caught:
        decode_binary(bytes.fromhex(row["hex"]))
    assert (caught.value.fault.value, caught.value.where) == (row["fault"], row["where"])


def plain_look(look: LookMessage) -> dict[str, Any]:
    heads = [{name: list(v) if isinstance(v, tuple) else v for name, v in vars(head).items()} for head in look.heads]
    return {**vars(look), "heads": heads, "jpeg": look.jpeg.hex()}


@pytest.mark.parametrize("row", rows("looks.json", "good"))
def test_good_looks_are_read_and_written_again(row: dict[str, Any]) -> None:
    look = decode_binary_from_client(bytes.fromhex(row["hex"]))
    assert plain_look(look) == row["message"]
    assert encode_look(look).hex() == row["hex"]


@pytest.mark.hazard("H29")
@pytest.mark.hazard("H30")
@pytest.mark.parametrize("row", rows("looks.json", "bad"))
def test_bad_looks_are_refused_with_their_fault(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["hex"])
    with pytest.raises(WireError) as caught:
        decode_binary_from_client(data + bytes(row["bytes"] - len(data)))
    assert (caught.value.fault.value, caught.value.where) == (row["fault"], row["where"])


def session(state: str, digest: str | None, plan_digest: str | None, stage: int) -> Session:
    model = None if digest is None else messages.SESSION.model
    if model is not None:
        model = type(model)(digest=digest or "", levels=model.levels)
    return Session(
        state=OverlayState(state),
        why="",
        case_id=None,
        case_name=None,
        model=model,
        structures=(),
        target_key=None,
        expected_error_mm=None,
        conditions=(),
        plan_digest=plan_digest,
        stage=stage,
    )


def pose(step: dict[str, Any]) -> PoseMessage:
    sent_ns = ns_from_ms(step["sent_ms"] + rules.HOST_AHEAD_MS)
    live = step["state"] == "LIVE"
    return PoseMessage(
        state=OverlayState(step["state"]),
        thing_id=step["thing_id"],
        sequence=step["sequence"],
        room_frame_id=step["room_frame_id"],
        capture_ns=sent_ns,
        send_ns=sent_ns,
        model_prefix=model_prefix(step["digest"]),
        position_m=(0.1, 0.2, 0.3) if live else (0.0, 0.0, 0.0),
        sight_age_ms=step["sight_age_ms"],
        plan_prefix=plan_prefix(step.get("plan")),
        stage=step.get("stage", 0),
    )


@pytest.mark.hazard("H01")
@pytest.mark.hazard("H02")
@pytest.mark.hazard("H17")
@pytest.mark.parametrize("row", rows("overlay.json", "scripts"))
def test_overlay_rule_keeps_the_scripts(row: dict[str, Any]) -> None:
    """The client's own rule hides what is old, lost, of another model or not aligned, whatever the host says."""
    overlay = Overlay()
    clock: ClockEstimate | None = None
    asked = 0
    for step in row["steps"]:
        now_ns = ns_from_ms(step["at_ms"])
        match step["do"]:
            case "link_up":
                overlay.link_up()
            case "link_down":
                overlay.link_down()
            case "clock":
                uncertainty_ms = step["uncertainty_ms"]
                clock = None
                if uncertainty_ms is not None:
                    clock = ClockEstimate(
                        offset_ns=ns_from_ms(rules.HOST_AHEAD_MS),
                        uncertainty_ns=ns_from_ms(uncertainty_ms),
                        round_trip_ns=2 * ns_from_ms(uncertainty_ms),
                        exchanges=1,
                    )
            case "session":
                overlay.take_session(session(step["state"], step["digest"], step.get("plan"), step.get("stage", 0)))
            case "plan":
                overlay.take_plan(step["digest"])
            case "view":
                overlay.take_view(cleared=step["cleared"])
            case "model":
                overlay.take_model(step["digest"])
            case "alignment":
                overlay.take_alignment(step["room_frame_id"])
            case "pose":
                overlay.take_pose(pose(step), received_ns=now_ns)
            case "ask":
                decision = overlay.decide(now_ns=now_ns, clock=clock)
                why = None if step["why"] is None else HideReason(step["why"])
                shown = None if decision.pose is None else decision.pose.sequence
                assert (decision.why, shown, decision.faded) == (why, step["shown_sequence"], step["faded"]), step
                asked += 1
            case other:
                pytest.fail(f"unknown step {other}")
    assert asked > 0


@pytest.mark.parametrize("row", rows("clock.json", "scripts"))
def test_clock_keeps_the_scripts(row: dict[str, Any]) -> None:
    estimator = ClockEstimator()
    for step in row["steps"]:
        if step["do"] == "exchange":
            estimator.add(
                client_sent_ns=ns_from_ms(step["sent_ms"]),
                host_ns=ns_from_ms(step["host_ms"]),
                client_received_ns=ns_from_ms(step["received_ms"]),
            )
            continue
        if step["do"] == "pose":
            estimator.add_pose(send_ns=ns_from_ms(step["send_ms"]), client_received_ns=ns_from_ms(step["received_ms"]))
            continue
        estimate = estimator.estimate(ns_from_ms(step["at_ms"]))
        if step["offset_ms"] is None:
            assert estimate is None
        else:
            assert estimate is not None
            assert ms_from_ns(estimate.offset_ns) == pytest.approx(step["offset_ms"], abs=1e-6)
            assert ms_from_ns(estimate.uncertainty_ns) == pytest.approx(step["uncertainty_ms"], abs=1e-6)
