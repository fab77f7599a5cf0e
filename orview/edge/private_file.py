"""Files nobody but their owner may read: keys."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes) -> None:
    """Write a file readable by the owner alone, whole or not at all, safely on disk.

    Raises:
        OSError: the disk refuses; nothing is left behind.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
