"""What a CT shows of a ball and of what is around it, by 18 parameters.

The picture of a ball (`orview.segment.ball`) in a cap of plastic on a post, over two halves that meet in a plane, air
and skin or air and plate; cut off where the scanner's scale ends: metal shows as a flat top whose flanks still tell the
centre. Lengths and densities that cannot be negative are parameters by their logarithm.
"""

import numpy as np
from numpy.typing import NDArray

from orview.segment.ball import picture_ball

PARAMETERS = 18
(SIZE, BRIGHT, BLUR, THICK, FAR, NEAR, PLACE, LEAN, TURN, CAP, CAP_HU, POST_LEAN, POST_TURN, POST_SIZE, POST_HU) = (
    range(3, PARAMETERS)
)
"""After the centre (x, y, z): radius, HU over what is around it, blur in the slice and thickness of the slices; HU of
both halves, where their plane passes the centre, mm, and the two angles of its normal; how far the cap reaches beyond
the ball, and its HU over the background; the two angles of the post, its radius, and its HU likewise."""

_BOX_SIGMA = 1.0 / np.sqrt(12.0)
_EDGE = 1.2
"""tanh(x / (1.2 sigma)) runs like an edge that a Gaussian blurs."""

_KEPT = 32


class Voxels:
    """The voxels near a ball, and the model of them.

    Args:
        places_mm: (N, 3) along the voxel axes.
        hu: (N,) there.
        highest_hu: where the scanner's scale ends; infinite where it does not.
        reach_mm: farther than this from the ball's centre no voxel lies.
        spacing_mm: (3,) of the voxels.
    """

    def __init__(
        self,
        places_mm: NDArray[np.float64],
        hu: NDArray[np.float64],
        highest_hu: float,
        reach_mm: float,
        spacing_mm: NDArray[np.float64],
    ) -> None:
        self.places_mm, self.hu, self.highest_hu, self.reach_mm = places_mm, hu, highest_hu, reach_mm
        self.extra_hu = np.zeros(len(hu))
        """(N,) what lies there beyond the model's own background."""
        self._seen: dict[tuple[float, ...], NDArray[np.float64]] = {}
        # Where parameters end: beyond, a bar seen end on could be called a ball in very thick slices.
        self.lowest, self.largest = np.full(PARAMETERS, -np.inf), np.full(PARAMETERS, np.inf)
        self.lowest[SIZE], self.largest[SIZE] = np.log(0.4), np.log(5.0)
        self.lowest[BLUR], self.largest[BLUR] = np.log(0.15), np.log(max(1.0, 0.5 * spacing_mm[0]))
        self.lowest[THICK], self.largest[THICK] = np.log(0.6 * spacing_mm[2]), np.log(2.2 * spacing_mm[2] + 0.4)

    def model(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the HU and the part of the ball (N,) that parameters (`PARAMETERS`,) show."""
        arms = self.places_mm - values[:3]
        part = self._picture(values, arms, float(np.exp(values[SIZE])))
        ball_hu = np.exp(values[BRIGHT]) + values[FAR]
        shown = self._around(values, arms) * (1.0 - part) + ball_hu * part
        return np.minimum(shown, self.highest_hu), part

    def lopsided_hu(self, values: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (3,) towards where the background near the ball is denser, as long as by how much."""
        arms = self.places_mm - values[:3]
        flank = (part > 0.01) & (part < 0.5)
        if not flank.any():
            return np.zeros(3)
        directions = arms[flank] / np.maximum(np.linalg.norm(arms[flank], axis=1, keepdims=True), 1e-9)
        around = self._around(values, arms)[flank]
        return np.asarray(3.0 * ((around - around.mean())[:, None] * directions).mean(axis=0))

    def _picture(
        self, values: NDArray[np.float64], arms_mm: NDArray[np.float64], radius_mm: float
    ) -> NDArray[np.float64]:
        # Most parameters leave the picture of ball and cap as it was: the last ones are kept.
        key = (*values[:3].tolist(), radius_mm, float(values[BLUR]), float(values[THICK]))
        shown = self._seen.get(key)
        if shown is None:
            picture = picture_ball(
                radius_mm=radius_mm,
                blur_mm=float(np.exp(values[BLUR])),
                thickness_mm=float(np.exp(values[THICK])),
                reach_mm=self.reach_mm,
            )
            shown = picture.at(np.hypot(arms_mm[:, 0], arms_mm[:, 1]), arms_mm[:, 2])
            while len(self._seen) >= _KEPT:
                del self._seen[next(iter(self._seen))]
            self._seen[key] = shown
        return shown

    def _around(self, values: NDArray[np.float64], arms_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        normal = normal_of(values)
        beyond = 0.5 + 0.5 * np.tanh((arms_mm @ normal - values[PLACE]) / _soft_mm(values, normal[2] ** 2))
        around = values[NEAR] + (values[FAR] - values[NEAR]) * beyond
        cap = self._picture(values, arms_mm, float(np.exp(values[SIZE]) + np.exp(values[CAP])))
        # The post ends where the cap begins: where both are, there is one of them.
        covered = values[CAP_HU] * cap + values[POST_HU] * _post(values, arms_mm) * (1.0 - cap)
        more = np.where(self.extra_hu > 0.0, np.maximum(self.extra_hu - np.maximum(covered, 0.0), 0.0), self.extra_hu)
        return np.asarray(around + covered + more)


def normal_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (3,) the normal of the plane in which the two halves of the background meet."""
    return _direction(values[LEAN], values[TURN])


def post_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (3,) the way from the centre along the post."""
    return _direction(values[POST_LEAN], values[POST_TURN])


def _post(values: NDArray[np.float64], arms_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of a post from the centre outwards each place (N, 3) shows."""
    along = post_of(values)
    way = arms_mm @ along
    aside = arms_mm - way[:, None] * along
    aside2 = (aside**2).sum(axis=1)
    soft = _soft_mm(values, aside[:, 2] ** 2 / np.maximum(aside2, 1e-6))
    began = 0.5 + 0.5 * np.tanh(way / _soft_mm(values, along[2] ** 2))
    return np.asarray(began * (0.5 - 0.5 * np.tanh((np.sqrt(aside2) - np.exp(values[POST_SIZE])) / soft)))


def _soft_mm(values: NDArray[np.float64], across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how soft an edge is whose normal lies across the slices by so much (square of a cosine)."""
    blur2 = np.exp(2.0 * values[BLUR])
    return np.asarray(_EDGE * np.sqrt(blur2 + ((_BOX_SIGMA * np.exp(values[THICK])) ** 2 - blur2) * across))


def _direction(lean: float, turn: float) -> NDArray[np.float64]:
    return np.array([np.cos(lean) * np.cos(turn), np.cos(lean) * np.sin(turn), np.sin(lean)])
