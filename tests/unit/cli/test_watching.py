"""The line of `orview serve`: everything on a terminal, only changes and no names in a pipe."""

from dataclasses import replace

from orview.cli.watching import SILENT_AFTER_S, Heard, changed_line, live_line
from orview.edge.slots.statuses import StreamStatus

STATUS = StreamStatus(
    started_ns=1,
    said_ns=5,
    state="HOLD",
    why="Case Anna Example waits for a person.",
    clients=2,
    poses_hz=29.7,
    pose_age_ms=11.24,
    code="123456",
    code_expires_ns=30_000_000_000,
    missing=["track", "check_point"],
    recording="on",
    recording_bytes=2_500_000,
    troubles=[],
    other_hosts=[],
)


def test_a_terminal_tells_all():
    line = live_line(STATUS, {"track": 2, "work": 0}, now_ns=10_000_000_000).plain
    assert line == (
        "HOLD  Case Anna Example waits for a person. (waits for track, check point)  2 clients · 30 poses/s, 11.2 ms "
        "old when sent · recording (2.5 MB) · code 123456 for 20 s · track restarted 2x"
    )


def test_a_pipe_is_told_changes_and_no_name():
    line = changed_line(STATUS, {"track": 0})
    assert line == "HOLD · 2 clients · recording · waits for track, check point"
    later = replace(STATUS, poses_hz=30.1, pose_age_ms=9.0, recording_bytes=9_999_999, code="654321")
    assert changed_line(later, {"track": 0}) == line


def test_what_is_wrong_stands_in_both():
    odd = replace(
        STATUS, recording="stopped", troubles=["tracking_silent"], other_hosts=["OR 4 at 192.0.2.9"], missing=[]
    )
    for line in (live_line(odd, {}, now_ns=0).plain, changed_line(odd, {})):
        for words in ("NOT RECORDING", "the tracking says nothing", "ANOTHER HOST on this network: OR 4 at 192.0.2.9"):
            assert words in line


def test_a_process_that_says_nothing_more_is_not_alive():
    heard = Heard()
    assert heard.anew(STATUS, now_s=10.0)
    assert heard.anew(STATUS, now_s=10.0 + SILENT_AFTER_S / 2)
    assert not heard.anew(STATUS, now_s=10.0 + SILENT_AFTER_S)
    assert heard.anew(replace(STATUS, said_ns=6), now_s=11.0 + SILENT_AFTER_S)
