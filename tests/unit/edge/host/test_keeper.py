"""The session's keeper: what is sent as a pose, when it hides, and what the numbers say."""

from dataclasses import replace

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper, case_entry
from orview.edge.slots.records import SightState, TrackRecord
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.uncertain import UncertainPose
from orview.protocol.codec import decode_binary, decode_from_host, encode, encode_binary
from orview.protocol.messages import StructureKind
from orview.register.verdict import Method
from orview.segment.anatomy import Kind
from orview.session.checks import CheckNeed
from orview.session.state import CalibrationChecked, CheckPointTouched, Confirmed, Fact, Role, Session, Started, State
from tests.integration.small_room import (
    BOARD_FROM_PATIENT,
    CAMERA_FROM_BOARD,
    CENTROID_MM,
    ROOM_FROM_CAMERA,
    ROOM_FROM_PATIENT,
    add_case,
    verdict,
)
from tests.vouching import vouch

BOARD_DIGEST = "ab" * 32
MS = 1_000_000
T0 = 1_000_000 * MS
ROOM_FROM_BOARD = UncertainPose(ROOM_FROM_CAMERA @ CAMERA_FROM_BOARD, np.diag([1e-6, 1e-6, 1e-6, 0.01, 0.01, 0.01]))


def sight(taken_ns: int, *, state: SightState = SightState.TRACKED, board: str = BOARD_DIGEST) -> TrackRecord:
    return TrackRecord(
        sequence=1,
        taken_ns=taken_ns,
        finished_ns=taken_ns + 5 * MS,
        state=state,
        room_from_board=ROOM_FROM_BOARD if state is SightState.TRACKED else None,
        rms_px=0.2,
        corner_count=24,
        camera_digest="00" * 8,
        profile_digest="11" * 8,
        board_digest=board[:16],
    )


@pytest.fixture
def case(tmp_path):
    return add_case(CaseStore.open(tmp_path), registered=False)


@pytest.fixture
def live(case):
    """A keeper that is LIVE at T0."""
    keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=7)
    keeper.select(case, by=Role.NURSE, checks=CheckNeed(known=1), now_ns=T0)
    keeper.take_verdict(case.id, verdict(BOARD_DIGEST), now_ns=T0)
    keeper.apply(CalibrationChecked(fact=Fact(holds=True, words="Good.")), now_ns=T0)
    keeper.take_record(sight(T0 - 10 * MS), now_ns=T0)
    keeper.apply(Started(by=Role.NURSE), now_ns=T0)
    vouch(keeper, now_ns=T0)
    keeper.apply(
        CheckPointTouched(by=Role.NURSE, case_id=case.id, landmark="Tip", agrees=True, words="Agrees."), now_ns=T0
    )
    keeper.apply(Confirmed(by=Role.NURSE), now_ns=T0)
    assert keeper.session.state is State.LIVE
    return keeper


def test_live_pose_is_the_chain_from_patient_to_room(live, case):
    pose = live.pose(now_ns=T0)
    assert np.allclose(pose.position_m, ROOM_FROM_PATIENT.translation_mm / 1000, atol=1e-9)
    assert np.allclose(pose.quat_xyzw, ROOM_FROM_PATIENT.quat_xyzw, atol=1e-9)
    assert (pose.capture_ns, pose.sight_age_ms) == (T0 - 10 * MS, 10.0)
    assert pose.model_prefix == bytes.fromhex(case.digest)[:8]
    assert pose.room_frame_id == 7
    assert decode_binary(encode_binary(pose)).state == "LIVE"


def test_expected_error_is_of_both_links_at_the_target_and_grows_with_age(live):
    whole = ROOM_FROM_BOARD @ UncertainPose(BOARD_FROM_PATIENT, np.diag([1e-8, 1e-8, 1e-8, 0.04, 0.04, 0.04]))
    at_exposure_mm = radius_95_mm(whole.covariance_at(CENTROID_MM))
    young = live.pose(now_ns=T0 - 10 * MS).expected_error_mm
    assert young == pytest.approx(at_exposure_mm, abs=1e-6)
    assert live.pose(now_ns=T0 + 120 * MS).expected_error_mm > young + 0.01


@pytest.mark.hazard("H01")
def test_pose_older_than_its_limit_is_not_sent_even_while_live(live):
    assert live.pose(now_ns=T0 + 140 * MS).state == "LIVE"
    stale = live.pose(now_ns=T0 + 141 * MS)
    assert stale.state == "LOST"
    assert (stale.position_m, stale.quat_xyzw) == ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


@pytest.mark.hazard("H01")
def test_stamps_grow_whatever_the_clock_says(live):
    poses = [live.pose(now_ns=now_ns) for now_ns in (T0, T0, T0 - 5 * MS, T0 + MS)]
    stamps = [pose.send_ns for pose in poses]
    assert stamps == sorted(set(stamps))
    assert [pose.sequence for pose in poses] == list(range(poses[0].sequence, poses[0].sequence + 4))


