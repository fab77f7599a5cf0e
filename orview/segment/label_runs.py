"""Boxes and counts of all labels in one look at each voxel: along rows, a run of one label at a time."""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled


@compiled
def boxes_within(labels: NDArray[np.uint16], first: int, last: int, height: int, width: int) -> NDArray[np.int64]:
    """Return a row (N, 8) for each label among some voxels: it, how many, and its box in k, j, i, low and past the end.

    Args:
        labels: of all voxels, flat.
        first: the first that is looked at.
        last: the one after the last.
        height: rows in a slice.
        width: voxels in a row.
    """
    last = min(last, len(labels))
    row_of_label = np.full(1 << 16, -1, dtype=np.int32)
    found = np.empty((16, 8), dtype=np.int64)
    count = 0
    # Four voxels at a time, where they are empty.
    nothing = np.uint64(0)
    words = labels[: len(labels) // 4 * 4].view(np.uint64)
    at = first
    while at < last:
        label = labels[at]
        if label == 0:
            at += 1
            if at & 3 == 0:
                word = at >> 2
                while word < len(words) and words[word] == nothing:
                    word += 1
                at = word << 2
            continue
        row = at // width
        stop = min((row + 1) * width, last)
        start = at
        while at < stop and labels[at] == label:
            at += 1
        k = row // height
        j, low, high = row - k * height, start - row * width, at - row * width
        n = row_of_label[label]
        if n < 0:
            if count == len(found):
                longer = np.empty((2 * count, 8), dtype=np.int64)
                longer[:count] = found
                found = longer
            n = count
            row_of_label[label] = n
            found[n, 0], found[n, 1] = label, 0
            found[n, 2], found[n, 3], found[n, 4] = k, j, low
            found[n, 5], found[n, 6], found[n, 7] = k + 1, j + 1, high
            count += 1
        found[n, 1] += at - start
        found[n, 2], found[n, 3], found[n, 4] = min(found[n, 2], k), min(found[n, 3], j), min(found[n, 4], low)
        found[n, 5], found[n, 6] = max(found[n, 5], k + 1), max(found[n, 6], j + 1)
        found[n, 7] = max(found[n, 7], high)
    return found[:count].copy()
