"""Watching what rests behind the boards: a camera that is knocked or refocused moves all of it at once (hazard H11).

A few dozen patches of the background are looked up in every picture. Where these have moved, and every half second
anyway, its corners are found again in a small copy of the picture, its light evened out (Lucas & Kanade 1981 by
pyramids, Bouguet 2001). Where many are at their old places a similarity through these tells how far the camera
creeps; else a homography that the greater part agrees on (RANSAC, Fischler & Bolles 1981) tells where it was turned
to. A person who walks by or a bed that is pushed moves only a part of them. Where the background says nothing, so does
this.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.track.patches import Patches
from orview.track.region import Region
from orview.track.shot import Shot

SMALL_WIDTH_PX = 480
EVERY = 3
"""Pictures from close look to close look while it is not yet known what rests."""

EVERY_WHILE_STILL = 15
"""Pictures from close look to close look while patches say in every one that all rests: for what creeps."""

FEATURES, FEWEST_FEATURES = 150, 20
RESTING_PX = 0.25
"""A corner nearer than this, in the small picture, to where it was has not moved."""

RESTING_SHARE = 0.4
"""So many corners at their old places are the room; whatever the others do, they do by themselves."""

AGREEING_SHARE = 0.5
AGREEING_PX = 0.7
"""Rooms are no planes and lenses no pinholes: so far from one homography are things still the same room."""

MOVED_PX = 0.3
"""Root mean square over the corners: 1.2 px of a picture 1920 wide, 0.9 mm at 1 m."""

SPREAD_SHARE = 0.08
"""Of the picture's area: corners that agree must surround at least so much of it."""

LOOKS_TO_ARM = 3
LOOKS_TO_REFUSE = 2
_RENEW_LOOKS = 100
_WINDOW = 15
_EVEN_PX = 15
_EVEN_FLOOR = 4.0
_MAX_DIFFERENCE = 24.0
_COARSE = 4


class Rest(Enum):
    """What the background says."""

    UNKNOWN = auto()
    RESTS = auto()
    DOUBT = auto()
    MOVED = auto()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Key:
    """The picture others are compared with.

    Attributes:
        picture: small and even.
        corners: (N, 2) px in it.
        first_from_key: (3, 3) homography from the small pixels of this key to those of the first one.
    """

    picture: NDArray[np.uint8]
    corners: NDArray[np.float32]
    first_from_key: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """Where the background of one picture was in the first key.

    Attributes:
        first_from_now: (3, 3) homography of small pixels.
        corners: (N, 2) px of this picture that agree on it.
    """

    first_from_now: NDArray[np.float64]
    corners: NDArray[np.float64]

    def moved_px(self) -> float:
        """How far the corners are from where they were, root mean square."""
        return float(np.sqrt(np.square(_carried(self.first_from_now, self.corners) - self.corners).sum(axis=1).mean()))

    def growth(self) -> float:
        """By which share the picture grew about the middle of the corners."""
        middle = self.corners.mean(axis=0)
        around = middle + np.array([(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)])
        was = _carried(self.first_from_now, around)
        across, down = was[1] - was[0], was[3] - was[2]
        return 2.0 / math.sqrt(abs(across[0] * down[1] - across[1] * down[0])) - 1.0


