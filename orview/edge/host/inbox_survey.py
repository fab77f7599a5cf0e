"""What can be made of the things in the inbox: read in the work process, told as the messages' plain data."""

from dataclasses import asdict
from datetime import date
from typing import Any

from orview.edge.host.inbox import Entry, InboxFolder, files_in, without_names
from orview.edge.images.files import list_series
from orview.errors import OrviewError
from orview.image.series import BY_NUMBER_ONLY, SeriesSummary
from orview.protocol.inbox import EntryKind, InboxEntry, InboxSeries

MAX_SERIES = 20
_IMAGE_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")


class InboxSurvey:
    """Looks through an inbox, at each entry once as long as it stays as it is."""

    def __init__(self, inbox: InboxFolder) -> None:
        self._inbox = inbox
        self._seen: dict[Entry, dict[str, Any]] = {}

    def found(self, *, today: date) -> list[dict[str, Any]]:
        """Return every entry as the fields of `protocol.inbox.InboxEntry`, newest first."""
        entries = self._inbox.entries()
        self._seen = {entry: self._seen.get(entry) or asdict(_described(entry, today)) for entry in entries}
        return list(self._seen.values())


def _described(entry: Entry, today: date) -> InboxEntry:
    series: list[InboxSeries] = []
    problem = ""
    if entry.bytes == 0:
        problem = "It is empty."
    elif entry.kind is not EntryKind.FILE:
        try:
            found = list_series(entry.path, today=today)
        except OrviewError as error:
            # A folder with an image file and its outlines has no series and is fine all the same.
            if not any(file.name.lower().endswith(_IMAGE_ENDINGS) for file in files_in(entry.path)):
                problem = without_names(str(error), entry.path)
        else:
            usable = [one for one in found if one.role in BY_NUMBER_ONLY and not one.unusable]
            series = [_series_of(one) for one in usable[:MAX_SERIES]]
            if not series:
                problem = next((one.unusable for one in found if one.unusable), "It holds no series of images.")
    return InboxEntry(
        entry=entry.id,
        kind=entry.kind,
        arrived_utc=entry.arrived_utc,
        megabytes=round(entry.bytes / 1e6, 1),
        series=tuple(series),
        problem=_clean(problem, most=400),
    )


def _series_of(summary: SeriesSummary) -> InboxSeries:
    spacing = " x ".join(f"{mm:.3g}" for mm in summary.spacing_mm) if summary.spacing_mm else ""
    return InboxSeries(
        number=summary.number,
        modality=_clean(summary.modality),
        description=_clean(" ".join(filter(None, (summary.description, summary.kernel)))),
        acquired=summary.acquired.isoformat() if summary.acquired else None,
        slices=summary.slices,
        spacing_mm=spacing,
    )


def _clean(text: str, *, most: int = 64) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:most]
