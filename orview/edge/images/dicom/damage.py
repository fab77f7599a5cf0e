"""Damaged files of a folder: whose they are, as far as their beginning still says. Runs in the limited child only.

A damaged file refuses the series it is of. Of another series it takes that one away and is told. Where it does not say,
the files beside it do: a folder that holds files of the chosen series alone lost one of them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_file_meta_info, read_partial
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from orview.edge.images.dicom.file import damaged, inflated
from orview.edge.images.dicom.headers import Header
from orview.edge.images.dicom.values import tag_of, text_of
from orview.findings import Finding, Severity
from orview.image.deidentify import clean_modality

_SERIES = tag_of("SeriesInstanceUID")
_TAGS: list[BaseTag | int] = [tag_of("Modality"), _SERIES]


@dataclass(frozen=True, kw_only=True)
class DamagedFile:
    """What a file that cannot be read still says.

    Attributes:
        folder: in which it lies.
        series_uid: empty where it does not say.
        modality: empty where it does not say, or says none that exists.
    """

    folder: Path
    series_uid: str
    modality: str


def rest_of(path: Path) -> DamagedFile:
    """Read what can be read of a damaged file, up to the name of its series."""
    series_uid = modality = ""
    try:
        dataset = _beginning(path)
        series_uid = text_of(dataset, "SeriesInstanceUID")
        modality = clean_modality(text_of(dataset, "Modality"))
    except MemoryError:
        raise
    except Exception:
        # It is known to be damaged: whatever a library makes of it says no more than that.
        return DamagedFile(folder=path.parent, series_uid=series_uid, modality="")
    return DamagedFile(folder=path.parent, series_uid=series_uid, modality=modality)


def check_damage(lost: Sequence[DamagedFile], headers: Sequence[Header], *, series_uid: str) -> list[Finding]:
    """Tell of damaged files that are not of the series read.

    Args:
        lost: the damaged files of a folder.
        headers: of its whole files.
        series_uid: the series read.

    Raises:
        InputError: one is of this series, or lies where nothing else does.
    """
    others: Counter[str] = Counter()
    unknown = 0
    for one in lost:
        if one.series_uid == series_uid or (not one.series_uid and _only_of(series_uid, one, headers)):
            raise damaged()
        if one.series_uid:
            others[one.modality or "unknown"] += 1
        else:
            unknown += 1
    findings = []
    if others:
        listed = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(others.items()))
        findings.append(
            Finding(
                code="DAMAGED_FILES_OF_OTHER_SERIES",
                severity=Severity.WARNING,
                message=f"Damaged or cut short, and left out with the series they are of: {listed}. "
                "They are not of the series read.",
            )
        )
    if unknown:
        findings.append(
            Finding(
                code="DAMAGED_FILES_OF_UNKNOWN_SERIES",
                severity=Severity.WARNING,
                message=f"{unknown} file{'s' if unknown > 1 else ''} too damaged to say of which series: "
                "if of this one, its first or last slices are missing. Compare the number of slices with what was "
                "scanned.",
            )
        )
    return findings


def _only_of(series_uid: str, one: DamagedFile, headers: Sequence[Header]) -> bool:
    """Whether nothing but the series read lies beside a damaged file, or nothing at all but that series anywhere."""
    beside = {header.series_uid for header in headers if header.file.path.parent == one.folder}
    return (beside or {header.series_uid for header in headers}) == {series_uid}


def _beginning(path: Path) -> Dataset:
    with path.open("rb") as file:
        meta = read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
            return read_partial(file, stop_when=_behind_series, specific_tags=_TAGS)
        plain, start, _ = inflated(file, meta)
        plain.seek(start)
        return read_dataset(plain, False, True, stop_when=_behind_series, specific_tags=_TAGS)


def _behind_series(tag: BaseTag, vr: str | None, length: int) -> bool:
    return bool(tag > _SERIES)
