"""The scripts of the overlay's rule and the clock: what happens when, and what must come of it, written by hand.

Times are ms of the client's monotonic clock. The host's clock of the overlay scripts is 1,000,000 ms ahead,
known to `uncertainty_ms`.
"""

from typing import Any

from tests.wire.messages import DIGEST

OTHER_DIGEST = "fedcba9876543210" * 4
PLAN_DIGEST = "3456789abcdef012" * 4
HOST_AHEAD_MS = 1_000_000
Step = dict[str, Any]

_READY: list[Step] = [
    {"at_ms": 0, "do": "link_up"},
    {"at_ms": 0, "do": "clock", "uncertainty_ms": 1},
    {"at_ms": 0, "do": "session", "state": "LIVE", "digest": DIGEST},
    {"at_ms": 0, "do": "model", "digest": DIGEST},
    {"at_ms": 0, "do": "alignment", "room_frame_id": 1},
]


def _pose(at_ms: float, sequence: int, **changes: Any) -> Step:
    step: Step = {
        "at_ms": at_ms, "do": "pose", "sequence": sequence, "sent_ms": at_ms - 5, "sight_age_ms": 30,
        "state": "LIVE", "digest": DIGEST, "room_frame_id": 1, "thing_id": 0,
    }  # fmt: skip
    return {**step, **changes}


def _ask(at_ms: float, why: str | None, shown_sequence: int | None = None, *, faded: bool = False) -> Step:
    return {"at_ms": at_ms, "do": "ask", "why": why, "shown_sequence": shown_sequence, "faded": faded}


