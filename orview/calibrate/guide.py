"""Guided capture: says where to hold the board next, takes views by itself, and knows when to stop.

Pictures go in one by one; time plays no part, so a film and a live camera are the same to it.
"""

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.calibrate.coverage import GuideState, count_leans, coverage_of
from orview.calibrate.design import Design
from orview.calibrate.lens_fit import MIN_CORNERS, fit_lens, lens_prior, middle_of
from orview.calibrate.shape import BoardShape
from orview.calibrate.views import is_new_view, moved_px
from orview.calibrate.wish import Wish
from orview.errors import RefusedError
from orview.markers.detect import CORNER_SIGMA_PX, Sighting

MOST_VIEWS = 25
"""Views taken at most; the error falls with the root of their number from here on."""

FEWEST_VIEWS = 12
"""No calibration stops earlier, however good its start."""

ENOUGH_GAIN = 0.05
"""Stops when the last `_LOOK_BACK` views made the predicted error smaller by less than this, relative."""

STILL = 0.0006
"""Of the picture's width: a board that moves more from one picture to the next is not still."""

SHARP_PX = 4.0
"""Edges wider than this are blurred: a Gaussian of 1.6 px, or motion of 4 px during the exposure."""

PATIENCE = 240
"""Pictures of the board after which another place is asked for: somebody cannot or will not hold it there."""

_LOOK_BACK = 4
_GOOD_ENOUGH = 0.5
"""A view is taken that helps at least this much of what the best one would."""

_FIRST_VIEWS = 4
"""With fewer the lens is not fitted: an ordinary one is better than one of three views."""

_FIT_GROWTH = 1.15
"""The lens is fitted anew when there are so many times the views of the last fit; between, views add what they say."""


