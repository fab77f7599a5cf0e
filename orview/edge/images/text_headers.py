"""Does the text header of a NRRD or MetaImage file say where the voxels lie? Runs in the confined child only.

SimpleITK takes the absence of an orientation for the usual one, follows names of other files, and mirrors an image
whose spacing is negative (hazard H04): what is not said plainly is refused.
"""

import math
from pathlib import Path

from orview.errors import InputError, RefusedError

MAX_HEADER_BYTES = 16 * 1024**2

MAX_HEADER_LINES = 10_000
"""A segmentation has about ten a segment; SimpleITK takes minutes over a hundred thousand."""

NRRD_SPACES = frozenset(
    {
        "left-posterior-superior",
        "lps",
        "right-anterior-superior",
        "ras",
        "left-anterior-superior",
        "las",
    }
)
"""Those of the NRRD definition in which directions are the patient's."""

_NRRD_MAGIC = b"NRRD000"


def check_nrrd(path: Path) -> None:
    """Check the header of a NRRD file.

    Raises:
        InputError: it is no NRRD file, or its voxels lie in another file.
        RefusedError: it does not say where left and right are.
    """
    data = _head(path)
    if not data.startswith(_NRRD_MAGIC):
        raise InputError("The file is no image, is damaged or cut short.", mend="Copy it again.")
    lines = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")
    if len(lines) > MAX_HEADER_LINES:
        raise RefusedError("The NRRD file's header is longer than any image needs.", mend="Export it again.")
    fields = {}
    for line in lines[1:]:
        name, separator, value = line.decode("latin-1").partition(": ")
        if separator and not line.startswith(b"#") and ":=" not in name:
            fields[name.strip().lower().replace(" ", "")] = value.strip().lower()
    if "datafile" in fields:
        raise _elsewhere()
    if fields.get("space") not in NRRD_SPACES or "spacedirections" not in fields:
        raise _unoriented("NRRD")


def check_metaimage(path: Path) -> None:
    """Check the header of a MetaImage file.

    Raises:
        InputError: its voxels lie in another file, or its spacing is none.
        RefusedError: it does not say where left and right are.
    """
    fields = {}
    for line in _head(path).split(b"\n"):
        name, separator, value = line.decode("latin-1").partition("=")
        if not separator:
            break
        fields[name.strip()] = value.strip()
        if name.strip() == "ElementDataFile":
            break
    if fields.get("ElementDataFile") != "LOCAL":
        raise _elsewhere()
    for name in ("ElementSpacing", "ElementSize"):
        if name in fields and not all(map(_is_length, fields[name].split())):
            raise InputError("The image's spacing is damaged.", mend="Export it again.")
    if not {"TransformMatrix", "Rotation", "Orientation"} & fields.keys():
        raise _unoriented("MetaImage")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_HEADER_BYTES)


def _is_length(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and value > 0.0


def _elsewhere() -> InputError:
    return InputError(
        "The file is no image in one piece, is damaged or cut short.", mend="Export header and voxels in one file."
    )


def _unoriented(kind: str) -> RefusedError:
    return RefusedError(
        f"The {kind} file does not say where left and right are.",
        mend="Export it again with the orientation of the patient.",
    )
