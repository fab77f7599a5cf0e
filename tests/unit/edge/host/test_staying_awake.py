"""Staying awake: the lock is believed only when its child answers, and ends with whoever holds it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orview.edge.host.staying_awake import COMMANDS, StayingAwake
from orview.protocol.machine import Awake

REFUSES = (sys.executable, "-c", "raise SystemExit(1)")
LEAVES = (sys.executable, "-c", "import time; print(input(), flush=True); time.sleep(0.3)")


def holds(marker: Path) -> tuple[str, ...]:
    """A stand-in for the system's program: a file is there for as long as it holds."""
    code = (
        "import pathlib, sys; p = pathlib.Path(sys.argv[1]); p.touch()\n"
        "for line in sys.stdin: print(line, end='', flush=True)\n"
        "p.unlink()"
    )
    return (sys.executable, "-c", code, str(marker))


def until(awake: StayingAwake, wanted: bool, condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 10
    while not condition():
        awake.want(wanted)
        assert time.monotonic() < until_s, awake.state
        time.sleep(0.01)


@pytest.mark.hazard("H24")
def test_the_machine_is_kept_awake_while_that_is_wanted_and_no_longer(tmp_path: Path) -> None:
    marker = tmp_path / "held"
    awake = StayingAwake([holds(marker)])
    awake.want(False)
    assert (awake.state, marker.exists()) == (Awake.FREE, False)
    until(awake, True, lambda: awake.state is Awake.KEPT)
    assert marker.exists()
    awake.want(False)
    assert awake.state is Awake.FREE
    until(awake, False, lambda: not marker.exists())


@pytest.mark.hazard("H24")
def test_what_refuses_is_followed_by_the_next_and_the_last_by_words(tmp_path: Path) -> None:
    awake = StayingAwake([REFUSES, holds(tmp_path / "held")])
    until(awake, True, lambda: awake.state is Awake.KEPT)
    awake.close()
    for commands in ([REFUSES], [("there-is-no-such-program", "cat")], []):
        refused = StayingAwake(commands)
        until(refused, True, lambda refused=refused: refused.state is Awake.UNABLE)
        assert "switch sleep off" in refused.words


def test_a_lock_that_ended_by_itself_is_not_believed_any_more() -> None:
    awake = StayingAwake([LEAVES])
    until(awake, True, lambda: awake.state is Awake.KEPT)
    until(awake, True, lambda: awake.state is Awake.UNABLE)


def test_the_lock_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    marker = tmp_path / "held"
    code = (
        "import sys, time; from orview.edge.host.staying_awake import StayingAwake\n"
        f"awake = StayingAwake([{holds(marker)!r}])\n"
        "while True: awake.want(True); time.sleep(0.01)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code])
    until_s = time.monotonic() + 10
    while not marker.exists():
        assert time.monotonic() < until_s
        time.sleep(0.01)
    holder.kill()
    holder.wait()
    while marker.exists():
        assert time.monotonic() < until_s + 10
        time.sleep(0.01)


@pytest.mark.skipif(shutil.which("systemd-inhibit") is None, reason="no systemd here")
def test_the_real_program_answers_one_way_or_the_other() -> None:
    awake = StayingAwake(COMMANDS)
    until(awake, True, lambda: awake.state is not Awake.FREE)
    awake.close()
