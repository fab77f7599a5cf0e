"""The door to every source of pictures: a live camera, a video, picture files or the simulated room."""

from pathlib import Path

from orview.edge.cameras.files import PICTURE_SUFFIXES, PictureFiles, VideoFile, read_picture
from orview.edge.cameras.live import open_live
from orview.edge.cameras.slot import VIRTUAL_CAMERA, SlotCamera
from orview.edge.cameras.source import Camera, Picture, mode_of

__all__ = ["VIRTUAL_CAMERA", "Camera", "Picture", "mode_of", "open_camera", "open_pictures", "read_picture"]


def open_camera(source: str) -> Camera:
    """Open a source of pictures.

    Args:
        source: a number (live camera, optionally "0@1280x720"), a video file, a folder or pattern of picture
            files, or "slot:PATH" (the simulated room's camera).

    Raises:
        CameraError: it is not there or gives no picture.
    """
    number, _, size = source.partition("@")
    if number.isdecimal():
        return open_live(int(number), size=size)
    if source.startswith("slot:"):
        return SlotCamera(Path(source.removeprefix("slot:")))
    path = Path(source)
    if any(mark in source for mark in "*?[") and not path.exists():
        return open_pictures(sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))))
    if path.is_dir() or path.suffix.lower() in PICTURE_SUFFIXES:
        return open_pictures([path])
    return VideoFile(path)


def open_pictures(paths: list[Path]) -> Camera:
    """Open picture files in the order given; folders stand for the pictures in them, by name.

    Raises:
        CameraError: there is no picture.
        InputError: the first of them cannot be read.
    """
    files: list[Path] = []
    for path in paths:
        files += sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES) if path.is_dir() else [path]
    return PictureFiles(files)
