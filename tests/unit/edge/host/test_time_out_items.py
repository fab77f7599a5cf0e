"""The time-out: each item says what the host knows, and its tick goes when that is something else."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.time_out_items import WornHeadset, images_words
from orview.protocol.identity import OperatedSide
from orview.session.staging import PlanFacts, PlanFound, PlanLocked, StageChosen, StageFacts
from orview.session.state import Role, State
from tests.unit.edge.ward import BIRTH_DATE, NAME, TODAY, Ward, add_patient, plain_case, wristband

ANNA = wristband("M\u00fcller^Anna", "19610402", "40010017")
TYPED = {NAME: "Anna M\u00fcller", BIRTH_DATE: "1961-04-02"}
KEYS = ["patient", "side", "procedure", "images", "board", "headsets", "registration", "fallback"]


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    """A session in which all but the time-out was vouched for."""
    store = CaseStore.open(tmp_path)
    ward = Ward(store)
    ward.open(add_patient(store, plain_case(store), 1, ANNA, acquired="2026-10-01"))
    ward.identify(TYPED)
    ward.set_procedure()
    ward.accept()
    return ward


def ticked(ward: Ward) -> set[str]:
    return {item.key for item in ward.time_out.message().items if item.ticked}


def headset(name: str, digest: str | None) -> WornHeadset:
    return WornHeadset(device_id=name.lower(), name=name, model_digest=digest)


def test_it_is_asked_in_the_order_of_the_who_and_says_what_the_host_knows(ward: Ward) -> None:
    assert [item.key for item in ward.time_out.message().items] == KEYS
    assert ward.words("patient") == "Right patient: Case 1, identified by name and date of birth."
    assert ward.words("side") == "Right side: left."
    assert ward.words("procedure") == "Right procedure: Resection."
    assert ward.words(
        "images"
    ) == "Right images: CT taken on 2026-10-01, 60 days old, 10 slices, made by a program. " + (
        "Are there newer images?"
    )
    assert ward.words("headsets") == "Right headsets: no surgeon's headset is in."
    assert ward.words("registration").startswith("Registration: Registered by the board in the CT; expected error at")
    assert ward.confirm() == "Time-out: 8 of 8 items to tick."
    ward.tick_all()
    assert ward.confirm() == ""


@pytest.mark.hazard("H03")
def test_what_the_host_knows_to_be_missing_cannot_be_ticked(tmp_path: Path) -> None:
    ward = Ward(CaseStore.open(tmp_path))
    ward.open(plain_case(ward.store))
    unready = {item.key for item in ward.time_out.message().items if not item.ready}
    assert unready == {"patient", "side", "procedure", "registration"}
    for key in unready:
        assert ward.tick(key) == ward.words(key)
        assert "first" in ward.words(key)


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (lambda ward: ward.set_procedure(OperatedSide.RIGHT), {"side"}),
        (lambda ward: ward.set_procedure(procedure="Biopsy"), {"procedure"}),
        (lambda ward: setattr(ward, "moved", "A board was bumped."), {"board"}),
        (lambda ward: setattr(ward, "headsets", (headset("Quest", None),)), {"headsets"}),
        (lambda ward: ward.identify({**TYPED, NAME: "Huber"}), {"patient"}),
        (lambda ward: setattr(ward, "today", TODAY + timedelta(days=1)), set()),
    ],
)
def test_a_tick_goes_with_what_it_was_given_for(ward: Ward, change: object, gone: set[str]) -> None:
    ward.tick_all()
    change(ward)  # type: ignore[operator]
    ward.keep_up()
    assert ticked(ward) == set(KEYS) - gone


@pytest.mark.hazard("H10")
def test_a_bumped_board_is_said_and_cannot_be_ticked_until_it_is_trusted_again(ward: Ward) -> None:
    ward.tick_all()
    ward.moved = "A board was bumped: by 2.6 mm."
    ward.keep_up()
    assert ward.tick("board") == ward.words("board") == "A board was bumped: by 2.6 mm."
    ward.moved = ""
    ward.keep_up()
    assert "board" not in ticked(ward)
    assert ward.tick("board") == ""


@pytest.mark.hazard("H17")
def test_headsets_are_named_with_what_they_hold(ward: Ward) -> None:
    assert ward.keeper.session.case is not None
    digest = ward.keeper.session.case.digest
    ward.headsets = (headset("Quest A", digest), headset("Quest B", None), headset("Pico", "ff" * 32))
    ward.keep_up()
    assert ward.words("headsets") == (
        "Right headsets: Quest A has this case's model. Quest B and Pico do not have this case's model yet."
    )
    assert ward.tick("headsets") == ""
    ward.headsets = (headset("Quest A", digest), headset("Quest B", digest), headset("Pico", "ff" * 32))
    ward.keep_up()
    assert "headsets" not in ticked(ward)
    assert "Quest A and Quest B have this case's model" in ward.words("headsets")


def test_the_stage_of_a_locked_plan_is_asked(ward: Ward) -> None:
    stages = tuple(StageFacts(key=key, name=key, position="prone") for key in ("From behind", "Rebuild"))
    plan = PlanFacts(digest="p1", version=2, stages=stages)
    assert ward.keeper.case is not None
    ward.do(PlanFound(case_id=ward.keeper.case.id, plan=plan))
    ward.keep_up()
    assert "stage" not in ticked(ward)
    assert ward.do(PlanLocked(by=Role.NURSE, plan="p1")) == ""
    ward.keep_up()
    assert ward.words("stage") == "Right stage: Plan, version 2, stage 1 of 2: From behind, prone."
    ward.tick_all()
    ward.do(StageChosen(by=Role.SURGEON, plan="p1", stage=2))
    ward.keep_up()
    assert "stage" not in ticked(ward)
    assert "stage 2 of 2: Rebuild" in ward.words("stage")


def test_headsets_that_lost_their_link_for_a_moment_are_not_asked_again(ward: Ward) -> None:
    assert ward.keeper.session.case is not None
    worn = (headset("Quest A", ward.keeper.session.case.digest),)
    ward.headsets = worn
    ward.keep_up()
    ward.tick_all()
    ward.headsets = ()
    ward.keep_up()
    assert "headsets" not in ticked(ward)
    ward.headsets = worn
    ward.keep_up()
    assert "headsets" in ticked(ward)


def test_a_headset_that_comes_while_live_hides_nothing_and_is_asked_the_next_time(ward: Ward) -> None:
    ward.tick_all()
    assert ward.confirm() == ""
    ward.headsets = (headset("Quest", None),)
    ward.keep_up()
    assert ward.keeper.session.state is State.LIVE
    assert ticked(ward) == set(KEYS) - {"headsets"}


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    ("acquired", "words"),
    [
        ("2026-11-30", "CT taken on 2026-11-30, today, 10 slices."),
        ("2026-11-29", "CT taken on 2026-11-29, 1 day old, 10 slices."),
        ("2026-11-01", "CT taken on 2026-11-01, 29 days old, 10 slices."),
        ("2026-10-31", "CT taken on 2026-10-31, 30 days old, 10 slices. Are there newer images?"),
        ("2026-12-01", "CT taken on 2026-12-01, a day to come, 10 slices. Is the clock of this computer right?"),
        (None, "CT taken on an unknown day, 10 slices. Compare them with the patient's file."),
    ],
)
def test_images_tell_their_day_and_their_age(tmp_path: Path, acquired: str | None, words: str) -> None:
    source = replace(plain_case(CaseStore.open(tmp_path)).source, acquired=acquired, synthetic=False)
    assert images_words(source, today=date(2026, 11, 30)) == words
    named = replace(source, series_text="Pelvis 1.0")
    assert "10 slices, Pelvis 1.0." in images_words(named, today=date(2026, 11, 30))
