"""The recordings of one store: which there are, and which a name means."""

from dataclasses import dataclass
from pathlib import Path

from orview.edge.recording.frames import FrameReader
from orview.edge.recording.writer import SUFFIX
from orview.errors import InputError, OrviewError

FOLDER = "recordings"


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One recording.

    Attributes:
        name: of the file, without its ending.
        path: of the file.
        started_utc: ISO 8601; empty where the file does not say.
        bytes: size of the file.
        trouble: why it cannot be read, one sentence; empty where it can.
    """

    name: str
    path: Path
    started_utc: str
    bytes: int
    trouble: str


def recordings_in(store: Path) -> list[Recorded]:
    """Return the recordings of a store's folder, newest first."""
    found = [_recorded(path) for path in (store / FOLDER).glob(f"*{SUFFIX}")]
    return sorted(found, key=lambda one: (one.started_utc, one.name), reverse=True)


def recording_named(name: str, store: Path) -> Path:
    """Return the file of a recording that is named, or of a path.

    Raises:
        InputError: there is none.
    """
    for path in (store / FOLDER / f"{name}{SUFFIX}", Path(name)):
        if path.is_file():
            return path
    raise InputError("There is no such recording.", mend="`orview recording list` names those there are.")


def _recorded(path: Path) -> Recorded:
    started_utc = trouble = ""
    try:
        with path.open("rb") as file:
            started_utc = FrameReader(file).head.started_utc
    except OrviewError as error:
        trouble = error.message
    return Recorded(name=path.stem, path=path, started_utc=started_utc, bytes=path.stat().st_size, trouble=trouble)
