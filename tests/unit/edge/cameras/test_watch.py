"""A camera that goes is told within two frame times, and comes back by itself."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from orview.edge.cameras import watch as watching
from orview.edge.cameras.live import LiveCamera
from orview.edge.cameras.source import Camera, Picture
from orview.edge.cameras.watch import Ended, Event, Opened, Silent, watch
from orview.errors import CameraError
from tests.unit.edge.cameras.device import SimulatedDevice

FRAME_S = 0.04


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "RETRY_AFTER_S", 0.05)


def fits(_: Camera) -> None:
    """Accept any camera."""


def until(events: Iterator[Event], wanted: Callable[[Event], bool], most: int = 400) -> Event:
    for _ in range(most):
        event = next(events)
        if wanted(event):
            return event
    raise AssertionError("it never happened")


class Plug:
    """Where a simulated camera is plugged in and pulled out."""

    def __init__(self) -> None:
        self.device: SimulatedDevice | None = SimulatedDevice(frame_s=FRAME_S)

    def open(self) -> Camera:
        if self.device is None:
            raise CameraError("There is no camera 0.", mend="Plug it in.")
        return LiveCamera(self.device, name="cam")


@pytest.mark.hazard("H02")
def test_a_pulled_plug_is_told_and_mends_itself() -> None:
    plug = Plug()
    events = watch(plug.open, fits)
    assert isinstance(next(events), Opened)
    for _ in range(8):
        until(events, lambda event: isinstance(event, Picture))
    assert plug.device is not None
    pulled, plug.device = plug.device, None
    pulled.plugged = False
    gone = until(events, lambda event: isinstance(event, Silent))
    assert isinstance(gone, Silent)
    assert gone.words
    assert until(events, lambda event: isinstance(event, Silent) and "no camera 0" in event.words)
    plug.device = SimulatedDevice(frame_s=FRAME_S)
    assert isinstance(until(events, lambda event: not isinstance(event, Silent)), Opened)
    assert isinstance(next(events), Picture)


class Quiet(Camera):
    """A live camera that never gives a picture and notes how long it was waited for."""

    live = True

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def read(self, *, timeout_s: float) -> Picture | None:
        self.waited.append(timeout_s / self.frame_s)
        raise CameraError("The camera gives no pictures.")

    def close(self) -> None:
        """Nothing to give back."""


@pytest.mark.hazard("H02")
def test_silence_is_told_twice_within_two_frame_times() -> None:
    camera = Quiet()
    events = watch(lambda: camera, fits)
    assert [type(next(events)) for _ in range(3)] == [Opened, Silent, Silent]
    # The session is lost with the second miss.
    assert sum(camera.waited[:2]) <= 2.0 + 1e-9
    assert camera.waited[0] > 1.5


def test_a_stall_is_told_again_and_again_and_pictures_go_on_after_it() -> None:
    plug = Plug()
    events = watch(plug.open, fits)
    until(events, lambda event: isinstance(event, Picture))
    assert plug.device is not None
    plug.device.stalled.set()
    told = [until(events, lambda event: isinstance(event, Silent)) for _ in range(3)]
    assert all(isinstance(event, Silent) and event.fits is None for event in told)
    plug.device.stalled.clear()
    assert isinstance(until(events, lambda event: not isinstance(event, Silent)), Picture)


@pytest.mark.hazard("H11")
def test_the_wrong_camera_gives_no_pictures() -> None:
    def refuse(_: Camera) -> None:
        raise CameraError("The camera profile belongs to another camera.")

    events = watch(Plug().open, refuse)
    for _ in range(3):
        event = next(events)
        assert isinstance(event, Silent)
        assert event.fits is False


def test_files_end_and_begin_again() -> None:
    class Two(Camera):
        def __init__(self) -> None:
            super().__init__()
            self.left = 2

        def read(self, *, timeout_s: float) -> Picture | None:
            self.left -= 1
            return Picture(image=np.zeros((4, 4), np.uint8), taken_ns=self.left) if self.left >= 0 else None

        def close(self) -> None:
            self.left = -1

    events = watch(Two, fits)
    kinds = [type(next(events)) for _ in range(6)]
    assert kinds == [Opened, Picture, Picture, Ended, Opened, Picture]
