"""RTSTRUCT made of known shapes comes back with their surface, name, colour and place."""

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from orview.edge.images.outlines.parts import FieldRead, OutlinesRead
from orview.edge.images.outlines.rtstruct import read_rtstruct
from orview.errors import InputError, RefusedError
from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.mesh.measure import split, volume_mm3
from orview.mesh.surface import Surface
from tests.measuring import extract
from tests.shapes import grid

Floats = NDArray[np.float64]
FRAME_UID = "1.2.826.0.1.3680043.8.498.1"
SHAPE = (60, 128, 128)
GRID = grid((0.9, 0.9, 2.5), (-60.0, 100.0, -900.0))


def ring(z_mm: float, radius_mm: float, centre_mm: tuple[float, float] = (0.0, 160.0)) -> Floats:
    angle = np.arange(90) * 2.0 * np.pi / 90.0
    return np.stack(
        [centre_mm[0] + radius_mm * np.cos(angle), centre_mm[1] + radius_mm * np.sin(angle), np.full(90, z_mm)], axis=1
    )


def plane_mm(k: int) -> float:
    return -900.0 + 2.5 * k


def ball(radius_mm: float, middle: int = 30) -> list[Floats]:
    rings = []
    for k in range(60):
        below = radius_mm**2 - (plane_mm(k) - plane_mm(middle)) ** 2
        if below > 1.0:
            rings.append(ring(plane_mm(k), float(np.sqrt(below))))
    return rings


def write(
    path: Path,
    regions: dict[str, list[Floats]],
    *,
    frame_uid: str = FRAME_UID,
    kind: str = "CLOSED_PLANAR",
    change: Any = lambda dataset: None,
) -> Path:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = RTStructureSetStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = RTStructureSetStorage, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.PatientName = "RTSTRUCT", "Doe^Jane"
    dataset.StructureSetROISequence, dataset.ROIContourSequence, dataset.RTROIObservationsSequence = [], [], []
    for number, (name, rings) in enumerate(regions.items(), start=1):
        region, contours, observation = Dataset(), Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ReferencedFrameOfReferenceUID = number, name, frame_uid
        contours.ReferencedROINumber, contours.ROIDisplayColor = number, [255, 128, 0]
        contours.ContourSequence = []
        for points in rings:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = kind, len(points)
            contour.ContourData = [f"{value:.4f}" for value in points.ravel()]
            contours.ContourSequence.append(contour)
        observation.ObservationNumber, observation.ReferencedROINumber = number, number
        observation.RTROIInterpretedType = "ORGAN"
        dataset.StructureSetROISequence.append(region)
        dataset.ROIContourSequence.append(contours)
        dataset.RTROIObservationsSequence.append(observation)
    change(dataset)
    dataset.save_as(path, enforce_file_format=True)
    return path


def read(path: Path, *, transform: AffineTransform = GRID, frame_uid: str | None = FRAME_UID) -> OutlinesRead:
    return read_rtstruct(path, shape=SHAPE, patient_from_voxel=transform, image_frame_uid=frame_uid)


def surface_of(field: FieldRead) -> Surface:
    return extract(Field(array=field.array, level=0.5, outside=0.0, patient_from_voxel=field.patient_from_voxel))


def test_a_ball_comes_back_with_its_place_and_size(tmp_path: Path) -> None:
    found = read(write(tmp_path / "rs.dcm", {"Tumor": ball(25.0)}))
    assert found.findings == []
    (field,) = found.fields
    assert field.name == "Tumor"
    assert field.color_srgb == pytest.approx((1.0, 128 / 255, 0.0))
    surface = surface_of(field)
    assert volume_mm3(surface) == pytest.approx(4.0 / 3.0 * np.pi * 25.0**3, rel=0.01)
    # On the planes it was drawn on the surface runs through the contours themselves.
    on_plane = np.abs((surface.vertices_mm[:, 2] + 900.0) / 2.5 % 1.0 - 0.5) > 0.4999
    drawn = surface.vertices_mm[on_plane]
    away = np.linalg.norm(drawn - (0.0, 160.0, plane_mm(30)), axis=1) - 25.0
    equator = np.abs(drawn[:, 2] - plane_mm(30)) < 15.0
    assert np.sqrt((away[equator] ** 2).mean()) < 0.05


def test_a_fine_nerve_of_two_thirds_of_a_pixel_is_kept_whole(tmp_path: Path) -> None:
    rings = [ring(plane_mm(k), 0.6, (10.0 + 0.5 * k, 150.0)) for k in range(10, 50)]
    (field,) = read(write(tmp_path / "rs.dcm", {"S1 nerve root left": rings})).fields
    surface = surface_of(field)
    assert len(split(surface)) == 1
    assert volume_mm3(surface) == pytest.approx(np.pi * 0.36 * 100.0, rel=0.2)


