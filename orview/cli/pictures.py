"""The pictures of a camera, one after the other, for the verbs that follow boards through them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orview.edge.camera import Camera, Picture
    from orview.edge.cameras.watch import Silent
    from orview.markers.camera import CameraProfile

FILE_TIMEOUT_S = 2.0


def pictures_of(opened: "Camera", source: str, profile: "CameraProfile") -> Iterator["Picture | Silent"]:
    """Yield the pictures of a camera to their end; a live one that falls silent is told and waited for."""
    from orview.edge.camera import Picture, open_camera
    from orview.edge.cameras.watch import Silent, watch

    def require_fit(camera: "Camera") -> None:
        profile.require_camera(camera=camera.name, mode=camera.mode, serial=camera.serial)

    with opened:
        require_fit(opened)
        if not opened.live:
            while (picture := opened.read(timeout_s=FILE_TIMEOUT_S)) is not None:
                yield picture
            return
    silent = False
    for event in watch(lambda: open_camera(source), require_fit):
        if isinstance(event, Picture):
            silent = False
            yield event
        elif isinstance(event, Silent) and not silent:
            silent = True
            yield event