OVERLAY: dict[str, list[Step]] = {
    "shown_while_poses_come": [*_READY, _pose(10, 1), _ask(11, None, 1), _pose(26, 2), _ask(27, None, 2)],
    "nothing_has_happened": [_ask(0, "NO_LINK")],
    "reasons_in_their_order": [
        {"at_ms": 0, "do": "link_up"}, _ask(1, "NO_SESSION"),
        {"at_ms": 2, "do": "session", "state": "OFF", "digest": None}, _ask(3, "NO_SESSION"),
        {"at_ms": 4, "do": "session", "state": "HOLD", "digest": DIGEST}, _ask(5, "NOT_LIVE"),
        {"at_ms": 6, "do": "session", "state": "LIVE", "digest": DIGEST}, _ask(7, "NO_POSE"),
        _pose(8, 1), _ask(9, "CLOCK_UNKNOWN"),
        {"at_ms": 10, "do": "clock", "uncertainty_ms": 1}, _ask(11, "NO_MODEL"),
        {"at_ms": 12, "do": "model", "digest": OTHER_DIGEST}, _ask(13, "OTHER_MODEL"),
        {"at_ms": 14, "do": "model", "digest": DIGEST}, _ask(15, "NOT_ALIGNED"),
        {"at_ms": 16, "do": "alignment", "room_frame_id": 1}, _ask(17, None, 1, faded=True),
    ],
    "link_dies": [
        *_READY, _pose(10, 1, sight_age_ms=0, sent_ms=10), _ask(159, None, 1, faded=True), _ask(160.5, "LINK_STALE"),
        _ask(5000, "LINK_STALE"), _pose(5010, 2), _ask(5011, None, 2, faded=True),
    ],
    "link_limit_is_150": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": 0}, _pose(10, 1, sight_age_ms=0, sent_ms=10),
        _ask(160, None, 1, faded=True), _ask(160.001, "LINK_STALE"),
    ],
    "burst_of_old_poses_after_an_outage": [
        *_READY, _pose(2000, 1, sent_ms=100), _ask(2000, "LINK_STALE"), _pose(2000, 2, sent_ms=116),
        _ask(2000, "LINK_STALE"), _pose(2001, 3, sent_ms=1996), _ask(2001, None, 3, faded=True),
    ],
    "uncertainty_makes_it_older": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": 70}, _pose(100, 1, sent_ms=15, sight_age_ms=0),
        _ask(100, "LINK_STALE"), _pose(101, 2, sent_ms=50, sight_age_ms=0), _ask(101, None, 2, faded=True),
    ],
    "clock_too_uncertain": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": 75.001}, _pose(10, 1), _ask(10, "CLOCK_UNKNOWN"),
        {"at_ms": 11, "do": "clock", "uncertainty_ms": 75}, _ask(12, None, 1, faded=True),
        {"at_ms": 13, "do": "clock", "uncertainty_ms": None}, _ask(14, "CLOCK_UNKNOWN"),
    ],
    "link_dies_before_the_clock_is_known": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": None}, _pose(10, 1), _ask(11, "CLOCK_UNKNOWN"),
        _ask(161, "LINK_STALE"),
    ],
    "wrong_offset_makes_nothing_younger": [
        *_READY, _pose(10, 1, sent_ms=90_000, sight_age_ms=0), _ask(150, None, 1, faded=True), _ask(161, "LINK_STALE"),
    ],
    "board_out_of_sight": [
        *_READY, _pose(10, 1, sight_age_ms=100), _ask(10, None, 1, faded=True), _pose(26, 2, sight_age_ms=116),
        _ask(26, None, 2, faded=True), _ask(56, "SIGHT_STALE"), _pose(60, 3, sight_age_ms=150), _ask(60, "SIGHT_STALE"),
    ],
    "host_says_lost": [
        *_READY, _pose(10, 1), _pose(26, 2, state="LOST"), _ask(26, "NOT_LIVE"), _pose(42, 3), _ask(42, None, 3),
    ],
    "session_leaves_live_at_once": [
        *_READY, _pose(10, 1), _ask(11, None, 1), {"at_ms": 12, "do": "session", "state": "HOLD", "digest": DIGEST},
        _ask(12, "NOT_LIVE"), _pose(13, 2), _ask(13, "NOT_LIVE"),
    ],
    "older_pose_is_left_out": [
        *_READY, _pose(10, 5), _pose(12, 4), _ask(12, None, 5), _pose(14, 5), _ask(14, None, 5),
        _pose(16, 6, sent_ms=5), _ask(16, None, 5), _ask(161, "LINK_STALE"),
    ],
    "clock_goes_back": [
        *_READY, _pose(1000, 1), _ask(1001, None, 1), _ask(720, "NO_POSE"), _ask(1005, "NO_POSE"),
        _pose(1010, 2), _ask(1011, None, 2, faded=True),
    ],
    "sequence_wraps_around": [*_READY, _pose(10, 2**32 - 1), _pose(26, 0), _ask(26, None, 0)],
    "another_thing_is_not_the_patient": [*_READY, _pose(10, 1, thing_id=1), _ask(10, "NO_POSE")],
    "pose_of_another_model": [
        *_READY, _pose(10, 1), _ask(10, None, 1), _pose(26, 2, digest=OTHER_DIGEST), _ask(26, "OTHER_MODEL"),
    ],
    "session_of_another_model": [
        *_READY, _pose(10, 1), {"at_ms": 12, "do": "session", "state": "LIVE", "digest": OTHER_DIGEST},
        _ask(12, "OTHER_MODEL"), {"at_ms": 13, "do": "model", "digest": OTHER_DIGEST}, _ask(13, "OTHER_MODEL"),
        _pose(14, 2, digest=OTHER_DIGEST), _ask(14, None, 2),
    ],
    "plan_and_stage_of_pose_session_and_plan_are_one": [
        *_READY, _pose(10, 1), _ask(10, None, 1),
        {"at_ms": 11, "do": "session", "state": "LIVE", "digest": DIGEST, "plan": PLAN_DIGEST, "stage": 1},
        _ask(11, "OTHER_PLAN"), _pose(12, 2, plan=PLAN_DIGEST, stage=1), _ask(12, "OTHER_PLAN"),
        {"at_ms": 13, "do": "plan", "digest": PLAN_DIGEST}, _ask(13, None, 2),
        _pose(14, 3, plan=PLAN_DIGEST, stage=2), _ask(14, "OTHER_PLAN"),
        {"at_ms": 15, "do": "session", "state": "LIVE", "digest": DIGEST, "plan": PLAN_DIGEST, "stage": 2},
        _ask(15, None, 3),
        _pose(16, 4, plan=OTHER_DIGEST, stage=2), _ask(16, "OTHER_PLAN"), _pose(17, 5), _ask(17, "OTHER_PLAN"),
        _pose(18, 6, plan=PLAN_DIGEST, stage=2), _ask(18, None, 6),
        {"at_ms": 19, "do": "plan", "digest": OTHER_DIGEST}, _ask(19, "OTHER_PLAN"),
        {"at_ms": 20, "do": "plan", "digest": PLAN_DIGEST}, _ask(20, None, 6),
    ],
    "a_plan_that_is_not_locked_is_of_no_pose": [
        *_READY, {"at_ms": 1, "do": "plan", "digest": PLAN_DIGEST}, _pose(10, 1), _ask(10, None, 1),
    ],
    "room_frame_changes": [
        *_READY, _pose(10, 1), _pose(26, 2, room_frame_id=2), _ask(26, "NOT_ALIGNED"),
        {"at_ms": 30, "do": "alignment", "room_frame_id": 2}, _ask(31, None, 2),
        {"at_ms": 32, "do": "alignment", "room_frame_id": None}, _ask(33, "NOT_ALIGNED"),
    ],
    "view_is_cleared_and_shown_again": [
        *_READY, {"at_ms": 1, "do": "view", "cleared": False}, _pose(10, 1), _ask(10, None, 1),
        {"at_ms": 11, "do": "view", "cleared": True}, _ask(11, "CLEARED"), _pose(26, 2), _ask(26, "CLEARED"),
        {"at_ms": 27, "do": "view", "cleared": False}, _ask(27, None, 2),
    ],
    "every_other_reason_is_said_before_cleared": [
        *_READY, {"at_ms": 1, "do": "view", "cleared": True}, _ask(2, "NO_POSE"), _pose(10, 1), _ask(11, "CLEARED"),
        _ask(161, "LINK_STALE"), _pose(200, 2, room_frame_id=2), _ask(201, "NOT_ALIGNED"),
        {"at_ms": 202, "do": "session", "state": "HOLD", "digest": DIGEST}, _ask(203, "NOT_LIVE"),
    ],
    "another_connection_says_anew_what_is_cleared": [
        *_READY, {"at_ms": 1, "do": "view", "cleared": True}, _pose(10, 1), _ask(11, "CLEARED"),
        {"at_ms": 12, "do": "link_down"}, {"at_ms": 20, "do": "link_up"},
        {"at_ms": 21, "do": "view", "cleared": True}, {"at_ms": 22, "do": "session", "state": "LIVE", "digest": DIGEST},
        _pose(23, 1), _ask(23, "CLEARED"),
        {"at_ms": 30, "do": "link_down"}, {"at_ms": 40, "do": "link_up"},
        {"at_ms": 41, "do": "view", "cleared": False},
        {"at_ms": 42, "do": "session", "state": "LIVE", "digest": DIGEST},
        _pose(43, 1), _ask(43, None, 1),
    ],
    "outline_from_100_and_full_again_300_after": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": 0}, _pose(10, 1, sent_ms=10, sight_age_ms=60),
        _ask(49.999, None, 1), _ask(50, None, 1, faded=True), _pose(60, 2, sent_ms=60, sight_age_ms=30),
        _ask(60, None, 2, faded=True), _pose(340, 3, sent_ms=340, sight_age_ms=30),
        _ask(349.999, None, 3, faded=True), _ask(350, None, 3),
    ],
    "outline_does_not_flicker_around_100": [
        *_READY, {"at_ms": 0, "do": "clock", "uncertainty_ms": 0},
        *[step for n in range(40) for step in (
            _pose(20 + 50 * n, 2 * n + 1, sent_ms=20 + 50 * n, sight_age_ms=101 if n % 5 == 0 else 99),
            _ask(20 + 50 * n, None, 2 * n + 1, faded=True),
        )],
    ],
    "hidden_is_not_faded_and_comes_back_as_outline": [
        *_READY, _pose(10, 1), _ask(11, None, 1), _ask(170, "LINK_STALE"), _pose(180, 2),
        _ask(181, None, 2, faded=True),
    ],
    "connection_ends_and_another_begins": [
        *_READY, _pose(10, 100), {"at_ms": 11, "do": "link_down"}, _ask(11, "NO_LINK"),
        {"at_ms": 20, "do": "link_up"}, _ask(20, "NO_SESSION"),
        {"at_ms": 21, "do": "session", "state": "LIVE", "digest": DIGEST}, _ask(21, "NO_POSE"),
        _pose(22, 3), _ask(22, None, 3, faded=True),
    ],
}  # fmt: skip
"""Name to steps. An `ask` says why it must be hidden, or which pose must be shown."""


