"""Small valid outlines of every kind that is read, of one body in the image of `seeds`."""

import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import highdicom
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

CENTRE_MM = np.array([19.0, 24.0, 46.0])
RADII_MM = np.array([12.0, 20.0, 5.0])
CORNERS = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=np.float64)
TRIANGLES = np.array(
    [[0, 2, 4], [2, 1, 4], [1, 3, 4], [3, 0, 4], [2, 0, 5], [1, 2, 5], [3, 1, 5], [0, 3, 5]], dtype=np.int32
)


def vertices_mm() -> NDArray[np.float64]:
    """Corners of an octahedron inside the image: (6, 3) patient mm."""
    return CENTRE_MM + CORNERS * RADII_MM


def stl() -> bytes:
    faces = vertices_mm()[TRIANGLES].astype("<f4")
    record = np.zeros(len(faces), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("extra", "<u2")])
    record["corners"] = faces
    return b"SPACE=LPS units=mm".ljust(80) + struct.pack("<I", len(faces)) + record.tobytes()


def stl_text() -> bytes:
    lines = ["solid body SPACE=LPS units=mm"]
    for face in vertices_mm()[TRIANGLES]:
        lines += ["facet normal 0 0 0", "outer loop", *(f"vertex {x} {y} {z}" for x, y, z in face)]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid body", ""]).encode()


def obj() -> bytes:
    lines = ["# SPACE=LPS units=mm", "mtllib body.mtl", "o body"]
    lines += [f"v {x} {y} {z}" for x, y, z in vertices_mm()]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in TRIANGLES]
    return "\n".join([*lines, ""]).encode()


def _ply_head(form: str) -> bytes:
    return (
        f"ply\nformat {form} 1.0\ncomment SPACE=LPS units=mm\nelement vertex 6\nproperty float x\nproperty float y\n"
        "property float z\nelement face 8\nproperty list uchar int vertex_indices\nend_header\n"
    ).encode()


def ply() -> bytes:
    faces = b"".join(struct.pack("<B3i", 3, *row) for row in TRIANGLES.tolist())
    return _ply_head("binary_little_endian") + vertices_mm().astype("<f4").tobytes() + faces


def ply_text() -> bytes:
    rows = [f"{x} {y} {z}" for x, y, z in vertices_mm()] + [f"3 {a} {b} {c}" for a, b, c in TRIANGLES]
    return _ply_head("ascii") + "\n".join([*rows, ""]).encode()


def vtk() -> bytes:
    head = b"# vtk DataFile Version 4.2\nSPACE=LPS units=mm\nBINARY\nDATASET POLYDATA\nPOINTS 6 float\n"
    faces = np.hstack([np.full((8, 1), 3), TRIANGLES]).astype(">i4")
    return head + vertices_mm().astype(">f4").tobytes() + b"\nPOLYGONS 8 32\n" + faces.tobytes() + b"\n"


def vtk_text() -> bytes:
    points = "\n".join(f"{x} {y} {z}" for x, y, z in vertices_mm())
    faces = "\n".join(f"3 {a} {b} {c}" for a, b, c in TRIANGLES)
    return (
        "# vtk DataFile Version 3.0\nSPACE=LPS units=mm\nASCII\nDATASET POLYDATA\n"
        f"POINTS 6 float\n{points}\nPOLYGONS 8 32\n{faces}\n"
    ).encode()


def vtp() -> bytes:
    points = " ".join(str(value) for value in vertices_mm().ravel())
    rows = " ".join(str(value) for value in TRIANGLES.ravel())
    ends = " ".join(str(3 * n) for n in range(1, 9))
    return (
        '<?xml version="1.0"?><VTKFile type="PolyData" version="1.0" byte_order="LittleEndian"><PolyData>'
        '<Piece NumberOfPoints="6" NumberOfVerts="0" NumberOfLines="0" NumberOfStrips="0" NumberOfPolys="8"><Points>'
        f'<DataArray type="Float32" NumberOfComponents="3" format="ascii">{points}</DataArray></Points><Polys>'
        f'<DataArray type="Int32" Name="connectivity" format="ascii">{rows}</DataArray>'
        f'<DataArray type="Int32" Name="offsets" format="ascii">{ends}</DataArray></Polys></Piece></PolyData></VTKFile>'
    ).encode()


def glb() -> bytes:
    """In metres, +Y up, as glTF has it."""
    x, y, z = vertices_mm().T
    places = (np.stack([x, z, -y], axis=1) / 1000.0).astype("<f4")
    rows = TRIANGLES.astype("<u2").tobytes()
    binary = places.tobytes() + rows
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "body"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 6,
                "type": "VEC3",
                "min": places.min(axis=0).tolist(),
                "max": places.max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": 5123, "count": 24, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 72},
            {"buffer": 0, "byteOffset": 72, "byteLength": 48},
        ],
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def rtstruct(slices: Sequence[Dataset], *, name: str = "sacrum") -> bytes:
    """One body as a square contour on three slices."""
    dataset = _object(RTStructureSetStorage, "RTSTRUCT", slices[0])
    dataset.StructureSetLabel = "PLAN"
    region, contours = Dataset(), Dataset()
    region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = 1, name, ""
    region.ReferencedFrameOfReferenceUID = slices[0].FrameOfReferenceUID
    contours.ReferencedROINumber, contours.ROIDisplayColor = 1, [200, 100, 50]
    contours.ContourSequence = []
    for one in slices[1:4]:
        z = float(one.ImagePositionPatient[2])
        contour = Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 4
        contour.ContourData = [5.0, 5.0, z, 35.0, 5.0, z, 35.0, 45.0, z, 5.0, 45.0, z]
        contours.ContourSequence.append(contour)
    dataset.StructureSetROISequence, dataset.ROIContourSequence = [region], [contours]
    return _bytes_of(dataset)


def dicom_seg(slices: Sequence[Dataset], labels: NDArray[np.uint16]) -> bytes:
    """The labels as a binary DICOM segmentation."""
    sources = [pydicom.dcmread(io.BytesIO(_bytes_of(_complete(one)))) for one in slices]
    descriptions = [
        highdicom.seg.SegmentDescription(
            segment_number=n,
            segment_label=name,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.Bone,
            algorithm_type="MANUAL",
        )
        for n, name in ((1, "sacrum"), (2, "tumour"))
    ]
    made = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=labels.astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(entropy_srcs=["seg"]),
        series_number=7,
        sop_instance_uid=generate_uid(entropy_srcs=["seg instance"]),
        instance_number=1,
        manufacturer="orview",
        manufacturer_model_name="tests",
        software_versions="1",
        device_serial_number="1",
    )
    return _bytes_of(made)


def _complete(dataset: Dataset) -> Dataset:
    """A slice with what highdicom wants to copy from it."""
    copy = pydicom.dcmread(io.BytesIO(_bytes_of(dataset)))
    copy.StudyID, copy.SeriesNumber, copy.AccessionNumber = "1", 1, "1"
    copy.StudyTime, copy.PatientBirthDate, copy.PatientSex = "120000", "19600101", "F"
    copy.ReferringPhysicianName = ""
    del copy.ReferencedImageSequence
    return copy


def _object(sop_class: pydicom.uid.UID, modality: str, image: Dataset) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    instance = generate_uid(entropy_srcs=[modality])
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = sop_class, instance
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.Modality = sop_class, instance, modality
    for name in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientName", "PatientID"):
        setattr(dataset, name, image[name].value)
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[modality, "series"])
    return dataset


def _bytes_of(dataset: Any) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
