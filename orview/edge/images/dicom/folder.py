"""A folder of DICOM files sorted into series. Runs in the limited child only.

A series is what carries one SeriesInstanceUID. Where one holds several images at the same places (two phases, two
echoes, or an overview among the slices), it is split by what the scanner says tells them apart.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orview.edge.images.dicom.damage import DamagedFile, rest_of
from orview.edge.images.dicom.disc import INDEX_NAME, check_disc
from orview.edge.images.dicom.file import is_dicom, is_stump
from orview.edge.images.dicom.frames import Frame, frames_of
from orview.edge.images.dicom.headers import MODALITY_OF_CLASS, Header, read_header
from orview.errors import InputError
from orview.findings import Finding
from orview.image.series import SeriesRole

MAX_FILES = 20_000

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"
STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
_OUTLINES = {
    SEGMENTATION_STORAGE: SeriesRole.SEGMENTATION,
    LABEL_MAP_STORAGE: SeriesRole.SEGMENTATION,
    STRUCTURE_SET_STORAGE: SeriesRole.STRUCTURES,
}
_REFORMATS = frozenset(
    {"MPR", "MIP", "MINIP", "AVERAGE", "REFORMATTED", "PROJECTION IMAGE", "MAX_IP", "MIN_IP", "CURVED", "VRT", "SSD"}
)
_CAPTURES = frozenset({"SCREEN SAVE", "SCREENSAVE", "DOSE", "REPORT", "DOSE_INFO", "SCREENSHOT"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Frames, or objects without frames, that belong together.

    Attributes:
        role: what they are.
        headers: one a file.
        frames: of all files; empty for what is no image.
    """

    role: SeriesRole
    headers: list[Header]
    frames: list[Frame]


@dataclass(frozen=True, kw_only=True, eq=False)
class FolderContents:
    """What a folder holds.

    Attributes:
        series: in the order in which they are numbered.
        others: files that are not DICOM or hold nothing known.
        files: all files.
        damaged: DICOM files that cannot be read.
        findings: about the folder as a whole.
    """

    series: list[Series]
    others: int
    files: int
    damaged: list[DamagedFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def read_folder(folder: Path, *, progress: Callable[[float], None] = lambda fraction: None) -> FolderContents:
    """Read the headers of every DICOM file below a folder.

    Raises:
        InputError: too many files.
        RefusedError: a file that unpacks without end.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if len(paths) > MAX_FILES:
        raise InputError(
            f"The folder holds {len(paths)} files.", mend="Give the folder of one series, not of a whole archive."
        )
    read: list[tuple[Header, list[list[Frame]]]] = []
    lost: list[DamagedFile] = []
    findings: list[Finding] = []
    others = 0
    for n, path in enumerate(paths):
        if path.name.upper() == INDEX_NAME:
            below = path.parent
            names = (other.relative_to(below) for other in paths if other.is_relative_to(below))
            if is_dicom(path):
                findings += check_disc(path, frozenset(name.as_posix().upper() for name in names))
        elif not is_dicom(path):
            if is_stump(path):
                lost.append(rest_of(path))
            else:
                others += 1
        else:
            try:
                header = read_header(path)
                read.append((header, _by_role(header)))
            except InputError:
                lost.append(rest_of(path))
        progress((n + 1) / len(paths))
    groups: dict[tuple[str, str, SeriesRole], Series] = {}
    for header, by_role in read:
        for frames in by_role:
            role = _role(header, frames)
            key = (header.series_uid, "" if role in _OUTLINES.values() else header.modality, role)
            series = groups.setdefault(key, Series(role=role, headers=[], frames=[]))
            series.headers.append(header)
            series.frames.extend(frames)
    parts = [part for series in groups.values() for part in _split(series)]
    return FolderContents(
        series=sorted(parts, key=_rank), others=others, files=len(paths), damaged=lost, findings=findings
    )


def _by_role(header: Header) -> list[list[Frame]]:
    """Return a file's frames, those of one role together; one empty list for what is no image."""
    if header.pixels is None or header.sop_class in _OUTLINES:
        return [[]]
    by_role: dict[SeriesRole, list[Frame]] = {}
    for frame in frames_of(header):
        by_role.setdefault(_role(header, [frame]), []).append(frame)
    return list(by_role.values())


def _role(header: Header, frames: list[Frame]) -> SeriesRole:
    if header.sop_class in _OUTLINES:
        return _OUTLINES[header.sop_class]
    if not frames:
        return SeriesRole.OTHER
    words = frozenset(frames[0].image_type)
    if "LOCALIZER" in words or "SCOUT" in words or "TOPOGRAM" in words:
        return SeriesRole.LOCALIZER
    if words & _CAPTURES or (header.sop_class and header.sop_class not in MODALITY_OF_CLASS):
        return SeriesRole.CAPTURE
    if words & _REFORMATS or {"DERIVED", "SECONDARY"} <= words:
        return SeriesRole.REFORMAT
    return SeriesRole.DERIVED if "DERIVED" in words else SeriesRole.IMAGE


def _split(series: Series) -> list[Series]:
    """Split a series that has several frames in one place by the first thing that leaves none doubled."""
    places = [_key(frame) for frame in series.frames]
    if len(set(places)) == len(places) or None in places:
        return [series]
    for n in range(len(series.frames[0].splits)):
        parts: dict[str, list[Frame]] = {}
        for frame in series.frames:
            parts.setdefault(frame.splits[n], []).append(frame)
        if len(parts) > 1 and all(
            len(frames) > 1 and max(Counter(_key(frame) for frame in frames).values()) == 1 for frames in parts.values()
        ):
            return [
                Series(
                    role=series.role,
                    headers=list({id(frame.header): frame.header for frame in frames}.values()),
                    frames=frames,
                )
                for _, frames in sorted(parts.items())
            ]
    return [series]


def _key(frame: Frame) -> tuple[float, ...] | None:
    if frame.place is None:
        return None
    place = frame.place
    return tuple(round(float(mm), 2) for mm in (*place.position_mm, *place.row_direction, *place.column_direction))


def _rank(series: Series) -> tuple[str, str, int, str, str]:
    first = series.headers[0]
    acquired = first.acquired.isoformat() if first.acquired else ""
    return acquired, first.study_uid, first.series_number, first.series_uid, series.role.value
