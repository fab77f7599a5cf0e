"""Small valid sources of every kind that is read: mutations begin with them."""

import gzip
import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pydicom
import SimpleITK
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)

from orview.edge.images.files import write_labels, write_volume
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume
from orview.segment.masks import LabelMap
from tests.faults.hostile import outline_seeds
from tests.shapes import grid, provenance

SHAPE = (5, 36, 32)
"""Slices, rows, columns."""
SPACING_MM = (2.0, 2.5, 3.0)


@dataclass(frozen=True, kw_only=True)
class Seed:
    """One valid source.

    Attributes:
        files: contents by name; a folder where there are several.
        outlines: it is outlines, not an image.
    """

    files: Mapping[str, bytes]
    outlines: bool = False


def truth() -> NDArray[np.int16]:
    """The image all seeds hold, (K, J, I)."""
    smooth = np.add.outer(np.add.outer(np.arange(SHAPE[0]) * 20, np.arange(SHAPE[1]) * 9), np.arange(SHAPE[2]) * 5)
    return (smooth - 300 + np.random.default_rng(1).integers(0, 9, SHAPE)).astype(np.int16)


def label_truth() -> NDArray[np.uint16]:
    """The labels of all outline seeds, on the same grid."""
    labels = np.zeros(SHAPE, dtype=np.uint16)
    labels[1:4, 3:12, 2:10] = 1
    labels[2:3, 5:9, 4:7] = 2
    return labels


def image_grid() -> AffineTransform:
    return grid(SPACING_MM, corner_mm=(-12.0, -20.0, 40.0))


def seeds(folder: Path) -> dict[str, Seed]:
    """Make every seed, using a folder for what libraries only write to disk."""
    slices = classic_slices()
    made = {
        "explicit": Seed(files=as_files(slices, ExplicitVRLittleEndian)),
        "implicit": Seed(files=as_files(slices, ImplicitVRLittleEndian)),
        "big endian": Seed(files=as_files(slices, ExplicitVRBigEndian)),
        "deflated": Seed(files=as_files(slices, DeflatedExplicitVRLittleEndian)),
        "rle": Seed(files=as_files(slices, RLELossless)),
        "jpeg 2000": Seed(files=as_files(slices, JPEG2000Lossless)),
        "jpeg-ls": Seed(files=as_files(slices, JPEGLSLossless)),
        "enhanced": Seed(files={"enhanced.dcm": to_bytes(enhanced())}),
    }
    made["zip"] = Seed(files={"disc.zip": zipped(made["explicit"].files)})
    made |= _image_files(folder)
    made |= _outline_files(folder)
    for name, data in {
        "mesh.stl": outline_seeds.stl(),
        "text.stl": outline_seeds.stl_text(),
        "mesh.obj": outline_seeds.obj(),
        "mesh.ply": outline_seeds.ply(),
        "text.ply": outline_seeds.ply_text(),
        "mesh.vtk": outline_seeds.vtk(),
        "text.vtk": outline_seeds.vtk_text(),
        "mesh.vtp": outline_seeds.vtp(),
        "mesh.glb": outline_seeds.glb(),
        "rtstruct.dcm": outline_seeds.rtstruct(slices),
        "seg.dcm": outline_seeds.dicom_seg(slices, label_truth()),
    }.items():
        made[name] = Seed(files={name: data}, outlines=True)
    made["zip of nifti"] = Seed(files={"ct.zip": zipped(made["nifti.gz"].files)})
    return made


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"DICOM/{name}", data)
    return buffer.getvalue()


def classic_slices() -> list[Dataset]:
    """A CT series, one data set a slice."""
    series, study, frame = (generate_uid(entropy_srcs=[name]) for name in ("series", "study", "frame"))
    slices = []
    for k, plane in enumerate(truth()):
        dataset = _common(CTImageStorage, generate_uid(entropy_srcs=["slice", str(k)]))
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.InstanceNumber = k + 1
        dataset.SliceThickness = SPACING_MM[2]
        dataset.PixelSpacing = [SPACING_MM[1], SPACING_MM[0]]
        dataset.ImagePositionPatient = [-12, -20, 40 + k * SPACING_MM[2]]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
        dataset.PixelData = (plane + 1024).astype("<u2").tobytes()
        dataset.ReferencedImageSequence = [Dataset()]
        dataset.ReferencedImageSequence[0].ReferencedSOPInstanceUID = generate_uid(entropy_srcs=["other"])
        slices.append(dataset)
    return slices


