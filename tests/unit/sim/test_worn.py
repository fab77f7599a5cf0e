"""The simulated wearer of a board: with nothing wrong, what is told leads to the truth."""

from dataclasses import replace
from datetime import date

import numpy as np

from orview.edge.boards import load_board
from orview.markers.camera import CameraProfile
from orview.sim.lens import LENS
from orview.sim.worn import ROOM_FROM_PATIENTS, WornRoom

EXACT = CameraProfile(
    lens=LENS,
    camera="",
    mode="1280x720",
    serial="",
    calibrated_on=date(2026, 1, 1),
    board_digest="",
    views=20,
    rms_px=0.1,
    covariance=np.zeros((9, 9)),
)


def test_with_exact_lens_prints_and_place_the_room_is_where_it_is() -> None:
    boards = [load_board(name) for name in ("patient_folded", "headset")]
    patients, worn = (replace(one, printed=replace(one.printed, scale_sigma=0.0, flatness_mm=0.0)) for one in boards)
    rng = np.random.default_rng(1)
    room = WornRoom(EXACT, patients, worn, rng, place_sigma_mm=0.0, place_sigma_rad=0.0)
    at_head = []
    # At rest: no jitter of a stamp matters.
    for at_s in np.arange(7.0, 9.0, 0.1):
        seen = room.see_worn(float(at_s))
        assert seen is not None
        pose = seen.room_from_board.transform
        found = room.head(float(at_s) + room.lag_s) @ room.told_from_worn @ pose.inverse()
        at_head.append(found.apply(pose.translation_mm) - room.world_from_room.apply(pose.translation_mm))
        assert np.degrees((found @ room.world_from_room.inverse()).angle_rad) < 1.5
    assert np.linalg.norm(np.mean(at_head, axis=0)) < 0.8
    seen = room.see_patients()
    assert seen is not None
    middle = np.array([75.0, 55.0, 0.0])
    assert np.linalg.norm(seen.room_from_board.transform.apply(middle) - ROOM_FROM_PATIENTS.apply(middle)) < 1.5
