"""The rounds of one picture: look where the borders should be, move the pose, look again more closely."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.geometry.rigid import RigidTransform
from orview.markers.camera import CameraProfile
from orview.track.blur import Blur
from orview.track.fit import Fit, KnownVelocity, Measured, fit_motion
from orview.track.middle import middle_of
from orview.track.motion import moved_by
from orview.track.profiles import Shifts, fit_steps, search_steps
from orview.track.strips import gather
from orview.track.view import MOST_REACH_PX, Choice, View, reach_px, view_of

SEARCHED_PLACES = 300
SEARCH_PX = 4.0
"""How far from where they are expected borders are looked for at first; cells are hardly smaller."""

SEARCH_SIGMA_PX = 0.5
ARM_PX = 2
"""Pixels in each of the two means whose difference tells a border in the search."""

MARGIN_PX = math.ceil(1.1 * MOST_REACH_PX) + 2
"""Places nearer to the rim of the picture are left out, so that every strip lies inside."""

MOST_ROUNDS = 5
STILL_PX = 0.15
"""A close look that moves the borders by less, root mean square, is the last."""

NEAR_PX = 0.5
"""To first order a blurred step tells shifts up to here."""

MODEL_SIGMA_PX = 0.02
"""What a border's place errs by besides noise: how paper, lens and sampling differ from a Gaussian step."""

FAINT = 0.25
"""Of the usual contrast; a border with less is covered or none."""

ROUGH = 4.0
"""Times the usual noise; a strip that fits worse shows something else."""

_FOR_USUAL = 400