def enhanced() -> Dataset:
    """The same CT as one enhanced multi-frame object."""
    dataset = _common(EnhancedCTImageStorage, generate_uid(entropy_srcs=["enhanced"]))
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(dataset, name, generate_uid(entropy_srcs=[name]))
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.NumberOfFrames = SHAPE[0]
    shared = Dataset()
    shared.PixelMeasuresSequence = [_of(PixelSpacing=[SPACING_MM[1], SPACING_MM[0]], SliceThickness=SPACING_MM[2])]
    shared.PlaneOrientationSequence = [_of(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]
    shared.PixelValueTransformationSequence = [_of(RescaleIntercept="-1024", RescaleSlope="1", RescaleType="HU")]
    shared.CTImageFrameTypeSequence = [_of(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for k in range(SHAPE[0]):
        frame = Dataset()
        frame.PlanePositionSequence = [_of(ImagePositionPatient=[-12, -20, 40 + k * SPACING_MM[2]])]
        frame.FrameContentSequence = [_of(StackID="1", InStackPositionNumber=k + 1)]
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = frames
    dataset.PixelData = (truth() + 1024).astype("<u2").tobytes()
    return dataset


def as_files(slices: list[Dataset], syntax: pydicom.uid.UID) -> dict[str, bytes]:
    """Return slices as files of one transfer syntax."""
    return {f"slice_{k:02d}.dcm": to_bytes(dataset, syntax) for k, dataset in enumerate(slices)}


def to_bytes(dataset: Dataset, syntax: pydicom.uid.UID = ExplicitVRLittleEndian) -> bytes:
    """Return a data set as the bytes of a file."""
    copy = pydicom.dcmread(io.BytesIO(_saved(dataset, ExplicitVRLittleEndian)))
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        copy.compress(syntax)
    if syntax == ExplicitVRBigEndian:
        copy.PixelData = np.frombuffer(copy.PixelData, "<u2").astype(">u2").tobytes()
    return _saved(copy, syntax)


def _saved(dataset: Dataset, syntax: pydicom.uid.UID) -> bytes:
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    if syntax == ExplicitVRBigEndian:
        pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False, force_encoding=True)
        return buffer.getvalue()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _common(sop_class: pydicom.uid.UID, instance: pydicom.uid.UID) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = sop_class, instance
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.preamble = bytes(128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, instance
    dataset.Modality, dataset.PatientPosition, dataset.StudyDate = "CT", "HFS", "20240229"
    dataset.PatientName, dataset.PatientID, dataset.SeriesDescription = "Doe^Jane", "4711", "PELVIS 2.0"
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = SHAPE[1], SHAPE[2], 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    return dataset


def _of(**values: object) -> Dataset:
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


def _image_files(folder: Path) -> dict[str, Seed]:
    volume = Volume(array=truth(), patient_from_voxel=image_grid(), provenance=provenance(SHAPE[0]))
    made = {}
    for name in ("ct.nii", "ct.nii.gz"):
        write_volume(folder / name, volume)
        made["nifti" + name.removeprefix("ct.nii")] = Seed(files={name: (folder / name).read_bytes()})
    image = _image(truth())
    for suffix in ("nrrd", "mha"):
        for packed in (False, True):
            path = folder / f"ct.{suffix}"
            SimpleITK.WriteImage(image, str(path), packed)
            made[suffix + (" packed" if packed else "")] = Seed(files={path.name: path.read_bytes()})
    return made


def _image(array: NDArray[np.int16] | NDArray[np.uint8]) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-12.0, -20.0, 40.0))
    return image


def _outline_files(folder: Path) -> dict[str, Seed]:
    labels = LabelMap(array=label_truth(), patient_from_voxel=image_grid(), names={1: "sacrum", 2: "tumour"})
    write_labels(folder / "seg.nii.gz", labels)
    data = gzip.decompress((folder / "seg.nii.gz").read_bytes())
    made = {
        "labels": Seed(files={"seg.nii.gz": (folder / "seg.nii.gz").read_bytes()}, outlines=True),
        "labels with table": Seed(files={"seg.nii": with_label_table(data)}, outlines=True),
    }
    image = _image(label_truth().astype(np.uint8))
    for key, value in (
        ("Segment0_Name", "sacrum"),
        ("Segment0_LabelValue", "1"),
        ("Segment0_Layer", "0"),
        ("Segment0_Color", "0.9 0.8 0.7"),
        ("Segment0_Extent", "0 31 0 35 0 4"),
        ("Segment1_Name", "tumour"),
        ("Segment1_LabelValue", "2"),
        ("Segment1_Layer", "0"),
        ("Segment1_Color", "0.6 0.2 0.7"),
        ("Segment1_Extent", "0 31 0 35 0 4"),
    ):
        image.SetMetaData(key, value)
    SimpleITK.WriteImage(image, str(folder / "seg.seg.nrrd"), True)
    made["seg.nrrd"] = Seed(files={"seg.seg.nrrd": (folder / "seg.seg.nrrd").read_bytes()}, outlines=True)
    return made


TABLE = (
    b'<?xml version="1.0" encoding="UTF-8"?><CaretExtension><VolumeInformation Index="0"><LabelTable>'
    b'<Label Key="1" Red="1" Green="0.5" Blue="0" Alpha="1"><![CDATA[sacrum]]></Label>'
    b'<Label Key="2" Red="0" Green="0.5" Blue="1" Alpha="1"><![CDATA[tumour]]></Label>'
    b"</LabelTable></VolumeInformation></CaretExtension>"
)


def with_label_table(nifti: bytes, table: bytes = TABLE) -> bytes:
    """Return a NIfTI-1 file with a Caret label table in its header extension."""
    table += bytes(-(len(table) + 8) % 16)
    header = bytearray(nifti[:352])
    struct.pack_into("<f", header, 108, 352.0 + 8 + len(table))
    header[348] = 1
    return bytes(header) + struct.pack("<2i", 8 + len(table), 30) + table + nifti[352:]
