"""One host for one store: the second finds the first's console, and a host that was killed leaves the place free."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from orview.edge.host.running import LINK, RunningHost
from orview.errors import StoreError

URL = "http://127.0.0.1:8080/console#t=abc"
HOLD = """
import sys, time; from pathlib import Path; from orview.edge.host.running import RunningHost
place = RunningHost(Path(sys.argv[1])); assert place.take(); place.open_to(sys.argv[2]); print("held", flush=True)
time.sleep(60)
"""


def test_the_second_finds_where_the_console_of_the_first_opens(tmp_path: Path) -> None:
    with RunningHost(tmp_path / "store") as first, RunningHost(tmp_path / "store") as second:
        assert first.take()
        assert not second.take()
        assert second.console_url(timeout_s=0.0) is None
        threading.Timer(0.2, lambda: first.open_to(URL)).start()
        assert second.console_url(timeout_s=10.0) == URL
        assert (tmp_path / "store" / LINK).stat().st_mode & 0o077 == 0
    assert not (tmp_path / "store" / LINK).exists()
    with RunningHost(tmp_path / "store") as third:
        assert third.take()


def test_a_host_that_was_killed_leaves_the_place_and_an_old_link_is_not_believed(tmp_path: Path) -> None:
    held = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path), URL], stdout=subprocess.PIPE)
    assert held.stdout is not None
    assert held.stdout.readline() == b"held\n"
    with RunningHost(tmp_path) as place:
        assert not place.take()
        assert place.console_url(timeout_s=0.0) == URL
        held.kill()
        held.wait()
        until_s = time.monotonic() + 5
        while not place.take():
            assert time.monotonic() < until_s
        assert place.console_url(timeout_s=0.0) is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        RunningHost(tmp_path / "store")
