"""Camera profiles on disk: added, never overwritten."""

import contextlib
import os
from pathlib import Path

from orview.errors import InputError
from orview.markers.camera import CameraProfile


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
