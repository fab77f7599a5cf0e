"""The phantom is what it says: its image and its labels agree with the solids it was painted from."""

import itertools
import math

import numpy as np
import pytest
import SimpleITK

from orview.markers.board import Board
from orview.segment.anatomy import STANDARD, Side
from orview.sim.fixture import plate_corners_mm
from orview.sim.phantom import Phantom, build_phantom
from orview.sim.shapes import distance_at

EXPECTED = {
    *("sacrum", "hip_left", "hip_right", "vertebra_l5", "vertebra_l4", "femur_left", "femur_right", "tumour"),
    *(f"nerve_s{n}_{side}" for n in range(1, 6) for side in ("left", "right")),
    *(f"iliac_{kind}_{side}" for kind in ("artery", "vein") for side in ("left", "right")),
    *("rectum", "bladder", "skin"),
}


def mask_of(phantom: Phantom, key: str) -> np.ndarray:
    number = next(number for number, name in phantom.labels.names.items() if name == key)
    return phantom.labels.array == number


def centres_mm(phantom: Phantom, mask: np.ndarray) -> np.ndarray:
    return phantom.labels.patient_from_voxel.apply(np.argwhere(mask)[:, ::-1])


def test_every_structure_is_there_in_one_piece(phantom: Phantom) -> None:
    assert set(phantom.labels.names.values()) == EXPECTED
    for number, key in phantom.labels.names.items():
        mask = phantom.labels.array == number
        assert mask.sum() > 400, key
        box = tuple(slice(int(where.min()), int(where.max()) + 1) for where in np.nonzero(mask))
        pieces = SimpleITK.ConnectedComponent(SimpleITK.GetImageFromArray(mask[box].astype(np.uint8)), True)
        assert int(SimpleITK.GetArrayViewFromImage(pieces).max()) == 1, key


def test_labels_agree_with_the_solids(phantom: Phantom) -> None:
    rng = np.random.default_rng(1)
    for key in sorted(EXPECTED - {"skin"}):
        voxels = np.argwhere(mask_of(phantom, key))
        some = voxels[rng.choice(len(voxels), size=min(len(voxels), 400), replace=False)]
        inside = distance_at(
            phantom.pelvis.structures[key], phantom.labels.patient_from_voxel.apply(some[:, ::-1].astype(float))
        )
        assert inside.max() <= 1e-2, key


def test_volumes_agree_with_geometry(phantom: Phantom) -> None:
    # A tube of radius r along a line of length L holds pi r^2 L, and two half balls at its ends.
    for key, line in phantom.pelvis.roots_patient_mm.items():
        if key in ("nerve_s2_left", "nerve_s3_left", "nerve_s4_left"):
            continue
        radius = phantom.pelvis.structures[key].solid.radii_mm[0] * phantom.pelvis.scale
        length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
        expected = math.pi * radius**2 * (length + 4.0 / 3.0 * radius)
        assert mask_of(phantom, key).sum() == pytest.approx(expected, rel=0.08), key


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("number", range(1, 6))
def test_roots_are_continuous_and_leave_the_bone_through_their_foramina(
    phantom: Phantom, number: int, side: str
) -> None:
    key = f"nerve_s{number}_{side}"
    line = phantom.pelvis.roots_patient_mm[key]
    fine = np.vstack([line[:-1] * (1 - h) + line[1:] * h for h in np.linspace(0, 1, 5, endpoint=False)])
    voxels = np.rint(phantom.labels.patient_from_voxel.inverse().apply(fine)).astype(int)
    mask = mask_of(phantom, key)
    for i, j, k in voxels:
        assert mask[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2].any()
    # The root itself never runs through bone, and its start and end lie on two sides of it.
    assert distance_at(phantom.pelvis.structures["sacrum"], line).min() > 0.5
    if number < 5:
        assert line[0][1] > phantom.pelvis.patient_from_pelvis(np.array([0.0, 60.0, 0.0]))[1]
        exits = line[np.argmin(np.abs(np.linalg.norm(line - line[-1], axis=1) - 25.0))]
        assert distance_at(phantom.pelvis.structures["sacrum"], exits) > 1.0


