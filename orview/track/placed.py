"""Where points of a board are when their rows are exposed: a rolling shutter reads one row after the other."""

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.track.seen import Projected, lens_numbers, project_point

LEAST_CATCHING = 0.5
"""Rows are read at least so much faster than anything moves down the picture, as a share of their own pace."""

FIRST_ORDER_PX = 0.003
"""How much the second order of a motion between the rows may amount to before it is worked out."""


def placed(
    points_board_mm: NDArray[np.float64],
    camera_from_board: RigidTransform,
    lens: PinholeLens,
    *,
    velocity: NDArray[np.float64],
    readout_s: float,
) -> tuple[NDArray[np.float64], Projected, NDArray[np.float64]]:
    """Return where points (N, 3) of a board are when their rows are exposed.

    Args:
        points_board_mm: the points, all before the camera.
        camera_from_board: where the board was when the middle row was exposed.
        lens: the camera's.
        velocity: (6,) left motion per second.
        readout_s: from the first row to the last.

    Returns:
        Their places (N, 3) in the camera frame, mm, their projection, and (N,) seconds after the middle row.
    """
    count = len(points_board_mm)
    in_camera, late_s = np.empty((count, 3)), np.empty(count)
    seen = Projected(pixels=np.empty((count, 2)), by_place=np.empty((count, 2, 3)))
    _place(
        np.ascontiguousarray(points_board_mm),
        camera_from_board.rotation,
        camera_from_board.translation_mm,
        lens_numbers(lens),
        np.ascontiguousarray(velocity),
        readout_s / (lens.height_px - 1),
        0.5 * (lens.height_px - 1),
        in_camera,
        seen.pixels,
        seen.by_place,
        late_s,
    )
    return in_camera, seen, late_s


@compiled
def _place(
    points: NDArray[np.float64],
    rotation: NDArray[np.float64],
    translation: NDArray[np.float64],
    lens: NDArray[np.float64],
    velocity: NDArray[np.float64],
    row_s: float,
    middle_row: float,
    in_camera: NDArray[np.float64],
    pixels: NDArray[np.float64],
    by_place: NDArray[np.float64],
    late_s: NDArray[np.float64],
) -> None:
    """Write the last four arrays, as `placed` returns them; `row_s` is the time from row to row."""
    speed = np.empty(3)
    for n in range(len(points)):
        place = in_camera[n]
        for i in range(3):
            place[i] = translation[i]
            for j in range(3):
                place[i] += rotation[i, j] * points[n, j]
        project_point(place, lens, pixels[n], by_place[n])
        late_s[n] = 0.0
        if row_s == 0.0:
            continue
        speed[0] = velocity[1] * place[2] - velocity[2] * place[1] + velocity[3]
        speed[1] = velocity[2] * place[0] - velocity[0] * place[2] + velocity[4]
        speed[2] = velocity[0] * place[1] - velocity[1] * place[0] + velocity[5]
        # Whoever moves down is met by a later row, and that one again by a later one: a geometric series.
        rows_per_row = 0.0
        for i in range(3):
            rows_per_row += row_s * by_place[n, 1, i] * speed[i]
        late_s[n] = row_s * (pixels[n, 1] - middle_row) / max(1.0 - rows_per_row, LEAST_CATCHING)
        farthest = 0.0
        for i in range(3):
            way = late_s[n] * speed[i]
            place[i] += way
            pixels[n, 0] += by_place[n, 0, i] * way
            pixels[n, 1] += by_place[n, 1, i] * way
            farthest = max(farthest, abs(way))
        if lens[0] * (farthest / place[2]) ** 2 > FIRST_ORDER_PX:
            project_point(place, lens, pixels[n], by_place[n])
