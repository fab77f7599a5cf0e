"""A mask blurred, filled in and blurred again, near its surface alone and in one go over its slices.

With m the mask, B the blur and f the blurred mask filled in, that is B m + B (m - f) = B (2 m - f), one step of
Van Cittert 1931 (`mesh.smooth_field`). Each slice is blurred along k, j and i, filled in, and blurred along i and j;
the last slices wait to be blurred along k, so that all that is read lies near the processor still.

Most of the box around a bone or an organ is far from its surface. What is to be computed is marked with 1 in segments
of rows, because a loop over some neighbouring voxels takes no longer than over one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled

SEGMENT = 16
"""Voxels of a row in a segment."""

EDGE = 8
"""Zeros around each slice in hand, no fewer than a kernel reaches."""

Floats = NDArray[np.float32]

Marks = NDArray[np.uint8]
"""(K, J, S) of 0 and 1."""


@compiled
def marked(corner: NDArray[np.int32], layers: int, rows: int, width: int, below: int, above: int) -> Marks:
    """Return the segments that voxels lie in, and those within some voxels of them along the row.

    Args:
        corner: (C, 3) k, j, i of each voxel.
        layers: of the voxels.
        rows: in a layer.
        width: voxels in a row.
        below: voxels marked before each along the row.
        above: voxels marked after it.
    """
    marks = np.zeros((layers, rows, (width + SEGMENT - 1) // SEGMENT), dtype=np.uint8)
    for n in range(len(corner)):
        k, j, i = corner[n, 0], corner[n, 1], corner[n, 2]
        for segment in range(max(i - below, 0) // SEGMENT, min(i + above, width - 1) // SEGMENT + 1):
            marks[k, j, segment] = 1
    return marks


@compiled
def grown(marks: Marks, below_k: int, above_k: int, below_j: int, above_j: int) -> Marks:
    """Return the marks with all segments marked that are so near to a marked one across the rows."""
    layers, rows, segments = marks.shape
    flat = marks.reshape(layers, rows * segments)
    across, result = np.zeros_like(flat), np.zeros_like(flat)
    for k in range(layers):
        _spread(across[k], flat[k], segments, below_j, above_j)
        for other in range(max(k - below_k, 0), min(k + above_k + 1, layers)):
            target, source = result[other], across[k]
            for s in range(len(target)):
                target[s] |= source[s]
    return result.reshape(marks.shape)


@compiled
def _spread(target: NDArray[np.uint8], source: NDArray[np.uint8], segments: int, below: int, above: int) -> None:
    """Mark in a slice's rows, one after the other, what is marked so many rows further."""
    for step in range(-below, above + 1):
        away = abs(step) * segments
        if away < len(source):
            here, there = (
                (target[away:], source[: len(source) - away])
                if step > 0
                else (
                    target[: len(source) - away],
                    source[away:],
                )
            )
            for s in range(len(here)):
                here[s] |= there[s]


@compiled
def numbered(marks: Marks) -> tuple[NDArray[np.int32], int]:
    """Return the numbers (K, J, S) from 1 of the marked segments, 0 for the others, and one more than the highest."""
    numbers = np.zeros(marks.shape, dtype=np.int32)
    flat, marked_flat = numbers.ravel(), marks.ravel()
    count = 1
    for n in range(len(flat)):
        if marked_flat[n] == 1:
            flat[n] = count
            count += 1
    return numbers, count


