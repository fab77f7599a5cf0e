"""Patches of a room: still while it rests, whatever the light; a fraction of a pixel or a stranger is noticed."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.track.patches import MOST, Patches
from tests.unit.track.test_camera_rest import ROOM, shot, with_person

STEP = 2
CORNERS = np.reshape(cv2.goodFeaturesToTrack(ROOM.astype(np.uint8), 150, 0.05, 16.0), (-1, 2)).astype(np.float64)


def patches(picture: NDArray[np.uint8]) -> Patches:
    return Patches(picture, CORNERS, step_px=STEP)


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.2])
def test_a_room_at_rest_is_still_in_any_light(gain: float) -> None:
    known = patches(shot(0))
    assert len(known) == MOST
    assert all(known.rest_in(shot(k, gain=gain)) for k in range(1, 12))


@pytest.mark.parametrize("scale", [0.996, 1.004, 1.009])
def test_another_focus_is_noticed(scale: float) -> None:
    assert not any(patches(shot(0)).rest_in(shot(k, scale=scale)) for k in range(1, 6))


@pytest.mark.parametrize("shift_px", [(0.7, 0.0), (0.0, -0.7), (5.0, 3.0), (60.0, 0.0)])
def test_a_knock_is_noticed(shift_px: tuple[float, float]) -> None:
    assert not any(patches(shot(0)).rest_in(shot(k, shift_px=shift_px)) for k in range(1, 6))


def test_a_crowd_is_noticed() -> None:
    known = patches(shot(0))
    assert not known.rest_in(with_person(with_person(shot(1), 50), 400))


def test_colours_are_as_good_as_grey() -> None:
    known = patches(np.repeat(shot(0)[..., None], 3, axis=2))
    assert known.rest_in(np.repeat(shot(1)[..., None], 3, axis=2))
    assert not known.rest_in(np.repeat(shot(1, shift_px=(2.0, 0.0))[..., None], 3, axis=2))


def test_no_patches_know_nothing() -> None:
    assert not Patches(shot(0), np.zeros((0, 2)), step_px=STEP).rest_in(shot(0))
