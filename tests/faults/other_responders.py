"""Two network namespaces with a cable between them, to meet other programs' mDNS: this machine's own is left alone."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS, THEIRS = f"orview-a{os.getpid()}", f"orview-b{os.getpid()}"
OUR_ADDRESS, THEIR_ADDRESS = "10.219.7.1", "10.219.7.2"
OUR_SECOND = "10.219.8.1"
_AVAHI = """[server]
host-name=other
use-ipv4=yes
use-ipv6=yes
enable-dbus=yes
allow-interfaces=v0
[publish]
publish-workstation=no
"""


def require(*programs: str) -> None:
    """Skip where namespaces or programs are not to be had."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only an administrator of a Linux machine may make network namespaces")
    missing = [program for program in ("ip", *programs) if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (sudo apt-get install avahi-daemon avahi-utils iproute2)")


def inside(namespace: str, *command: str) -> list[str]:
    """The command as it runs in a namespace."""
    return ["ip", "netns", "exec", namespace, *command]


def run(*command: str, timeout_s: float = 30.0) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def two_networks() -> Iterator[None]:
    """Ours with two interfaces, theirs on the first of them; IPv6 link-local on both."""
    with ExitStack() as closing:
        for namespace in (OURS, THEIRS):
            made = subprocess.run(["ip", "netns", "add", namespace], capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
            closing.callback(subprocess.run, ["ip", "netns", "delete", namespace], check=False)
        run("ip", "link", "add", "v0", "netns", OURS, "type", "veth", "peer", "name", "v0", "netns", THEIRS)
        # The second cable of ours ends in the same place: nobody else is on it.
        run("ip", "-n", OURS, "link", "add", "v1", "type", "veth", "peer", "name", "w1")
        run("ip", "-n", OURS, "link", "set", "w1", "up")
        for namespace, interface, address in (
            (OURS, "v0", OUR_ADDRESS),
            (OURS, "v1", OUR_SECOND),
            (THEIRS, "v0", THEIR_ADDRESS),
        ):
            # Link-local addresses must be there at once: nobody else can have them.
            run(*inside(namespace, "sysctl", "-qw", f"net.ipv6.conf.{interface}.accept_dad=0"))
            run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", interface)
            run("ip", "-n", namespace, "link", "set", interface, "up")
            run("ip", "-n", namespace, "link", "set", "lo", "up")
        # Some programs ask wherever the way to other networks leads.
        run("ip", "-n", THEIRS, "route", "add", "default", "dev", "v0")
        yield


@contextmanager
def avahi(folder: Path) -> Iterator[dict[str, str]]:
    """avahi-daemon in their namespace on a bus of its own; yields the environment of its clients."""
    bus = f"unix:path={folder / 'bus'}"
    (folder / "avahi.conf").write_text(_AVAHI, encoding="utf-8")
    environment = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": bus}
    # A mount namespace: the daemon's file of its process id must not meet that of a daemon of this machine.
    daemon = (
        f"mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot -f {folder}/avahi.conf"
    )
    commands = (
        ["dbus-daemon", "--session", f"--address={bus}", "--nofork", "--nopidfile"],
        inside(THEIRS, "unshare", "-m", "sh", "-c", f"mkdir -p /run/avahi-daemon && {daemon}"),
    )
    with ExitStack() as closing:
        for command in commands:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            closing.callback(process.wait)
            closing.callback(process.terminate)
            if command[0] == "dbus-daemon":
                _wait_for(folder / "bus")
        yield environment


@contextmanager
def python(namespace: str, script: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A Python script in a namespace; its end is asked for by closing its standard input."""
    process = subprocess.Popen(
        inside(namespace, sys.executable, "-c", script),
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=10)


def _wait_for(path: Path) -> None:
    for _ in range(100):
        if path.exists():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError(f"{path.name} never came")
