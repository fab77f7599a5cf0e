"""Calibrating the room camera in the room: a person holds a board, the guide says where, the verdict is told in mm.

The pictures stay with the track process; what takes long (the guide's fits, the solution) is done in a thread of its
own, so that the picture on the nurse's page never stops. Poses have stopped meanwhile.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.calibrate.coverage import GuideState
from orview.calibrate.guide import Guide
from orview.calibrate.intrinsics import LIMIT_MM, Calibration, calibrate_intrinsics
from orview.calibrate.sharpness import edge_width_px
from orview.edge.calibration_pictures import GIVE_UP_AFTER_S, guide_for
from orview.edge.slots.statuses import MAX_OUTLINES, CalibrationStatus
from orview.errors import OrviewError
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import Sighting, gray_of

TOOK_S = 1.0
"""So long a view that was taken is told, for a person to notice."""

_LOOK_AGAIN_S = 0.2
_OUTLINE_POINTS = 16
_FIRST_WORDS = "Hold the board before the camera."


@dataclass(frozen=True, kw_only=True)
class CapturedCamera:
    """The camera a profile is made for: its name, mode, serial number and the size of its pictures, px."""

    name: str
    mode: str
    serial: str
    width_px: int
    height_px: int


class Capture:
    """One guided calibration.

    Args:
        board: that the person holds.
        camera: before which it is held.
        number: of the calibration in this run of the host.
        most: views taken at most.
        tell: told how far it is, whenever that changed, from the capture's own thread.
        keep: stores a profile that was accepted, likewise.

    Attributes:
        accepted: whether there is a new profile.
    """

    def __init__(
        self,
        board: Board,
        camera: CapturedCamera,
        *,
        number: int,
        most: int,
        tell: Callable[[CalibrationStatus], None],
        keep: Callable[[CameraProfile], None],
    ) -> None:
        self._board, self._camera, self._most = board, camera, most
        self._tell, self._keep = tell, keep
        self._offered: tuple[NDArray[np.uint8], Sighting | None] | None = None
        self._news = threading.Condition()
        self._stopped = False
        self._took_s = -TOOK_S
        self.accepted = False
        self._status = CalibrationStatus(
            number=number,
            board=board.name,
            state="capturing",
            words=_FIRST_WORDS,
            took=False,
            views=0,
            most=most,
            error_mm=None,
            limit_mm=LIMIT_MM,
            width_px=camera.width_px,
            height_px=camera.height_px,
            outlines=(),
            advice=(),
        )
        self._thread = threading.Thread(target=self._run, name="calibration", daemon=True)
        self._tell(self._status)
        self._thread.start()

    @property
    def board(self) -> Board:
        """The board that is held."""
        return self._board

    @property
    def ended(self) -> bool:
        """Whether there is a verdict."""
        return not self._thread.is_alive()

    def offer(self, image: NDArray[np.uint8], sighting: Sighting | None) -> None:
        """Hand over a picture and what was found of the board in it; of several the newest is looked at."""
        with self._news:
            self._offered = image, sighting
            self._news.notify()

    def stop(self) -> None:
        """Give up, where there is no verdict yet; nothing is told any more but that."""
        with self._news:
            if self._status.state not in ("capturing", "solving"):
                return
            self._stopped = True
            self._news.notify()
            words = "Stopped. The profile stays as it was."
            self._status = replace(self._status, state="stopped", words=words, took=False)
            self._tell(self._status)

    def _run(self) -> None:
        try:
            guide = self._guided()
            if guide is None:
                return
            self._say(state="solving", words="Working out the lens.", took=False)
            self._judge(self._solved(guide))
        except OrviewError as error:
            self._say(state="refused", words=str(error), took=False)

    def _guided(self) -> Guide | None:
        """Take views until they are enough; None where nobody wants them any more."""
        guide = guide_for(self._board, self._camera.width_px, self._camera.height_px, most=self._most, film=False)
        self._show(guide.state)
        until_s = time.monotonic() + GIVE_UP_AFTER_S
        while not guide.state.done and time.monotonic() < until_s:
            with self._news:
                if self._offered is None and not self._stopped:
                    self._news.wait(_LOOK_AGAIN_S)
                offered, self._offered = self._offered, None
                if self._stopped:
                    return None
            if offered is not None:
                image, sighting = offered
                state = guide.look(sighting, edge_px=lambda i=image, s=sighting: _edge_px(i, s))  # type: ignore[misc]
                self._show(state, sighting if state.took else None)
        return guide

    def _solved(self, guide: Guide) -> Calibration:
        camera = self._camera
        return calibrate_intrinsics(
            guide.views,
            width_px=camera.width_px,
            height_px=camera.height_px,
            camera=camera.name,
            mode=camera.mode,
            serial=camera.serial,
            calibrated_on=datetime.now(tz=UTC).date(),
            board_digest=self._board.digest,
        )

    def _judge(self, result: Calibration) -> None:
        profile = result.profile
        distance_m = (profile.expected_at_mm or 0.0) / 1000.0
        words = (
            f"95 % of targets 150 mm behind a board {distance_m:.1f} m away stay within "
            f"{profile.expected_error_mm or 0.0:.2f} mm (limit {result.limit_mm:.2f} mm)."
        )
        with self._news:
            if result.accepted and not self._stopped:
                self._keep(profile)
                self.accepted = True
        self._say(
            state=result.verdict,
            words=words,
            took=False,
            error_mm=profile.expected_error_mm,
            advice=tuple(finding.message for finding in result.findings[:8]),
        )

    def _show(self, state: GuideState, taken: Sighting | None = None) -> None:
        now_s = time.monotonic()
        outlines = self._status.outlines
        if taken is not None:
            self._took_s = now_s
            outlines = (*outlines, _outline(taken))[:MAX_OUTLINES]
        self._say(
            words=state.sentence,
            took=now_s - self._took_s < TOOK_S,
            views=state.views,
            error_mm=state.predicted_error_mm,
            outlines=outlines,
        )

    def _say(self, **changes: object) -> None:
        status = replace(self._status, **changes)  # type: ignore[arg-type]
        with self._news:
            if status != self._status and not self._stopped:
                self._status = status
                self._tell(status)


def _outline(sighting: Sighting) -> tuple[float, ...]:
    """Return the convex outline of the corners, x and y in turn, px, thinned to what can be told."""
    hull = np.reshape(cv2.convexHull(sighting.pixels.astype(np.float32)), (-1, 2))
    kept = hull[np.unique(np.linspace(0, len(hull) - 1, _OUTLINE_POINTS).round().astype(int))]
    return tuple(round(float(value), 1) for value in kept.ravel())


def _edge_px(image: NDArray[np.uint8], sighting: Sighting | None) -> float:
    return float("inf") if sighting is None else edge_width_px(gray_of(image), sighting)
