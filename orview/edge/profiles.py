"""Camera profiles on disk: added, never overwritten, and chosen by the camera they belong to."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from orview.errors import CameraError, InputError
from orview.markers.camera import CameraProfile


class NamedCamera(Protocol):
    """Which camera it is: a profile is looked for by this."""

    @property
    def name(self) -> str:
        """Name of the device."""
        ...

    @property
    def mode(self) -> str:
        """What it is set to, as "1280x720"."""
        ...

    @property
    def serial(self) -> str:
        """Of the device, empty where it has none."""
        ...


def read_profile(path: Path) -> CameraProfile:
    """Read a camera's profile.

    Raises:
        InputError: the file is missing or no profile.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "The camera profile cannot be read.",
            mend=f"Calibrate the camera with `orview calibrate`, or name the profile of this camera. Looked at {path}.",
        ) from error
    return CameraProfile.from_toml(text)


def check_profile_is_new(path: Path) -> None:
    """Refuse a place where a profile cannot be added; called before the work that makes one.

    Raises:
        InputError: the file exists already, or its folder does not.
    """
    if path.exists():
        raise InputError(
            "There is a file of that name already, and a camera profile is never overwritten.",
            mend="Name a new file; keep the old one, so that old recordings stay readable.",
        )
    if not path.parent.is_dir():
        raise InputError("The folder for the camera profile is not there.", mend=f"Make the folder {path.parent}.")


def add_profile(path: Path, profile: CameraProfile) -> None:
    """Write a new profile, whole or not at all.

    Raises:
        InputError: as `check_profile_is_new`, or the disk refuses.
    """
    check_profile_is_new(path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("x", encoding="utf-8") as file:
            file.write(profile.to_toml())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise InputError(f"The camera profile cannot be written ({error.strerror}).", mend=f"Check {path}.") from error


def profile_of(camera: NamedCamera, place: Path) -> CameraProfile:
    """Return the profile of a camera: the one of a file, or of a folder the newest that is this camera's own.

    Raises:
        CameraError: the file's profile belongs to another camera or mode, or no profile of the folder to this one.
        InputError: the file is missing or no profile.
    """
    if not place.is_dir():
        profile = read_profile(place)
        _require(profile, camera)
        return profile
    for profile in _newest_first(place):
        ours = profile.camera, profile.mode, profile.serial
        if ours == (camera.name, camera.mode, camera.serial):
            _require(profile, camera)
            return profile
    raise CameraError(
        f"There is no profile of {camera.name or 'this camera'} at {camera.mode}.",
        mend="Calibrate the camera: on the console, or with `orview calibrate`.",
    )


def _require(profile: CameraProfile, camera: NamedCamera) -> None:
    profile.require_camera(camera=camera.name, mode=camera.mode, serial=camera.serial)
    width, _, height = camera.mode.partition("x")
    profile.require_size(width_px=int(width), height_px=int(height))


def _newest_first(folder: Path) -> Iterator[CameraProfile]:
    found = []
    for path in folder.glob("*.toml"):
        # What is no profile, or goes away meanwhile, is none of this camera's.
        with contextlib.suppress(InputError, OSError):
            profile = read_profile(path)
            found.append((profile.calibrated_on, path.stat().st_mtime_ns, path.name, profile))
    yield from (profile for *_, profile in sorted(found, key=lambda entry: entry[:3], reverse=True))
