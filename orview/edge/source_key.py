"""What a case is made from, as one digest: the bytes of every file given, however named, and what was asked."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orview import __version__
from orview.errors import InputError

PREPARE_VERSION = 2
"""To be raised whenever the same files would become another case."""
_CHUNK_BYTES = 1 << 20
_DETACHED = (".mhd", ".nhdr", ".hdr")
"""Headers whose pixels lie in a file of any name beside them."""


def source_key(sources: Sequence[Path], labels: Sequence[Path], *, options: Mapping[str, object]) -> str:
    """Return the digest (hex) of everything a case depends on.

    Names of files inside a folder do not count, as they do not for reading: two copies of a scan are one scan.

    Args:
        sources: files and folders of the image, and outlines among them.
        labels: files and folders of outlines.
        options: plain values.

    Raises:
        InputError: a file is not there or cannot be read.
    """
    document = [__version__, PREPARE_VERSION, dict(options), files_digest(sources), files_digest(labels)]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def file_stamps(paths: Sequence[Path]) -> list[tuple[str, int, int]]:
    """Return name, size and time of every file that is read when these are given: alike as long as nobody writes.

    Raises:
        InputError: one is not there.
    """
    stamps = []
    for path in (file for given in paths for file in _files_of(given)):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            stamps.append((str(path), status.st_size, status.st_mtime_ns))
    return sorted(stamps)


def files_digest(paths: Sequence[Path]) -> str:
    """Return the digest (hex) of what all files hold that are read when these are given, in any order.

    Raises:
        InputError: one is not there or cannot be read.
    """
    # Hashing lets other threads run.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        digests = sorted(pool.map(_file_digest, (file for path in paths for file in _files_of(path))))
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"A file cannot be read: {error.strerror}.", mend="Check the path and its rights.") from error
    return digest.hexdigest()


def _files_of(path: Path) -> Iterator[Path]:
    """Yield every file that is read when `path` is given: a folder's, or a file with its companions."""
    if not path.exists():
        raise InputError("There is no file or folder at the path given.", mend="Check the path.")
    if path.is_dir():
        for folder, _, names in os.walk(path):
            yield from (Path(folder, name) for name in names if Path(folder, name).is_file())
        return
    stem = path.name.partition(".")[0]
    for beside in path.parent.iterdir():
        is_companion = beside.name.startswith(f"{stem}.") or beside.name == "labels.csv" or path.suffix in _DETACHED
        if beside == path or (is_companion and beside.is_file()):
            yield beside