def test_a_hole_and_a_missing_slice(tmp_path: Path) -> None:
    tube = [ring(plane_mm(k), 20.0) for k in range(10, 31) if k != 20]
    bore = [ring(plane_mm(k), 8.0) for k in range(10, 31) if k != 20]
    found = read(write(tmp_path / "rs.dcm", {"Sacrum": tube + bore}))
    assert [finding.code for finding in found.findings] == ["CONTOURS_INTERPOLATED"]
    assert "on 1 plane of those every 2.5 mm" in found.findings[0].message
    assert volume_mm3(surface_of(found.fields[0])) == pytest.approx(np.pi * (400.0 - 64.0) * 52.5, rel=0.01)


@pytest.mark.hazard("H04")
def test_an_oblique_image_carries_its_contours_along(tmp_path: Path) -> None:
    turn = np.array([[0.96, -0.28, 0.0], [0.28, 0.96, 0.0], [0.0, 0.0, 1.0]]) @ np.array(
        [[1.0, 0.0, 0.0], [0.0, 0.8, -0.6], [0.0, 0.6, 0.8]]
    )
    oblique = grid((0.9, 0.9, 2.5), (-60.0, 100.0, -900.0), turn)
    straight = GRID.inverse()
    rings = [oblique.apply(straight.apply(points)) for points in ball(20.0)]
    (field,) = read(write(tmp_path / "rs.dcm", {"Bladder": rings}), transform=oblique).fields
    middle = oblique.apply(straight.apply((0.0, 160.0, plane_mm(30))))
    surface = surface_of(field)
    assert surface.vertices_mm.mean(axis=0) == pytest.approx(middle, abs=0.1)
    assert volume_mm3(surface) == pytest.approx(4.0 / 3.0 * np.pi * 8000.0, rel=0.02)
    with pytest.raises(RefusedError, match="other planes"):
        read(tmp_path / "rs.dcm")


@pytest.mark.hazard("H14")
def test_another_frame_of_reference_is_refused_and_an_unknown_one_told(tmp_path: Path) -> None:
    path = write(tmp_path / "rs.dcm", {"Bladder": ball(20.0)}, frame_uid="1.2.3")
    with pytest.raises(RefusedError, match="another frame of reference"):
        read(path)
    assert [finding.code for finding in read(path, frame_uid=None).findings] == ["FRAME_OF_REFERENCE_UNKNOWN"]


def test_points_are_left_out_with_words_and_nothing_left_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rs.dcm", {"Marker": [ring(plane_mm(3), 1.0)[:1]]}, kind="POINT")
    with pytest.raises(InputError, match="no closed contour"):
        read(path)

    def one_point(dataset: Dataset) -> None:
        dataset.ROIContourSequence[0].ContourSequence[0].ContourGeometricType = "POINT"

    found = read(write(tmp_path / "rs.dcm", {"Bladder": ball(20.0)}, change=one_point))
    assert "CONTOURS_IGNORED" in [finding.code for finding in found.findings]


def test_the_outer_contour_is_the_skin(tmp_path: Path) -> None:
    def external(dataset: Dataset) -> None:
        dataset.RTROIObservationsSequence[0].RTROIInterpretedType = "EXTERNAL"

    assert read(write(tmp_path / "rs.dcm", {"Patient": ball(30.0)}, change=external)).fields[0].name == "skin"


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda dataset: delattr(dataset, "StructureSetROISequence"), "its Structure Set ROI Sequence is missing"),
        (lambda dataset: delattr(dataset.ROIContourSequence[0], "ReferencedROINumber"), "Referenced ROI Number is"),
        (lambda dataset: delattr(dataset.StructureSetROISequence[0], "ROINumber"), "its ROI Number is missing"),
        (
            lambda dataset: setattr(dataset.ROIContourSequence[0].ContourSequence[0], "ContourData", ["1", "2"]),
            "points",
        ),
        (lambda dataset: setattr(dataset.ROIContourSequence[0].ContourSequence[0], "ContourData", ["1e30"] * 9), "far"),
    ],
    ids=["no regions", "nothing referred to", "no number", "two numbers", "far away"],
)
def test_damaged_contours_are_told(tmp_path: Path, change: Any, words: str) -> None:
    path = write(tmp_path / "rs.dcm", {"Bladder": ball(20.0)}, change=change)
    with pytest.raises((InputError, RefusedError), match=words):
        read(path)
    pydicom.dcmread(path)
