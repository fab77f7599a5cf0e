"""Health and metrics tell what happened, and 503 only what keeps a host from its work."""

import json
from dataclasses import replace
from http import HTTPStatus

import pytest

from orview.edge.host import instruments
from orview.edge.host.crowd import CrowdCounts
from orview.edge.host.instruments import Instruments, Readings
from orview.edge.host.metrics import exposition
from orview.edge.host.session_recording import RecordingState
from orview.edge.host.vitals import HostVitals
from orview.edge.slots.records import SightState
from orview.session.state import Session, State
from orview.units import NS_PER_S, ns_from_ms
from tests.unit.edge.host.test_metrics import read

READINGS = Readings(
    session=Session(),
    crowd=CrowdCounts(
        devices=2, roles={"nurse": 1, "surgeon": 1}, sent={"4": 90}, skipped={"4": 3}, all_sent=190, all_skipped=5
    ),
    recording=RecordingState(on=True, name="x", bytes=1234, dropped=2, stopped_why=""),
    restarts={"track": 1},
    audit_sequence=17,
    audit_waiting=0,
    audit_overdue=False,
    disk_free_bytes=5_000_000,
    other_hosts=1,
)
START_NS = 1_000 * NS_PER_S


@pytest.fixture
def running() -> Instruments:
    found = Instruments(started_ns=START_NS)
    found.take_tracker_sign(now_ns=START_NS)
    return found


def test_metrics_tell_what_was_counted(running):
    for age_ms in (8, 12, 30):
        running.take_pose(ns_from_ms(age_ms))
    running.take_sight(SightState.TRACKED)
    running.take_sight(SightState.LOST)
    running.take_lag(ns_from_ms(3), now_ns=START_NS)
    told = read(exposition(running.families(READINGS, now_ns=START_NS + NS_PER_S)).decode())
    assert told["orview_pose_age_seconds_bucket", "0.015"] == 2
    assert told["orview_sights_total", "tracked"] == told["orview_sights_total", "lost"] == 1
    assert told["orview_loop_lag_seconds_count", ""] == 1
    assert told["orview_client_poses_skipped_total", "4"] == 3
    assert told["orview_poses_sent_total", ""] == 190
    assert told["orview_clients", "surgeon"] == 1
    assert told["orview_restarts_total", "track"] == 1
    assert (told["orview_recording", ""], told["orview_recording_bytes_total", ""]) == (1, 1234)
    assert (told["orview_audit_head", ""], told["orview_disk_free_bytes", ""]) == (17, 5_000_000)
    assert (told["orview_state", "OFF"], told["orview_state", "LIVE"]) == (1, 0)


def test_a_host_at_work_is_well_and_says_what_live_waits_for(running):
    held = replace(READINGS, session=Session(state=State.HOLD), recording=None)
    told = running.health(held, now_ns=START_NS + NS_PER_S)
    assert (told["status"], told["troubles"], told["state"], told["recording"]) == ("ok", [], "HOLD", "off")
    assert "case" in told["missing"]


@pytest.mark.parametrize(
    ("trouble", "readings", "after_s"),
    [
        ("tracking_silent", READINGS, 6),
        ("audit_not_written", replace(READINGS, audit_waiting=2, audit_overdue=True), 1),
    ],
)
def test_what_keeps_a_host_from_its_work_is_503(running, monkeypatch, trouble, readings, after_s):
    monkeypatch.setattr("orview.edge.host.vitals.now_ns", lambda: START_NS + after_s * NS_PER_S)
    answer = HostVitals(running, lambda: readings).health()
    assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert json.loads(bytes(answer.body))["troubles"] == [trouble]


def test_a_late_loop_is_told_for_a_while(running):
    assert not running.take_lag(ns_from_ms(20), now_ns=START_NS)
    assert running.take_lag(ns_from_ms(140), now_ns=START_NS)
    assert running.troubles(READINGS, now_ns=START_NS + NS_PER_S) == ("loop_late",)
    later_ns = START_NS + instruments.LATE_KEPT_NS
    running.take_tracker_sign(now_ns=later_ns)
    assert running.troubles(READINGS, now_ns=later_ns) == ()


def test_a_tracker_may_take_its_time_to_start():
    starting = Instruments(started_ns=START_NS)
    assert starting.troubles(READINGS, now_ns=START_NS + 30 * NS_PER_S) == ()
    assert starting.troubles(READINGS, now_ns=START_NS + 61 * NS_PER_S) == ("tracking_silent",)
