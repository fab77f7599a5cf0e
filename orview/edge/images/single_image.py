"""One image or label map out of one file: NIfTI, NRRD or MetaImage. Runs in the limited child only.

SimpleITK asked for X.nii.gz reads the X.nii beside it. So every file is first laid, alone and unpacked, into a
folder of its own.
"""

import hashlib
import re
import xml.etree.ElementTree as ElementTree
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.edge.images.nifti_header import read_nifti_header
from orview.edge.images.text_headers import check_metaimage, check_nrrd
from orview.errors import InputError, RefusedError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import SourceKind
from orview.segment.anatomy import Color

sitk: Any = SimpleITK  # its functions carry no types

SYNTHETIC_MARK = "SYNTHETIC"
"""Stands in the description of files a simulation wrote."""

MAX_BYTES = 3 * 1024**3
"""Largest image, unpacked."""

_KINDS = {
    ".nii": SourceKind.NIFTI,
    ".nii.gz": SourceKind.NIFTI,
    ".nrrd": SourceKind.NRRD,
    ".mha": SourceKind.METAIMAGE,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageRead:
    """An image file as numbers.

    Attributes:
        array: (K, J, I), of the file's own type.
        patient_from_voxel: its grid.
        kind: what sort of file it was.
        digest: sha256 (hex) of the file.
        names, colors_srgb: of labels, where the header has them.
        synthetic: the file says that a program made it.
    """

    array: NDArray[Any]
    patient_from_voxel: AffineTransform
    kind: SourceKind
    digest: str
    names: dict[int, str]
    colors_srgb: dict[int, Color]
    synthetic: bool


def image_suffix(path: Path) -> str | None:
    """Return the suffix by which a file's format is known, None where it is no image file."""
    name = path.name.lower()
    return next((suffix for suffix in sorted(_KINDS, key=len, reverse=True) if name.endswith(suffix)), None)


def read_image(path: Path, scratch: Path) -> ImageRead:
    """Read one file.

    Args:
        path: the file.
        scratch: an empty folder the file is unpacked into.

    Raises:
        InputError: not an image file, damaged, cut short, or not of three dimensions.
        RefusedError: the file does not say where left and right are, or is too large.
    """
    suffix = image_suffix(path)
    if suffix is None:
        raise InputError(
            "The file is not an image that can be read.",
            mend="Give a folder of DICOM files, or a .nii, .nii.gz, .nrrd or .mha file.",
        )
    alone = scratch / ("image" + suffix.removesuffix(".gz"))
    digest = _lay_alone(path, alone, packed=suffix.endswith(".gz"))
    names: dict[int, str] = {}
    colors: dict[int, Color] = {}
    synthetic = False
    header = None
    if suffix.startswith(".nii"):
        header = read_nifti_header(alone)
        _check_size(header.voxel_bytes)
        if alone.stat().st_size < header.data_at + header.voxel_bytes:
            raise InputError("The NIfTI file is cut short.", mend="Copy it again.")
        synthetic = SYNTHETIC_MARK in header.description
        names, colors = _caret_labels(header.extensions)
    elif suffix == ".nrrd":
        check_nrrd(alone)
    else:
        check_metaimage(alone)
    try:
        image = sitk.ReadImage(str(alone))
    except RuntimeError as error:
        if "orthonormal" in str(error):
            raise RefusedError(
                "The image's axes are not at right angles.", mend="Resample it onto a straight grid first."
            ) from error
        raise InputError("The file is no image, is damaged or cut short.", mend="Copy it again.") from error
    finally:
        alone.unlink(missing_ok=True)
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            f"The image has {image.GetDimension()} dimensions and {image.GetNumberOfComponentsPerPixel()} values a "
            "voxel; three dimensions and one value are needed.",
            mend="Export one volume, or segments that do not overlap.",
        )
    if suffix == ".nrrd":
        names, colors = _segments(image)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    if header is not None:
        matrix = header.matrix
    return ImageRead(
        array=np.asarray(sitk.GetArrayFromImage(image)),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        kind=_KINDS[suffix],
        digest=digest,
        names=names,
        colors_srgb=colors,
        synthetic=synthetic,
    )


def _lay_alone(path: Path, alone: Path, *, packed: bool) -> str:
    """Write the unpacked bytes of `path` to `alone` and return the sha256 (hex) of the packed ones."""
    digest = hashlib.sha256()
    # gzip's own container; several members may follow one another.
    unpacker = zlib.decompressobj(wbits=31)
    written = 0
    with path.open("rb") as source, alone.open("xb") as target:
        while piece := source.read(1 << 20):
            digest.update(piece)
            while packed and piece:
                try:
                    data = unpacker.decompress(piece, 1 << 24)
                except zlib.error as error:
                    raise InputError("The file is damaged: it cannot be unpacked.", mend="Copy it again.") from error
                written += target.write(data)
                _check_size(written)
                piece = unpacker.unconsumed_tail
                if unpacker.eof:
                    piece, unpacker = unpacker.unused_data, zlib.decompressobj(wbits=31)
                    if not piece.startswith(b"\x1f"):
                        break
            if not packed:
                written += target.write(piece)
                _check_size(written)
    return digest.hexdigest()


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise RefusedError(
            f"The image is larger than {MAX_BYTES // 1024**3} GB.", mend="Cut it to the part of the body needed."
        )


def _caret_labels(extensions: list[bytes]) -> tuple[dict[int, str], dict[int, Color]]:
    """Return names and colours of a Caret XML label table, as TotalSegmentator writes it."""
    for data in extensions:
        start = data.find(b"<")
        if b"LabelTable" not in data or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            continue
        try:
            root = ElementTree.fromstring(data[start:].rstrip(b"\0 \r\n"))  # noqa: S314 (no entities: checked above)
            labels = [(int(label.get("Key", "0")), label) for label in root.iter("Label")]
            names = {key: (label.text or "").strip() for key, label in labels if key > 0}
            colors = {key: _color([label.get(name, "") for name in ("Red", "Green", "Blue")]) for key, label in labels}
        except (ElementTree.ParseError, ValueError):
            continue
        return _named(names), {key: color for key, color in colors.items() if color and key in names}
    return {}, {}


def _segments(image: Any) -> tuple[dict[int, str], dict[int, Color]]:
    """Return names and colours of a 3D Slicer segmentation (.seg.nrrd) from its header fields."""
    names: dict[int, str] = {}
    colors: dict[int, Color] = {}
    for field in image.GetMetaDataKeys():
        match = re.fullmatch(r"(Segment\d+)_LabelValue", field)
        value = image.GetMetaData(field) if match else ""
        if not match or not value.isdigit():
            continue
        prefix, key = match.group(1), int(value)
        if image.HasMetaDataKey(f"{prefix}_Name"):
            names[key] = str(image.GetMetaData(f"{prefix}_Name"))
        if image.HasMetaDataKey(f"{prefix}_Color"):
            color = _color(image.GetMetaData(f"{prefix}_Color").split())
            if color:
                colors[key] = color
    return _named(names), colors


def _named(names: dict[int, str]) -> dict[int, str]:
    return {key: name[:80] for key, name in names.items() if name and 0 < key < 65536}


def _color(values: list[str]) -> Color | None:
    try:
        red, green, blue = (min(max(float(value), 0.0), 1.0) for value in values)
    except ValueError:
        return None
    return red, green, blue
