"""Bone surfaces from grey values: finer than the label where there is contrast, the label's where there is none."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import field_of_mask
from orview.image.volume import Volume, shifted
from orview.mesh.refine import refine
from orview.mesh.unknown import unknown
from orview.segment.anatomy import SKIN, STANDARD
from orview.segment.coarse import box_of
from orview.segment.grey_bone import BAND_VOXELS, LEAST_BAND_MM, follow
from orview.segment.outline import Outline
from orview.sim.phantom import Phantom, build_phantom
from orview.sim.shapes import distance_at
from tests.measuring import extract
from tests.shapes import grid, points_of, provenance

CENTRE_MM = np.array([0.3, 140.2, -870.4])
SPACING_MM = (0.8, 0.8, 1.0)


def ball(
    *, radius_mm: float = 15.0, rind_hu: float = 900.0, inside_hu: float = 180.0, noise_hu: float = 15.0
) -> tuple[Volume, Outline, NDArray[np.float64]]:
    """A blurred ball with a rind of 2 mm in muscle, its label, and the grid's points."""
    transform = grid(SPACING_MM, corner_mm=(-24.0, 116.0, -895.0))
    shape = (50, 60, 60)
    points = points_of(shape, transform)
    depth = radius_mm - np.linalg.norm(points - CENTRE_MM, axis=-1)
    # The blur of an edge, a logistic of about 0.5 mm.
    edge, inner = (1.0 / (1.0 + np.exp(-value / 0.3)) for value in (depth, depth - 2.0))
    hu = 50.0 + (rind_hu - 50.0) * edge + (inside_hu - rind_hu) * inner
    hu += np.random.default_rng(4).normal(0.0, noise_hu, shape)
    volume = Volume(array=np.rint(hu).astype(np.int16), patient_from_voxel=transform, provenance=provenance(shape[0]))
    outline = Outline(anatomy=STANDARD["sacrum"], field=field_of_mask(depth > 0.0, transform))
    return volume, outline, points


def in_slices(volume: Volume, points: NDArray[np.float64], count: int) -> tuple[Volume, Outline]:
    """The ball in slices `count` times as thick, and the label its voxels' centres draw."""
    kept = len(volume.array) // count * count
    hu = volume.array[:kept].reshape(-1, count, *volume.array.shape[1:]).mean(axis=1)
    hu += np.random.default_rng(7).normal(0.0, 10.0, hu.shape)
    matrix = volume.patient_from_voxel.matrix.copy()
    matrix[:3, 3] += 0.5 * (count - 1) * matrix[:3, 2]
    matrix[:3, 2] *= count
    transform = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
    centres = points[:kept].reshape(-1, count, *points.shape[1:]).mean(axis=1)
    inside = np.linalg.norm(centres - CENTRE_MM, axis=-1) < 15.0
    thick = Volume(array=np.rint(hu).astype(np.int16), patient_from_voxel=transform, provenance=provenance(hu.shape[0]))
    return thick, Outline(anatomy=STANDARD["sacrum"], field=field_of_mask(inside, transform))


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_what_is_said_of_the_surface_holds_however_thick_the_slices(count: int) -> None:
    volume, _, points = ball()
    refined = refine(follow(*in_slices(volume, points, count)).outline.field)
    off = np.abs(np.linalg.norm(refined.finest.vertices_mm - CENTRE_MM, axis=1) - 15.0)
    rms_mm, farthest_mm = unknown(refined)
    assert 0.8 * np.sqrt((off**2).mean()) <= rms_mm <= 4.0 * np.sqrt((off**2).mean())
    assert off.max() <= farthest_mm


def test_where_the_label_decides_all_is_as_doubtful_as_a_label() -> None:
    volume, outline, _ = ball(rind_hu=60.0, inside_hu=55.0, noise_hu=4.0)
    assert follow(volume, outline).outline.field.doubt >= 0.95


def off_mm(outline: Outline, radius_mm: float) -> NDArray[np.float64]:
    vertices = extract(outline.field).vertices_mm
    return np.asarray(np.linalg.norm(vertices - CENTRE_MM, axis=1) - radius_mm)


