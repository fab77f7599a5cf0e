"""The grey values of DICOM frames. Runs in the limited child only.

Pixels stored plainly are taken from the file's bytes. Compressed ones are decoded by GDCM (inside SimpleITK), which
is handed a file of its own with nothing in it but that frame, so that it never walks the original's sequences and
never rescales; high-throughput JPEG 2000, which it does not know, goes through pydicom to OpenJPEG.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    HTJ2K,
    UID,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    generate_uid,
)

from orview.edge.images.dicom.file import damaged, plain_bytes
from orview.edge.images.dicom.frames import Frame
from orview.edge.images.dicom.headers import Header, PixelKind
from orview.errors import InputError, OrviewError, RefusedError
from orview.image.air import clear_outside

_BEYOND_GDCM = (HTJ2K, HTJ2KLossless, HTJ2KLosslessRPCL)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """Grey values of a list of frames.

    Attributes:
        array: (K, J, I) int16 where that loses nothing, else float32; rescaled frame by frame.
        empty: part of the voxels that were padding or outside the scan, 0 to 1.
        digest: sha256 (hex) over the files, whatever their names and order.
    """

    array: NDArray[Any]
    empty: float
    digest: str


def check_kind(kind: PixelKind) -> None:
    """Refuse pixels that are no plain grey values.

    Raises:
        RefusedError: colour, inverted or oddly packed pixels.
    """
    if kind.samples != 1:
        raise RefusedError("The slices do not hold one grey value a pixel.", mend="Export the original slices.")
    if kind.photometric != "MONOCHROME2":
        raise RefusedError(
            "The slices are stored as inverted or coloured pictures (not MONOCHROME2).",
            mend="Export the original slices.",
        )
    if kind.bits_allocated not in (8, 16, 32) or not 0 < kind.bits_stored <= kind.high_bit + 1 <= kind.bits_allocated:
        raise RefusedError("The slices' pixels are packed in a way that is not read.", mend="Export them as 16 bits.")


def read_pixels(frames: Sequence[Frame], *, outside: float, scratch: Path, progress: Callable[[float], None]) -> Pixels:
    """Read frames of one size; each file is opened once.

    Args:
        frames: sorted as the array is to be.
        outside: grey value of padding.
        scratch: a folder for files of a moment.
        progress: told the fraction done.

    Raises:
        InputError: pixels are damaged, cut short or not finite.
        RefusedError: they are of a kind that is not read.
    """
    by_file: dict[int, list[tuple[int, Frame]]] = {}
    for place, frame in enumerate(frames):
        by_file.setdefault(id(frame.header), []).append((place, frame))
    kind = _kind(frames[0].header)
    whole = all(frame.slope == 1.0 and frame.intercept.is_integer() for frame in frames)
    array: NDArray[Any] = np.empty((len(frames), kind.rows, kind.columns), dtype=np.int16 if whole else np.float32)
    digests, empty, done = [], 0, 0
    for members in by_file.values():
        digest, stored_of = _opened(members[0][1].header, scratch)
        digests.append(digest)
        for place, frame in members:
            stored = stored_of(frame.index)
            if array.dtype == np.int16 and not _fits(stored, frame):
                array = array.astype(np.float32)
            empty += _scale(stored, frame, out=array[place], outside=outside)
            done += 1
            progress(done / len(frames))
    return Pixels(
        array=array,
        empty=empty / array.size,
        digest=hashlib.sha256("".join(sorted(digests)).encode()).hexdigest(),
    )


def _fits(stored: NDArray[Any], frame: Frame) -> bool:
    """Tell whether a frame of slope 1 gives nothing that is no int16."""
    least, most = np.iinfo(np.int16).min, np.iinfo(np.int16).max
    return bool(stored.min() + frame.intercept >= least and stored.max() + frame.intercept <= most)


def _scale(stored: NDArray[Any], frame: Frame, *, out: NDArray[Any], outside: float) -> int:
    """Write a frame's grey values, empty ones as `outside`, and return how many those are."""
    if out.dtype == np.int16:
        np.add(stored, int(frame.intercept), out=out, dtype=np.int32, casting="unsafe")
    else:
        np.multiply(stored, np.float32(frame.slope), out=out, casting="unsafe")
        out += np.float32(frame.intercept)
    padding, empty = _kind(frame.header).padding, 0
    if padding is not None and stored.min() <= padding[1]:
        padded = (stored >= padding[0]) & (stored <= padding[1])
        out[padded] = outside
        empty = int(np.count_nonzero(padded))
    return empty + (clear_outside(out) if frame.header.is_ct else 0)


