"""Every way to store a patient's image ends in the same patient; every mirrored one is refused (hazard H04).

48 ways to run through the voxels (6 orders of the axes, 8 sets of directions), 8 positions in the scanner.
"""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.images import volume_source
from orview.edge.images.files import write_volume
from orview.edge.registration import register_with_board
from orview.errors import RefusedError
from orview.findings import Severity
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume
from orview.mesh.given import Segmentation
from orview.mesh.measure import centroid_mm
from orview.model.case import CaseFiducial, Level
from orview.model.glb_reader import read_glb
from orview.pipeline import BuiltCase, build_case
from orview.register.constellation import Match, match_constellation
from orview.segment.masks import LabelMap
from tests.shapes import ellipsoid, grid, points_of, provenance, small_patient, write_dicom

POSITIONS = ["HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"]

AXES = [
    np.eye(3, dtype=int)[list(order)] * np.array(signs)
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]
"""canonical_from_stored: column n is the direction, among the canonical axes i j k, of the stored axis n."""


def name_of(axes: NDArray[np.int_]) -> str:
    return "".join("+-"[int(column.min() < 0)] + "ijk"[int(np.abs(column).argmax())] for column in axes.T)


def is_proper(axes: NDArray[np.int_]) -> bool:
    return float(np.linalg.det(axes)) > 0


def stored(array: NDArray[Any], transform: AffineTransform, axes: NDArray[np.int_]) -> tuple[NDArray[Any], Any]:
    """The same patient stored along other axes: array (K, J, I) and patient_from_voxel."""
    ijk = array.transpose(2, 1, 0)
    order = np.abs(axes).argmax(axis=0)
    ijk = ijk.transpose(order)
    canonical_from_stored = np.eye(4)
    canonical_from_stored[:3, :3] = axes
    for n in range(3):
        if axes[:, n].min() < 0:
            ijk = np.flip(ijk, axis=n)
            canonical_from_stored[order[n], 3] = array.shape[::-1][order[n]] - 1
    matrix = transform.matrix @ canonical_from_stored
    return np.ascontiguousarray(ijk.transpose(2, 1, 0)), AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)


def as_dicom(folder: Path, array: NDArray[np.int16], transform: AffineTransform, position: str) -> Path:
    """A series of slices; a left-handed order of slices is one whose numbers run against their normal."""
    matrix = transform.matrix
    i_mm, j_mm, k_mm = np.linalg.norm(matrix[:3, :3], axis=0)

    def place(dataset: Any, k: int) -> None:
        dataset.ImageOrientationPatient = [*(matrix[:3, 0] / i_mm), *(matrix[:3, 1] / j_mm)]
        dataset.PatientPosition = position
        dataset.InstanceNumber = k + 1

    write_dicom(
        folder,
        array,
        spacing_mm=(float(i_mm), float(j_mm), float(k_mm)),
        position_of=lambda k: tuple(matrix[:3, 3] + k * matrix[:3, 2]),
        change=place,
    )
    return folder