@compiled
def corrected(
    mask: NDArray[np.uint8],
    filled_at: Marks,
    wanted_at: Marks,
    kernels: tuple[Floats, Floats, Floats],
    slope: float,
) -> tuple[NDArray[np.int32], Floats]:
    """Return the numbers of the segments where B (2 m - f) is wanted (`numbered`), and it by number (N, SEGMENT).

    Args:
        mask: (K, J, I) of 0 and 1.
        filled_at: where f is not yet as the mask.
        wanted_at: where the result is read; holds all of `filled_at`.
        kernels: weights along i, j, k, odd in number and symmetric.
        slope: by how much the blur of a flat edge rises in a voxel.
    """
    along_i, along_j, along_k = kernels
    reach_i, reach_j, reach_k = len(along_i) // 2, len(along_j) // 2, len(along_k) // 2
    layers, rows, width = mask.shape
    steep, shift = np.float32(1.0 / slope), np.float32(0.5 - 0.5 / slope)
    nil, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    raised, onwards, sharp, sideways = (
        np.zeros((rows + 2 * EDGE, width + 2 * EDGE), dtype=np.float32),
        np.zeros((rows + 2 * EDGE, width + 2 * EDGE), dtype=np.float32),
        np.zeros((rows + 2 * EDGE, width + 2 * EDGE), dtype=np.float32),
        np.zeros((rows + 2 * EDGE, width + 2 * EDGE), dtype=np.float32),
    )
    waiting = np.zeros((len(along_k), rows, width), dtype=np.float32)
    numbers, count = numbered(wanted_at)
    result = np.zeros(count * SEGMENT, dtype=np.float32)
    planes = grown(wanted_at, reach_k, reach_k, 0, 0)
    for k in range(layers + reach_k):
        if k < layers:
            here, beside = filled_at[k], _beside(filled_at[k], reach_j)
            plane, around = planes[k], _beside(planes[k], reach_j)
            for j in range(rows):
                start, stop = _run(beside[j], 0)
                while start < stop:
                    low, high = max(SEGMENT * start - reach_i, 0), min(SEGMENT * stop + reach_i, width)
                    _upwards(raised[j + EDGE, low + EDGE : high + EDGE], mask, k, j, low, along_k)
                    start, stop = _run(beside[j], stop)
            for j in range(rows):
                start, stop = _run(here[j], 0)
                while start < stop:
                    low, high = max(SEGMENT * start - reach_i, 0) + EDGE, min(SEGMENT * stop + reach_i, width) + EDGE
                    _blurred(onwards[j + EDGE, low:high], raised, j + EDGE, low, 1, 0, along_j)
                    start, stop = _run(here[j], stop)
            for j in range(rows):
                start, stop = _run(around[j], 0)
                while start < stop:
                    low, high = max(SEGMENT * start - reach_i, 0), min(SEGMENT * stop + reach_i, width)
                    target, middle = sharp[j + EDGE, low + EDGE : high + EDGE], mask[k, j, low:high]
                    for n in range(len(target)):
                        target[n] = np.float32(middle[n])
                    start, stop = _run(around[j], stop)
                start, stop = _run(here[j], 0)
                while start < stop:
                    low, high = SEGMENT * start, min(SEGMENT * stop, width)
                    target, middle = sideways[j + EDGE, low + EDGE : high + EDGE], mask[k, j, low:high]
                    _blurred(target, onwards, j + EDGE, low + EDGE, 0, 1, along_i)
                    into = sharp[j + EDGE, low + EDGE : high + EDGE]
                    for n in range(len(target)):
                        into[n] = two * np.float32(middle[n]) - min(max(target[n] * steep + shift, nil), one)
                    start, stop = _run(here[j], stop)
            for j in range(rows):
                start, stop = _run(around[j], 0)
                while start < stop:
                    low, high = SEGMENT * start + EDGE, min(SEGMENT * stop, width) + EDGE
                    _blurred(sideways[j + EDGE, low:high], sharp, j + EDGE, low, 0, 1, along_i)
                    start, stop = _run(around[j], stop)
            slot = waiting[k % len(along_k)]
            for j in range(rows):
                start, stop = _run(plane[j], 0)
                while start < stop:
                    low, high = SEGMENT * start, min(SEGMENT * stop, width)
                    _blurred(slot[j, low:high], sideways, j + EDGE, low + EDGE, 1, 0, along_j)
                    start, stop = _run(plane[j], stop)
        else:
            waiting[k % len(along_k)] = nil
        done = k - reach_k
        for j in range(rows if done >= 0 else 0):
            start, stop = _run(wanted_at[done, j], 0)
            while start < stop:
                low, high = SEGMENT * start, min(SEGMENT * stop, width)
                at = numbers[done, j, start] * SEGMENT
                _upwards(result[at : at + high - low], waiting, done, j, low, along_k)
                start, stop = _run(wanted_at[done, j], stop)
    return numbers, result.reshape(count, SEGMENT)


