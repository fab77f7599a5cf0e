"""The folder a reading child works in: it holds the patient's image for a moment and must not outlive it.

It is deleted however the reading ends. Only a parent that was killed cannot do that; what such a one left is
deleted before the next reading, known by the number of its process in the name.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "orview-read-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make an empty folder that only this user may enter, and delete it with all in it at the end."""
    remove_orphans()
    with tempfile.TemporaryDirectory(
        prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=sys.platform == "win32"
    ) as name:
        yield Path(name).resolve()


def remove_orphans() -> None:
    """Delete the folders of this user's processes that are no more; not on Windows, where a number tells nothing."""
    if sys.platform == "win32":
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            mine = folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()
        except OSError:
            continue
        if mine and number.isdecimal() and not _is_alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
