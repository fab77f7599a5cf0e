"""DICOM files of kinds a scanner sends less often: compressed slices and enhanced multi-frame images."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pydicom
import SimpleITK
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import get_encoder
from pydicom.uid import (
    UID,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    generate_uid,
)


def stored_pixels(dataset: Any) -> NDArray[Any]:
    """The stored values of a data set that is not compressed, (K, J, I)."""
    dtype = np.dtype(f"<{'i' if dataset.PixelRepresentation else 'u'}{dataset.BitsAllocated // 8}")
    frames = int(dataset.get("NumberOfFrames", 1))
    return np.frombuffer(dataset.PixelData, dtype).reshape(frames, dataset.Rows, dataset.Columns)


def encode(frame: NDArray[Any], syntax: UID, dataset: Any, scratch: Path) -> bytes:
    """One frame in a transfer syntax, by whichever library can write it."""
    if syntax == JPEGLosslessSV1:
        writer = SimpleITK.ImageFileWriter()
        writer.SetImageIO("GDCMImageIO")
        writer.SetFileName(str(scratch / "encoded.dcm"))
        writer.SetUseCompression(True)
        writer.SetCompressor("JPEG")
        writer.Execute(SimpleITK.GetImageFromArray(np.ascontiguousarray(frame[None])))
        written = pydicom.dcmread(scratch / "encoded.dcm")
        assert written.file_meta.TransferSyntaxUID == JPEGLosslessSV1
        return next(generate_frames(written.PixelData, number_of_frames=1))
    if syntax == JPEGBaseline8Bit:
        file = BytesIO()
        PIL.Image.fromarray(frame.astype(np.uint8)).save(file, "JPEG", quality=98)
        return file.getvalue()
    encoder: Any = get_encoder(syntax)
    return bytes(
        encoder.encode(
            frame.tobytes(),
            index=0,
            rows=dataset.Rows,
            columns=dataset.Columns,
            number_of_frames=1,
            samples_per_pixel=1,
            bits_allocated=dataset.BitsAllocated,
            bits_stored=dataset.BitsStored,
            pixel_representation=dataset.PixelRepresentation,
            photometric_interpretation="MONOCHROME2",
            **({"j2k_psnr": [110]} if syntax == pydicom.uid.JPEG2000 else {}),
            **({"jls_error": 2} if syntax == pydicom.uid.JPEGLSNearLossless else {}),
        )
    )


def compress(dataset: Any, syntax: UID, scratch: Path) -> None:
    """Compress a data set's pixels in place."""
    frames = [encode(frame, syntax, dataset, scratch) for frame in stored_pixels(dataset)]
    hold_frames(dataset, frames, syntax)


def hold_frames(dataset: Any, frames: list[bytes], syntax: UID) -> None:
    """Let a data set hold frames that are encoded already."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True


def write_enhanced(
    path: Path,
    array: NDArray[np.int16],
    *,
    spacing_mm: tuple[float, float, float] = (4.0, 4.0, 4.0),
    corner_mm: tuple[float, float, float] = (-126.0, -126.0, -80.0),
    order: NDArray[np.int64] | None = None,
    change: Callable[[Any], None] = lambda dataset: None,
    change_frame: Callable[[Any, int], None] = lambda group, k: None,
) -> Path:
    """Write an enhanced CT of HU (K, J, I): frames stored in `order`, rescaled each by numbers of its own."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = EnhancedCTImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = EnhancedCTImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.SeriesDescription, dataset.PatientPosition = "CT", "PELVIS SOFT", "HFS"
    dataset.AcquisitionDateTime = "20240229101500"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.FrameOfReferenceUID = generate_uid()
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = array.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0

    shared = Dataset()
    shared.PixelMeasuresSequence = [Dataset()]
    shared.PixelMeasuresSequence[0].PixelSpacing = [spacing_mm[1], spacing_mm[0]]
    shared.PixelMeasuresSequence[0].SliceThickness = spacing_mm[2]
    shared.PlaneOrientationSequence = [Dataset()]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.CTImageFrameTypeSequence = [Dataset()]
    shared.CTImageFrameTypeSequence[0].FrameType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.SharedFunctionalGroupsSequence = [shared]

    groups, planes = [], []
    for k in range(len(array)) if order is None else order:
        slope, intercept = 1.0 + (k % 3), -1024.0 - 3.0 * float(k)
        group = Dataset()
        group.FrameContentSequence = [Dataset()]
        group.FrameContentSequence[0].StackID = "1"
        group.FrameContentSequence[0].InStackPositionNumber = int(k) + 1
        group.FrameContentSequence[0].DimensionIndexValues = [1, int(k) + 1]
        group.PlanePositionSequence = [Dataset()]
        x, y, z = corner_mm
        group.PlanePositionSequence[0].ImagePositionPatient = [x, y, z + float(k) * spacing_mm[2]]
        group.PixelValueTransformationSequence = [Dataset()]
        group.PixelValueTransformationSequence[0].RescaleSlope = slope
        group.PixelValueTransformationSequence[0].RescaleIntercept = intercept
        group.PixelValueTransformationSequence[0].RescaleType = "HU"
        change_frame(group, int(k))
        groups.append(group)
        planes.append(np.rint((array[k] - intercept) / slope).astype("<u2"))
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.PixelData = np.stack(planes).tobytes()
    change(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
