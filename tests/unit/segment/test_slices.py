"""Slices show the image where it is in the patient, upright however it was stored, and which structure is where."""

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import field_of_mask
from orview.image.volume import Volume, shifted
from orview.segment.anatomy import SKIN, Anatomy, anatomy_of
from orview.segment.outline import Outline
from orview.segment.slices import CT_WINDOW_HU, LONGEST_MM, Slices, slices_of
from tests.shapes import ellipsoid, grid, points_of, provenance

SHAPE = (50, 60, 70)
CORNER_MM = (-30.0, 100.0, -800.0)
BALL = ellipsoid((5.0, 130.0, -775.0), (9.0, 8.0, 7.0))
INNER = ellipsoid((5.0, 130.0, -775.0), (4.0, 4.0, 4.0))
EVERYWHERE = ellipsoid((5.0, 130.0, -775.0), (900.0, 900.0, 900.0))


def hu_at(points: np.ndarray) -> np.ndarray:
    """A value that is another at every place and falls towards no axis alike: linear, so nothing is lost between."""
    return 2.0 * (points[..., 0] + 30.0) + 3.0 * (points[..., 1] - 100.0) - 1.5 * (points[..., 2] + 750.0)


def volume_on(patient_from_voxel: AffineTransform, shape: tuple[int, int, int] = SHAPE) -> Volume:
    values = hu_at(points_of(shape, patient_from_voxel)).astype(np.float32)
    return Volume(array=values, patient_from_voxel=patient_from_voxel, provenance=provenance(shape[0]))


def outline_on(anatomy: Anatomy, inside, patient_from_voxel: AffineTransform, shape=SHAPE) -> Outline:
    """An outline cut to its own box with a voxel around it, as segmentation makes them."""
    mask = inside(points_of(shape, patient_from_voxel))
    places = np.argwhere(mask)
    first, last = np.maximum(places.min(axis=0) - 1, 0), places.max(axis=0) + 2
    k, j, i = (slice(a, b) for a, b in zip(first, last, strict=True))
    field = field_of_mask(mask[k, j, i], shifted(patient_from_voxel, tuple(int(n) for n in first[::-1])))
    return Outline(anatomy=anatomy, field=field)


def hu_of(slices: Slices) -> np.ndarray:
    low, high = slices.window
    return low + slices.grey * ((high - low) / 255.0)


def tilted() -> AffineTransform:
    """A sheared stack of a tilted gantry, its first axis to the patient's right."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[-1.0, 0, 0], [0, 1.0, 0.25], [0, 0, 1.0]])
    matrix[:3, 3] = (39.0, 100.0, -800.0)
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    "patient_from_voxel",
    [
        grid(corner_mm=CORNER_MM),
        grid(corner_mm=(39.0, 159.0, -751.0), axes=-np.eye(3)),
        grid(spacing_mm=(1.0, 0.7, 1.3), corner_mm=CORNER_MM),
        tilted(),
    ],
    ids=["upright", "turned over", "long voxels", "tilted"],
)
def test_every_voxel_shows_what_the_image_has_at_its_place_in_the_patient(patient_from_voxel: AffineTransform) -> None:
    volume = volume_on(patient_from_voxel)
    tumour = outline_on(anatomy_of("tumour"), BALL, patient_from_voxel)
    slices = slices_of(volume, [tumour], target_key="tumour")
    places = points_of(slices.grey.shape, slices.patient_from_voxel)
    inside = volume.patient_from_voxel.inverse().apply(places)
    within = ((inside >= 0.0) & (inside <= np.array(SHAPE[::-1]) - 1.0)).all(axis=-1)
    seen = within & (slices.grey > 0) & (slices.grey < 255)
    assert seen.mean() > 0.5
    # Half a step of the window, and the float's own roundness.
    assert np.abs(hu_of(slices) - hu_at(places))[seen].max() <= 0.51 * (CT_WINDOW_HU[1] - CT_WINDOW_HU[0]) / 255.0
    # Left, posterior and superior lie where the patient frame says, which no mirrored grid changes.
    assert np.array_equal(np.sign(slices.patient_from_voxel.matrix[:3, :3]), np.eye(3))
    labelled = slices.labels == 1
    assert places[labelled].mean(axis=0) == pytest.approx((5.0, 130.0, -775.0), abs=0.3)
    assert (labelled == BALL(places))[within].mean() > 0.995


def test_of_structures_that_overlap_the_more_important_is_shown_and_skin_hides_none() -> None:
    upright = grid(corner_mm=CORNER_MM)
    outlines = [
        outline_on(anatomy_of("tumour"), INNER, upright),
        outline_on(anatomy_of("sacrum"), BALL, upright),
        outline_on(SKIN, EVERYWHERE, upright),
    ]
    slices = slices_of(volume_on(upright), outlines, target_key="tumour")
    assert slices.keys == ("tumour", "sacrum", "skin")
    places = points_of(slices.grey.shape, slices.patient_from_voxel)
    middle = np.linalg.norm(places - (5.0, 130.0, -775.0), axis=-1).argmin()
    assert slices.labels.ravel()[middle] == 1
    assert set(np.unique(slices.labels)) == {1, 2, 3}
    # What covers all does not say what matters: what is kept reaches 20 mm around the sacrum or to the image's end.
    assert slices.grey.size < 0.9 * np.prod(SHAPE)


def test_a_long_patient_is_kept_around_the_target_within_the_budget() -> None:
    coarse, shape = grid(spacing_mm=(4.0, 4.0, 4.0), corner_mm=(-200.0, -200.0, -400.0)), (200, 100, 100)
    volume = volume_on(coarse, shape)
    tumour = outline_on(anatomy_of("tumour"), ellipsoid((0.0, 0.0, 200.0), (30.0, 30.0, 30.0)), coarse, shape)
    bones = outline_on(anatomy_of("bone"), ellipsoid((0.0, 0.0, 0.0), (180.0, 180.0, 380.0)), coarse, shape)
    slices = slices_of(volume, [tumour, bones], target_key="tumour")
    k, j, i = slices.grey.shape
    assert k * slices.spacing_mm == pytest.approx(LONGEST_MM, abs=slices.spacing_mm)
    middle = slices.patient_from_voxel.apply([(i - 1) / 2, (j - 1) / 2, (k - 1) / 2])
    assert middle[2] == pytest.approx(200.0, abs=12.0)
    # Never finer than the image: that would cost room and show nothing.
    assert slices.spacing_mm == 4.0


def test_a_fine_image_is_made_coarser_where_it_does_not_fit() -> None:
    upright = grid(corner_mm=CORNER_MM)
    tumour = outline_on(anatomy_of("tumour"), BALL, upright)
    whole = slices_of(volume_on(upright), [tumour], target_key="tumour")
    small = slices_of(volume_on(upright), [tumour], target_key="tumour", most_voxels=whole.grey.size // 8)
    assert whole.spacing_mm == 1.0
    assert 0.8 * whole.grey.size / 8 < small.grey.size <= whole.grey.size / 8
    assert small.spacing_mm == pytest.approx(2.0, abs=0.05)


def test_without_an_outline_there_is_nothing_to_look_at() -> None:
    with pytest.raises(ContractError):
        slices_of(volume_on(grid(corner_mm=CORNER_MM)), [], target_key="tumour")