@compiled
def _beside(marks: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Return the marks (J, S) of a slice grown along j."""
    wide = np.zeros_like(marks)
    _spread(wide.ravel(), marks.ravel(), marks.shape[1], reach, reach)
    return wide


@compiled
def _run(marks: NDArray[np.uint8], start: int) -> tuple[int, int]:
    """Return the first and the end of the next marked segments of a row; alike where there are no more."""
    while start < len(marks) and marks[start] == 0:
        start += 1
    stop = start
    while stop < len(marks) and marks[stop] == 1:
        stop += 1
    return start, stop


@compiled
def _upwards(target: Floats, slices: NDArray[Any], k: int, j: int, low: int, kernel: Floats) -> None:
    """Fill a row with what a symmetric kernel along k makes of slices that follow the last one with the first."""
    reach, count, layers = len(kernel) // 2, len(target), len(slices)
    middle, at_middle = slices[k % layers, j, low : low + count], kernel[reach]
    for step in range(1, reach + 1, 3):
        # Three steps together: the weights beyond the kernel's end are nothing.
        w1, w2, w3 = _weight(kernel, step), _weight(kernel, step + 1), _weight(kernel, step + 2)
        a1, b1 = slices[(k - step) % layers, j, low : low + count], slices[(k + step) % layers, j, low : low + count]
        a2 = slices[(k - step - 1) % layers, j, low : low + count]
        b2 = slices[(k + step + 1) % layers, j, low : low + count]
        a3 = slices[(k - step - 2) % layers, j, low : low + count]
        b3 = slices[(k + step + 2) % layers, j, low : low + count]
        if step == 1:
            for n in range(count):
                target[n] = (
                    at_middle * np.float32(middle[n])
                    + w1 * (np.float32(a1[n]) + np.float32(b1[n]))
                    + w2 * (np.float32(a2[n]) + np.float32(b2[n]))
                    + w3 * (np.float32(a3[n]) + np.float32(b3[n]))
                )
        else:
            for n in range(count):
                target[n] += (
                    w1 * (np.float32(a1[n]) + np.float32(b1[n]))
                    + w2 * (np.float32(a2[n]) + np.float32(b2[n]))
                    + w3 * (np.float32(a3[n]) + np.float32(b3[n]))
                )


@compiled
def _blurred(target: Floats, source: Floats, row: int, column: int, step_j: int, step_i: int, kernel: Floats) -> None:
    """Fill a row with what a symmetric kernel along j or i makes of a slice from a row and column on."""
    reach, count = len(kernel) // 2, len(target)
    middle, at_middle = source[row, column : column + count], kernel[reach]
    for step in range(1, reach + 1, 3):
        w1, w2, w3 = _weight(kernel, step), _weight(kernel, step + 1), _weight(kernel, step + 2)
        j1, j2, j3 = step * step_j, (step + 1) * step_j, (step + 2) * step_j
        i1, i2, i3 = step * step_i, (step + 1) * step_i, (step + 2) * step_i
        a1, b1 = (
            source[row - j1, column - i1 : column - i1 + count],
            source[row + j1, column + i1 : column + i1 + count],
        )
        a2, b2 = (
            source[row - j2, column - i2 : column - i2 + count],
            source[row + j2, column + i2 : column + i2 + count],
        )
        a3, b3 = (
            source[row - j3, column - i3 : column - i3 + count],
            source[row + j3, column + i3 : column + i3 + count],
        )
        if step == 1:
            for n in range(count):
                target[n] = at_middle * middle[n] + w1 * (a1[n] + b1[n]) + w2 * (a2[n] + b2[n]) + w3 * (a3[n] + b3[n])
        else:
            for n in range(count):
                target[n] += w1 * (a1[n] + b1[n]) + w2 * (a2[n] + b2[n]) + w3 * (a3[n] + b3[n])


@compiled
def _weight(kernel: Floats, step: int) -> np.float32:
    """Return the weight so many steps off the middle."""
    reach = len(kernel) // 2
    return kernel[reach + step] if step <= reach else np.float32(0.0)


@compiled
def gathered(
    array: Floats, numbers: NDArray[np.int32], count: int, pad: int, level: np.float32, scale: np.float32
) -> Floats:
    """Return the values (N, SEGMENT) of numbered segments (K, J, S) about 0.5 at a level, -0.5 beyond the array."""
    values = np.full((count, SEGMENT), np.float32(-0.5), dtype=np.float32)
    layers, rows, width = array.shape
    for k in range(numbers.shape[0]):
        for j in range(numbers.shape[1]):
            if pad <= k < layers + pad and pad <= j < rows + pad:
                for s in range(numbers.shape[2]):
                    if numbers[k, j, s] > 0:
                        for n in range(SEGMENT):
                            i = s * SEGMENT + n - pad
                            if 0 <= i < width:
                                value = array[k - pad, j - pad, i]
                                values[numbers[k, j, s], n] = (value - level) * scale + np.float32(0.5)
    return values
