"""A stack of slices is one regular grid, leans as a whole, or is refused (hazard H15)."""

from dataclasses import replace

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.findings import Severity
from orview.image.stack import SlicePlace, stack_slices


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
            number=n + 1,
        )
        for n in range(count)
    ]


def test_a_shuffled_stack_is_sorted_by_position() -> None:
    slices = stack()
    shuffled = [slices[n] for n in np.random.default_rng(1).permutation(len(slices))]
    found = stack_slices(shuffled)
    order, transform, findings = found.order, found.patient_from_voxel, found.findings
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
    found = stack_slices(slices[::-1])
    assert found.patient_from_voxel.determinant > 0.0
    assert found.order == list(range(19, -1, -1))


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("lost", range(1, 19))
def test_a_missing_slice_is_refused_wherever_it_was(lost: int) -> None:
    slices = stack()
    del slices[lost]
    with pytest.raises(RefusedError, match=f"missing between slices {lost} and {lost + 1}"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
def test_several_missing_slices_are_counted() -> None:
    slices = stack()
    del slices[4:7]
    with pytest.raises(RefusedError, match="A total of 3 slices are missing between slices 4 and 5"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("away_mm", [1e30, -1e6])
def test_a_position_no_scanner_reaches_is_damaged(away_mm: float) -> None:
    slices = stack()
    slices[-1] = replace(slices[-1], position_mm=np.array([0.0, 0.0, away_mm]))
    with pytest.raises(RefusedError, match="position is damaged"):
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
@pytest.mark.parametrize("lost", [0, 19])
def test_a_slice_missing_at_an_end_leaves_the_others_in_their_places(lost: int) -> None:
    slices = stack()
    del slices[lost]
    found = stack_slices(slices)
    assert found.patient_from_voxel.apply((0, 0, 18)) == pytest.approx(slices[18].position_mm)
    assert [finding.code for finding in found.findings] == (["SERIES_PART"] if lost == 0 else [])


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("which", range(19))
def test_two_slices_that_changed_places_are_refused(which: int) -> None:
    slices = stack()
    first, second = slices[which], slices[which + 1]
    slices[which] = replace(first, position_mm=second.position_mm)
    slices[which + 1] = replace(second, position_mm=first.position_mm)
    with pytest.raises(RefusedError, match=f"Slices {which + 1} and {which + 2} .* the other way round"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("beside_mm", [(0.1, 0.0), (0.0, -3.0)])
def test_a_slice_beside_the_line_of_the_others_is_refused(beside_mm: tuple[float, float]) -> None:
    slices = stack()
    slices[8] = replace(slices[8], position_mm=slices[8].position_mm + np.array([*beside_mm, 0.0]))
    with pytest.raises(RefusedError, match="do not lie in one line: slice 9"):
        stack_slices(slices)


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("degrees", [0.5, 1.0, 10.0, 25.0])
def test_a_tilted_gantry_is_told_and_laid_out_straight(degrees: float) -> None:
    lean_mm = 2.5 * float(np.tan(np.deg2rad(degrees)))
    found = stack_slices(stack(step_mm=(0.0, lean_mm, 2.5)))
    assert [finding.code for finding in found.findings] == ["GANTRY_TILT"]
    assert f"leans by {degrees:.1f} degrees" in found.findings[0].message
    assert found.lean_px == pytest.approx((0.0, lean_mm / 0.8))
    # The grid's own axes are at right angles; the lean is kept beside it.
    assert found.patient_from_voxel.matrix[:3, 2] == pytest.approx([0.0, 0.0, 2.5])


@pytest.mark.hazard("H15")
def test_a_stack_that_leans_as_no_gantry_can_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"leans by 45\.0 degrees"):
        stack_slices(stack(step_mm=(0.0, 2.5, 2.5)))


def test_a_tilt_that_is_stated_and_not_found_is_told() -> None:
    slices = [replace(one, tilt_deg=-15.0) for one in stack()]
    assert [finding.code for finding in stack_slices(slices).findings] == ["TILT_CONTRADICTED"]
    lean_mm = 2.5 * float(np.tan(np.deg2rad(15.0)))
    agreed = [replace(one, tilt_deg=-15.0) for one in stack(step_mm=(0.0, lean_mm, 2.5))]
    assert [finding.code for finding in stack_slices(agreed).findings] == ["GANTRY_TILT"]


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
    assert [finding.code for finding in stack_slices(overlap).findings] == ["SLICES_OVERLAP"]
    assert [(f.code, f.severity) for f in stack_slices(gapped).findings] == [("SLICES_GAP", Severity.WARNING)]
