"""The part of a picture that a board can be in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform

MARGIN_FRACTION = 0.2
"""Of the board's extent in the picture: by so much it may move between two pictures and still be found at once."""

MARGIN_PX = 24

WORTHWHILE_AREA = 0.6
"""Of the picture: a part larger than this saves less time than a second search may cost."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """Part of a picture, whole pixels: columns left..right and rows top..bottom, ends not included."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return this part (h, w) of a picture (H, W), not copied."""
        return picture[self.top : self.bottom, self.left : self.right]


def region_of(
    camera_from_board: RigidTransform, points_board_mm: NDArray[np.float64], lens: PinholeLens, *, moved_px: float = 0.0
) -> Region | None:
    """Return where points (N, 3) of a board lie in a picture, with a margin.

    Args:
        camera_from_board: where the board is expected.
        points_board_mm: its outermost points.
        lens: the camera's.
        moved_px: by so much the expectation may err beyond the usual margin.

    Returns:
        The region, or None where it is most of the picture, nothing of it, or unknown.
    """
    pixels = lens.project(camera_from_board.apply(points_board_mm))
    if not np.isfinite(pixels).all():
        return None
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    margin = MARGIN_FRACTION * (high - low).max() + MARGIN_PX + moved_px
    size = (lens.width_px, lens.height_px)
    left, top = np.clip(np.floor(low - margin), 0, size).astype(int).tolist()
    right, bottom = np.clip(np.ceil(high + margin), 0, size).astype(int).tolist()
    if not 0 < (right - left) * (bottom - top) <= WORTHWHILE_AREA * size[0] * size[1]:
        return None
    return Region(left=left, top=top, right=right, bottom=bottom)
