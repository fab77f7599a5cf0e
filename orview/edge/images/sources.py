"""Which of the things somebody gave is the image, and which are outlines drawn on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orview.edge.images.confined.reader import READ_TIMEOUT_S, ask_child
from orview.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What was given, sorted.

    Attributes:
        image: file or folder of the image.
        outlines: files and folders of outlines, and CSVs of their names, in the order given.
    """

    image: Path
    outlines: tuple[Path, ...]


def sort_sources(paths: Sequence[Path], *, timeout_s: float = READ_TIMEOUT_S) -> Sources:
    """Tell image from outlines by what the files hold; their order and names do not matter.

    One path alone is the image, unless it holds outlines only.

    Raises:
        InputError: none of them is an image, two are, or one is neither.
        RefusedError: their reader had to be stopped.
    """
    tables = [path for path in paths if path.suffix.lower() == ".csv"]
    others = [path for path in paths if path not in tables]
    if not others:
        raise InputError("There is no image to prepare.", mend="Give a folder of DICOM files or an image file.")
    roles = ask_child("outlines", {"sort": others}, timeout_s=timeout_s).json["roles"]
    images = [path for path, role in zip(others, roles, strict=True) if role == "image"]
    strange = [n for n, role in enumerate(roles, start=1) if role == "neither"]
    if strange:
        raise InputError(
            f"Source {strange[0]} of {len(others)} is neither an image nor outlines of one.",
            mend="Give DICOM, NIfTI, NRRD or MetaImage, and outlines as labels, SEG, RTSTRUCT or meshes.",
        )
    if not images:
        raise InputError("Only outlines were given, no image.", mend="Give the scan they were drawn on too.")
    if len(images) > 1:
        raise InputError(
            f"{len(images)} images were given; one case is built on one.",
            mend="Give one image, and its segmentation beside it.",
        )
    return Sources(image=images[0], outlines=tuple(path for path in paths if path != images[0]))
