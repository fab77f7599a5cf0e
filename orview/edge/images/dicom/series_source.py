"""What series a folder of DICOM files holds, in the confined child."""

from datetime import date
from pathlib import Path
from typing import Any

from orview.edge.images.archive import open_source
from orview.edge.images.dicom.series import open_folder, summarise
from orview.errors import InputError


def read(request: dict[str, Any], result_folder: Path) -> dict[str, Any]:
    """List the series of `request["source"]`; their age is as of `request["today"]` (ISO day), where given.

    Returns:
        `series`: `SeriesSummary.to_json` of each; `files`: by its number, the paths of a series that is no image but
        outlines (DICOM SEG, RTSTRUCT), relative to the folder; `findings` about the folder.

    Raises:
        InputError: it is no folder of DICOM files, or all of them are damaged.
        RefusedError: a file unpacks without end.
    """
    source = open_source(Path(request["source"]), result_folder).path
    if not source.is_dir():
        raise InputError("A single image file holds no series.", mend="Leave the choice of a series out.")
    today = request.get("today")
    contents = open_folder(source)
    summaries = summarise(contents, today=date.fromisoformat(today) if today else None)
    return {
        "series": [summary.to_json() for summary in summaries],
        "files": {
            str(summary.number): [header.file.path.relative_to(source).as_posix() for header in one.headers]
            for summary, one in zip(summaries, contents.series, strict=True)
            if summary.role.is_outlines
        },
        "findings": [finding.to_json() for finding in contents.findings],
    }
