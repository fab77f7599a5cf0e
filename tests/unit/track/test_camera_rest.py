"""A camera that is knocked or refocused is told in the first picture; lamps and people are not taken for it."""

import re
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.camera_rest import EVERY_WHILE_STILL, Rest, RestWatch
from orview.track.region import Region
from orview.track.shot import Shot

WIDTH, HEIGHT = 960, 540
GRAIN = np.random.default_rng(3).normal(0.0, 2.5, (HEIGHT + 16, WIDTH + 16)).astype(np.float32)


def room(seed: int = 0) -> NDArray[np.uint8]:
    """Return a room with things in it: soft texture, edges of boxes, lamps."""
    rng = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(rng.normal(0.0, 1.0, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 12.0)
    picture = 110.0 + picture * (20.0 / picture.std())
    for _ in range(40):
        x, y = rng.integers(0, WIDTH - 60), rng.integers(0, HEIGHT - 60)
        w, h = rng.integers(20, 160, 2)
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), float(rng.uniform(40.0, 190.0)), -1)
    return cv2.GaussianBlur(picture, (0, 0), 1.2)


ROOM, COAT = room(), room(99)


def shot(k: int, *, scale: float = 1.0, shift_px: tuple[float, float] = (0.0, 0.0), gain=1.0) -> NDArray[np.uint8]:
    """Return picture k of the room, scaled about its middle and shifted, with fresh noise."""
    centre = np.array([(WIDTH - 1) / 2.0, (HEIGHT - 1) / 2.0])
    offset = centre * (1.0 - scale) + shift_px
    moved = cv2.warpAffine(
        ROOM,
        np.array([[scale, 0.0, offset[0]], [0.0, scale, offset[1]]]),
        (WIDTH, HEIGHT),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    down, across = (37 * k) % 17, (53 * k) % 17
    noise = GRAIN[down : down + HEIGHT, across : across + WIDTH]
    return np.clip(moved * gain + noise, 0, 255).astype(np.uint8)


def with_person(picture: NDArray[np.uint8], at_px: int) -> NDArray[np.uint8]:
    """Cover a third of the picture's width with somebody in a patterned coat."""
    coat = COAT[:, :320]
    seen = picture.copy()
    left, right = max(at_px, 0), min(at_px + 320, WIDTH)
    if right > left:
        seen[:, left:right] = coat[:, left - at_px : right - at_px].astype(np.uint8)
    return seen


def look(watch: RestWatch, picture: NDArray[np.uint8], *, hidden: Sequence[Region] = ()) -> Rest:
    return watch.look(Shot(image=picture, taken_ns=0), hidden=hidden)


def settled(pictures: int = 12) -> RestWatch:
    watch = RestWatch(width_px=WIDTH, height_px=HEIGHT)
    for k in range(pictures):
        look(watch, shot(k))
    assert watch.rest is Rest.RESTS
    return watch


@pytest.mark.hazard("H11")
@pytest.mark.parametrize("phase", [0, 1, EVERY_WHILE_STILL - 1])
@pytest.mark.parametrize(
    ("scale", "shift_px", "words"),
    [
        (1.009, (0.0, 0.0), r"refocused or zoomed \(\+0.9 %\)"),
        (0.991, (0.0, 0.0), r"refocused or zoomed \(-0.9 %\)"),
        (1.003, (0.0, 0.0), r"refocused or zoomed \(\+0.3 %\)"),
        (1.0, (3.0, -2.0), "camera was moved"),
        (1.0, (40.0, 25.0), "camera was moved"),
        (1.0, (200.0, -90.0), "camera was moved"),
    ],
)
def test_a_knock_or_a_new_focus_is_refused_from_the_first_picture_on(
    phase: int, scale: float, shift_px: tuple[float, float], words: str
) -> None:
    watch = settled(12 + phase)
    shown = 0
    for k in range(12):
        rest = look(watch, shot(100 + k, scale=scale, shift_px=shift_px))
        shown += rest not in (Rest.DOUBT, Rest.MOVED)
    assert watch.rest is Rest.MOVED
    assert shown == 0
    assert re.search(words, watch.reason)


@pytest.mark.hazard("H11")
def test_what_was_refused_stays_so_until_somebody_looks_after_it() -> None:
    watch = settled()
    for k in range(8):
        look(watch, shot(k, shift_px=(10.0, 0.0)))
    for k in range(8):
        assert look(watch, shot(k)) is Rest.MOVED
    watch.acknowledge()
    for k in range(12):
        look(watch, shot(k, shift_px=(10.0, 0.0)))
    assert watch.rest is Rest.RESTS
    assert watch.reason == ""


def test_lamps_are_no_knock() -> None:
    watch = settled()
    lamp = np.linspace(0.5, 1.3, WIDTH, dtype=np.float32)[None]
    for k, gain in enumerate((0.4, 0.4, 0.4, 1.4, 1.4, 1.4, 0.02, 0.02, 0.02, 1.0, 1.0, 1.0, lamp, lamp, lamp) * 2):
        assert look(watch, shot(k, gain=gain)) in (Rest.RESTS, Rest.UNKNOWN)


def test_people_who_walk_by_are_no_knock() -> None:
    watch = settled()
    for k, at_px in enumerate(range(-320, WIDTH, 60)):
        assert look(watch, with_person(shot(k), at_px)) in (Rest.RESTS, Rest.UNKNOWN)
    for k in range(12):
        look(watch, with_person(shot(k, scale=1.009), 300))
    assert watch.rest is Rest.MOVED


def test_slow_creeping_adds_up() -> None:
    watch = settled()
    for k in range(200):
        look(watch, shot(k % 7, shift_px=(0.02 * k, 0.0)))
        if watch.rest is Rest.MOVED:
            break
    assert watch.rest is Rest.MOVED


def test_a_board_that_moves_is_not_the_room() -> None:
    watch = RestWatch(width_px=WIDTH, height_px=HEIGHT)
    board = room(5)[:300, :500].astype(np.uint8)
    for k in range(40):
        picture = shot(k)
        left, top = 200 + 4 * k, 100 + 2 * k
        part = picture[top : top + 300, left : left + 500]
        part[:] = board[: part.shape[0], : part.shape[1]]
        region = Region(left=left, top=top, right=min(left + 500, WIDTH), bottom=min(top + 300, HEIGHT))
        assert look(watch, picture, hidden=[region]) in (Rest.UNKNOWN, Rest.RESTS)


def test_a_camera_in_a_hand_never_rests() -> None:
    watch = RestWatch(width_px=WIDTH, height_px=HEIGHT)
    for k in range(40):
        assert look(watch, shot(k, shift_px=(3.0 * k, 10.0 * np.sin(k)))) is Rest.UNKNOWN


def test_an_empty_wall_says_nothing() -> None:
    watch = RestWatch(width_px=WIDTH, height_px=HEIGHT)
    rng = np.random.default_rng(1)
    for _ in range(20):
        wall = np.clip(rng.normal(120.0, 2.5, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)
        assert look(watch, wall) is Rest.UNKNOWN
