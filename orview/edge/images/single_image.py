"""One image or label map out of one file: NIfTI, NRRD or MetaImage. Runs in the limited child only.

SimpleITK asked for X.nii.gz reads the X.nii beside it. So every file is first laid, alone and unpacked, into a
folder of its own.
"""

import hashlib
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
        array: (K, J, I), of the file's own type; (K, J, I, L) where layers were asked for and there are several.
        patient_from_voxel: its grid.
        kind: what sort of file it was.
        digest: sha256 (hex) of the file.
        fields: free header fields of an NRRD file, by name.
        extensions: contents of a NIfTI file's header extensions.
        synthetic: the file says that a program made it.
    """

    array: NDArray[Any]
    patient_from_voxel: AffineTransform
    kind: SourceKind
    digest: str
    fields: dict[str, str]
    extensions: tuple[bytes, ...]
    synthetic: bool


def image_suffix(path: Path) -> str | None:
    """Return the suffix by which a file's format is known, None where it is no image file."""
    name = path.name.lower()
    return next((suffix for suffix in sorted(_KINDS, key=len, reverse=True) if name.endswith(suffix)), None)


def read_image(path: Path, scratch: Path, *, layered: bool = False) -> ImageRead:
    """Read one file.

    Args:
        path: the file.
        scratch: an empty folder the file is unpacked into.
        layered: several values a voxel are taken, as layers.

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
    synthetic = False
    header = None
    if suffix.startswith(".nii"):
        header = read_nifti_header(alone)
        _check_size(header.voxel_bytes)
        if alone.stat().st_size < header.data_at + header.voxel_bytes:
            raise InputError("The NIfTI file is cut short.", mend="Copy it again.")
        synthetic = SYNTHETIC_MARK in header.description
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
    if image.GetDimension() != 3 or (image.GetNumberOfComponentsPerPixel() != 1 and not layered):
        raise InputError(
            f"The image has {image.GetDimension()} dimensions and {image.GetNumberOfComponentsPerPixel()} values a "
            "voxel; three dimensions and one value are needed.",
            mend="Export one volume, or segments that do not overlap.",
        )
    fields = _fields(image) if suffix == ".nrrd" else {}
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
        fields=fields,
        extensions=tuple(header.extensions) if header else (),
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


def _fields(image: Any) -> dict[str, str]:
    """Return the fields of a NRRD file's header.

    Raises:
        InputError: the name of one is no text.
    """
    try:
        return {name: str(image.GetMetaData(name)) for name in image.GetMetaDataKeys()}
    except (TypeError, UnicodeError) as error:
        # SimpleITK hands out a name that is no UTF-8 in a form it does not take back.
        raise InputError(
            "The NRRD file's header is damaged: a field's name is no text.", mend="Copy it again."
        ) from error


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise RefusedError(
            f"The image is larger than {MAX_BYTES // 1024**3} GB.", mend="Cut it to the part of the body needed."
        )