FARTHEST_PX = 2.5
"""To first order a step says nothing of shifts larger than its blur."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What is taken for true.

    Attributes:
        pose: at the middle row's time.
        velocity: (6,) left motion per second.
        unforeseen: (6,) the part of the velocity that neither the expectation nor the pose explains.
        blur: of the picture.
    """

    pose: RigidTransform
    velocity: NDArray[np.float64]
    unforeseen: NDArray[np.float64]
    blur: Blur


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What the last round found.

    Attributes:
        estimate: what is taken for true after it.
        fit: how well that explains the borders.
        view: the N places looked at.
        sigmas_px: (N,) standard deviation of each across its border; infinite where no border was seen.
        contrast: (N,) white less black, as brightness.
        moved_px: by how much this round moved the borders, root mean square.
        missed_px: by how much the first round did: how wrong the expectation was.
    """

    estimate: Estimate
    fit: Fit
    view: View
    sigmas_px: NDArray[np.float64]
    contrast: NDArray[np.float64]
    moved_px: float
    missed_px: float


class Rounds:
    """All that stays the same while one picture is looked at.

    Args:
        picture: (H, W) or (H, W, 3) bytes, contiguous.
        decode: (256,) brightness of each byte.
        choice: which places to look at.
        profile: the camera.
        start: what is expected.
        velocity_covariance: (6, 6) of the expected velocity, or None to take it as it is.
        velocity_per_motion: by how much a pose that is moved changes the velocity, 1/s.
    """

    def __init__(
        self,
        picture: NDArray[np.uint8],
        decode: NDArray[np.float32],
        choice: Choice,
        profile: CameraProfile,
        *,
        start: Estimate,
        velocity_covariance: NDArray[np.float64] | None,
        velocity_per_motion: float,
    ) -> None:
        self._picture = picture
        self._decode = decode
        self._choice = choice
        self._lens = profile.lens
        self._readout_s = profile.readout_ms * 1e-3
        self._start = start
        self._velocity_information = None
        if velocity_covariance is not None:
            self._velocity_information = np.asarray(np.linalg.inv(velocity_covariance), dtype=np.float64)
        self._velocity_per_motion = velocity_per_motion

    def settle(self, *, near: bool) -> Look | None:
        """Return the last look, or None where too little of the board is in sight.

        Args:
            near: whether the expectation is good enough to do without a search, if what is seen bears that out.
        """
        look = self._close_look(self._start) if near else None
        missed_px = math.inf if look is None else look.moved_px
        if look is None or missed_px > NEAR_PX:
            found = self._search(self._start)
            if found is None:
                return None
            estimate, missed_px = found
            look = self._close_look(estimate)
        for _ in range(MOST_ROUNDS):
            if look is None or look.moved_px < STILL_PX:
                break
            look = self._close_look(look.estimate)
        return None if look is None else replace(look, missed_px=missed_px)

    def _search(self, estimate: Estimate) -> tuple[Estimate, float] | None:
        """Return the estimate after borders were looked for over a longer way, and how far that moved them, px."""
        half = math.ceil(1.1 * SEARCH_PX) + ARM_PX + 1
        view = self._view(estimate, margin_px=MARGIN_PX, most=SEARCHED_PLACES)
        strips = gather(self._picture, self._decode, view.pixels, view.normals, half=half)
        reach = np.minimum(SEARCH_PX, 0.9 * np.minimum(view.black_px, view.white_px))
        shifts = search_steps(strips, reach_px=reach, arm=ARM_PX)
        clear = shifts.contrast > FAINT * middle_of(shifts.contrast) if len(view) else np.zeros(0, np.bool_)
        fit = self._fit(estimate, view, shifts, np.where(clear, SEARCH_SIGMA_PX, np.inf))
        return None if fit is None else (self._moved(estimate, fit, estimate.blur), _moved_px(shifts, fit))

    def _close_look(self, estimate: Estimate) -> Look | None:
        """Return what short strips across all places say."""
        blur = estimate.blur
        view = self._view(estimate, margin_px=MARGIN_PX, most=None)
        if len(view) == 0:
            return None
        across_px = blur.across(view.normals)
        reach = reach_px(across_px)
        half = max(math.ceil(1.1 * float(reach.max())), 3)
        strips = gather(self._picture, self._decode, view.pixels, view.normals, half=half)
        shifts = fit_steps(
            strips,
            blur_px=across_px,
            black_px=view.black_px,
            white_px=view.white_px,
            reach_px=reach,
        )
        sigmas_px = _sigmas_px(shifts)
        fit = self._fit(estimate, view, shifts, sigmas_px)
        if fit is None:
            return None
        changed = blur.changed(view.normals, shifts.blur_change, shifts.blur_weight * fit.weights)
        return Look(
            estimate=self._moved(estimate, fit, changed),
            fit=fit,
            view=view,
            sigmas_px=sigmas_px,
            contrast=shifts.contrast,
            moved_px=_moved_px(shifts, fit),
            missed_px=math.inf,
        )

    def _view(self, estimate: Estimate, *, margin_px: float, most: int | None) -> View:
        places = self._choice.places(estimate.pose, blur=estimate.blur)
        return view_of(
            places if most is None else places.first(most),
            estimate.pose,
            self._lens,
            velocity=estimate.velocity,
            readout_s=self._readout_s,
            margin_px=margin_px,
        )

    def _fit(self, estimate: Estimate, view: View, shifts: Shifts, sigmas_px: NDArray[np.float64]) -> Fit | None:
        return fit_motion(
            Measured(
                places=view.in_camera,
                by_place=view.by_place,
                shift_px=shifts.shift_px,
                sigma_px=sigmas_px,
                late_s=view.late_s if self._readout_s else None,
                group=view.places.group,
            ),
            KnownVelocity(
                rest=-estimate.unforeseen,
                information=self._velocity_information,
                per_motion=self._velocity_per_motion,
            ),
        )

    def _moved(self, estimate: Estimate, fit: Fit, blur: Blur) -> Estimate:
        return Estimate(
            pose=moved_by(estimate.pose, fit.motion),
            velocity=estimate.velocity + fit.velocity_change + self._velocity_per_motion * fit.motion,
            unforeseen=estimate.unforeseen + fit.velocity_change,
            blur=blur,
        )


def _moved_px(shifts: Shifts, fit: Fit) -> float:
    """Return by how much a fit moved the borders it rests on, root mean square."""
    moved = (shifts.shift_px - fit.rest_px - fit.edge_shift_px)[fit.weights > 0.0]
    return math.sqrt(float(moved @ moved) / moved.size) if moved.size else math.inf


def _sigmas_px(shifts: Shifts) -> NDArray[np.float64]:
    """Return the standard deviation of each shift, infinite where a strip shows no clear border."""
    sigmas_px = np.empty(len(shifts.sigma_px))
    _judge(shifts.shift_px, shifts.sigma_px, shifts.contrast, shifts.misfit, sigmas_px)
    return sigmas_px


@compiled
def _judge(
    shift_px: NDArray[np.float64],
    sigma_px: NDArray[np.float64],
    contrast: NDArray[np.float64],
    misfit: NDArray[np.float64],
    sigmas_px: NDArray[np.float64],
) -> None:
    """Write what `_sigmas_px` returns. Places are in no order, so the first of them tell what is usual."""
    noises, contrasts, count = np.empty(_FOR_USUAL), np.empty(_FOR_USUAL), 0
    for n in range(len(sigma_px)):
        if sigma_px[n] < np.inf and count < _FOR_USUAL:
            noises[count], contrasts[count] = misfit[n] * contrast[n], contrast[n]
            count += 1
    sigmas_px[:] = np.inf
    if count == 0:
        return
    noise = np.partition(noises[:count], count // 2)[count // 2]
    usual = np.partition(contrasts[:count], count // 2)[count // 2]
    for n in range(len(sigma_px)):
        clear = sigma_px[n] < np.inf and contrast[n] > FAINT * usual and misfit[n] * contrast[n] <= ROUGH * noise
        if clear and abs(shift_px[n]) < FARTHEST_PX:
            sigmas_px[n] = math.hypot(sigma_px[n] * noise, MODEL_SIGMA_PX)
