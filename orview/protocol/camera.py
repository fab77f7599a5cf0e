"""The messages about the room camera: how it stands, and calibrating it. The nurse alone sends and gets them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from orview.protocol.fields import Count, Day, Key, Millimetres, Name, PictureSize, Sentence
from orview.protocol.schema import Items, Number

MAX_OUTLINES = 64
MAX_OUTLINE_NUMBERS = 32


class CameraState(StrEnum):
    """How the room camera stands."""

    AWAY = "away"
    FITS = "fits"
    UNFIT = "unfit"
    DOUBTED = "doubted"
    CHECKING = "checking"
    CALIBRATING = "calibrating"


class CalibrationState(StrEnum):
    """How far a calibration is."""

    CAPTURING = "capturing"
    SOLVING = "solving"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Calibrate:
    """Begin to calibrate the room camera with one of the boards that `camera` names: a person holds it before it."""

    TYPE: ClassVar[str] = "calibrate"
    board: Name


@dataclass(frozen=True, kw_only=True)
class StopCalibrating:
    """Stop calibrating; the profile stays as it was."""

    TYPE: ClassVar[str] = "stop_calibrating"


@dataclass(frozen=True, kw_only=True)
class CheckCamera:
    """A person looked after a camera that is doubted: measure whether its lens still fits, and go on if it does."""

    TYPE: ClassVar[str] = "check_camera"


@dataclass(frozen=True, kw_only=True)
class ChooseCamera:
    """Take the room's pictures from another of the cameras that `camera` names; remembered for the next start."""

    TYPE: ClassVar[str] = "choose_camera"
    key: Key


@dataclass(frozen=True, kw_only=True)
class CameraChoice:
    """One camera of the host's machine."""

    key: Key
    name: Name


@dataclass(frozen=True, kw_only=True)
class ProfileEntry:
    """The profile in use: when the camera was calibrated, and the error at a target, 95 %, that this allows for."""

    name: Name
    calibrated_on: Day
    age_days: Count
    error_mm: Millimetres | None
    limit_mm: Millimetres


@dataclass(frozen=True, kw_only=True)
class OutlineEntry:
    """Where the board was in one view: the outline of its corners, x and y in turn, px of the camera's picture."""

    points_px: Annotated[tuple[Annotated[float, Number(-1000.0, 100000.0)], ...], Items(MAX_OUTLINE_NUMBERS, 6)]


@dataclass(frozen=True, kw_only=True)
class CalibrationEntry:
    """The calibration under way, or the last one. Errors are those at a target, 95 %, with the board at 0.5 m."""

    board: Name
    state: CalibrationState
    words: Sentence
    took: bool
    views: Count
    most: Count
    error_mm: Millimetres | None
    limit_mm: Millimetres
    width_px: PictureSize
    height_px: PictureSize
    outlines: Annotated[tuple[OutlineEntry, ...], Items(MAX_OUTLINES)]
    advice: Annotated[tuple[Sentence, ...], Items(8)]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """How the room camera stands, what it could be, its profile, and how far calibrating it is.

    `chosen` is the key of the camera in use; null where it is none of the list.
    """

    TYPE: ClassVar[str] = "camera"
    state: CameraState
    words: Sentence
    cameras: Annotated[tuple[CameraChoice, ...], Items(32)]
    chosen: Key | None
    profile: ProfileEntry | None
    boards: Annotated[tuple[Name, ...], Items(16)]
    calibration: CalibrationEntry | None
