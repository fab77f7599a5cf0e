"""Labels find their grid without resampling, or are refused; boxes hold exactly their label."""

from itertools import permutations, product

import numpy as np
import pytest

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment import masks
from orview.segment.masks import Box, LabelMap, grid_words, label_boxes, onto_grid
from tests.shapes import grid, points_of


def turned(labels: LabelMap, axes: tuple[int, ...], flips: tuple[bool, ...]) -> LabelMap:
    """The same labelled points in space, stored along other axes."""
    shape = labels.array.shape[::-1]
    new_from_old = np.zeros((4, 4))
    new_from_old[3, 3] = 1.0
    for new, old in enumerate(axes):
        new_from_old[new, old] = -1.0 if flips[new] else 1.0
        new_from_old[new, 3] = shape[old] - 1 if flips[new] else 0.0
    array = labels.array.transpose([2 - axes[2 - n] for n in range(3)])
    array = np.flip(array, axis=tuple(2 - n for n in range(3) if flips[n]))
    matrix = labels.patient_from_voxel.matrix @ np.linalg.inv(new_from_old)
    return LabelMap(
        array=np.ascontiguousarray(array),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        names=labels.names,
    )


def labelled() -> LabelMap:
    array = np.zeros((5, 6, 7), dtype=np.uint16)
    array[1, 2, 3], array[4, 0, 6], array[2, 5, 0] = 1, 2, 3
    return LabelMap(array=array, patient_from_voxel=grid((0.8, 0.9, 2.5)), names={1: "a", 2: "b", 3: "c"})


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("axes", list(permutations(range(3))))
@pytest.mark.parametrize("flips", list(product((False, True), repeat=3)))
def test_the_same_voxels_stored_otherwise_come_back_exactly(axes: tuple[int, ...], flips: tuple[bool, ...]) -> None:
    labels = labelled()
    other = turned(labels, axes, flips)
    for value in (1, 2, 3):
        # The helper itself is right: the labelled point is where it was.
        k, j, i = np.argwhere(other.array == value)[0]
        old_k, old_j, old_i = np.argwhere(labels.array == value)[0]
        assert other.patient_from_voxel.apply((i, j, k)) == pytest.approx(
            labels.patient_from_voxel.apply((old_i, old_j, old_k))
        )
    back = onto_grid(other, labels.array.shape, labels.patient_from_voxel)
    assert back is not None
    assert np.array_equal(back.array, labels.array)
    assert back.names == labels.names


@pytest.mark.parametrize(
    "other",
    [
        grid((0.8, 0.9, 2.4)),
        grid((0.8, 0.9, 2.5), (-65.0, 120.1, -900.0)),
        grid((0.8, 0.9, 2.5), axes=np.array([[0.999, -0.0447, 0.0], [0.0447, 0.999, 0.0], [0.0, 0.0, 1.0]])),
    ],
    ids=["spacing", "shift", "turn"],
)
def test_another_grid_is_told_apart(other: AffineTransform) -> None:
    labels = labelled()
    assert onto_grid(labels, labels.array.shape, other) is None


def test_another_size_is_told_apart() -> None:
    assert onto_grid(labelled(), (5, 6, 8), labelled().patient_from_voxel) is None


def test_a_grid_is_said_in_numbers() -> None:
    words = grid_words((7, 6, 5), grid((0.8, 0.9, 2.5)))
    assert words == "5x6x7 voxels of 0.8x0.9x2.5 mm from -65.0, 120.0, -900.0"


def test_boxes_hold_exactly_their_label() -> None:
    labels = np.zeros((20, 30, 40), dtype=np.uint16)
    labels[3:7, 10:12, 5:30] = 4
    labels[15, 29, 39] = 9
    boxes = label_boxes(labels)
    assert set(boxes) == {4, 9}
    assert (boxes[4][0].start, boxes[4][0].stop, boxes[4][1]) == ((3, 10, 5), (7, 12, 30), 4 * 2 * 25)
    assert boxes[4][0].union(boxes[9][0]).slices == (slice(3, 16), slice(10, 30), slice(5, 40))
    assert label_boxes(np.zeros((2, 2, 2), dtype=np.uint16)) == {}


@pytest.mark.parametrize("chunk", [1, 2, 7, 16, 1 << 20])
def test_boxes_are_those_of_a_plain_search_wherever_chunks_end(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_CHUNK", chunk)
    rng = np.random.default_rng(7)
    for _ in range(120):
        shape = tuple(int(size) for size in rng.integers(1, 7, 3))
        count = int(np.prod(shape))
        # Runs of several voxels reach over the ends of rows, slices and chunks.
        runs = np.repeat(rng.integers(0, 4, count), rng.integers(1, 9, count))[:count]
        labels = runs.reshape(shape).astype(np.uint16)
        plain = {}
        for value in np.unique(labels[labels > 0]):
            where = np.argwhere(labels == value)
            start, stop = where.min(axis=0).tolist(), (where.max(axis=0) + 1).tolist()
            plain[int(value)] = (Box(start=tuple(start), stop=tuple(stop)), len(where))
        assert label_boxes(labels) == plain


def test_points_of_the_helper_are_voxel_centres() -> None:
    assert points_of((2, 3, 4), grid())[1, 2, 3] == pytest.approx(grid().apply((3, 2, 1)))


def test_a_label_map_refuses_other_numbers_and_a_named_background() -> None:
    with pytest.raises(ContractError):
        LabelMap(array=np.zeros((2, 2, 2), dtype=np.int32), patient_from_voxel=grid(), names={})
    with pytest.raises(ContractError, match="background"):
        LabelMap(array=np.zeros((2, 2, 2), dtype=np.uint16), patient_from_voxel=grid(), names={0: "air"})
