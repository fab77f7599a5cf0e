"""A stack of slices is one regular grid or it is refused (hazard H15); impossible sizes are refused (H05)."""

from dataclasses import replace

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.findings import Severity
from orview.image.checks import SlicePlace, check_grid, check_volume, stack_slices
from orview.image.volume import Volume
from tests.shapes import grid, provenance


def stack(count: int = 20, *, step_mm: tuple[float, float, float] = (0.0, 0.0, 2.5)) -> list[SlicePlace]:
    return [
        SlicePlace(
            position_mm=np.array([-100.0, -120.0, 40.0]) + n * np.array(step_mm),
            row_direction=np.array([1.0, 0.0, 0.0]),
            column_direction=np.array([0.0, 1.0, 0.0]),
            spacing_mm=(0.8, 0.7),
            rows=300,
            columns=280,
            thickness_mm=2.5,
        )
        for n in range(count)
    ]


def test_a_shuffled_stack_is_sorted_by_position() -> None:
    slices = stack()
    shuffled = [slices[n] for n in np.random.default_rng(1).permutation(len(slices))]
    order, transform, findings = stack_slices(shuffled)
    assert [shuffled[n].position_mm[2] for n in order] == [one.position_mm[2] for one in slices]
    # Columns run along i at the column spacing, rows along j at the row spacing.
    assert transform.apply((1, 0, 0)) - transform.apply((0, 0, 0)) == pytest.approx([0.7, 0.0, 0.0])
    assert transform.apply((0, 1, 0)) - transform.apply((0, 0, 0)) == pytest.approx([0.0, 0.8, 0.0])
    assert transform.apply((0, 0, 19)) == pytest.approx(slices[19].position_mm)
    assert findings == []


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    ("row", "column"),
    [((1, 0, 0), (0, 1, 0)), ((-1, 0, 0), (0, -1, 0)), ((-1, 0, 0), (0, 1, 0)), ((0, 1, 0), (0, 0, -1))],
)
def test_every_orientation_gives_a_grid_that_is_not_mirrored(row: tuple[int], column: tuple[int]) -> None:
    normal = np.cross(row, column)
    slices = [
        replace(
            one,
            position_mm=n * 2.5 * normal,
            row_direction=np.array(row, dtype=np.float64),
            column_direction=np.array(column, dtype=np.float64),
        )
        for n, one in enumerate(stack())
    ]
    order, transform, _ = stack_slices(slices[::-1])
    assert transform.determinant > 0.0
    assert order == list(range(19, -1, -1))


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("lost", range(1, 19))
def test_a_missing_slice_is_refused_wherever_it_was(lost: int) -> None:
    slices = stack()
    del slices[lost]
    with pytest.raises(RefusedError, match=f"missing between slices {lost} and {lost + 1}"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("which", [0, 7, 19])
def test_a_doubled_slice_is_refused(which: int) -> None:
    with pytest.raises(RefusedError, match="same place"):
        stack_slices([*stack(), stack()[which]])


@pytest.mark.hazard("H15")
def test_two_spacings_are_refused() -> None:
    slices = stack()
    moved = [
        replace(one, position_mm=one.position_mm + np.array([0, 0, n * 0.7]))
        for n, one in enumerate(slices[10:], start=1)
    ]
    with pytest.raises(RefusedError, match=r"unevenly spaced: 2\.50 to 3\.20"):
        stack_slices([*slices[:10], *moved])


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("off_mm", [0.02, 0.05, 1.0])
def test_one_slice_out_of_place_is_refused(off_mm: float) -> None:
    slices = stack()
    slices[8] = replace(slices[8], position_mm=slices[8].position_mm + np.array([0.0, 0.0, off_mm]))
    with pytest.raises(RefusedError, match="unevenly"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("degrees", [0.5, 1.0, 10.0, 25.0])
def test_a_tilted_gantry_is_refused(degrees: float) -> None:
    lean = 2.5 * float(np.tan(np.deg2rad(degrees)))
    with pytest.raises(RefusedError, match=f"leans by {degrees:.1f} degrees"):
        stack_slices(stack(step_mm=(0.0, lean, 2.5)))


@pytest.mark.hazard("H15")
def test_mixed_sizes_and_orientations_are_refused() -> None:
    slices = stack()
    with pytest.raises(RefusedError, match="size"):
        stack_slices([replace(slices[0], rows=200), *slices[1:]])
    turned = replace(slices[3], row_direction=np.array([0.0, 1.0, 0.0]), column_direction=np.array([-1.0, 0.0, 0.0]))
    with pytest.raises(RefusedError, match="same way"):
        stack_slices([*slices[:3], turned, *slices[4:]])


def test_too_few_slices_are_no_volume() -> None:
    with pytest.raises(RefusedError, match="at least 3 slices, not 2"):
        stack_slices(stack(2))


def test_overlapping_and_gapped_slices_are_told() -> None:
    overlap = [replace(one, thickness_mm=5.0) for one in stack()]
    gapped = [replace(one, thickness_mm=1.0) for one in stack()]
    assert [finding.code for finding in stack_slices(overlap)[2]] == ["SLICES_OVERLAP"]
    assert [(f.code, f.severity) for f in stack_slices(gapped)[2]] == [("SLICES_GAP", Severity.WARNING)]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_mistaken_unit_is_refused(factor: float) -> None:
    check_grid((300, 512, 512), grid((0.8, 0.8, 1.0)))
    with pytest.raises(RefusedError, match="cannot be a patient's"):
        check_grid((300, 512, 512), grid((0.8 * factor, 0.8 * factor, 1.0 * factor)))


def test_thick_slices_metal_and_other_modalities_are_told() -> None:
    array = np.zeros((20, 20, 20), dtype=np.int16)
    array[5:15, 5:15, 5:15] = 3000
    volume = Volume(array=array, patient_from_voxel=grid((1.0, 1.0, 4.0)), provenance=provenance(20))
    assert [finding.code for finding in check_volume(volume)] == ["SLICES_THICK", "METAL"]
    magnetic = Volume(array=array, patient_from_voxel=grid(), provenance=replace(provenance(20), modality="MR"))
    assert [finding.code for finding in check_volume(magnetic)] == ["NOT_CT"]
