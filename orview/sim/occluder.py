"""What comes between a camera and a board: a gloved hand, an instrument."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform

_SHIFT_BITS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Occluder:
    """Flat pieces before a board.

    Attributes:
        outlines_mm: polygons (N, 2), x and y in the board frame.
        before_mm: how far before the board they are.
        light: what they send back, 0 to 1.
    """

    outlines_mm: tuple[NDArray[np.float64], ...]
    before_mm: float
    light: float

    def moved(self, across_mm: float, down_mm: float) -> "Occluder":
        """Return the same somewhere else."""
        by = np.array([across_mm, down_mm])
        return replace(self, outlines_mm=tuple(outline + by for outline in self.outlines_mm))

    def cover(self, camera_from_board: RigidTransform, lens: PinholeLens) -> NDArray[np.uint8]:
        """Return how much of each pixel (H, W) is hidden, 0 to 255."""
        mask = np.zeros((lens.height_px, lens.width_px), dtype=np.uint8)
        for outline in self.outlines_mm:
            points = np.column_stack([outline, np.full(len(outline), -self.before_mm)])
            pixels = lens.project(camera_from_board.apply(points))
            if np.isfinite(pixels).all():
                fixed = np.rint(np.clip(pixels, -1e4, 1e4) * 2**_SHIFT_BITS).astype(np.int32)
                cv2.fillPoly(mask, [fixed], 255, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)
        return mask


def hand(at_mm: tuple[float, float], *, size_mm: float = 80.0, turn_deg: float = 0.0) -> Occluder:
    """Return a gloved hand whose fingertips reach a place of the board; the arm comes from +y, turned."""
    width = 0.22 * size_mm
    fingers = [
        _strip((width * (k - 1.5), 0.12 * abs(k - 1.3) * size_mm), 0.9 * size_mm, 0.85 * width) for k in range(4)
    ]
    palm = _strip((0.0, 0.6 * size_mm), 1.2 * size_mm, 4.0 * width)
    turn = math.radians(turn_deg)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    outlines = tuple(outline @ rotation.T + at_mm for outline in (*fingers, palm))
    return Occluder(outlines_mm=outlines, before_mm=15.0, light=0.42)


def instrument(tip_mm: tuple[float, float], *, width_mm: float = 8.0, turn_deg: float = 0.0) -> Occluder:
    """Return a dark shaft that ends at a place of the board and comes from +y, turned."""
    turn = math.radians(turn_deg)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    outline = _strip((0.0, 0.0), 300.0, width_mm) @ rotation.T + tip_mm
    return Occluder(outlines_mm=(outline,), before_mm=25.0, light=0.12)


def _strip(top: tuple[float, float], length_mm: float, width_mm: float) -> NDArray[np.float64]:
    """Return a strip (N, 2) downwards from a round end."""
    half = 0.5 * width_mm
    angles = np.linspace(math.pi, 2.0 * math.pi, 13)
    end = np.column_stack([half * np.cos(angles), half + half * np.sin(angles)])
    return np.vstack([end, [(half, length_mm), (-half, length_mm)]]) + top
