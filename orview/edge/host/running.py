"""One host for one store: a lock that the system lets go of however its holder ends, and where its console opens.

Whoever finds the lock taken reads the console's link instead. The link lets in whoever reads it, so its file is
readable for the store's owner alone, and it is good for this run of the host only.
"""

import json
import os
import time
from pathlib import Path

from orview.edge.case_store import not_writable
from orview.edge.private_file import write_private

LOCK, LINK = "running.lock", "running.json"
START_LIMIT_S = 60.0
"""So long a host that was started a moment ago may take until its console opens."""
_LOOK_EVERY_S = 0.1


class RunningHost:
    """The place of the one host of a store.

    Args:
        store: folder of the case store.

    Raises:
        StoreError: the folder cannot be written.
    """

    def __init__(self, store: Path) -> None:
        self._link = store / LINK
        try:
            store.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(store / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise not_writable(error) from error
        self._mine = False

    def take(self) -> bool:
        """Take the place; returns whether it was free."""
        self._mine = _locked(self._lock)
        if self._mine:
            self._link.unlink(missing_ok=True)
        return self._mine

    def open_to(self, console_url: str) -> None:
        """Tell where the console of the host that holds the place opens.

        Raises:
            OSError: the disk refuses.
        """
        write_private(self._link, json.dumps({"console_url": console_url}).encode())

    def console_url(self, *, timeout_s: float = START_LIMIT_S) -> str | None:
        """Return where the console of the other host opens, waiting while it starts; None where it does not say so."""
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                return str(json.loads(self._link.read_text(encoding="utf-8"))["console_url"])
            except (OSError, ValueError, KeyError, TypeError):
                if time.monotonic() > until_s:
                    return None
            time.sleep(_LOOK_EVERY_S)

    def close(self) -> None:
        """Leave the place."""
        if self._mine:
            self._link.unlink(missing_ok=True)
        os.close(self._lock)

    def __enter__(self) -> "RunningHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _locked(descriptor: int) -> bool:
    """Lock a file for this process, unless another holds it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return _locked_on_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _locked_on_windows(descriptor: int) -> bool:
    import importlib

    msvcrt = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
