"""Beads in CTs made from a formula (every voxel averages 6x6x6 places) and in real CTs that have none."""

from typing import Any

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.beads import Bead, find_beads
from orview.sim.shapes import Ellipsoid, Tube
from orview.sim.voxels import Canvas, Grid, blurred
from tests.data import shared_data
from tests.unit.segment.pelvises import volume_of

sitk: Any = SimpleITK  # its functions carry no types

SIZE_MM = np.array([110.0, 110.0, 70.0])
SUB = 6


def _volume(hu: NDArray[np.float64], matrix: NDArray[np.float64]) -> Volume:
    return Volume(
        array=np.clip(np.round(hu), -1024, 3071).astype(np.int16),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        provenance=Provenance(modality="CT", slices=len(hu), source_kind=SourceKind.PHANTOM, source_digest="0" * 64),
    )


def _matrix(spacing_mm: NDArray[np.float64], turn_rad: float = 0.0) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation_from_vector([0.0, turn_rad, 0.0]) @ np.diag(spacing_mm)
    matrix[:3, 3] = (-150.3, -210.7, -1020.1)
    return matrix


def _ct(
    seed: int,
    *,
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    noise_hu: float = 25.0,
    bead_hu: float = 3000.0,
    diameter_mm: float = 4.0,
    plate: bool = False,
    blur_mm: float = 0.0,
    turn_rad: float = 0.0,
) -> tuple[Volume, NDArray[np.float64]]:
    """Return a CT of eight beads in air, or each partly sunk into its own plate, and their centres (8, 3)."""
    rng = np.random.default_rng(seed)
    spacing = np.array(spacing_mm)
    hu = np.full((SIZE_MM / spacing).astype(int)[::-1], -1000.0)
    centres: list[NDArray[np.float64]] = []
    while len(centres) < 8:
        centre = rng.uniform(13.0, SIZE_MM - 13.0)
        if all(np.linalg.norm(centre - other) > 27.0 for other in centres):
            centres.append(centre)
    # Without a plate all is air outside the bead.
    reach = 10.0 if plate else diameter_mm / 2 + spacing
    for centre in centres:
        low = np.floor((centre - reach) / spacing).astype(int)
        high = np.ceil((centre + reach) / spacing).astype(int)
        fine = [
            (low[a] - 0.5 + (np.arange((high[a] - low[a]) * SUB) + 0.5) / SUB) * spacing[a] - centre[a]
            for a in range(3)
        ]
        z, y, x = np.meshgrid(fine[2], fine[1], fine[0], indexing="ij", sparse=True)
        behind: Any = -1000.0
        if plate:
            nx, ny, nz = (normal := rng.normal(size=3)) / np.linalg.norm(normal)
            behind = np.where(x * nx + y * ny + z * nz > rng.uniform(-1.5, 2.5), 120.0, -1000.0)
        seen = np.where(x * x + y * y + z * z <= (diameter_mm / 2) ** 2, bead_hu, behind)
        k, j, i = high[::-1] - low[::-1]
        hu[low[2] : high[2], low[1] : high[1], low[0] : high[0]] = seen.reshape(k, SUB, j, SUB, i, SUB).mean((1, 3, 5))
    if blur_mm:
        hu = sitk.GetArrayFromImage(sitk.DiscreteGaussian(sitk.GetImageFromArray(hu), (blur_mm / spacing) ** 2))
    matrix = _matrix(spacing, turn_rad)
    truth = (np.array(centres) / spacing) @ matrix[:3, :3].T + matrix[:3, 3]
    return _volume(hu + rng.normal(0.0, noise_hu, hu.shape), matrix), truth