def test_sacrum_has_four_pairs_of_foramina(phantom: Phantom) -> None:
    sacrum, middle = phantom.pelvis.structures["sacrum"], phantom.pelvis.origin_patient_mm[0]
    rings, owners = [], []
    for number, side in itertools.product(range(1, 5), ("left", "right")):
        line = phantom.pelvis.roots_patient_mm[f"nerve_s{number}_{side}"]
        for n in range(1, len(line) - 1):
            if 9.0 < abs(line[n, 0] - middle) < 20.0:
                rings.append(_rays_around(line, n))
                owners.append((number, side))
    # Bone that a ray meets on its way outwards, as a share of the circle around the root.
    around = (distance_at(sacrum, rings).min(axis=2) < 0.0).mean(axis=1)
    for owner in itertools.product(range(1, 5), ("left", "right")):
        assert max(share for share, whose in zip(around, owners, strict=True) if whose == owner) > 0.9, owner


def _rays_around(line: np.ndarray, n: int) -> np.ndarray:
    """Return points (12, 5, 3) on rays 2 to 10 mm out from a point of a line, square to it."""
    across = np.linalg.svd((line[n + 1] - line[n - 1])[None])[2][1:]
    angles = np.linspace(0.0, 2.0 * math.pi, 12, endpoint=False)
    ring = np.cos(angles)[:, None] * across[0] + np.sin(angles)[:, None] * across[1]
    return line[n] + ring[:, None] * np.arange(2.0, 12.0, 2.0)[:, None]


def test_sacrum_is_a_curved_wedge_of_human_size(phantom: Phantom) -> None:
    points = centres_mm(phantom, mask_of(phantom, "sacrum"))
    size = np.ptp(points, axis=0)
    assert 80.0 < size.max() < 150.0
    assert size[0] > 85.0
    upper = points[points[:, 2] > points[:, 2].max() - 50.0]
    lower = points[points[:, 2] < points[:, 2].min() + 15.0]
    assert np.ptp(upper[:, 0]) > 2.0 * np.ptp(lower[:, 0])
    # Kyphosis: its front is hollow, the middle lies behind the line from the promontory to the tip.
    start, end = phantom.landmarks["promontory"], phantom.landmarks["sacral_tip"]
    chord = (end - start) / np.linalg.norm(end - start)
    middle_front = points[np.abs((points - start) @ chord - 0.5 * np.linalg.norm(end - start)) < 2.0]
    front = middle_front[middle_front[:, 1].argmin()]
    sag = (front - start) - ((front - start) @ chord) * chord
    assert sag[1] > 5.0


@pytest.mark.hazard("H04")
def test_left_is_left(phantom: Phantom) -> None:
    middle = phantom.pelvis.origin_patient_mm[0]
    for key in EXPECTED:
        side = STANDARD[key].side
        if side is not Side.NONE:
            offset = centres_mm(phantom, mask_of(phantom, key))[:, 0].mean() - middle
            assert (offset > 3.0) if side is Side.LEFT else (offset < -3.0), key
    tumour = centres_mm(phantom, mask_of(phantom, "tumour"))
    assert tumour[:, 0].mean() - middle > 8.0
    assert phantom.tumour_centre_patient_mm[0] - middle > 8.0
    # The first bead of the board stands towards the patient's left, whatever the voxel order.
    assert phantom.volume.patient_from_voxel.matrix[0, 0] < 0.0
    assert phantom.volume.patient_from_voxel.determinant > 0.0
    assert phantom.beads_patient_mm[0][0] > middle + 40.0


def test_tumour_centre_is_the_mass_centre_of_its_label(phantom: Phantom) -> None:
    label_centre = centres_mm(phantom, mask_of(phantom, "tumour")).mean(axis=0)
    np.testing.assert_allclose(phantom.tumour_centre_patient_mm, label_centre, atol=0.5)
    assert distance_at(phantom.pelvis.structures["tumour"], phantom.tumour_centre_patient_mm) < -3.0


def test_beads_lie_at_the_true_places(phantom: Phantom, board: Board) -> None:
    np.testing.assert_allclose(
        phantom.beads_patient_mm, phantom.patient_from_board.apply(board.beads_board_mm), atol=1e-9
    )
    voxel_from_patient = phantom.volume.patient_from_voxel.inverse()
    for bead in phantom.beads_patient_mm:
        i, j, k = np.rint(voxel_from_patient.apply(bead)).astype(int)
        block = phantom.volume.array[k - 4 : k + 5, j - 4 : j + 5, i - 4 : i + 5].astype(float)
        assert block.max() > 2500.0
        # Above the plastic, below the bead: the weights are then linear in how much of a voxel is bead.
        weights = np.clip(block - 400.0, 0.0, None)
        place = np.argwhere(weights > 0)[:, ::-1] + (i - 4, j - 4, k - 4)
        centroid = np.average(
            phantom.volume.patient_from_voxel.apply(place.astype(float)), axis=0, weights=weights[weights > 0]
        )
        assert np.linalg.norm(centroid - bead) < 0.03