def _kind(header: Header) -> PixelKind:
    assert header.pixels is not None
    return header.pixels


def _opened(header: Header, scratch: Path) -> tuple[str, Callable[[int], NDArray[Any]]]:
    """Return a file's sha256 (hex) and what gives the stored values (J, I) of its frames."""
    file, kind = header.file, _kind(header)
    assert file.pixels_at is not None
    try:
        data = plain_bytes(file.path, file.syntax)
        digest = hashlib.sha256(data).hexdigest()
        if file.pixels_bytes is not None and not UID(file.syntax).is_encapsulated:
            return digest, lambda index: _native(data, header, index)
        packed = list(generate_frames(memoryview(data)[file.pixels_at :].tobytes(), number_of_frames=kind.frames))
    except OrviewError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        raise damaged() from error
    if len(packed) != kind.frames:
        raise damaged()
    return digest, lambda index: _decoded(packed[index], header, scratch)


def _native(data: bytes, header: Header, index: int) -> NDArray[Any]:
    kind, at = _kind(header), header.file.pixels_at
    assert at is not None
    order = ">" if header.file.syntax == ExplicitVRBigEndian else "<"
    if order == ">" and kind.bits_allocated == 8:
        raise RefusedError("Bytes in big-endian words are not read.", mend="Export the slices again.")
    dtype = np.dtype(f"{order}{'i' if kind.signed else 'u'}{kind.bits_allocated // 8}")
    count = kind.rows * kind.columns
    values = np.frombuffer(data, dtype, count=count, offset=at + index * count * dtype.itemsize)
    return _significant(values.reshape(kind.rows, kind.columns), kind)


def _significant(values: NDArray[Any], kind: PixelKind) -> NDArray[Any]:
    """Return stored values without what old scanners kept in the unused bits."""
    if kind.bits_stored == kind.bits_allocated:
        return values
    values = values.astype(values.dtype.newbyteorder("="))
    values <<= kind.bits_allocated - 1 - kind.high_bit
    # Shifted right again, the sign of signed values comes with it.
    values >>= kind.bits_allocated - kind.bits_stored
    return values


def _decoded(packed: bytes, header: Header, scratch: Path) -> NDArray[Any]:
    kind, syntax = _kind(header), header.file.syntax
    try:
        if syntax in _BEYOND_GDCM:
            values = _by_pydicom(packed, kind, syntax)
        else:
            values = _by_gdcm(packed, kind, syntax, scratch / "frame.dcm")
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(
            "The pixels of a DICOM file cannot be read.", mend="Export the series uncompressed."
        ) from error
    if values.shape != (kind.rows, kind.columns):
        raise damaged()
    return values


def _described(kind: PixelKind) -> dict[str, Any]:
    return {
        "rows": kind.rows,
        "columns": kind.columns,
        "samples_per_pixel": 1,
        "photometric_interpretation": kind.photometric,
        "bits_allocated": kind.bits_allocated,
        "bits_stored": kind.bits_stored,
        "pixel_representation": int(kind.signed),
    }


def _by_pydicom(packed: bytes, kind: PixelKind, syntax: str) -> NDArray[Any]:
    from pydicom.pixels.decoders.base import get_decoder

    stored: dict[str, Any] = _described(kind) | {"number_of_frames": 1, "pixel_keyword": "PixelData"}
    values, _ = get_decoder(syntax).as_array(encapsulate([packed]), index=0, raw=True, **stored)
    return np.asarray(values)


def _by_gdcm(packed: bytes, kind: PixelKind, syntax: str, path: Path) -> NDArray[Any]:
    import SimpleITK

    sitk: Any = SimpleITK  # its functions carry no types
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.SOPClassUID = MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality, dataset.NumberOfFrames = "OT", 1
    for name, value in _described(kind).items():
        setattr(dataset, "".join(word.capitalize() for word in name.split("_")), value)
    dataset.HighBit = kind.high_bit
    dataset.PixelData = encapsulate([packed])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    try:
        dataset.save_as(path, enforce_file_format=True)
        image = sitk.ReadImage(str(path), imageIO="GDCMImageIO")
    finally:
        path.unlink(missing_ok=True)
    values = np.asarray(sitk.GetArrayFromImage(image))
    return values.reshape(values.shape[-2:]) if values.ndim == 3 and len(values) == 1 else values