class Guide:
    """Guides one calibration.

    Args:
        points_board_mm: (N, 3) the corners of the board that can be seen, mm, board frame.
        width_px: width of the pictures.
        height_px: height of the pictures.
        most: views taken at most.
        film: nobody listens, the pictures are what they are: every view that is new, still and sharp is taken, and
            only `most` of them are enough.
    """

    def __init__(
        self,
        points_board_mm: NDArray[np.float64],
        *,
        width_px: int,
        height_px: int,
        most: int = MOST_VIEWS,
        film: bool = False,
    ) -> None:
        self._film = film
        self._points, self._middle = points_board_mm, middle_of(points_board_mm)
        self._shape = BoardShape(points_mm=points_board_mm - self._middle)
        self._width_px, self._height_px, self._most = width_px, height_px, most
        self._views: list[Sighting] = []
        self._rotations: list[NDArray[np.float64]] = []
        self._errors_mm: list[float] = []
        self._last: Sighting | None = None
        mean, sigma = lens_prior(width_px=width_px, height_px=height_px)
        self._design = self._planned(
            mean, np.diag(np.concatenate([sigma, self._shape.sigmas_mm]) ** 2), CORNER_SIGMA_PX
        )
        self._coverage = coverage_of((), width_px=width_px, height_px=height_px)
        self._fitted_views = 0
        self._had: set[Wish] = set()
        self._waited = 0
        self._wish, self._gain = self._design.best()
        self.state = self._told(self._wish.sentence, took=False)
        """What to say and to draw now."""

    @property
    def views(self) -> tuple[Sighting, ...]:
        """The views taken."""
        return tuple(self._views)

    @property
    def wish(self) -> Wish:
        """How the board is wished for next."""
        return self._wish

    def look(self, sighting: Sighting | None, *, edge_px: Callable[[], float]) -> GuideState:
        """Look at one picture, take it as a view where that helps, and return what to say.

        Args:
            sighting: what was found of the board.
            edge_px: tells how wide the picture's edges are; asked only of a picture that could become a view.
        """
        last, self._last = self._last, sighting
        if self.state.done:
            return self.state
        problem, pose = self._problem(sighting, last, edge_px)
        if problem is None and sighting is not None and pose is not None:
            self._take(sighting, *pose)
            return self.state
        self._waited += sighting is not None and not self._film
        if self._waited > PATIENCE:
            self._wish_anew()
        self.state = self._told(problem or self._wish.sentence, took=False)
        return self.state

    def _problem(
        self, sighting: Sighting | None, last: Sighting | None, edge_px: Callable[[], float]
    ) -> tuple[str | None, tuple[NDArray[np.float64], NDArray[np.float64]] | None]:
        """Return what keeps a picture from being taken, None where nothing does, and the pose of the board in it."""
        if sighting is None or len(sighting.pixels) < MIN_CORNERS:
            return f"The board is not to be seen. {self._wish.sentence}", None
        pose = self._pose_of(sighting)
        if pose is None or not is_new_view(sighting, self._views, width_px=self._width_px):
            return self._wish.sentence, None
        if not self._film and not self._helps(sighting, *pose):
            return self._wish.sentence, None
        if last is None or moved_px(sighting, last) > STILL * self._width_px:
            return "Good. Hold the board still.", None
        if edge_px() > SHARP_PX:
            return "The picture is blurred: hold the board still, make more light or focus.", None
        return None, pose

    def _helps(self, sighting: Sighting, rotation: NDArray[np.float64], middle_mm: NDArray[np.float64]) -> bool:
        """Return whether a view helps nearly as much as the one that is wished for."""
        points = sighting.points_board_mm - self._middle
        gain = float(self._design.gains(rotation[None], middle_mm[None], points)[0])
        # Somebody who does not get there is met halfway.
        return gain >= _GOOD_ENOUGH * (1.0 - self._waited / PATIENCE) * self._gain

    def _pose_of(self, sighting: Sighting) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        lens = self._design.lens
        matrix = np.array([[lens[0], 0.0, lens[2]], [0.0, lens[1], lens[3]], [0.0, 0.0, 1.0]])
        try:
            found, turn, middle = cv2.solvePnP(
                sighting.points_board_mm - self._middle, sighting.pixels, matrix, lens[4:], flags=cv2.SOLVEPNP_SQPNP
            )
        except cv2.error:
            return None
        pose = np.asarray(cv2.Rodrigues(turn)[0], dtype=np.float64), np.ravel(middle).astype(np.float64)
        if not found or not np.isfinite([*np.ravel(pose[0]), *pose[1]]).all() or pose[1][2] <= 0.0:
            return None
        return pose

    def _take(self, sighting: Sighting, rotation: NDArray[np.float64], middle_mm: NDArray[np.float64]) -> None:
        self._views.append(sighting)
        self._rotations.append(rotation)
        self._coverage = coverage_of(self._views, width_px=self._width_px, height_px=self._height_px)
        if not self._film:
            points = sighting.points_board_mm - self._middle
            self._design = self._fitted() or self._design.after(rotation, middle_mm, points)
            if self._fitted_views:
                self._errors_mm.append(self._design.error_mm)
            self._wish_anew()
        done = self._enough()
        said = "Done: more views would hardly help." if done else f"Taken. {self._wish.sentence}"
        self.state = replace(self._told(said, took=True), done=done)

    def _wish_anew(self) -> None:
        self._had.add(self._wish)
        self._waited = 0
        self._wish, self._gain = self._design.best(but=self._had)

    def _fitted(self) -> Design | None:
        """Return what all views say together, None while they are too few, hardly more, or explained by no lens."""
        if len(self._views) < max(_FIRST_VIEWS, _FIT_GROWTH * self._fitted_views):
            return None
        try:
            fit = fit_lens(
                self._views, width_px=self._width_px, height_px=self._height_px, points_board_mm=self._points
            )
        except RefusedError:
            return None
        self._fitted_views = len(self._views)
        return self._planned(fit.bundle.lens, fit.covariance, fit.noise_px)

    def _planned(self, lens: NDArray[np.float64], covariance: NDArray[np.float64], noise_px: float) -> Design:
        return Design(
            lens=lens,
            covariance=covariance,
            shape=self._shape,
            noise_px=noise_px,
            width_px=self._width_px,
            height_px=self._height_px,
        )

    def _enough(self) -> bool:
        if len(self._views) >= self._most:
            return True
        if len(self._views) < FEWEST_VIEWS or len(self._errors_mm) <= _LOOK_BACK:
            return False
        return self._errors_mm[-1] > (1.0 - ENOUGH_GAIN) * self._errors_mm[-1 - _LOOK_BACK]

    def _told(self, sentence: str, *, took: bool) -> GuideState:
        return GuideState(
            sentence=sentence,
            took=took,
            views=len(self._views),
            most=self._most,
            coverage=self._coverage,
            leans=count_leans(np.array(self._rotations).reshape(-1, 3, 3)),
            predicted_error_mm=self._errors_mm[-1] if self._errors_mm else None,
            done=False,
        )