def test_board_lies_askew_above_the_sacrum(phantom: Phantom, board: Board) -> None:
    corners = plate_corners_mm(board)
    middle = phantom.patient_from_board.apply(corners.mean(axis=0))
    height = distance_at(phantom.pelvis.body, middle)
    assert 14.0 < height < 26.0
    sacrum = centres_mm(phantom, mask_of(phantom, "sacrum"))
    assert np.abs(middle - sacrum.mean(axis=0))[[0, 2]].max() < 40.0
    # Into the paper is towards the belly, up on the print is towards the head.
    print_normal = phantom.patient_from_board.rotate([0.0, 0.0, 1.0])
    assert 2.0 < math.degrees(math.acos(-print_normal[1])) < 12.0
    assert phantom.patient_from_board.rotate([0.0, 1.0, 0.0])[2] < -0.98
    assert distance_at(phantom.pelvis.body, phantom.beads_patient_mm).min() > 4.0


def test_plate_is_faint(phantom: Phantom, board: Board) -> None:
    low, high = plate_corners_mm(board)[[0, 2]]
    rng = np.random.default_rng(2)
    inside = np.column_stack([rng.uniform(low[:2] + 5.0, high[:2] - 5.0, size=(300, 2)), np.full(300, 2.0)])
    i, j, k = (
        np.rint(phantom.volume.patient_from_voxel.inverse().apply(phantom.patient_from_board.apply(inside)))
        .astype(int)
        .T
    )
    assert -50.0 < phantom.volume.array[k, j, i].mean() < 150.0


@pytest.mark.parametrize(
    ("key", "low", "high"),
    [
        ("tumour", 50, 90),
        ("bladder", -5, 25),
        ("iliac_artery_left", 140, 210),
        ("iliac_vein_right", 110, 170),
        ("hip_left", 300, 800),
    ],
)
def test_tissue_has_its_density(phantom: Phantom, key: str, low: float, high: float) -> None:
    assert low < phantom.volume.array[mask_of(phantom, key)].mean() < high


def test_bone_has_a_dense_rind(phantom: Phantom) -> None:
    for key in ("hip_left", "sacrum", "femur_right"):
        voxels = np.argwhere(mask_of(phantom, key))
        some = voxels[np.random.default_rng(3).choice(len(voxels), size=4000, replace=False)]
        centres = phantom.labels.patient_from_voxel.apply(some[:, ::-1].astype(float))
        depth = distance_at(phantom.pelvis.structures[key], centres)
        hu = phantom.volume.array[tuple(some.T)]
        assert hu[(depth < -0.8) & (depth > -1.4)].mean() > 750.0, key
        assert hu[depth < -5.0].mean() < 320.0, key


def test_noise_is_that_of_a_scanner(phantom: Phantom) -> None:
    bladder = mask_of(phantom, "bladder")
    apart = (slice(None), slice(None), slice(0, -4)), (slice(None), slice(None), slice(4, None))
    both = bladder[apart[0]] & bladder[apart[1]]
    change = phantom.volume.array[apart[0]].astype(float) - phantom.volume.array[apart[1]]
    assert change[both].std() / math.sqrt(2.0) == pytest.approx(18.0, abs=2.5)


def test_it_says_that_it_is_synthetic(phantom: Phantom) -> None:
    assert phantom.volume.provenance.synthetic
    assert "SYNTHETIC" in phantom.volume.provenance.series_text


def test_one_seed_is_one_phantom(board: Board) -> None:
    first, again, other = (build_phantom(board=board, seed=seed, spacing_mm=3.0) for seed in (5, 5, 6))
    assert first.volume.provenance.source_digest == again.volume.provenance.source_digest
    assert np.array_equal(first.labels.array, again.labels.array)
    assert np.array_equal(first.patient_from_board.matrix, again.patient_from_board.matrix)
    assert first.volume.provenance.source_digest != other.volume.provenance.source_digest
    assert np.linalg.norm(first.tumour_centre_patient_mm - other.tumour_centre_patient_mm) > 1.0
    # A coarser grid is the same patient.
    np.testing.assert_allclose(first.tumour_centre_patient_mm, again.tumour_centre_patient_mm)
