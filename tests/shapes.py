"""Small analytic patients: shapes whose place, size and side are known, as volumes, labels and DICOM files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.masks import LabelMap

Inside = Callable[[NDArray[np.float64]], NDArray[np.bool_]]

GRID_SHAPE = (100, 90, 130)
GRID_CORNER_MM = (-65.0, 120.0, -900.0)


def grid(
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    corner_mm: tuple[float, float, float] = GRID_CORNER_MM,
    axes: NDArray[np.float64] | None = None,
) -> AffineTransform:
    """patient_from_voxel with the given spacing along i, j, k, first voxel and axes (columns)."""
    matrix = np.eye(4)
    matrix[:3, :3] = (np.eye(3) if axes is None else axes) * spacing_mm
    matrix[:3, 3] = corner_mm
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)


def points_of(shape: tuple[int, int, int], patient_from_voxel: AffineTransform) -> NDArray[np.float64]:
    """Patient position of every voxel centre, (K, J, I, 3) mm."""
    k, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]]
    return patient_from_voxel.apply(np.stack([i, j, k], axis=-1))


def ellipsoid(centre_mm: tuple[float, float, float], radii_mm: tuple[float, float, float]) -> Inside:
    return lambda points: (((points - centre_mm) / np.array(radii_mm)) ** 2).sum(axis=-1) < 1.0


def tube(start_mm: tuple[float, float, float], end_mm: tuple[float, float, float], diameter_mm: float) -> Inside:
    """A gently bent tube from start to end."""

    def inside(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        start, end = np.array(start_mm), np.array(end_mm)
        along = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0.0, 1.0)
        axis = start + along[..., None] * (end - start)
        axis[..., 0] += 3.0 * np.sin(3.0 * along)
        axis[..., 1] += 2.0 * np.cos(4.0 * along)
        return np.linalg.norm(points - axis, axis=-1) < diameter_mm / 2.0

    return inside


STRUCTURES: dict[str, Inside] = {
    "sacrum": ellipsoid((0.0, 175.0, -850.0), (45.0, 18.0, 42.0)),
    "tumor": ellipsoid((10.0, 172.0, -845.0), (12.0, 10.0, 9.0)),
    "nerve_s1_left": tube((20.0, 140.0, -890.0), (30.0, 150.0, -815.0), 2.2),
    "nerve_s1_right": tube((-20.0, 140.0, -890.0), (-30.0, 150.0, -815.0), 2.2),
    "iliac_vena_left": tube((35.0, 130.0, -890.0), (45.0, 135.0, -815.0), 9.0),
    "Gadget X": ellipsoid((-50.0, 130.0, -870.0), (5.0, 5.0, 5.0)),
}
"""What the small patient holds; the tumour wins over the sacrum."""


def small_patient(
    *,
    patient_from_voxel: AffineTransform | None = None,
    shape: tuple[int, int, int] = GRID_SHAPE,
    structures: dict[str, Inside] = STRUCTURES,
) -> tuple[Volume, LabelMap]:
    """A labelled CT of the given structures."""
    transform = patient_from_voxel or grid()
    points = points_of(shape, transform)
    labels = np.zeros(shape, dtype=np.uint16)
    for value, inside in enumerate(structures.values(), start=1):
        labels[inside(points)] = value
    array = np.where(labels > 0, 400, -20).astype(np.int16)
    volume = Volume(array=array, patient_from_voxel=transform, provenance=provenance(shape[0]))
    names = dict(enumerate(structures, start=1))
    return volume, LabelMap(array=labels, patient_from_voxel=transform, names=names)


def provenance(slices: int) -> Provenance:
    return Provenance(
        modality="CT", slices=slices, source_kind=SourceKind.PHANTOM, source_digest="0" * 64, synthetic=True
    )


def trunk(shape: tuple[int, int, int] = (40, 64, 64), spacing_mm: float = 4.0) -> NDArray[np.int16]:
    """HU of a trunk in air on a table, gas in it, with a bone left of the middle and one behind."""
    _, j, i = np.mgrid[: shape[0], : shape[1], : shape[2]] * spacing_mm
    centre = (np.array(shape[1:]) - 1) * spacing_mm / 2.0
    x, y = i - centre[1], j - centre[0]
    array = np.full(shape, -1000, dtype=np.int16)
    array[y > centre[0] - 2.5 * spacing_mm] = 100
    array[(x / 100.0) ** 2 + (y / 80.0) ** 2 < 1.0] = 40
    array[(x - 50.0) ** 2 + y**2 < 18.0**2] = 500
    array[x**2 + (y - 45.0) ** 2 < 14.0**2] = 500
    array[(x + 40.0) ** 2 + (y + 10.0) ** 2 < 15.0**2] = -900
    return array


def write_dicom(
    folder: Path,
    array: NDArray[np.int16],
    *,
    spacing_mm: tuple[float, float, float] = (4.0, 4.0, 4.0),
    corner_mm: tuple[float, float, float] = (-126.0, -126.0, -80.0),
    names: Callable[[int], str] = lambda k: f"slice_{k:03d}.dcm",
    position_of: Callable[[int], tuple[float, float, float]] | None = None,
    change: Callable[[Any, int], None] = lambda dataset, k: None,
) -> list[Path]:
    """Write a CT series (K, J, I) of Hounsfield units, head first supine; `change` may alter each slice's data set."""
    folder.mkdir(parents=True, exist_ok=True)
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    paths = []
    for k, plane in enumerate(array):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset = pydicom.Dataset()
        dataset.file_meta = meta
        dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        dataset.Modality, dataset.SeriesDescription, dataset.StudyDate = "CT", "PELVIS SOFT 1.0", "20240229"
        dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.Rows, dataset.Columns = plane.shape
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 1
        dataset.RescaleSlope, dataset.RescaleIntercept = "1", "-1024"
        dataset.PixelSpacing = [spacing_mm[1], spacing_mm[0]]
        dataset.SliceThickness = spacing_mm[2]
        x, y, z = corner_mm
        dataset.ImagePositionPatient = list(position_of(k) if position_of else (x, y, z + k * spacing_mm[2]))
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PatientPosition, dataset.InstanceNumber = "HFS", k + 1
        dataset.PixelData = (plane + 1024).astype("<i2").tobytes()
        change(dataset, k)
        paths.append(folder / names(k))
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths
