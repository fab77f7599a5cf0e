"""What a case is made from, as one digest: the bytes of every file given, however named, and what was asked."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orview import __version__
from orview.errors import InputError

PREPARE_VERSION = 1
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
    groups = [sorted(_digests(_files_of(path) for path in paths)) for paths in (sources, labels)]
    document = [__version__, PREPARE_VERSION, dict(options), *groups]
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


def file_digest(path: Path) -> str:
    """Return the sha256 (hex) of a file.

    Raises:
        InputError: it is not there or cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"A file cannot be read: {error.strerror}.", mend="Check the path and its rights.") from error
    return digest.hexdigest()


def _digests(groups: Iterable[Iterator[Path]]) -> list[str]:
    """Return one digest a file; hashing lets other threads run."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(file_digest, (path for group in groups for path in group)))


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
