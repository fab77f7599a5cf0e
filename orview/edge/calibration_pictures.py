"""Collecting sightings of a board for a calibration from a camera, a video or picture files."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from orview.calibrate.views import is_new_view
from orview.edge.camera import Camera
from orview.errors import RefusedError
from orview.markers.board import Board
from orview.markers.detect import Sighting, detect_board

ENOUGH_VIEWS = 40
"""Views taken from a video or a live camera at most; more say little."""

GIVE_UP_AFTER_S = 300.0
READ_TIMEOUT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Views:
    """What a camera saw of the board.

    Attributes:
        sightings: one for each picture that counts.
        picture_numbers: which picture, from 0, each of them comes from.
        pictures: how many pictures were looked at.
    """

    sightings: tuple[Sighting, ...]
    picture_numbers: tuple[int, ...]
    pictures: int


def collect_views(
    camera: Camera, board: Board, *, film: bool, views: int = ENOUGH_VIEWS, progress: Callable[[str, float], None]
) -> Views:
    """Look for the board in the pictures of a camera until they end or there are enough.

    Args:
        camera: where the pictures come from.
        board: what to look for.
        film: take only pictures that differ from those taken before.
        views: enough, of a film.
        progress: told a stage and how much of it is done.

    Raises:
        RefusedError: no picture shows the board.
        CameraError: the camera fails, or the pictures have different sizes.
        InputError: a picture file cannot be read.
    """
    sightings: list[Sighting] = []
    numbers: list[int] = []
    count = 0
    deadline = time.monotonic() + GIVE_UP_AFTER_S
    while (picture := camera.read(timeout_s=READ_TIMEOUT_S)) is not None:
        sighting = detect_board(picture.image, board)
        if sighting is not None and (not film or is_new_view(sighting, sightings, width_px=picture.image.shape[1])):
            sightings.append(sighting)
            numbers.append(count)
        count += 1
        progress("views of the board", count / camera.pictures if camera.pictures else len(sightings) / views)
        if film and (len(sightings) >= views or time.monotonic() > deadline):
            break
    progress("views of the board", 1.0)
    if not sightings:
        raise RefusedError(
            f"The board {board.name} is in none of the {count} pictures.",
            mend="Check that it is this board, sharp, evenly lit and large in the picture.",
        )
    return Views(sightings=tuple(sightings), picture_numbers=tuple(numbers), pictures=count)
