"""What the reading process has given up cannot be had back (hazard H28)."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orview.edge.images.confined.reader import ask_child
from orview.edge.images.confined.sandbox import Bound
from orview.edge.images.files import write_volume
from tests.unit.edge.images.test_files import a_volume

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the limits are the operating system's")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


def confined(script: str, tmp_path: Path, *, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script in a confined process that may read tmp_path/given and write tmp_path/result."""
    (tmp_path / "given").mkdir(exist_ok=True)
    (tmp_path / "result").mkdir(exist_ok=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "given" / "file.txt").write_text("given")
    head = (
        "import errno, json, os, pathlib, signal, sys\n"
        "from orview.edge.images.confined import sandbox\n"
        f"{before}\n"
        f"place = pathlib.Path({str(tmp_path)!r})\n"
        "held = sandbox.confine_this_process(readable=[place / 'given'], writable=place / 'result')\n"
        "def refused(call, *arguments):\n"
        "    try:\n        call(*arguments)\n"
        "    except PermissionError:\n        return True\n"
        "    return False\n"
    )
    return subprocess.run([sys.executable, "-c", head + script], capture_output=True, text=True, timeout=60)


def said(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.hazard("H28")
def test_memory_is_limited(tmp_path: Path) -> None:
    script = "try:\n    bytearray(2**31)\nexcept MemoryError:\n    print('true')"
    assert said(confined(script, tmp_path, before="sandbox.MEMORY_LIMIT_BYTES = 2**30"))


@pytest.mark.hazard("H28")
def test_processor_time_is_limited_and_no_crash_dump_is_left(tmp_path: Path) -> None:
    script = "import resource\nassert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\nwhile True: pass"
    done = confined(script, tmp_path, before="sandbox.CPU_LIMIT_S = 1")
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


@pytest.mark.hazard("H28")
def test_files_are_limited_in_size_and_number(tmp_path: Path) -> None:
    script = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "found = []\n"
        "try:\n    (place / 'result' / 'big').write_bytes(bytes(2**20))\n"
        "except OSError as error:\n    found.append(error.errno == errno.EFBIG)\n"
        "try:\n    kept = [open(place / 'given' / 'file.txt') for _ in range(1000)]\n"
        "except OSError as error:\n    found.append(error.errno == errno.EMFILE)\n"
        "print(json.dumps(found))"
    )
    assert said(confined(script, tmp_path, before="sandbox.FILE_LIMIT_BYTES = 2**16")) == [True, True]


@on_linux
@pytest.mark.hazard("H28")
def test_only_the_files_given_can_be_touched(tmp_path: Path) -> None:
    script = (
        "print(json.dumps({\n"
        "    'held': sorted(held),\n"
        "    'given': (place / 'given' / 'file.txt').read_text(),\n"
        "    'refused': [\n"
        "        refused((place / 'secret.txt').read_text),\n"
        "        refused((place / 'given' / 'link').read_text),\n"
        "        refused((place / 'given' / 'file.txt').write_text, 'x'),\n"
        "        refused((place / 'given' / 'other.txt').write_text, 'x'),\n"
        "        refused((place / 'given' / 'file.txt').unlink),\n"
        "        refused(os.listdir, place),\n"
        "        refused(os.listdir, '/var'),\n"
        "        refused(pathlib.Path('/etc/passwd').read_text),\n"
        "    ],\n"
        "    'written': (place / 'result' / 'x').write_text('ok'),\n"
        "}))"
    )
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "link").symlink_to(tmp_path / "secret.txt")
    found = said(confined(script, tmp_path))
    if Bound.FILES not in found["held"]:
        pytest.skip("this kernel has no Landlock")
    assert found["given"] == "given"
    assert found["written"] == 2
    assert all(found["refused"])


@on_linux
@pytest.mark.hazard("H28")
def test_there_is_no_network_no_other_program_and_no_other_process(tmp_path: Path) -> None:
    script = (
        "import ctypes, socket, subprocess\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(*arguments):\n"
        "    ctypes.set_errno(0); libc.syscall(*arguments); return ctypes.get_errno() == errno.EPERM\n"
        "print(json.dumps({'held': sorted(held), 'refused': [\n"
        "    refused(socket.socket), refused(socket.socketpair), refused(subprocess.run, ['/bin/true']),\n"
        "    refused(os.execv, '/bin/true', ['true']), refused(os.kill, os.getppid(), 0),\n"
        "    libc.ptrace(16, os.getppid(), 0, 0) == -1,\n"
        "]}))"
    )
    found = said(confined(script, tmp_path))
    if not {Bound.SYSTEM_CALLS, Bound.FILES} <= set(found["held"]):
        pytest.skip("this kernel lacks a part of it")
    assert all(found["refused"])


@on_linux
@pytest.mark.hazard("H28")
def test_without_the_kernels_help_python_itself_refuses_the_network(tmp_path: Path) -> None:
    script = (
        "import socket, subprocess\n"
        "print(json.dumps({'held': sorted(held), 'refused': [\n"
        "    refused(socket.socket), refused(subprocess.run, ['/bin/true']), refused(os.system, 'true'),\n"
        "]}))"
    )
    found = said(confined(script, tmp_path, before="sandbox._confine_on_linux = lambda readable, writable: set()"))
    assert set(found["held"]) == {Bound.RESOURCES, Bound.NO_NETWORK_FROM_PYTHON}
    assert all(found["refused"])


@on_linux
@pytest.mark.hazard("H28")
def test_a_nobody_is_confined_as_well_as_root(tmp_path: Path) -> None:
    """Root may leave the network by right, others through a namespace of users."""
    script = "print(json.dumps(sorted(bound.name for bound in held)))"
    # Imported first: nobody may be unable to read root's Python.
    before = (
        "import resource; from orview.edge.images.confined import linux_landlock, linux_seccomp\n"
        "if os.geteuid() == 0:\n    os.setgid(65534); os.setuid(65534)"
    )
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    (tmp_path / "result").mkdir(mode=0o777)
    found = said(confined(script, tmp_path, before=before))
    assert {"RESOURCES", "NO_NEW_PRIVILEGES"} <= set(found)
    assert {"NO_NETWORK", "SYSTEM_CALLS", "NO_NETWORK_FROM_PYTHON"} & set(found)


@on_linux
@pytest.mark.hazard("H28")
def test_the_real_child_reads_confined(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    confined_by = ask_child("volume", {"source": tmp_path / "ct.nii"}).confined
    assert {"RESOURCES", "NO_NEW_PRIVILEGES"} <= confined_by
    assert {"NO_NETWORK", "SYSTEM_CALLS"} & confined_by
