"""What a machine lacks to be a host, found by trying: libraries, store, disk, ports, network, pages, camera."""

import ctypes.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from orview.edge.camera import open_camera
from orview.edge.case_store import CaseStore
from orview.edge.host.check import Check
from orview.edge.host.checkup_network import (
    check_addresses,
    check_certificate,
    check_firewall,
    check_interfaces,
    check_other_hosts,
    check_port,
)
from orview.edge.host.doors import served_addresses
from orview.edge.host.site import built_pages
from orview.edge.host.store import HostStore
from orview.edge.recording.frames import FRAME_BYTES
from orview.edge.recording.writer import LEAST_FREE_BYTES
from orview.edge.slots.records import TRACK_CAPACITY
from orview.errors import OrviewError
from orview.protocol.binary import POSE_BYTES

RECORDED_HOURS = 8
PICTURES_HZ = 60
RECORDED_BYTES = RECORDED_HOURS * 3600 * PICTURES_HZ * (TRACK_CAPACITY + POSE_BYTES + 2 * FRAME_BYTES)
WANTED_FREE_BYTES = RECORDED_BYTES + LEAST_FREE_BYTES
"""A long day of a fast camera recorded, and what the recording leaves free."""
BUILT_IN = 2026
PYTHON_PACKAGES = ("numpy", "cv2", "open3d", "SimpleITK", "pygltflib", "websockets", "zeroconf", "cryptography")
SYSTEM_LIBRARIES = {
    "usb-1.0": "libusb-1.0-0",
    "GL": "libgl1",
    "EGL": "libegl1",
    "X11": "libx11-6",
    "gomp": "libgomp1",
}
"""What Open3D loads, and the Debian package of each."""


def check_machine(
    *, store: Path, port: int, loopback_port: int, camera: str, given: tuple[Path, Path] | None = None
) -> Iterator[Check]:
    """Try everything a host needs, one after the other; `given` are the certificate and key of the hospital."""
    yield _python_packages()
    yield _system_libraries()
    yield _pages()
    yield _store(store)
    yield _disk(store)
    yield check_port("port", "0.0.0.0", port, "--port")  # noqa: S104
    yield check_port("loopback_port", "127.0.0.1", loopback_port, "--loopback-port")
    yield check_interfaces()
    yield check_addresses()
    yield check_firewall(port)
    yield check_certificate(store / "keys", given=given, addresses=_addresses())
    yield check_other_hosts(own_id=_host_id(store))
    yield _clock()
    yield _camera(camera)
    yield _profiles(store / "calibrations")


def _addresses() -> tuple[str, ...]:
    try:
        return served_addresses("0.0.0.0")  # noqa: S104
    except OrviewError:
        return ()


def _host_id(store: Path) -> str | None:
    try:
        return HostStore(CaseStore.open(store)).host_id()
    except OrviewError:
        return None


def _python_packages() -> Check:
    missing = [name for name in PYTHON_PACKAGES if find_spec(name) is None]
    return Check(
        key="python_packages",
        passed=not missing,
        needed=True,
        words=f"Missing: {', '.join(missing)}." if missing else "All Python packages are installed.",
        mend="Install orview again: pip install orview, or make install." if missing else "",
    )


def _system_libraries() -> Check:
    if not sys.platform.startswith("linux"):
        return Check(key="system_libraries", passed=True, needed=True, words="None are needed on this system.")
    missing = [package for name, package in SYSTEM_LIBRARIES.items() if ctypes.util.find_library(name) is None]
    return Check(
        key="system_libraries",
        passed=not missing,
        needed=True,
        words=f"Missing: {', '.join(missing)}." if missing else "Open3D's system libraries are there.",
        mend=f"sudo apt-get install {' '.join(missing)}" if missing else "",
    )


def _pages() -> Check:
    built = built_pages() is not None
    return Check(
        key="pages",
        passed=built,
        needed=True,
        words="The headset page and the console are built." if built else "The pages are not built.",
        mend="" if built else "Run make install in the project's folder, or install the wheel.",
    )


def _store(folder: Path) -> Check:
    try:
        count = len(CaseStore.open(folder).cases())
    except OrviewError as error:
        return Check(key="store", passed=False, needed=True, words=error.message, mend=error.mend)
    cases = "case" if count == 1 else "cases"
    return Check(key="store", passed=True, needed=True, words=f"The case store holds {count} {cases}.")


def _disk(folder: Path) -> Check:
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path.cwd())
    free_bytes = shutil.disk_usage(there).free
    enough = free_bytes >= WANTED_FREE_BYTES
    return Check(
        key="disk",
        passed=enough,
        needed=False,
        words=(
            f"{free_bytes / (1 << 30):.1f} GiB are free for the case store; {RECORDED_HOURS} hours of recording take "
            f"{RECORDED_BYTES / (1 << 30):.1f} at most."
        ),
        mend="" if enough else "Free some space, or choose another disk with --store DIR.",
    )


def _clock() -> Check:
    """Ask the system whether its clock is kept right: recordings and certificates are dated by it, poses are not."""
    year = datetime.now(UTC).year
    if year < BUILT_IN:
        mend = "Set it: sudo timedatectl set-ntp true"
        return Check(key="clock", passed=False, needed=True, words=f"This machine's clock says {year}.", mend=mend)
    kept = _kept_right()
    if kept is None:
        words = "Nobody here says whether the clock is kept right by the network."
    else:
        words = "The clock is kept right by the network." if kept else "The clock is not kept right by the network."
    mend = "" if kept else "sudo timedatectl set-ntp true; poses do not need it, dates in the log do."
    return Check(key="clock", passed=kept is not False, needed=False, words=words, mend=mend if kept is False else "")


def _kept_right() -> bool | None:
    try:
        said = subprocess.run(
            ("timedatectl", "show", "-p", "NTPSynchronized", "--value"),
            capture_output=True,
            text=True,
            timeout=5.0,
            check=False,
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(said)


def _camera(source: str) -> Check:
    try:
        with open_camera(source) as camera:
            words = f"Camera {source} gives pictures: {camera.name or 'file'}, {camera.mode}."
    except OrviewError as error:
        return Check(key="camera", passed=False, needed=False, words=error.message, mend=error.mend)
    return Check(key="camera", passed=True, needed=False, words=words)


def _profiles(folder: Path) -> Check:
    count = len(list(folder.glob("*.toml")))
    return Check(
        key="profiles",
        passed=count > 0,
        needed=False,
        words=f"{count} camera {'profile is' if count == 1 else 'profiles are'} in the store.",
        mend="" if count else "Print a board with `orview board`, then calibrate the camera with `orview calibrate`.",
    )