@pytest.mark.parametrize("rind_hu", [500.0, 900.0, 1400.0])
def test_the_level_is_found_whatever_the_density(rind_hu: float) -> None:
    volume, outline, _ = ball(rind_hu=rind_hu)
    off = off_mm(follow(volume, outline).outline, 15.0)
    assert np.sqrt((off**2).mean()) <= 0.06
    assert np.sqrt((off_mm(outline, 15.0) ** 2).mean()) >= 0.15


def test_a_surface_never_moves_by_more_than_the_band() -> None:
    volume, _, _ = ball()
    # A label 5 mm too small: the true surface is out of reach and must not be jumped to.
    _, wrong, _ = ball(radius_mm=10.0)
    band_mm = max(BAND_VOXELS * 0.8, LEAST_BAND_MM)
    off = off_mm(follow(volume, wrong).outline, 10.0)
    assert np.abs(off).max() <= band_mm + 0.5


def test_without_contrast_the_label_stays_and_it_is_said() -> None:
    volume, outline, _ = ball(rind_hu=60.0, inside_hu=55.0, noise_hu=4.0)
    followed = follow(volume, outline)
    assert followed.by_label >= 0.95
    assert [finding.code for finding in followed.findings] == ["BONE_WITHOUT_CONTRAST"]
    field = followed.outline.field
    low = np.rint(volume.patient_from_voxel.inverse().apply(field.patient_from_voxel.matrix[:3, 3])).astype(int)
    k, j, i = (slice(first, first + size) for first, size in zip(low[::-1], field.array.shape, strict=True))
    assert np.array_equal(field.array > field.level, outline.field.array[k, j, i])


def test_beside_metal_the_label_stays() -> None:
    volume, outline, points = ball()
    array = volume.array.copy()
    array[np.linalg.norm(points - CENTRE_MM - (14.0, 0.0, 0.0), axis=-1) < 4.0] = 3071
    followed = follow(
        Volume(array=array, patient_from_voxel=volume.patient_from_voxel, provenance=volume.provenance), outline
    )
    assert 0.02 < followed.by_label < 0.4
    assert np.abs(off_mm(followed.outline, 15.0)).max() <= 0.8


def test_a_label_on_a_coarser_grid_is_followed_on_the_images_own() -> None:
    volume, _, _ = ball()
    coarse_grid = grid((2.0, 2.0, 2.0), corner_mm=(-24.0, 116.0, -895.0))
    inside = np.linalg.norm(points_of((25, 24, 24), coarse_grid) - CENTRE_MM, axis=-1) < 15.0
    followed = follow(volume, Outline(anatomy=STANDARD["sacrum"], field=field_of_mask(inside, coarse_grid))).outline
    assert np.sqrt((off_mm(followed, 15.0) ** 2).mean()) <= 0.15


def test_only_bones_are_followed() -> None:
    volume, outline, _ = ball()
    with pytest.raises(ContractError, match="none"):
        follow(volume, Outline(anatomy=SKIN, field=outline.field))


@cache
def fine_phantom() -> Phantom:
    return build_phantom(board=load_board("patient_flat"), seed=5, spacing_mm=1.0)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["sacrum", "hip_left"])
def test_on_a_phantom_the_surface_is_within_a_twentieth_of_a_millimetre(key: str) -> None:
    phantom = fine_phantom()
    value = next(value for value, name in phantom.labels.names.items() if name == key)
    mask = phantom.labels.array == value
    box = box_of(mask)
    start = (box[2].start, box[1].start, box[0].start)
    field = field_of_mask(mask[box], shifted(phantom.volume.patient_from_voxel, start))
    followed = follow(phantom.volume, Outline(anatomy=STANDARD[key], field=field)).outline
    vertices = extract(followed.field).vertices_mm[::15]
    solids = phantom.pelvis.structures
    # Where another structure is painted over the bone its solid is no truth.
    free = np.all([distance_at(solid, vertices) > 1.6 for other, solid in solids.items() if other != key], axis=0)
    off = distance_at(solids[key], vertices[free])
    assert np.sqrt((off**2).mean()) <= 0.05
    assert np.count_nonzero(free) >= 0.7 * len(vertices)