def as_nrrd(path: Path, array: NDArray[np.int16], transform: AffineTransform) -> Path:
    image = SimpleITK.GetImageFromArray(array)
    matrix = transform.matrix
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((matrix[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(matrix[:3, 3].tolist())
    SimpleITK.WriteImage(image, str(path))
    return path


def read_here(source: Path, scratch: Path) -> tuple[Volume, set[str]]:
    """What the reading child would return, without its process."""
    scratch.mkdir()
    answer = volume_source.read({"source": str(source)}, scratch)
    volume = Volume(
        array=np.load(scratch / "array.npy"),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, np.array(answer["matrix"])),
        provenance=provenance(3),
    )
    return volume, {finding["code"] for finding in answer["findings"]}


def assert_same_patient(volume: Volume, array: NDArray[np.int16], transform: AffineTransform) -> None:
    """Every voxel of the volume holds what stands at its place in the patient."""
    places = transform.inverse().apply(points_of(volume.array.shape, volume.patient_from_voxel))
    i, j, k = np.rint(places).astype(int).transpose(3, 0, 1, 2)
    assert np.abs(places - np.rint(places)).max() < 1e-3
    assert volume.array.size == array.size
    assert np.array_equal(volume.array, array[k, j, i])


def scanned_axes(position: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Patient directions of the scanner's own x (across the table) and y (down): PS3.3 C.7.3.1.1.2."""
    quarter_turns = {"S": 0, "P": 2, "DR": 3, "DL": 1}[position[2:]]
    scanner_from_patient = np.linalg.matrix_power(np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]), quarter_turns)
    if position.startswith("FF"):
        scanner_from_patient = np.diag([-1, 1, -1]) @ scanner_from_patient
    return tuple(scanner_from_patient[0].tolist()), tuple(scanner_from_patient[1].tolist())


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("position", POSITIONS)
def test_dicom_slices_in_48_orders_are_the_same_patient(tmp_path: Path, position: str) -> None:
    """In a DICOM file the axes of a slice and its normal are right-handed; 24 more are the slices counted down."""
    array = np.random.default_rng(9).integers(-900, 2000, (6, 7, 8)).astype(np.int16)
    transform = grid((4.0, 4.5, 5.0))
    doubtful = set()
    for axes in AXES:
        turned, turned_transform = stored(array, transform, axes)
        folder = as_dicom(tmp_path / name_of(axes), turned, turned_transform, position)
        volume, codes = read_here(folder, tmp_path / f"{name_of(axes)}.read")
        assert_same_patient(volume, array, transform)
        assert np.linalg.det(volume.patient_from_voxel.matrix[:3, :3]) > 0
        if "LEFT_RIGHT_DOUBTFUL" in codes:
            doubtful.add((tuple(axes[:, 0].tolist()), tuple(axes[:, 1].tolist())))
    # Of the eight ways an axial slice can run only the scanner's own and the usual picture's are beyond doubt.
    axial = {
        (tuple(axes[:, 0].tolist()), tuple(axes[:, 1].tolist())) for axes in AXES if not axes[2, 0] and not axes[2, 1]
    }
    assert len(axial) == 8
    assert doubtful == axial - {scanned_axes(position), ((1, 0, 0), (0, 1, 0))}


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("suffix", [".nii", ".nrrd"])
def test_files_that_may_be_left_handed_are_the_same_patient(tmp_path: Path, suffix: str) -> None:
    array = np.random.default_rng(9).integers(-900, 2000, (6, 7, 8)).astype(np.int16)
    transform = grid((4.0, 4.5, 5.0))
    for axes in AXES:
        turned, turned_transform = stored(array, transform, axes)
        path = tmp_path / (name_of(axes) + suffix)
        if suffix == ".nii":
            write_volume(
                path, Volume(array=turned, patient_from_voxel=turned_transform, provenance=provenance(len(turned)))
            )
        else:
            as_nrrd(path, turned, turned_transform)
        volume, _ = read_here(path, tmp_path / f"{name_of(axes)}.read")
        assert_same_patient(volume, array, transform)


CENTRES_MM = {
    "sacrum": (0.0, 176.0, -850.0),
    "hip_left": (62.0, 130.0, -875.0),
    "hip_right": (-62.0, 130.0, -875.0),
    "vertebra_l5": (2.0, 140.0, -806.0),
    "tumour": (14.0, 172.0, -845.0),
}
PELVIS = {
    "sacrum": ellipsoid(CENTRES_MM["sacrum"], (32.0, 17.0, 36.0)),
    "hip_left": ellipsoid(CENTRES_MM["hip_left"], (22.0, 36.0, 68.0)),
    "hip_right": ellipsoid(CENTRES_MM["hip_right"], (20.0, 33.0, 64.0)),
    "vertebra_l5": ellipsoid(CENTRES_MM["vertebra_l5"], (24.0, 17.0, 12.0)),
    "tumor": ellipsoid(CENTRES_MM["tumour"], (10.0, 9.0, 8.0)),
}
STEP_MM = 4.9
SIZE = 37
CORNER_MM = (-88.2, 62.0, -960.0)


@pytest.fixture(scope="module")
def pelvis() -> tuple[Volume, LabelMap]:
    """A pelvis with a left and a right hip that differ, in a cube, so that any axes fit into it."""
    transform = grid((STEP_MM, STEP_MM, STEP_MM), corner_mm=CORNER_MM)
    return small_patient(patient_from_voxel=transform, shape=(SIZE, SIZE, SIZE), structures=PELVIS)


def built(volume: Volume, labels: LabelMap) -> BuiltCase:
    return build_case(
        volume,
        Segmentation(label_maps=(labels,)),
        case_id="0123456789ab",
        name="Orientation",
        created_utc="2026-01-01T00:00:00+00:00",
        progress=lambda stage, fraction: None,
    )


def assert_stands_right(case: BuiltCase, labels: LabelMap) -> None:
    meshes = {mesh.name: mesh.surface for mesh in read_glb(case.blobs[case.case.level(Level.HEADSET).sha256])}
    assert meshes.keys() == CENTRES_MM.keys()
    for value, (key, centre_mm) in enumerate(CENTRES_MM.items(), start=1):
        voxels = labels.patient_from_voxel.apply(np.argwhere(labels.array == value)[:, ::-1])
        assert voxels.mean(axis=0) == pytest.approx(centre_mm, abs=STEP_MM / 2)
        assert centroid_mm(meshes[key]) == pytest.approx(voxels.mean(axis=0), abs=0.5), key
    assert not [finding for finding in case.case.findings if finding.code in ("MIRRORED", "PATIENT_TURNED")]


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("n", range(24))
def test_from_files_in_any_orientation_to_the_same_models(
    tmp_path: Path, pelvis: tuple[Volume, LabelMap], n: int
) -> None:
    """24 of the 48, each position of the patient three times; right-handed ones as DICOM, the others as NRRD."""
    volume, labels = pelvis
    axes = AXES[2 * n + n % 2]
    array, transform = stored(volume.array, volume.patient_from_voxel, axes)
    if is_proper(axes):
        source = as_dicom(tmp_path / "series", array, transform, POSITIONS[n % 8])
    else:
        source = as_nrrd(tmp_path / "ct.nrrd", array, transform)
    read, _ = read_here(source, tmp_path / "read")
    assert_stands_right(built(read, labels), labels)


@pytest.fixture(scope="module")
def laid_otherwise(pelvis: tuple[Volume, LabelMap]) -> list[tuple[NDArray[np.int_], BuiltCase | RefusedError]]:
    """Image and labels moved together under an unmoved header, for each of the 48 axes: the case, or its refusal."""
    volume, labels = pelvis
    outcomes: list[tuple[NDArray[np.int_], BuiltCase | RefusedError]] = []
    for axes in AXES:
        array, _ = stored(volume.array, volume.patient_from_voxel, axes)
        label_array, _ = stored(labels.array, labels.patient_from_voxel, axes)
        lying = Volume(array=array, patient_from_voxel=volume.patient_from_voxel, provenance=volume.provenance)
        lying_labels = LabelMap(
            array=label_array, patient_from_voxel=labels.patient_from_voxel, names=labels.names, colors_srgb={}
        )
        try:
            outcomes.append((axes, built(lying, lying_labels)))
        except RefusedError as error:
            outcomes.append((axes, error))
    return outcomes


@pytest.mark.hazard("H04")
def test_a_patient_whose_voxels_do_not_stand_where_the_header_says(
    laid_otherwise: list[tuple[NDArray[np.int_], BuiltCase | RefusedError]],
) -> None:
    """24 mirrored are refused, 23 turned are told, or refused by the sides' own check where left lies right."""
    refused, told, silent = [], [], []
    for axes, outcome in laid_otherwise:
        if isinstance(outcome, RefusedError):
            refused.append((axes, outcome.message))
            continue
        assert is_proper(axes)
        codes = {finding.code for finding in outcome.case.findings if finding.severity >= Severity.WARNING}
        (told if "PATIENT_TURNED" in codes else silent).append(axes)
    assert len(refused) + len(told) == 47
    assert sum(not is_proper(axes) for axes, _ in refused) == 24
    assert all("mirrored" in message for _, message in refused)
    assert [name_of(axes) for axes in silent] == ["+i+j+k"]


@pytest.mark.hazard("H04")
def test_of_48_axes_the_right_one_alone_is_registered(
    tmp_path: Path, laid_otherwise: list[tuple[NDArray[np.int_], BuiltCase | RefusedError]]
) -> None:
    """The constellation refuses the 24 mirrored ones. Beads turn along with what is turned: there the pelvis tells."""
    board = load_board("patient_folded")
    middle = np.array(CORNER_MM) + 0.5 * STEP_MM * (SIZE - 1)
    beads = board.beads_board_mm + middle + (-45.0, 70.0, -50.0)
    store = CaseStore.open(tmp_path / "store")
    accepted, refused, no_case = [], [], 0
    for number, (axes, outcome) in enumerate(laid_otherwise):
        fiducials = tuple(
            CaseFiducial(position_patient_mm=place, covariance_mm2=0.03**2 * np.eye(3), diameter_mm=4.0)
            for place in middle + (beads - middle) @ axes
        )
        places = [bead.position_patient_mm for bead in fiducials]
        by_beads = match_constellation(places, board.beads_board_mm, tolerance_mm=0.7)
        assert isinstance(by_beads, Match) == is_proper(axes)
        if isinstance(outcome, RefusedError):
            no_case += 1
            continue
        case = replace(outcome.case, id=f"{number:012x}", fiducials=fiducials)
        store.add(case, outcome.blobs)
        verdict = register_with_board(case.id, "patient_folded", store=store).verdict
        if verdict.accepted:
            accepted.append(name_of(axes))
        else:
            refused.append(verdict.reasons[0])
    assert accepted == ["+i+j+k"]
    assert len(refused) + no_case == 47
    assert refused
    assert all("the patient is turned by about" in words for words in refused)
