"""Processes that end are started again, those that end at once less and less often, and all end with stop."""

import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest

from orview.edge.host import supervisor as supervisor_module
from orview.edge.host.supervisor import Part, Supervisor


def sleep_for_ever(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(600)


def end_at_once(folder: Path) -> None:
    (folder / f"{time.monotonic_ns()}").touch()


def ignore_the_polite(folder: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sleep_for_ever(folder)


def wait_until(condition, *, timeout_s: float = 20.0):
    until_s = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < until_s
        time.sleep(0.01)
    return found


@pytest.fixture
def supervise(tmp_path):
    running: list[Supervisor] = []

    def start(*, spares: int = 0, warm: str = "", **functions) -> Supervisor:
        parts = {}
        for name, function in functions.items():
            (tmp_path / name).mkdir()
            parts[name] = Part(
                function=f"{__name__}:{function.__name__}", arguments=(tmp_path / name,), spares=spares, warm=warm
            )
        running.append(Supervisor(parts))
        running[-1].start()
        return running[-1]

    yield start
    for supervisor in running:
        supervisor.stop()


def test_killed_process_is_started_again_and_the_other_stays(supervise, tmp_path):
    supervisor = supervise(one=sleep_for_ever, other=sleep_for_ever)
    wait_until(lambda: len(list((tmp_path / "one").iterdir())) == len(list((tmp_path / "other").iterdir())) == 1)
    first, other = supervisor.pid("one"), supervisor.pid("other")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(list((tmp_path / "one").iterdir())) == 2)
    assert supervisor.pid("one") not in (None, first)
    assert supervisor.pid("other") == other
    assert supervisor.restarts() == {"one": 1, "other": 0}


def test_one_that_waits_takes_the_place_of_a_killed_process_and_another_waits_again(supervise, tmp_path):
    supervisor = supervise(one=sleep_for_ever, spares=1)
    ran = tmp_path / "one"
    first = supervisor.pid("one")
    waiting = wait_until(lambda: supervisor.spare_pids("one"))[0]
    assert waiting != first
    wait_until(lambda: [path.name for path in ran.iterdir()] == [str(first)])
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: {path.name for path in ran.iterdir()} == {str(first), str(waiting)})
    assert supervisor.pid("one") == waiting
    assert supervisor.restarts() == {"one": 1}
    assert wait_until(lambda: supervisor.spare_pids("one"))[0] not in (first, waiting)
    assert len(list(ran.iterdir())) == 2


def test_after_one_was_needed_two_wait_and_take_the_places_of_two_killed_at_once(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor_module, "SPARES_APART_S", 0.1)
    supervisor = supervise(one=sleep_for_ever, spares=2)
    (first,) = wait_until(lambda: supervisor.spare_pids("one"))
    os.kill(supervisor.pid("one"), signal.SIGKILL)
    waiting = wait_until(lambda: len(pids := supervisor.spare_pids("one")) == 2 and first not in pids and pids)
    # None is to be put there meanwhile.
    monkeypatch.setattr(supervisor_module, "NEXT_SPARE_AFTER_S", 60.0)
    for pid in waiting:
        os.kill(supervisor.pid("one"), signal.SIGKILL)
        wait_until(lambda pid=pid: supervisor.pid("one") == pid and (tmp_path / "one" / str(pid)).exists())
    assert supervisor.spare_pids("one") == []
    assert supervisor.restarts() == {"one": 3}


def test_one_that_dies_while_it_waits_is_no_restart(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor_module, "MAX_DELAY_S", 0.1)
    supervisor = supervise(one=sleep_for_ever, spares=1)
    first, waiting = supervisor.pid("one"), wait_until(lambda: supervisor.spare_pids("one"))[0]
    os.kill(waiting, signal.SIGKILL)
    wait_until(lambda: supervisor.spare_pids("one") not in ([], [waiting]))
    assert supervisor.pid("one") == first
    assert supervisor.restarts() == {"one": 0}


def test_all_end_with_stop_also_one_that_waits(supervise):
    supervisor = supervise(one=sleep_for_ever, spares=1)
    waiting = wait_until(lambda: supervisor.spare_pids("one"))[0]
    supervisor.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(waiting, 0)


def test_process_that_ends_at_once_is_started_less_and_less_often(supervise, tmp_path):
    supervisor = supervise(one=end_at_once)
    starts = wait_until(lambda: (found := sorted((tmp_path / "one").iterdir())) and len(found) == 5 and found)
    times_s = [int(path.name) / 1e9 for path in starts]
    gaps_s = [later - earlier for earlier, later in pairwise(times_s)]
    for gap_s, at_least_s in zip(gaps_s, (0.05, 0.1, 0.2, 0.4), strict=True):
        assert gap_s >= at_least_s
    assert supervisor.restarts()["one"] >= 4


def test_stop_ends_even_those_that_ignore_the_polite_way(supervise, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisor_module, "STOP_TIMEOUT_S", 0.3)
    supervisor = supervise(one=ignore_the_polite, other=sleep_for_ever)
    pids = [int(wait_until(lambda name=name: list((tmp_path / name).iterdir()))[0].name) for name in ("one", "other")]
    supervisor.stop()
    assert supervisor.pid("one") is None
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
