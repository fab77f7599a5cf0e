"""Things at rest behind a board: without them nobody could tell a moved camera from a moved board."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.sim.face_painter import places_mm, rays_of
from orview.sim.shutter import RowMatrices

SIZE_MM = 4000.0
"""Side of the wall; its middle is the origin of its frame, z points away from the viewer."""

LIGHT = (0.06, 0.55)
_TEXELS_PER_MM = 0.75
_THINGS = 2200


@lru_cache(maxsize=2)
def wall_texture(seed: int) -> NDArray[np.float32]:
    """Return the wall's light (N, N): shelves, boxes and knobs with straight and round edges on crumpled cloth.

    There is as much in it as in photographs of rooms: finding markers takes as long (benchmarks/tracking.py).
    """
    rng = np.random.default_rng([seed, 77])
    size = round(SIZE_MM * _TEXELS_PER_MM)
    light = 0.28 + 0.09 * _crumpled(rng, size)
    for k in range(_THINGS):
        middle = rng.uniform(0.0, size, 2)
        half = rng.uniform(0.3, 1.0, 2) * 240.0 / (1.0 + 0.02 * k)
        box = cv2.boxPoints((tuple(middle.tolist()), tuple((2.0 * half).tolist()), float(rng.uniform(-20.0, 20.0))))
        shade = float(rng.uniform(*LIGHT))
        if rng.random() < 0.3:
            cv2.circle(light, tuple(np.rint(middle).astype(int).tolist()), round(half.min()), shade, -1, cv2.LINE_AA)
        else:
            cv2.fillPoly(light, [np.rint(box).astype(np.int32)], shade, cv2.LINE_AA)
    light += np.float32(0.05) * _crumpled(rng, size)
    return np.clip(cv2.GaussianBlur(light, (0, 0), 0.7), 0.02, 0.7)


def _crumpled(rng: np.random.Generator, size: int) -> NDArray[np.float32]:
    """Return unevenness (N, N) of deviation 1 with as much in each octave as nature has (Field 1987)."""
    total = np.zeros((size, size), dtype=np.float32)
    for step in (128, 64, 32, 16, 8, 4, 2):
        count = size // step + 4
        octave = cv2.resize(rng.standard_normal((count, count), dtype=np.float32), (count * step, count * step))
        total += np.float32(step**0.45) * octave[step : step + size, step : step + size]
    return np.asarray(total / float(total.std()), dtype=np.float32)


def paint_wall(wall_from_camera: RowMatrices, lens: PinholeLens, *, seed: int) -> NDArray[np.float32]:
    """Return the light (H, W) of the wall as the rows of a picture see it."""
    x_mm, y_mm = places_mm(wall_from_camera.rows(0, lens.height_px), rays_of(lens))
    texture = wall_texture(seed)
    texel_x = (x_mm + 0.5 * SIZE_MM) * np.float32(_TEXELS_PER_MM) - np.float32(0.5)
    texel_y = (y_mm + 0.5 * SIZE_MM) * np.float32(_TEXELS_PER_MM) - np.float32(0.5)
    # Mirrored beyond its rim, so that a turned camera still sees things.
    seen = cv2.remap(texture, texel_x, texel_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(seen, dtype=np.float32)
