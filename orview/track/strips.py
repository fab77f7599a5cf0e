"""Short rows of pixels across borders.

No pixel is interpolated: each place takes the pixels of the row, column or diagonal that runs best across its border,
and their true distances from the expected border.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled

_TO_WAY = 0.5 / math.sin(math.radians(22.5))


@dataclass(frozen=True, kw_only=True, eq=False)
class Strips:
    """Rows of K pixels across N borders.

    Attributes:
        light: (N, K) brightness; linear where the caller decoded it.
        across_px: (N, K) distance of each pixel from the expected border, positive towards black.
        pace_px: (N,) from one pixel to the next, across the border.
    """

    light: NDArray[np.float32]
    across_px: NDArray[np.float32]
    pace_px: NDArray[np.float64]


def gather(
    picture: NDArray[np.uint8],
    decode: NDArray[np.float32],
    pixels: NDArray[np.float64],
    normals: NDArray[np.float64],
    *,
    half: int,
) -> Strips:
    """Take strips of 2 half + 1 pixels across borders.

    Args:
        picture: (H, W) grey or (H, W, 3) BGR; whole strips lie inside it.
        decode: (256,) brightness of each byte.
        pixels: (N, 2) where borders are expected.
        normals: (N, 2) unit vectors across them, towards black.
        half: pixels on each side.
    """
    count, width = len(pixels), 2 * half + 1
    strips = Strips(
        light=np.empty((count, width), np.float32),
        across_px=np.empty((count, width), np.float32),
        pace_px=np.empty(count),
    )
    _gather(colours_of(picture), decode, pixels, normals, strips.light, strips.across_px, strips.pace_px)
    return strips


def colours_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture, grey or not, as compiled loops take it: (H, W, 1 or 3), contiguous and read-only."""
    coloured = np.ascontiguousarray(picture).reshape(*picture.shape[:2], -1)
    coloured.setflags(write=False)
    return coloured


@compiled
def brightness(colours: NDArray[np.uint8], decode: NDArray[np.float32]) -> float:
    """Return the brightness of one pixel (1,) or (3,) BGR."""
    if len(colours) == 1:
        return float(decode[colours[0]])
    # ITU-R BT.601, as OpenCV turns colour into grey.
    return float(0.114 * decode[colours[0]] + 0.587 * decode[colours[1]] + 0.299 * decode[colours[2]])


@compiled
def _gather(
    picture: NDArray[np.uint8],
    decode: NDArray[np.float32],
    pixels: NDArray[np.float64],
    normals: NDArray[np.float64],
    light: NDArray[np.float32],
    across_px: NDArray[np.float32],
    pace_px: NDArray[np.float64],
) -> None:
    """Write the last three arrays, as `Strips` has them, from a picture (H, W, 1 or 3)."""
    half = light.shape[1] // 2
    for n in range(len(pixels)):
        across_x, across_y = normals[n, 0], normals[n, 1]
        # Components beyond the sine of 22.5 degrees count as a step: the nearest of the eight ways.
        way_x, way_y = math.floor(across_x * _TO_WAY + 0.5), math.floor(across_y * _TO_WAY + 0.5)
        x, y = math.floor(pixels[n, 0] + 0.5), math.floor(pixels[n, 1] + 0.5)
        offset = across_x * (x - pixels[n, 0]) + across_y * (y - pixels[n, 1])
        pace_px[n] = across_x * way_x + across_y * way_y
        for k in range(2 * half + 1):
            light[n, k] = brightness(picture[int(y + (k - half) * way_y), int(x + (k - half) * way_x)], decode)
            across_px[n, k] = offset + (k - half) * pace_px[n]