class RestWatch:
    """Tells whether a camera that should rest has been moved or refocused. `reason` says in words which.

    Args:
        width_px, height_px: size of the pictures.
    """

    def __init__(self, *, width_px: int, height_px: int) -> None:
        self._shrink = max(width_px / SMALL_WIDTH_PX, 1.0)
        self._size = (round(width_px / self._shrink), round(height_px / self._shrink))
        self.acknowledge()

    def acknowledge(self) -> None:
        """Begin anew with the camera as it stands."""
        self.rest = Rest.UNKNOWN
        self.reason = ""
        self._key: _Key | None = None
        self._rested = 0
        self._moved = 0
        self._until_look = 0
        self._patches: Patches | None = None

    def look(self, shot: Shot, *, hidden: Iterable[Region] = ()) -> Rest:
        """Take the next picture and return what the background says; `MOVED` stays until `acknowledge`.

        Args:
            shot: the picture.
            hidden: where boards are, which move as they like; asked for only where new corners are chosen.
        """
        if self.rest is Rest.MOVED:
            return self.rest
        self._until_look -= 1
        still = self._patches is not None and self._patches.rest_in(shot.image)
        if self._until_look > 0 and (still or self._patches is None):
            return self.rest
        self._until_look = EVERY
        small = self._even(shot.gray)
        if self._key is None:
            self._key = self._key_of(small, hidden, np.eye(3))
            return self.rest
        fit = self._first_from(small, self._key)
        if fit is None and self._rested >= LOOKS_TO_ARM:
            # Farther than the flow reaches: begin where most of the picture agrees.
            fit = self._first_from(small, self._key, guess_px=_shift_between(self._key.picture, small))
        self._judge(fit, small, hidden)
        if self.rest is Rest.DOUBT:
            self._until_look = 1
        elif self.rest is Rest.RESTS and fit is not None:
            self._until_look = EVERY_WHILE_STILL
            if not still:
                self._patches = Patches(shot.image, fit.corners * self._shrink, step_px=max(round(self._shrink), 1))
        else:
            self._patches = None
        return self.rest

    def _judge(self, fit: _Fit | None, small: NDArray[np.uint8], hidden: Iterable[Region]) -> None:
        if fit is None:
            # Lights went out, somebody stands before the camera: a new beginning only where nothing was known yet.
            self.rest = Rest.UNKNOWN
            if self._rested < LOOKS_TO_ARM:
                self._key, self._rested = None, 0
            return
        if fit.moved_px() <= MOVED_PX:
            self._moved = 0
            self._rested += 1
            self.rest = Rest.RESTS if self._rested >= LOOKS_TO_ARM else Rest.UNKNOWN
            if self._rested % _RENEW_LOOKS == 0:
                self._key = self._key_of(small, hidden, fit.first_from_now) or self._key
            return
        if self._rested < LOOKS_TO_ARM:
            self._key, self._rested = None, 0
            return
        self._moved += 1
        self.rest = Rest.MOVED if self._moved >= LOOKS_TO_REFUSE else Rest.DOUBT
        self.reason = self._words(fit)

    def _words(self, fit: _Fit) -> str:
        if self.rest is Rest.DOUBT:
            return "The camera seems to have been moved; this is being checked."
        moved_px, growth = fit.moved_px(), fit.growth()
        spread = fit.corners - fit.corners.mean(axis=0)
        grown_px = abs(growth) * float(np.sqrt(np.square(spread).sum(axis=1).mean()))
        if grown_px > 0.5 * moved_px:
            return f"The camera was refocused or zoomed ({100.0 * growth:+.1f} %): calibrate it again."
        return f"The camera was moved (the picture by {moved_px * self._shrink:.0f} px): check how it stands."

    def _even(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a small picture in which neither a lamp nor a shadow matters: local mean and contrast taken out."""
        # A half is a mean of four and costs a tenth of the mean over an area.
        while gray.shape[1] >= 2 * self._size[0] and gray.shape[0] >= 2 * self._size[1]:
            half = (gray.shape[1] // 2, gray.shape[0] // 2)
            gray = np.asarray(cv2.resize(gray, half, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        small = cv2.resize(gray, self._size, interpolation=cv2.INTER_AREA).astype(np.float32)
        box = (_EVEN_PX, _EVEN_PX)
        small -= cv2.blur(small, box)
        contrast = np.asarray(cv2.blur(small * small, box), dtype=np.float32)
        # Running sums leave a little less than nothing where there is no contrast.
        np.maximum(contrast, 0.0, out=contrast)
        np.sqrt(contrast, out=contrast)
        contrast += np.float32(_EVEN_FLOOR)
        small *= np.float32(48.0)
        small /= contrast
        return np.asarray(cv2.convertScaleAbs(small, alpha=1.0, beta=128.0), dtype=np.uint8)

    def _key_of(
        self, small: NDArray[np.uint8], hidden: Iterable[Region], first_from_key: NDArray[np.float64]
    ) -> _Key | None:
        mask = np.full(small.shape, 255, np.uint8)
        for region in hidden:
            left, right = int(region.left / self._shrink), math.ceil(region.right / self._shrink)
            top, bottom = int(region.top / self._shrink), math.ceil(region.bottom / self._shrink)
            mask[top:bottom, left:right] = 0
        corners = cv2.goodFeaturesToTrack(small, FEATURES, 0.05, 8.0, mask=mask, blockSize=5)
        if corners is None or len(corners) < FEWEST_FEATURES:
            return None
        return _Key(
            picture=small, corners=np.reshape(corners, (-1, 2)).astype(np.float32), first_from_key=first_from_key
        )

    def _first_from(
        self, small: NDArray[np.uint8], key: _Key, *, guess_px: Sequence[float] = (0.0, 0.0)
    ) -> _Fit | None:
        """Return where the background was in the first key, if enough of it agrees."""
        corners = key.corners.reshape(-1, 1, 2)
        went, found, difference = cv2.calcOpticalFlowPyrLK(
            key.picture,
            small,
            corners,
            corners + np.array(guess_px, dtype=np.float32),
            winSize=(_WINDOW, _WINDOW),
            maxLevel=3,
            criteria=(cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 10, 0.02),
            flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )
        good = (np.ravel(found) == 1) & (np.ravel(difference) < _MAX_DIFFERENCE)
        if good.sum() < FEWEST_FEATURES:
            return None
        now, then = np.reshape(went, (-1, 2))[good], key.corners[good]
        shifts = np.linalg.norm(now - then, axis=1)
        resting = shifts < RESTING_PX
        if resting.mean() >= RESTING_SHARE:
            now, then = now[resting], then[resting]
            fit, agreeing = cv2.estimateAffinePartial2D(now, then, method=cv2.RANSAC, ransacReprojThreshold=RESTING_PX)
            key_from_now = None if fit is None else np.vstack([fit, (0.0, 0.0, 1.0)])
        else:
            key_from_now, agreeing = cv2.findHomography(now, then, cv2.RANSAC, AGREEING_PX)
        if key_from_now is None:
            return None
        used = np.ravel(agreeing) == 1
        if used.sum() < max(FEWEST_FEATURES // 2, AGREEING_SHARE * len(now)):
            return None
        if cv2.contourArea(cv2.convexHull(then[used])) < SPREAD_SHARE * self._size[0] * self._size[1]:
            return None
        return _Fit(first_from_now=np.asarray(key.first_from_key @ key_from_now), corners=now[used].astype(np.float64))


def _carried(homography: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a homography (3, 3) carries points (N, 2)."""
    scaled = points @ homography[:, :2].T + homography[:, 2]
    return scaled[:, :2] / scaled[:, 2:]


def _shift_between(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[float, float]:
    """Return by about how much (x, y), px, the second picture lies to the right of and below the first.

    Phase correlation (Kuglin & Hines 1975) of pictures so small that a sensor's own pattern is averaged away.
    OpenCV 5.0's `phaseCorrelate` spoils what it is given.
    """
    size = (first.shape[1] // _COARSE, first.shape[0] // _COARSE)
    window = np.outer(np.hanning(size[1]), np.hanning(size[0]))
    waves = [
        np.fft.rfft2((cv2.resize(picture, size, interpolation=cv2.INTER_AREA) - 128.0) * window)
        for picture in (first, second)
    ]
    cross = waves[1] * waves[0].conj()
    peaks = np.fft.irfft2(cross / (np.abs(cross) + 1e-9), s=(size[1], size[0]))
    down, across = divmod(int(np.argmax(peaks)), size[0])
    return (
        float(_COARSE * (across - size[0] * (across > size[0] // 2))),
        float(_COARSE * (down - size[1] * (down > size[1] // 2))),
    )
