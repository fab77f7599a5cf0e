"""What a NIfTI file says of itself, read and checked without SimpleITK. Runs in the confined child only.

SimpleITK quietly falls back on other places where a header contradicts itself, and reads from any offset. So the
place of the voxels is computed here (NIfTI-1 and -2: nifti1.h and nifti2.h of the NIfTI site), and what is not
plain is refused: a mirrored patient begins with one wrong sign (hazard H04).
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError, RefusedError

LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
"""Millimetres in unknown units (taken as mm, as everybody does), metres, millimetres and micrometres."""

SAME_PLACE_MM = 1.0
SAME_SIZE = 0.01
RIGHT_ANGLE_COSINE = 1e-3
_MAX_EXTENSIONS_BYTES = 64 * 1024**2


@dataclass(frozen=True, kw_only=True, eq=False)
class NiftiHeader:
    """A header that agrees with itself.

    Attributes:
        description: free text of its writer.
        extensions: contents of its header extensions.
        matrix: (4, 4) patient_from_voxel, LPS mm.
        voxel_bytes: size of all voxels, as stated.
        data_at: offset of the first voxel.
    """

    description: str
    extensions: list[bytes]
    matrix: NDArray[np.float64]
    voxel_bytes: int
    data_at: int


@dataclass(frozen=True)
class _Layout:
    """Where the fields of one version lie: struct formats and offsets."""

    size: int
    dims: tuple[str, int]
    bits: int
    pixdim: tuple[str, int]
    offset: tuple[str, int]
    codes: tuple[str, int]
    quaternion: tuple[str, int]
    rows: tuple[str, int]
    units: tuple[str, int]
    description: slice
    magic: tuple[bytes, int]


_VERSIONS = {
    348: _Layout(
        size=348,
        dims=("8h", 40),
        bits=72,
        pixdim=("8f", 76),
        offset=("f", 108),
        codes=("2h", 252),
        quaternion=("6f", 256),
        rows=("12f", 280),
        units=("b", 123),
        description=slice(148, 228),
        magic=(b"n+1\0", 344),
    ),
    540: _Layout(
        size=540,
        dims=("8q", 16),
        bits=14,
        pixdim=("8d", 104),
        offset=("q", 168),
        codes=("2i", 344),
        quaternion=("6d", 352),
        rows=("12d", 400),
        units=("i", 500),
        description=slice(240, 320),
        magic=(b"n+2\0\r\n\x1a\n", 4),
    ),
}


def read_nifti_header(path: Path) -> NiftiHeader:
    """Read and check the header of an unpacked NIfTI file.

    Raises:
        InputError: it is no NIfTI file, is cut short or damaged.
        RefusedError: it does not say where left and right are, or says two different things.
    """
    with path.open("rb") as file:
        head = file.read(544)
        if len(head) < 352:
            raise InputError("The NIfTI file is cut short.", mend="Copy it again.")
        order = "<" if struct.unpack_from("<i", head)[0] in _VERSIONS else ">"
        layout = _VERSIONS.get(struct.unpack_from(order + "i", head)[0])
        if layout is None or len(head) < layout.size + 4:
            raise InputError("The file is not NIfTI.", mend="Export it again.")
        magic, at = layout.magic
        if head[at : at + len(magic)] != magic:
            raise InputError("The file is not NIfTI in one piece.", mend="Export it again as .nii or .nii.gz.")

        def unpacked(field: tuple[str, int]) -> tuple[Any, ...]:
            return struct.unpack_from(order + field[0], head, field[1])

        sizes = _sizes(unpacked(layout.dims))
        offset = unpacked(layout.offset)[0]
        if not (np.isfinite(offset) and offset >= layout.size + 4 and offset == int(offset)):
            raise InputError("The NIfTI file's header is damaged.", mend="Copy or export it again.")
        bits = struct.unpack_from(order + "h", head, layout.bits)[0]
        return NiftiHeader(
            description=head[layout.description].split(b"\0")[0].decode("latin-1"),
            extensions=_extensions(file, order, layout.size, int(offset)),
            matrix=_matrix(
                sizes,
                pixdim=unpacked(layout.pixdim),
                codes=unpacked(layout.codes),
                quaternion=unpacked(layout.quaternion),
                rows=unpacked(layout.rows),
                mm_per_unit=MM_PER_UNIT.get(unpacked(layout.units)[0] & 7, 0.0),
            ),
            voxel_bytes=int(np.prod(sizes, dtype=object)) * max(int(bits), 8) // 8,
            data_at=int(offset),
        )


def _sizes(dims: tuple[int, ...]) -> list[int]:
    if not 1 <= dims[0] <= 7 or min(dims[1 : dims[0] + 1]) < 1:
        raise InputError("The NIfTI file's header is damaged.", mend="Copy or export it again.")
    return list(dims[1 : dims[0] + 1])


def _matrix(
    sizes: list[int],
    *,
    pixdim: tuple[float, ...],
    codes: tuple[int, ...],
    quaternion: tuple[float, ...],
    rows: tuple[float, ...],
    mm_per_unit: float,
) -> NDArray[np.float64]:
    """Return patient_from_voxel (4, 4), LPS mm, of the sform, else of the qform; where there are both, they agree."""
    qform, sform = codes
    found = []
    if sform > 0:
        found.append(np.vstack([np.reshape(rows, (3, 4)), [0.0, 0.0, 0.0, 1.0]]))
    if qform > 0:
        found.append(_qform(pixdim, quaternion))
    if not found:
        raise RefusedError(
            "The NIfTI file does not say where left and right are (its qform and sform codes are 0).",
            mend="Convert the DICOM series again, keeping the orientation.",
        )
    spacing = np.array(pixdim[1:4])
    for matrix in found:
        columns = matrix[:3, :3]
        lengths = np.linalg.norm(columns, axis=0)
        if not (np.isfinite(matrix).all() and mm_per_unit and lengths.min() > 0.0 and spacing.min() > 0.0):
            raise InputError("The NIfTI file's header is damaged.", mend="Copy or export it again.")
        if not np.allclose(lengths, spacing, rtol=SAME_SIZE, atol=0.0):
            raise RefusedError(
                "The NIfTI file states two different sizes of its voxels.", mend="Convert the DICOM series again."
            )
        if np.abs((columns / lengths).T @ (columns / lengths) - np.eye(3)).max() > RIGHT_ANGLE_COSINE:
            raise RefusedError(
                "The image's axes are not at right angles.", mend="Resample it onto a straight grid first."
            )
    last = np.array([*sizes, 1, 1][:3]) - 1
    corners = np.array([[0, 0, 0, 1], [*last, 1], [last[0], 0, 0, 1], [0, last[1], 0, 1]]).T
    apart_mm = np.abs((found[0] - found[-1]) @ corners).max() * mm_per_unit
    if apart_mm > SAME_PLACE_MM:
        raise RefusedError(
            "The NIfTI file states two different places for its image (sform and qform).",
            mend="Convert the DICOM series again, or keep the one in the scanner's own frame.",
        )
    return np.asarray(LPS_FROM_RAS @ np.diag([mm_per_unit] * 3 + [1.0]) @ found[0], dtype=np.float64)


def _qform(pixdim: tuple[float, ...], quaternion: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the RAS matrix (4, 4) of a quaternion (nifti1.h, method 2)."""
    b, c, d, *offset = quaternion
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    mirror = -1.0 if pixdim[0] < 0 else 1.0
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * [pixdim[1], pixdim[2], mirror * pixdim[3]]
    matrix[:3, 3] = offset
    return matrix


def _extensions(file: Any, order: str, start: int, end: int) -> list[bytes]:
    """Return the header extensions between the header and the first voxel; stops at the first that makes no sense."""
    file.seek(start)
    found: list[bytes] = []
    if end > start + _MAX_EXTENSIONS_BYTES or file.read(4)[:1] in (b"", b"\0"):
        return found
    while file.tell() + 8 <= end and len(head := file.read(8)) == 8:
        length, _ = struct.unpack(order + "2i", head)
        if length < 8 or file.tell() + length - 8 > end:
            break
        found.append(file.read(length - 8))
    return found
