"""The nurse's desk of the room camera: what she asks of the track process, and what she is told of it.

Runs in the stream process. Orders are counts in a slot, so that a process that is started anew neither misses one nor
obeys it twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

from orview.edge.cameras.listing import ListedCamera
from orview.edge.host.camera_choice import FIRST, Choice, choices_of
from orview.edge.host.prepare_desk import one_line
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import CalibrationStatus, TrackOrders, TrackStatus, parse_status, publish_status
from orview.protocol.camera import (
    Calibrate,
    CalibrationEntry,
    CalibrationState,
    Camera,
    CameraState,
    CheckCamera,
    ChooseCamera,
    ProfileEntry,
)
from orview.protocol.messages import Refused
from orview.protocol.schema import read_fields

CALIBRATING = "The camera is being calibrated."
_UNDER_WAY = (CalibrationState.CAPTURING, CalibrationState.SOLVING)
OTHER_CAMERA = "Another camera was chosen."
MOST_CAMERAS = 32
_NO_CAMERA = "No camera has reported yet."


class CameraDesk:
    """Orders of the nurse about the camera, and its state.

    Args:
        orders: slot of `TrackOrders`; what was ordered before a restart stands.
        boards: the camera may be calibrated with, by name: where their definitions are found.
        given: the source the host was started with.
        simulated: it is no camera of this machine but a program.
        today: returns the day, to tell how old a profile is.
    """

    def __init__(
        self,
        orders: LatestSlot,
        *,
        boards: Mapping[str, str],
        given: str = FIRST,
        simulated: bool = False,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._slot = orders
        self._boards = boards
        self._given, self._simulated, self._today = given, simulated, today
        self._choices = choices_of((), given=given, simulated=simulated)
        newest = orders.latest()
        self._orders = TrackOrders() if newest is None else parse_status(newest[1], TrackOrders)
        self._status: TrackStatus | None = None
        self._calibration: CalibrationEntry | None = None

    @property
    def places(self) -> int:
        """How often the camera may have come to stand elsewhere: each time the room frame is another one."""
        return self._orders.camera_checks + self._orders.calibrations + self._orders.cameras_chosen

    @property
    def calibrating(self) -> bool:
        """Whether a calibration is under way."""
        return self._orders.calibrating

    def calibrate(self, message: Calibrate) -> Refused | None:
        """Begin a calibration; returns why not."""
        if self._orders.calibrating:
            return _not_now(message, "The camera is being calibrated already.", "Stop that first.")
        if message.board not in self._boards:
            return _not_now(message, "There is no such calibration board.", "Choose one of the list.")
        if self._status is None or self._status.fits is None:
            return _not_now(message, "The camera gives no pictures.", "Connect it first.")
        number = self._orders.calibrations + 1
        self._order(replace(self._orders, calibrations=number, calibrating=True, board=self._boards[message.board]))
        self._calibration = None
        return None

    def stop_calibrating(self) -> None:
        """Stop the calibration under way, if there is one."""
        if self._orders.calibrating:
            self._order(replace(self._orders, calibrating=False))

    def check(self, message: CheckCamera) -> Refused | None:
        """Have the lens of a doubted camera measured; returns why not."""
        if self._state() is not CameraState.DOUBTED:
            return _not_now(message, "The camera is not doubted.", "")
        self._order(replace(self._orders, camera_checks=self._orders.camera_checks + 1))
        return None

    def take_cameras(self, cameras: Sequence[ListedCamera]) -> None:
        """Take which cameras are plugged in now."""
        self._choices = choices_of(cameras, given=self._given, simulated=self._simulated)

    def choose(self, message: ChooseCamera) -> Choice | Refused:
        """Have the pictures taken from another camera; returns which, to be remembered, or why not."""
        choice = next((one for one in self._choices if one.key == message.key), None)
        if choice is None:
            return _not_now(message, "There is no such camera any more.", "Choose one of the list.")
        if self._orders.calibrating:
            return _not_now(message, "The camera is being calibrated.", "Stop that first.")
        if choice.source == self._source:
            return _not_now(message, "This camera is in use already.", "")
        number = self._orders.cameras_chosen + 1
        self._order(replace(self._orders, cameras_chosen=number, camera=choice.source))
        self._status = self._calibration = None
        return choice

    @property
    def _source(self) -> str:
        return self._orders.camera or self._given

    def trust_boards(self) -> None:
        """Have the boards on the patient taken for right as they stand now."""
        self._order(replace(self._orders, boards_trusted=self._orders.boards_trusted + 1))

    def concerns(self, status: TrackStatus) -> bool:
        """Whether what the track process says is of the camera that was chosen last."""
        return status.cameras_chosen == self._orders.cameras_chosen

    def take_status(self, status: TrackStatus) -> None:
        """Take what the track process says of itself."""
        self._status = status

    def moved(self) -> str:
        """Return how the boards moved since they were last trusted, empty where they did not."""
        status = self._status
        if status is None or status.boards_trusted < self._orders.boards_trusted:
            return ""
        return status.moved

    def take_calibration(self, status: CalibrationStatus) -> None:
        """Take how far a calibration is; what is told of an earlier one is passed over."""
        if status.number != self._orders.calibrations:
            return
        fields = asdict(status)
        del fields["number"]
        outlines = tuple({"points_px": outline} for outline in status.outlines)
        fields |= {"outlines": outlines, "words": one_line(status.words), "advice": tuple(map(one_line, status.advice))}
        self._calibration = CalibrationEntry(**read_fields(CalibrationEntry, fields, Camera.TYPE))
        if self._calibration.state not in _UNDER_WAY:
            self.stop_calibrating()

    def message(self) -> Camera:
        """Return what the nurse is to know now."""
        status = self._status
        words = _NO_CAMERA if status is None else status.words
        if self._orders.calibrating and (status is None or status.fits is not None):
            words = CALIBRATING
        return Camera(
            state=self._state(),
            words=one_line(words),
            cameras=tuple(choice.told for choice in self._choices[:MOST_CAMERAS]),
            chosen=next((choice.key for choice in self._choices if choice.source == self._source), None),
            profile=self._profile(),
            boards=tuple(self._boards),
            calibration=self._calibration,
        )

    def _profile(self) -> ProfileEntry | None:
        status = self._status
        if status is None or not status.profile:
            return None
        age_days = (self._today() - date.fromisoformat(status.calibrated_on)).days
        return ProfileEntry(
            name=status.profile[:80],
            calibrated_on=status.calibrated_on,
            age_days=max(age_days, 0),
            error_mm=status.profile_error_mm,
            limit_mm=status.profile_limit_mm,
        )

    def _state(self) -> CameraState:
        status = self._status
        if self._orders.calibrating:
            return CameraState.CALIBRATING
        if status is None:
            return CameraState.AWAY
        if status.checking or status.camera_checks < self._orders.camera_checks:
            return CameraState.CHECKING
        if status.doubt:
            return CameraState.DOUBTED
        if status.fits is None:
            return CameraState.AWAY
        return CameraState.FITS if status.fits else CameraState.UNFIT

    def _order(self, orders: TrackOrders) -> None:
        self._orders = orders
        publish_status(self._slot, orders)


def _not_now(message: Calibrate | CheckCamera | ChooseCamera, words: str, mend: str) -> Refused:
    return Refused(code="NOT_NOW", message=words, mend=mend, about=message.TYPE)