@pytest.mark.hazard("H02")
@pytest.mark.parametrize("state", [SightState.LOST, SightState.AMBIGUOUS, SightState.NO_CAMERA])
def test_two_pictures_without_the_board_hide(live, state):
    assert not live.take_record(sight(T0 + 33 * MS, state=state), now_ns=T0 + 40 * MS)
    assert live.session.state is State.LIVE
    assert not live.take_record(sight(T0 + 66 * MS, state=state), now_ns=T0 + 70 * MS)
    assert live.session.state is State.LOST
    assert live.session.why.endswith(".")
    assert live.take_record(sight(T0 + 99 * MS), now_ns=T0 + 100 * MS)
    assert live.session.state is State.LIVE


def test_silence_of_the_camera_hides_with_its_words(live):
    live.camera_words = "The camera was pulled out."
    live.watch(now_ns=T0 + 140 * MS)
    assert live.session.state is State.LIVE
    live.watch(now_ns=T0 + 141 * MS)
    assert (live.session.state, live.session.why) == (State.LOST, "The camera was pulled out.")


def test_picture_after_a_pause_does_not_hide_the_pause(live):
    live.take_record(sight(T0 + 2000 * MS), now_ns=T0 + 2010 * MS)
    assert live.session.state is State.HOLD


def test_late_pictures_do_not_count_as_sight(live):
    for number in range(2):
        now_ns = T0 + (60 + number) * MS
        assert not live.take_record(sight(now_ns - 151 * MS), now_ns=now_ns)
    assert (live.session.state, live.session.why) == (State.LOST, "The camera's pictures come too late.")


def test_another_board_does_not_count_as_sight(live):
    for number in range(2):
        now_ns = T0 + (60 + number) * MS
        live.take_record(sight(now_ns, board="cd" * 32), now_ns=now_ns)
    assert (live.session.state, live.session.why) == (State.LOST, "The camera follows another board.")


@pytest.mark.hazard("H03")
def test_verdict_of_another_case_or_board_moves_nothing(live, case):
    before = live.session
    live.take_verdict("another", verdict(BOARD_DIGEST), now_ns=T0)
    assert live.session == before
    live.take_verdict(case.id, verdict("cd" * 32), now_ns=T0)
    assert live.session.state is State.HOLD
    assert live.pose(now_ns=T0).state == "HOLD"
    assert live.session.registration.words == "The case is registered with another board."


@pytest.mark.parametrize(
    ("method", "words"),
    [(Method.BOARD, "the board in the CT"), (Method.POINTS, "touched landmarks"), (Method.SURFACE, "traced bone")],
)
def test_registrations_of_every_way_are_taken_and_named(live, case, method, words):
    live.take_verdict(case.id, replace(verdict(BOARD_DIGEST), method=method), now_ns=T0)
    told = next(one for one in live.session_message().conditions if one.key == "registration")
    assert told.ok
    assert told.words.startswith(f"Registered by {words}; expected error at Tumour: ")
    live.take_verdict(case.id, replace(verdict("cd" * 32), method=method), now_ns=T0)
    assert not next(one for one in live.session_message().conditions if one.key == "registration").ok


def test_refused_registration_says_why_and_what_to_do(live, case):
    live.take_verdict(case.id, verdict(BOARD_DIGEST, accepted=False), now_ns=T0)
    assert live.session.why == "The beads do not match. Look at the board."
    assert live.session_message().expected_error_mm is None


def test_session_message_is_whole_and_fits_the_wire(live, case):
    live.refresh_errors(now_ns=T0)
    message = live.session_message()
    assert decode_from_host(encode(message)) == message
    assert message.model.levels[0].url == f"/m/{case.levels[0].sha256}"
    assert message.target_key == "tumour"
    assert message.structures[0].expected_error_mm == message.expected_error_mm
    exact = live.pose(now_ns=T0).expected_error_mm
    assert exact <= message.expected_error_mm < exact + 0.1


def test_every_kind_of_tissue_has_its_word_on_the_wire():
    assert [kind.value for kind in StructureKind] == [kind.value for kind in Kind]


def test_names_the_wire_would_refuse_are_made_fit(tmp_path):
    case = add_case(CaseStore.open(tmp_path), name="line\nbreak " + "x" * 100, registered=False)
    keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=7)
    keeper.select(case, by=Role.NURSE, checks=CheckNeed(known=1), now_ns=T0)
    encode(keeper.session_message())
    entry = case_entry(case, verdict_json=None, picture=None)
    assert entry.name.startswith("line break")
    assert len(entry.name) == 80


@pytest.mark.parametrize(
    ("stored", "state", "error_mm"),
    [
        (None, "missing", None),
        ("{}", "missing", None),
        (verdict(BOARD_DIGEST).to_json(), "accepted", 0.6),
        (verdict(BOARD_DIGEST, accepted=False).to_json(), "refused", 0.6),
    ],
)
def test_list_of_cases_tells_the_stored_registration(case, stored, state, error_mm):
    entry = case_entry(case, verdict_json=stored, picture="ab" * 32)
    assert (entry.registration, entry.expected_error_mm) == (state, error_mm)
