"""What a machine lacks to be a host, found by trying: libraries, store, disk, ports, network, pages, camera."""

import ctypes.util
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from orview.edge.camera import open_camera
from orview.edge.case_store import CaseStore
from orview.edge.host.host import served_addresses
from orview.edge.host.site import built_pages
from orview.errors import OrviewError

WANTED_FREE_BYTES = 2 << 30
"""Eight hours of recorded poses and a few cases with room to spare."""
PYTHON_PACKAGES = ("numpy", "cv2", "open3d", "SimpleITK", "pygltflib", "websockets", "zeroconf", "cryptography")
SYSTEM_LIBRARIES = {
    "usb-1.0": "libusb-1.0-0",
    "GL": "libgl1",
    "EGL": "libegl1",
    "X11": "libx11-6",
    "gomp": "libgomp1",
}
"""What Open3D loads, and the Debian package of each."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was tried.

    Attributes:
        key: stable name.
        passed: whether it is as it should be.
        needed: a host cannot run without it.
        words: what was found.
        mend: what to do, empty where nothing is to be done.
    """

    key: str
    passed: bool
    needed: bool
    words: str
    mend: str = ""


def check_machine(*, store: Path, port: int, loopback_port: int, camera: str) -> Iterator[Check]:
    """Try everything a host needs, one after the other."""
    yield _python_packages()
    yield _system_libraries()
    yield _pages()
    yield _store(store)
    yield _disk(store)
    yield _port("port", "0.0.0.0", port, "--port")  # noqa: S104
    yield _port("loopback_port", "127.0.0.1", loopback_port, "--loopback-port")
    yield _network()
    yield _camera(camera)
    yield _profiles(store / "calibrations")


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
        words=f"{free_bytes / (1 << 30):.1f} GiB are free for the case store.",
        mend="" if enough else "Free some space, or choose another disk with --store DIR.",
    )


def _port(key: str, address: str, port: int, option: str) -> Check:
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        mend = f"End the program that holds it, or choose another port with {option}."
        words = f"Port {port} cannot be opened: {(error.strerror or str(error)).lower()}."
        return Check(key=key, passed=False, needed=True, words=words, mend=mend)
    return Check(key=key, passed=True, needed=True, words=f"Port {port} is free.")


def _network() -> Check:
    try:
        addresses = served_addresses("0.0.0.0")  # noqa: S104
    except OrviewError as error:
        return Check(key="network", passed=False, needed=False, words=error.message, mend=error.mend)
    return Check(
        key="network", passed=True, needed=False, words=f"Headsets reach this machine at {', '.join(addresses)}."
    )


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