def _exchange(sent_ms: float, received_ms: float, host_ms: float) -> Step:
    return {"do": "exchange", "sent_ms": sent_ms, "host_ms": host_ms, "received_ms": received_ms}


def _heard(send_ms: float, received_ms: float) -> Step:
    return {"do": "pose", "send_ms": send_ms, "received_ms": received_ms}


def _expect(at_ms: float, offset_ms: float | None, uncertainty_ms: float | None) -> Step:
    return {"do": "ask", "at_ms": at_ms, "offset_ms": offset_ms, "uncertainty_ms": uncertainty_ms}


CLOCK: dict[str, list[Step]] = {
    "nothing_is_known": [_expect(0, None, None)],
    "half_the_round_trip": [_exchange(100, 110, 1105), _expect(110, 1000, 5)],
    "shortest_round_trip_wins": [
        _exchange(0, 10, 1005), _exchange(20, 22, 1020.75), _exchange(40, 60, 1055), _expect(60, 999.75, 1.0038),
    ],
    "answer_before_question": [_exchange(10, 9, 1000), _expect(10, None, None)],
    "grows_with_age": [_exchange(0, 2, 1001), _expect(2, 1000, 1), _expect(10_002, 1000, 2)],
    "newer_beats_slightly_shorter": [
        _exchange(0, 2, 1001), _exchange(60_000, 60_004, 61_002), _expect(60_004, 1000, 2),
    ],
    "clock_jumped": [
        _exchange(0, 2, 1001), _exchange(100, 110, 5105), _expect(110, 5000, 5),
        _exchange(200, 202, 5201), _expect(202, 5000, 1),
    ],
    "nothing_is_forgotten_but_widens": [
        _exchange(0, 0.5, 1000.25), *[_exchange(25 * n, 25 * n + 4, 1002 + 25 * n) for n in range(1, 129)],
        _expect(3204, 1000, 0.57035),
    ],
    "quick_there_and_quick_here_in_two_exchanges": [
        _exchange(0, 31, 1001), _exchange(100, 131, 1130), _expect(131, 1000.005, 1.005),
    ],
    "pose_bounds_from_below": [
        _heard(1000, 5), _expect(5, None, None),
        _exchange(10, 52, 1012), _expect(52, 998.49765, 3.50235), _heard(1100, 101), _expect(101, 1000.50245, 1.50245),
        _heard(1200, 230), _expect(230, 1000.50245, 1.51535),
    ],
    "pose_says_that_the_clock_jumped": [
        _exchange(0, 2, 1001), _heard(5100, 102), _expect(102, None, None),
        _exchange(200, 210, 5205), _expect(210, 5001.4946, 3.5054),
    ],
}  # fmt: skip
"""Name to steps. Offset: host minus client."""