def _errors(beads: list[Bead], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the errors (N, 3) after asserting that each true bead was found once and nothing else."""
    assert len(beads) == len(truth)
    found = np.array([bead.position_patient_mm for bead in beads])
    nearest = np.linalg.norm(found[:, None] - truth[None], axis=-1).argmin(axis=1)
    assert sorted(nearest) == list(range(len(truth)))
    return np.asarray(found - truth[nearest])


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"blur_mm": 0.5},
        {"plate": True},
        {"plate": True, "blur_mm": 0.5},
        {"bead_hu": 8000.0},
        {"bead_hu": 8000.0, "blur_mm": 0.5, "plate": True},
        {"turn_rad": 0.4},
        {"spacing_mm": (0.7, 0.7, 1.5)},
        {"noise_hu": 60.0},
        {"diameter_mm": 3.0},
    ],
    ids=str,
)
def test_beads_are_found_to_a_twentieth_of_a_millimetre(kind: dict[str, object]) -> None:
    errors, surprise = [], []
    for seed in range(6):
        volume, truth = _ct(seed, **kind)  # type: ignore[arg-type]
        beads = find_beads(volume, diameter_mm=float(str(kind.get("diameter_mm", 4.0))))
        found = _errors(beads, truth)
        errors.append(np.linalg.norm(found, axis=1))
        surprise += [e @ np.linalg.solve(b.covariance_mm2, e) for e, b in zip(found, beads, strict=True)]
    assert np.mean(errors) <= 0.05
    assert np.max(errors) <= 0.10
    # Three axes: the claimed covariance is not too small where the mean of this is at most 3.
    assert np.mean(surprise) <= 3.0


@pytest.mark.slow
def test_thick_slices_find_the_beads_and_say_that_they_know_less_along_the_slices() -> None:
    errors, surprise = [], []
    for seed in range(6):
        volume, truth = _ct(seed, spacing_mm=(1.0, 1.0, 3.0))
        beads = find_beads(volume, diameter_mm=4.0)
        found = _errors(beads, truth)
        errors.append(found)
        surprise += [e @ np.linalg.solve(b.covariance_mm2, e) for e, b in zip(found, beads, strict=True)]
        for bead in beads:
            assert bead.covariance_mm2[2, 2] > 4.0 * bead.covariance_mm2[0, 0]
    assert np.linalg.norm(np.concatenate(errors), axis=1).mean() <= 0.1
    assert np.mean(surprise) <= 3.0


def test_a_bead_tells_its_size_and_brightness() -> None:
    volume, _ = _ct(3)
    for bead in find_beads(volume, diameter_mm=4.0):
        assert bead.diameter_mm == pytest.approx(4.0, abs=0.1)
        assert 2900.0 < bead.peak_hu <= 3071.0


def test_what_is_no_bead_is_left_out() -> None:
    hu = np.random.default_rng(0).normal(-1000.0, 25.0, (70, 90, 90))
    z, y, x = np.meshgrid(*(np.arange(n, dtype=float) for n in hu.shape), indexing="ij")

    def ball(cx: float, cy: float, cz: float, radius: float) -> NDArray[np.bool_]:
        return np.asarray((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2 <= radius**2)

    hu[(np.abs(x - 20) < 25) & (np.abs(y - 70) < 12)] = 40.0
    hu[ball(20, 70, 35, 11)] = 700.0
    hu[ball(16, 68, 30, 2)] = 1300.0  # a dense speck of bone in bone
    hu[ball(24, 72, 40, 2)] = 3000.0  # metal inside bone
    hu[(np.hypot(x - 70, y - 20) < 2) & (np.abs(z - 30) < 6)] = 3000.0  # a short screw
    hu[(np.abs(x - 70) < 1) & (np.abs(y - 60) < 5) & (np.abs(z - 30) < 5)] = 3000.0  # a foil
    hu[ball(45, 20, 20, 4)] = 3000.0  # a ball twice as large
    hu[ball(45, 20, 50, 0.9)] = 3000.0  # a speck
    hu[ball(60, 80, 1, 2)] = 3000.0  # cut by the edge of the scan
    # A voxel that a ball half fills is half as bright: real beads are no stairs.
    filled = np.clip(2.5 - np.sqrt((x - 80) ** 2 + (y - 45) ** 2 + (z - 55) ** 2), 0.0, 1.0)
    hu += filled * (3000.0 - hu)
    beads = find_beads(_volume(hu, np.eye(4)), diameter_mm=4.0)
    assert [np.round(bead.position_patient_mm).tolist() for bead in beads] == [[80.0, 45.0, 55.0]]


def _with_decoys(seed: int, diameter_mm: float) -> tuple[Volume, NDArray[np.float64]]:
    """Six beads on posts over a trunk, and everything a CT has that is bright, small and no bead."""
    rng = np.random.default_rng(seed)
    matrix = np.diag([0.8, 0.8, 1.0, 1.0])
    canvas = Canvas(Grid(shape=(90, 130, 130), patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)))
    # The grid's spacing is taken from its first axis; solids are painted with soft edges of that width.
    canvas.paint(Tube(np.array([(52.0, 20.0, -20.0), (52.0, 20.0, 110.0)]), np.full(2, 38.0)), 45.0)
    canvas.paint(
        Tube(np.array([(52.0, 20.0, 5.0), (52.0, 20.0, 85.0)]), np.full(2, 13.0)), 210.0, shell_hu=1200.0, shell_mm=2.5
    )
    for x in (20.0, 52.0, 84.0):  # bolts of a table, in a row
        canvas.paint(Tube(np.array([(x, 98.0, 45.0), (x, 103.0, 45.0)]), np.full(2, 3.2)), 3000.0)
    canvas.paint(Tube(np.array([(46.0, 10.0, 30.0), (62.0, 24.0, 42.0)]), np.full(2, 1.8)), 3000.0)  # a bone screw
    for x, z in ((30.0, 20.0), (74.0, 70.0)):  # electrode snaps: a stud on a disc, on the skin
        canvas.paint(Ellipsoid((x, 55.5, z), (5.0, 0.9, 5.0)), 2600.0)
        canvas.paint(Ellipsoid((x, 57.5, z), (1.9, 2.4, 1.9)), 2800.0)
    for _ in range(12):  # calcifications in soft tissue
        centre = np.array([rng.uniform(24, 38), rng.uniform(8, 40), rng.uniform(8, 82)])
        canvas.paint(Ellipsoid(tuple(centre), tuple(rng.uniform(0.8, 3.5, 3))), float(rng.uniform(500, 900)))
    truth = np.array(
        [(18.0, 75.0, 18.0), (52.0, 80.0, 15.0), (86.0, 74.0, 22.0), (20.0, 76.0, 72.0), (50.0, 78.0, 60.0)]
    )
    truth = truth + rng.uniform(-0.5, 0.5, truth.shape)
    for centre in truth:
        canvas.paint_ball(centre, 0.5 * diameter_mm, 3000.0)
    hu = blurred(canvas.hu, sigma_voxel=0.45) + rng.normal(0.0, 18.0, canvas.hu.shape)
    return _volume(hu.astype(np.float64), matrix), truth


@pytest.mark.parametrize("diameter_mm", [2.0, 3.0, 4.0, 5.0])
def test_beads_of_a_size_not_told_are_found_among_decoys(diameter_mm: float) -> None:
    for seed in range(2):
        volume, truth = _with_decoys(seed, diameter_mm)
        beads = find_beads(volume)
        assert len(beads) == len(truth)
        for bead in beads:
            assert np.linalg.norm(truth - bead.position_patient_mm, axis=1).min() <= 0.3
            assert bead.diameter_mm == pytest.approx(diameter_mm, abs=0.6)


def test_the_search_takes_a_positive_diameter_only() -> None:
    volume, _ = _ct(0)
    for diameter_mm in (0.0, -4.0, float("nan")):
        with pytest.raises(ContractError):
            find_beads(volume, diameter_mm=diameter_mm)


@pytest.mark.parametrize("name", ["ct_pelvis_3mm/ct.nii.gz", "ct_pelvis_dicom", "slicer/CTChest4.nrrd"])
def test_real_cts_without_beads_have_none(name: str) -> None:
    # Bone, a hip screw, a table: dozens of bright blobs, none of them a bead.
    volume = volume_of(shared_data(name.split("/")[0]) / "/".join(name.split("/")[1:]))
    assert find_beads(volume, diameter_mm=4.0) == []
    assert find_beads(volume) == []
