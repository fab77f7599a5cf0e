"""`orview` without a verb: one click starts the host and opens the console, another opens the same one."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from orview.cli.alone import _free_or_any
from orview.cli.browser import has_screen

ORVIEW = [sys.executable, "-c", "from orview.cli.main import run; run()"]


def click(
    store: Path, opened: Path, *, before: tuple[str, ...] = (), options: tuple[str, ...] = ()
) -> subprocess.Popen:
    """Start it as an icon would; the browser writes the address it is given."""
    browser = f"{sys.executable} -c 'import sys; open(sys.argv[2], sys.argv[1]).write(sys.argv[3])' w {opened} %s"
    return subprocess.Popen(
        [*before, *ORVIEW, "--store", str(store)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"DISPLAY": ":7", "BROWSER": browser},
    )


def address_in(opened: Path) -> str:
    until_s = time.monotonic() + 30
    while not opened.exists() or not opened.read_text():
        assert time.monotonic() < until_s, "no browser was opened"
        time.sleep(0.05)
    return opened.read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="the browser here is a shell's")
def test_it_opens_the_console_and_a_second_click_opens_the_same(tmp_path: Path) -> None:
    host = click(tmp_path / "store", tmp_path / "first")
    try:
        url = address_in(tmp_path / "first")
        with urllib.request.urlopen(url.partition("#")[0], timeout=10) as page:
            assert b"console" in page.read()
        again = click(tmp_path / "store", tmp_path / "second")
        _, words = again.communicate(timeout=30)
        assert again.returncode == 0
        assert "runs already" in words
        assert address_in(tmp_path / "second") == url
        host.send_signal(signal.SIGINT)
        _, words = host.communicate(timeout=20)
        assert host.returncode == 0
        assert "Stopped." in words
        assert "Traceback" not in words
    finally:
        host.kill()
        host.wait()


def test_a_machine_without_network_camera_or_profile_starts_all_the_same(tmp_path: Path) -> None:
    alone = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this system gives nobody a network of their own")
    host = click(tmp_path / "store", tmp_path / "opened", before=alone)
    try:
        assert address_in(tmp_path / "opened").startswith("http://127.0.0.1:")
        assert host.poll() is None
    finally:
        host.send_signal(signal.SIGTERM)
        host.communicate(timeout=20)


def test_a_port_that_is_taken_is_passed_by() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert _free_or_any("127.0.0.1", port) == 0
    assert _free_or_any("127.0.0.1", port) == port


def test_options_of_the_start_stand_behind_no_verb() -> None:
    done = subprocess.run([*ORVIEW, "--no-browser", "cases"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "behind cases" in " ".join(done.stderr.split())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always one")
def test_a_terminal_without_a_screen_opens_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not has_screen()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_screen()
