"""Collecting sightings of a board for a calibration from a camera, a video or picture files."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.coverage import GuideState
from orview.calibrate.guide import FEWEST_VIEWS, MOST_VIEWS, Guide
from orview.calibrate.intrinsics import require_flat
from orview.calibrate.sharpness import edge_width_px
from orview.calibrate.views import is_new_view, moved_px
from orview.edge.camera import Camera
from orview.errors import RefusedError
from orview.findings import Finding, Severity, counted
from orview.markers.board import Board
from orview.markers.detect import Sighting, detect_board, gray_of
from orview.units import s_from_ns

FILM_VIEWS = 40
"""Views taken from a video at most; nobody chose them, so it takes more than of guided ones."""

BLACK_LEVEL = 12
"""A picture whose brightest hundredth is darker than this shows nothing."""

GIVE_UP_AFTER_S = 600.0
READ_TIMEOUT_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Views:
    """What a camera saw of the board.

    Attributes:
        sightings: one for each picture that counts.
        picture_numbers: which picture, from 0, each of them comes from.
        pictures: how many pictures were looked at.
        findings: what is doubtful about them.
    """

    sightings: tuple[Sighting, ...]
    picture_numbers: tuple[int, ...]
    pictures: int
    findings: tuple[Finding, ...] = ()


def views_of_pictures(camera: Camera, board: Board, *, progress: Callable[[str, float], None]) -> Views:
    """Look for the board in every picture of a source that ends.

    Args:
        camera: where the pictures come from.
        board: what to look for.
        progress: told a stage and how much of it is done.

    Raises:
        RefusedError: no picture shows the board.
        CameraError: the pictures have different sizes.
        InputError: a picture file cannot be read.
    """
    looked = _Looked(board)
    sightings: list[Sighting] = []
    numbers: list[int] = []
    while (picture := camera.read(timeout_s=READ_TIMEOUT_S)) is not None:
        sighting = looked.at(picture.image)
        if sighting is not None:
            sightings.append(sighting)
            numbers.append(looked.pictures - 1)
        progress("views of the board", looked.pictures / camera.pictures if camera.pictures else 0.0)
    progress("views of the board", 1.0)
    looked.require_board()
    return Views(sightings=tuple(sightings), picture_numbers=tuple(numbers), pictures=looked.pictures)


def views_of_film(
    camera: Camera, board: Board, *, views: int = FILM_VIEWS, progress: Callable[[str, float], None]
) -> Views:
    """Take the views of a film that differ, are still and sharp; where there are too few, also of a moving board.

    Args:
        camera: where the pictures come from.
        board: what to look for.
        views: enough of them.
        progress: told a stage and how much of it is done.

    Raises:
        RefusedError: no picture shows the board, or it is not flat by definition.
        CameraError: the film cannot be read.
    """
    looked, guide = _Looked(board), None
    taken: list[tuple[int, Sighting]] = []
    passed: list[tuple[float, int, Sighting]] = []
    last: Sighting | None = None
    while (picture := camera.read(timeout_s=READ_TIMEOUT_S)) is not None:
        sighting = looked.at(picture.image)
        if guide is None:
            guide = guide_for(board, *_size_of(picture.image), most=views, film=True)
        state = guide.look(sighting, edge_px=_edges_of(picture.image, sighting))
        if sighting is not None:
            if state.took:
                taken.append((looked.pictures - 1, sighting))
            elif last is not None:
                passed.append((moved_px(sighting, last), looked.pictures - 1, sighting))
        last = sighting
        progress("views of the board", looked.pictures / camera.pictures if camera.pictures else len(taken) / views)
        if state.done:
            break
    progress("views of the board", 1.0)
    looked.require_board()
    width_px = int(camera.mode.partition("x")[0])
    rested = len(taken)
    # A board that never rests is better than none: its slowest pictures come first.
    for _, number, sighting in sorted(passed, key=lambda view: view[:2]):
        if len(taken) >= FEWEST_VIEWS:
            break
        if is_new_view(sighting, [view for _, view in taken], width_px=width_px):
            taken.append((number, sighting))
    taken.sort(key=lambda view: view[0])
    return Views(
        sightings=tuple(sighting for _, sighting in taken),
        picture_numbers=tuple(number for number, _ in taken),
        pictures=looked.pictures,
        findings=_moved(len(taken) - rested),
    )


def views_of_person(
    camera: Camera, board: Board, *, views: int = MOST_VIEWS, show: Callable[[GuideState], None]
) -> Views:
    """Guide a person before a live camera until more views would hardly help.

    Args:
        camera: live.
        board: that the person holds.
        views: taken at most.
        show: told what to say and to draw after every picture.

    Raises:
        RefusedError: the board was never seen, or it is not flat by definition.
        CameraError: the camera fails.
    """
    looked, guide = _Looked(board), None
    numbers: list[int] = []
    started_ns: int | None = None
    began = time.monotonic()
    while (picture := camera.read(timeout_s=READ_TIMEOUT_S)) is not None:
        started_ns = picture.taken_ns if started_ns is None else started_ns
        sighting = looked.at(picture.image)
        if guide is None:
            guide = guide_for(board, *_size_of(picture.image), most=views, film=False)
            show(guide.state)
        state = guide.look(sighting, edge_px=_edges_of(picture.image, sighting))
        show(state)
        if state.took:
            numbers.append(looked.pictures - 1)
        late = max(s_from_ns(picture.taken_ns - started_ns), time.monotonic() - began) > GIVE_UP_AFTER_S
        if state.done or late:
            break
    looked.require_board()
    taken = () if guide is None else guide.views
    return Views(sightings=taken, picture_numbers=tuple(numbers), pictures=looked.pictures)


class _Looked:
    """Looks for a board in pictures and remembers why it was not found."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._seen, self._black = 0, 0
        self.pictures = 0

    def at(self, image: NDArray[np.uint8]) -> Sighting | None:
        self.pictures += 1
        sighting = detect_board(image, self._board)
        self._seen += sighting is not None
        if sighting is None:
            self._black += float(np.percentile(image[::8, ::8], 99.0)) < BLACK_LEVEL
        return sighting

    def require_board(self) -> None:
        if self._seen:
            return
        if not self.pictures:
            raise RefusedError("There is no picture that can be read.", mend="Check the file, and play it.")
        black = f"; black: {self._black}" if self._black else ""
        raise RefusedError(
            f"The board {self._board.name} is in none of the {counted(self.pictures, 'picture')}{black}.",
            mend="Check that it is this board, sharp, evenly lit and large in the picture.",
        )


def guide_for(board: Board, width_px: int, height_px: int, *, most: int, film: bool) -> Guide:
    """Return the guide that calibrates a camera, with pictures of a size, with a board.

    Raises:
        RefusedError: the board is not flat by definition.
    """
    corners = [
        face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
        for face in board.faces
    ]
    points = np.vstack(corners)
    require_flat(points)
    return Guide(points, width_px=width_px, height_px=height_px, most=most, film=film)


def _size_of(image: NDArray[np.uint8]) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _edges_of(image: NDArray[np.uint8], sighting: Sighting | None) -> Callable[[], float]:
    def width_px() -> float:
        return float("inf") if sighting is None else edge_width_px(gray_of(image), sighting)

    return width_px


def _moved(count: int) -> tuple[Finding, ...]:
    if not count:
        return ()
    return (
        Finding(
            code="CALIBRATION_BOARD_MOVED",
            severity=Severity.WARNING,
            message=f"The board rested too seldom in the film: in {counted(count, 'view')} it moves, and a rolling "
            "shutter bends it. Hold it still for a moment in each place.",
        ),
    )
