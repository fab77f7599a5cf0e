"""From where a picture looks: an orthographic camera, so that a bar of 50 mm is right everywhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rays = NDArray[np.float32]

TOWARDS_EYE = np.array([0.50, -0.80, 0.33]) / np.linalg.norm([0.50, -0.80, 0.33])
"""Where the eye stands seen from the patient, LPS: left, in front and a little above."""
FROM_FRONT, FROM_BEHIND = np.array([0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0])
FROM_LEFT, FROM_RIGHT = np.array([1.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0])
_FILLED = 0.84
_EYE_AWAY_MM = 500.0
_STEEP = 0.95
"""Where the eye stands above or below, the patient's back is up instead of the head."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """An orthographic camera.

    Attributes:
        right, up, forward: (3,) unit axes in patient space.
        middle_mm: (3,) what stands in the middle of the picture, in the plane the rays begin in.
        mm_per_px: its scale.
        width, height: px.
    """

    right: Floats
    up: Floats
    forward: Floats
    middle_mm: Floats
    mm_per_px: float
    width: int
    height: int

    def rays(self, x: Floats, y: Floats) -> Rays:
        """Return origin and direction (N, 6) of the rays at places of the picture, px."""
        rays = np.empty((len(x), 6), dtype=np.float32)
        rays[:, :3] = (
            self.middle_mm
            + ((x - self.width / 2.0) * self.mm_per_px)[:, None] * self.right
            + ((self.height / 2.0 - y) * self.mm_per_px)[:, None] * self.up
        )
        rays[:, 3:] = self.forward
        return rays

    def places(self, points_mm: Floats) -> tuple[Floats, Floats]:
        """Return where points (N, 3) stand in the picture, (N, 2) px to the right and down, and how deep, (N,) mm."""
        arms = points_mm - self.middle_mm
        across = self.width / 2.0 + arms @ self.right / self.mm_per_px
        down = self.height / 2.0 - arms @ self.up / self.mm_per_px
        return np.stack([across, down], axis=1), arms @ self.forward


def axes_towards(towards_eye: Floats) -> Floats:
    """Return the picture's right, up and into it as columns (3, 3), patient space, the head above."""
    above = np.array([0.0, 0.0, 1.0]) if abs(towards_eye[2]) < _STEEP else np.array([0.0, 1.0, 0.0])
    right = np.cross(-towards_eye, above)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(right, -towards_eye), -towards_eye], axis=1)


def view_of(points_mm: Floats, *, towards_eye: Floats, width: int, height: int) -> View:
    """Return the view that shows points (N, 3) whole.

    Args:
        points_mm: at least one.
        towards_eye: (3,) unit, from the patient.
        width: of the picture, px.
        height: likewise.
    """
    axes = axes_towards(towards_eye)
    right, up, forward = axes.T
    along = points_mm @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    across, upwards, _ = (low + high) / 2.0
    # The eye stands before anything a body may have, and near enough for float32 to tell a hundredth of a millimetre.
    return View(
        right=right,
        up=up,
        forward=forward,
        middle_mm=across * right + upwards * up + (low[2] - _EYE_AWAY_MM) * forward,
        mm_per_px=max(float(max((high[0] - low[0]) / width, (high[1] - low[1]) / height)) / _FILLED, 1e-3),
        width=width,
        height=height,
    )
