"""What somebody gave, told apart: the image, and the outlines that lie beside it or inside its folder."""

from collections.abc import Sequence
from pathlib import Path

from orview.edge.images.confined.reader import ask_child
from orview.edge.images.sources import Sources, sort_sources
from orview.errors import InputError
from orview.image.series import SeriesRole, SeriesSummary

_SINGLE_FILES = (
    *(".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd"),
    *(".stl", ".obj", ".ply", ".glb", ".gltf", ".vtk", ".vtp"),
)
"""Endings of files that are an image or outlines by themselves; DICOM files are told by their folder."""


def sorted_sources(sources: Sequence[Path]) -> Sources:
    """Return which of the things given is the image; a folder of single files stands for those files.

    Raises:
        InputError: none of them is an image, or two are.
        RefusedError: their reader had to be stopped.
    """
    spread = [path for source in sources for path in _spread(source)]
    # One thing alone is the image: no need to look into it twice.
    return Sources(image=spread[0], outlines=()) if len(spread) == 1 else sort_sources(spread)


def outlines_in(source: Path) -> list[str]:
    """Return the files of a DICOM folder or ZIP that are outlines (SEG, RTSTRUCT), as `read_segmentation` takes them.

    Raises:
        InputError: there are several sets of them: which is meant nobody can know.
        RefusedError: the reader had to be stopped.
    """
    answer = ask_child("series", {"source": source, "series": None, "today": None}).json
    numbers = [
        summary.number
        for summary in map(SeriesSummary.from_json, answer["series"])
        if summary.role in (SeriesRole.SEGMENTATION, SeriesRole.STRUCTURES)
    ]
    if len(numbers) > 1:
        raise InputError(
            f"{len(numbers)} sets of outlines lie beside the image.", mend="Leave one there, or name it with --labels."
        )
    return [name for number in numbers for name in answer["files"][str(number)]]


def _spread(path: Path) -> list[Path]:
    """Return the single files of a folder and what else is in it, or the path itself."""
    if not path.is_dir():
        return [path]
    here = [entry for entry in sorted(path.iterdir()) if not entry.name.startswith(".")]
    single = [entry for entry in here if entry.is_file() and entry.name.lower().endswith(_SINGLE_FILES)]
    if not single:
        return [path]
    tables = [entry for entry in here if entry.suffix.lower() == ".csv"]
    others = [entry for entry in here if entry not in single and entry not in tables]
    if any(entry.is_file() for entry in others):
        # Loose DICOM files: the folder itself is their image, whatever else lies in it.
        return [path, *single, *tables]
    return [*others, *single, *tables]
