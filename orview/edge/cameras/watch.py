"""Reading a camera for ever: it is opened again whenever it is gone, and its silence is told within two frame times."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from orview.edge.cameras.source import Camera, Picture
from orview.errors import CameraError

SILENT_FRAMES = 1.75
"""A camera that gives nothing for so many frame times is silent."""

AGAIN_FRAMES = 0.25
"""Its silence is told again after so many more."""

REOPEN_AFTER_S = 1.0
RETRY_AFTER_S = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """The camera is there and belongs to the profile."""

    camera: Camera


@dataclass(frozen=True, kw_only=True)
class Silent:
    """No picture came in time; `words` say why and what to do. `fits` is False where the camera is the wrong one."""

    words: str
    fits: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The pictures of a file ended."""


Event = Opened | Silent | Ended | Picture


def watch(open_it: Callable[[], Camera], require_fit: Callable[[Camera], None]) -> Generator[Event]:
    """Yield what happens to a camera, pictures above all, for ever.

    Args:
        open_it: opens the camera; raises `CameraError` while it is not there.
        require_fit: raises `CameraError` where the camera is not the one expected.
    """
    while True:
        try:
            camera = open_it()
        except CameraError as error:
            yield Silent(words=str(error))
            time.sleep(RETRY_AFTER_S)
            continue
        with camera:
            try:
                require_fit(camera)
            except CameraError as error:
                yield Silent(words=str(error), fits=False)
            else:
                yield Opened(camera=camera)
                yield from _pictures(camera)
        time.sleep(RETRY_AFTER_S)


def _pictures(camera: Camera) -> Iterator[Event]:
    """Yield what a camera gives until it is gone."""
    heard_s = time.monotonic()
    frames = SILENT_FRAMES
    while True:
        # A file is read as fast as the disk allows; only of a live camera is silence a message.
        timeout_s = frames * camera.frame_s if camera.live else REOPEN_AFTER_S
        try:
            picture = camera.read(timeout_s=timeout_s)
        except CameraError as error:
            yield Silent(words=str(error))
            if camera.gone or not camera.live or time.monotonic() - heard_s > REOPEN_AFTER_S:
                return
            frames = AGAIN_FRAMES
            continue
        if picture is None:
            yield Ended()
            return
        heard_s, frames = time.monotonic(), SILENT_FRAMES
        yield picture
