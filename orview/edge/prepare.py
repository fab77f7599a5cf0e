"""Files in, a case in the store out; or one sentence why not, and nothing in the store."""

import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from orview.edge.case_outlines import outlines_of_case
from orview.edge.case_store import CaseStore
from orview.edge.given_sources import sorted_sources
from orview.edge.images.files import read_volume
from orview.edge.own_words import without_own_words
from orview.edge.segmenters import segmenter_of
from orview.edge.shape_cache import NotedCache
from orview.edge.source_key import file_stamps, source_key
from orview.edge.thumbnail import first_look_of, thumbnail_of
from orview.errors import InputError, StoreError
from orview.image.checks import check_age
from orview.model.case import Case
from orview.model.scene import Scene
from orview.model.slices_file import FORMAT as SLICES_FORMAT
from orview.pipeline import BuildSettings, build_case
from orview.segment.parallel import Parallel
from orview.segment.segmenter import Segmenter

LONGEST_NAME = 80
_OF_ONE_SERIES = frozenset({"SeriesInstanceUID", "FrameOfReferenceUID"})
_AGE_FINDINGS = frozenset({"SCAN_OLD", "SCAN_FROM_THE_FUTURE"})

ReportProgress = Callable[[str, float], None]
"""Called with a stage's name and how much of it is done, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class PrepareOptions:
    """What a person may choose.

    Attributes:
        series: of several DICOM series, by its number in the list or its UID; None for the best by rule.
        segment: what finds structures where no outlines are given: "bone", "totalsegmentator" or "onnx:FILE".
        bone_from_greys: outlined bone gets its surface from the image's grey values.
        unit: of mesh files that do not say: "mm" or "m"; None to infer it.
        frame: of mesh files that do not say: "LPS" or "RAS"; None to infer it.
    """

    series: str | None = None
    segment: str = "bone"
    bone_from_greys: bool = False
    unit: str | None = None
    frame: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """What came of preparing.

    Attributes:
        case: as it is in the store.
        reused: the same files had been prepared before; nothing was computed.
        seconds: by stage, in their order.
    """

    case: Case
    reused: bool
    seconds: Mapping[str, float]


def prepare(
    sources: Sequence[Path],
    *,
    labels: Sequence[Path] = (),
    options: PrepareOptions = PrepareOptions(),
    name: str | None = None,
    store: CaseStore,
    progress: ReportProgress,
    today: date,
    parallel: Parallel | None = None,
    first_look: Callable[[bytes], None] | None = None,
) -> Prepared:
    """Read an image and its outlines, build a case and store it; files that were prepared before are not read again.

    Args:
        sources: DICOM folders, ZIPs or image files; outlines of any kind may be among them.
        labels: files of outlines alone.
        options: what the person chose.
        name: what staff call the case; None gives it a name that says nothing of the patient.
        store: where the case goes.
        progress: told the stage and its fraction; what it raises ends the preparing, and nothing is stored.
        today: for the age of the scan.
        parallel: like `map`, for the heavy work; None for a thread a processor.
        first_look: handed a small PNG of a case that is made anew, as soon as its outlines are known.

    Raises:
        InputError: something given cannot be read.
        RefusedError: it was read, but no case is built on it.
        StoreError: the store refuses.
    """
    if name is not None and not 0 < len(name.strip()) <= LONGEST_NAME:
        raise InputError(f"A case's name has 1 to {LONGEST_NAME} characters.")
    name = name.strip() if name else None
    segmenter = segmenter_of(options.segment)
    watch = _Stopwatch(progress)
    watch.report("Looking for it in the store", 0.0)
    stamps = file_stamps([*sources, *labels])
    key = source_key(sources, labels, options=_what_counts(options, segmenter))
    earlier = _earlier_case(key, name=name, store=store, today=today)
    watch.report("Looking for it in the store", 1.0)
    if earlier is not None:
        return Prepared(case=earlier, reused=True, seconds=watch.seconds)

    given = sorted_sources(sources)
    read = read_volume(given.image, series=options.series, today=today, progress=watch.report)
    outlines = outlines_of_case(
        given,
        labels,
        read,
        segmenter=segmenter,
        unit=options.unit,
        frame=options.frame,
        progress=watch.report,
    )
    case_id = secrets.token_hex(6)
    cache = NotedCache(store.shapes)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        built = build_case(
            read.volume,
            None if outlines is None else without_own_words(outlines.segmentation, read.identifiers),
            case_id=case_id,
            name=name or f"Case {case_id[:4].upper()}",
            created_utc=_now_utc(),
            progress=watch.report,
            settings=BuildSettings(bone_from_greys=options.bone_from_greys),
            segmentation_digest="" if outlines is None else outlines.digest,
            patient_key=store.patient_key(_of_patient_and_study(read.identifiers)),
            findings=(*read.findings, *(() if outlines is None else outlines.findings)),
            cache=cache,
            parallel=parallel or pool.map,
            first_look=None if first_look is None else lambda scene: _show(scene, first_look, watch),
        )
    watch.report("Picture", 0.0)
    thumbnail = thumbnail_of(built.case, built.blobs)
    watch.report("Picture", 1.0)
    store.add(
        built.case,
        built.blobs,
        identifiers=read.identifiers,
        thumbnail=thumbnail,
        slices=built.slices,
        # Files that changed while they were read are not what the key says.
        source_key=key if stamps == file_stamps([*sources, *labels]) else "",
        shapes=cache.names,
    )
    watch.report("Storing", 1.0)
    return Prepared(case=built.case, reused=False, seconds=watch.seconds)


def _show(scene: Scene, first_look: Callable[[bytes], None], watch: "_Stopwatch") -> None:
    """Hand on a picture of a scene."""
    watch.report("First look", 0.5)
    first_look(first_look_of(scene))
    watch.report("First look", 1.0)


class _Stopwatch:
    """Hands reports on and adds up how long each stage took: the time before a report belongs to its stage."""

    def __init__(self, progress: ReportProgress) -> None:
        self._progress = progress
        self._last_s = time.monotonic()
        self.seconds: dict[str, float] = {}

    def report(self, stage: str, fraction: float) -> None:
        """Tell how much of a stage is done."""
        now_s = time.monotonic()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now_s - self._last_s
        self._last_s = now_s
        self._progress(stage, fraction)


def _of_patient_and_study(identifiers: Mapping[str, str]) -> dict[str, str]:
    """Return what two series of one study have in common."""
    return {name: value for name, value in identifiers.items() if name not in _OF_ONE_SERIES}


def _what_counts(options: PrepareOptions, segmenter: Segmenter | None) -> dict[str, object]:
    """Return the options as plain values that change whenever the case, or what is kept beside it, would."""
    return asdict(options) | {"slices": SLICES_FORMAT} | ({} if segmenter is None else {"segment": segmenter.identity})


def _earlier_case(key: str, *, name: str | None, store: CaseStore, today: date) -> Case | None:
    """Return a whole case made from the same files, under the name asked for; None where there is none."""
    known = [case for case in store.prepared_from(key) if _is_whole(case, store) and _age_still_told(case, today)]
    if not known:
        return None
    for case in known:
        if name in (None, case.name):
            return case
    twin = replace(known[0], id=secrets.token_hex(6), name=name or known[0].name, created_utc=_now_utc())
    store.add_twin(twin, of=known[0].id)
    return twin


def _is_whole(case: Case, store: CaseStore) -> bool:
    try:
        for level in case.levels:
            store.blob(level.sha256)
            store.blob(level.plain_sha256)
        slices = store.slices(case.id)
        if slices is not None:
            store.check_slices(slices)
    except StoreError:
        return False
    return True


def _age_still_told(case: Case, today: date) -> bool:
    """Whether the case's findings say of the scan's age what is to be said today."""
    if case.source.acquired is None:
        return True
    told = {finding.code for finding in case.findings} & _AGE_FINDINGS
    return told == {finding.code for finding in check_age(date.fromisoformat(case.source.acquired), today=today)}


def _now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
