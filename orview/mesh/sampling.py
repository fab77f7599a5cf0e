"""The loops that move points onto the surface of a field that is known near it (`mesh.smooth_field.NearField`).

Points are i, j, k in voxels; between voxels a field is linear. What lies beyond the field's box is taken from its
border.
"""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled

Floats = NDArray[np.float32]

SEGMENT_BITS = 4
SEGMENT = 1 << SEGMENT_BITS
"""Voxels of a row in a segment of values, as `mesh.band` has it."""


@compiled
def _pair(numbers: NDArray[np.int32], values: Floats, k: int, j: int, i: int) -> tuple[np.float32, np.float32]:
    """Return the value of a voxel and of the next in its row."""
    segment, place = i >> SEGMENT_BITS, i & (SEGMENT - 1)
    number = numbers[k, j, segment]
    if place < SEGMENT - 1:
        return values[number, place], values[number, place + 1]
    return values[number, place], values[numbers[k, j, segment + 1], 0]


@compiled
def _sample(
    numbers: NDArray[np.int32], values: Floats, x: np.float32, y: np.float32, z: np.float32
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Return the field at a point and its gradient per voxel along i, j, k."""
    i = min(max(int(x), 0), numbers.shape[2] * SEGMENT - 2)
    j = min(max(int(y), 0), numbers.shape[1] - 2)
    k = min(max(int(z), 0), numbers.shape[0] - 2)
    x, y, z = x - np.float32(i), y - np.float32(j), z - np.float32(k)
    a, b = _pair(numbers, values, k, j, i)
    c, d = _pair(numbers, values, k, j + 1, i)
    e, f = _pair(numbers, values, k + 1, j, i)
    g, h = _pair(numbers, values, k + 1, j + 1, i)
    ab, cd, ef, gh = a + (b - a) * x, c + (d - c) * x, e + (f - e) * x, g + (h - g) * x
    below, above = ab + (cd - ab) * y, ef + (gh - ef) * y
    rise_below = (b - a) + ((d - c) - (b - a)) * y
    rise_above = (f - e) + ((h - g) - (f - e)) * y
    along_i = rise_below + (rise_above - rise_below) * z
    along_j = (cd - ab) + ((gh - ef) - (cd - ab)) * z
    return below + (above - below) * z, along_i, along_j, above - below


@compiled
def normals(numbers: NDArray[np.int32], values: Floats, points: Floats, spacing: Floats) -> Floats:
    """Return which way the field falls at points (N, 3), in mm: unit vectors (N, 3)."""
    found = np.empty_like(points)
    for n in range(len(points)):
        _, i, j, k = _sample(numbers, values, points[n, 0], points[n, 1], points[n, 2])
        i, j, k = -i / spacing[0], -j / spacing[1], -k / spacing[2]
        length = max(np.sqrt(i * i + j * j + k * k), np.float32(1e-6))
        found[n, 0], found[n, 1], found[n, 2] = i / length, j / length, k / length
    return found


@compiled
def steepness(numbers: NDArray[np.int32], values: Floats, points: Floats, spacing: Floats) -> Floats:
    """Return the square of the field's gradient (N,) at points (N, 3), per mm2."""
    found = np.empty(len(points), dtype=np.float32)
    for n in range(len(points)):
        _, i, j, k = _sample(numbers, values, points[n, 0], points[n, 1], points[n, 2])
        i, j, k = i / spacing[0], j / spacing[1], k / spacing[2]
        found[n] = i * i + j * j + k * k
    return found


@compiled
def onto_surface(
    numbers: NDArray[np.int32],
    values: Floats,
    places: Floats,
    low: Floats,
    high: Floats,
    spacing: Floats,
    flattest: np.float32,
    steps: int,
) -> Floats:
    """Return points (N, 3) after Newton steps along the gradient in mm, each kept between low and high (N, 3).

    A gradient whose square is below `flattest` is taken to be that: where the field is flat a step means nothing.
    """
    moved = places.copy()
    for n in range(len(places)):
        for _ in range(steps):
            value, i, j, k = _sample(numbers, values, moved[n, 0], moved[n, 1], moved[n, 2])
            _step(moved, n, value, i, j, k, low, high, spacing, flattest)
    return moved


@compiled
def room(
    numbers: NDArray[np.int32], values: Floats, points: Floats, spacing: Floats, reach: Floats, most: np.float32
) -> Floats:
    """Return (N,) how filled the field is a reach (3,) inside each point, or how empty outside, whichever is less.

    The reach is in voxels along i, j, k for a surface that faces there, and `most` along each.
    """
    found = np.empty(len(points), dtype=np.float32)
    for n in range(len(points)):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        _, i, j, k = _sample(numbers, values, x, y, z)
        i, j, k = -i / spacing[0], -j / spacing[1], -k / spacing[2]
        length = max(np.sqrt(i * i + j * j + k * k), np.float32(1e-6))
        i = min(max(i / length * reach[0], -most), most)
        j = min(max(j / length * reach[1], -most), most)
        k = min(max(k / length * reach[2], -most), most)
        inside, _, _, _ = _sample(numbers, values, x - i, y - j, z - k)
        outside, _, _, _ = _sample(numbers, values, x + i, y + j, z + k)
        found[n] = min(inside, np.float32(1.0) - outside)
    return found


@compiled
def narrow_steepness(mask: NDArray[np.uint8], points: Floats, kernel: Floats, spacing: Floats) -> Floats:
    """Return `steepness` of the mask under a narrow blur."""
    found = np.empty(len(points), dtype=np.float32)
    for n in range(len(points)):
        _, i, j, k = _narrow(mask, points[n, 0], points[n, 1], points[n, 2], kernel)
        i, j, k = i / spacing[0], j / spacing[1], k / spacing[2]
        found[n] = i * i + j * j + k * k
    return found


@compiled
def onto_narrow_surface(
    mask: NDArray[np.uint8],
    places: Floats,
    low: Floats,
    high: Floats,
    kernel: Floats,
    spacing: Floats,
    flattest: np.float32,
    steps: int,
) -> Floats:
    """Return `onto_surface` of the mask under a narrow blur of three weights."""
    moved = places.copy()
    for n in range(len(places)):
        for _ in range(steps):
            value, i, j, k = _narrow(mask, moved[n, 0], moved[n, 1], moved[n, 2], kernel)
            _step(moved, n, value, i, j, k, low, high, spacing, flattest)
    return moved


@compiled
def _step(
    moved: Floats,
    n: int,
    value: np.float32,
    i: np.float32,
    j: np.float32,
    k: np.float32,
    low: Floats,
    high: Floats,
    spacing: Floats,
    flattest: np.float32,
) -> None:
    """Move a point by one Newton step along the gradient, given per voxel."""
    i, j, k = i / spacing[0], j / spacing[1], k / spacing[2]
    rate = (np.float32(0.5) - value) / (max(i * i + j * j + k * k, flattest) + np.float32(1e-30))
    moved[n, 0] = min(max(moved[n, 0] + i / spacing[0] * rate, low[n, 0]), high[n, 0])
    moved[n, 1] = min(max(moved[n, 1] + j / spacing[1] * rate, low[n, 1]), high[n, 1])
    moved[n, 2] = min(max(moved[n, 2] + k / spacing[2] * rate, low[n, 2]), high[n, 2])


@compiled
def _narrow(
    mask: NDArray[np.uint8], x: np.float32, y: np.float32, z: np.float32, kernel: Floats
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Return the mask under a blur of three weights, and its gradient; linear between voxels, it sees four an axis."""
    nil = np.float32(0.0)
    i = min(max(int(x), 1), mask.shape[2] - 3)
    j = min(max(int(y), 1), mask.shape[1] - 3)
    k = min(max(int(z), 1), mask.shape[0] - 3)
    x, y, z = x - np.float32(i), y - np.float32(j), z - np.float32(k)
    side, middle = kernel[0], kernel[1]
    rise = (-side, side - middle, middle - side, side)
    weight_x = (side + x * rise[0], middle + x * rise[1], side + x * rise[2], x * rise[3])
    weight_y = (side + y * rise[0], middle + y * rise[1], side + y * rise[2], y * rise[3])
    weight_z = (side + z * rise[0], middle + z * rise[1], side + z * rise[2], z * rise[3])
    value, along_i, along_j, along_k = nil, nil, nil, nil
    for c in range(4):
        plane, plane_i, plane_j = nil, nil, nil
        for b in range(4):
            line, line_i = nil, nil
            for a in range(4):
                if mask[k + c - 1, j + b - 1, i + a - 1] == 1:
                    line += weight_x[a]
                    line_i += rise[a]
            plane += weight_y[b] * line
            plane_i += weight_y[b] * line_i
            plane_j += rise[b] * line
        value += weight_z[c] * plane
        along_i += weight_z[c] * plane_i
        along_j += weight_z[c] * plane_j
        along_k += rise[c] * plane
    return value, along_i, along_j, along_k
