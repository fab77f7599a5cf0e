"""The three ways a headset is placed in the room, each against truth, and touches that do not fit."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import about
from orview.geometry.rigid import RigidTransform
from orview.geometry.uncertain import UncertainPose
from orview.register.world import fit_touches, known_by_worn, seen_by_headset, seen_by_room
from orview.register.world_mean import robust_mean
from tests.unit.register.heads import (
    ROOM_FROM_BOARD,
    TARGET_ROOM_MM,
    WORLD_FROM_ROOM,
    camera_over_board,
    drawn,
    error_mm,
    moved,
    noise_of,
)

CORNERS = np.array([[0.0, 0, 0], [140, 0, 0], [140, 100, 0], [0, 100, 0], [70, 50, 0], [70, 0, 0]])
WORLD_FROM_BOARD = WORLD_FROM_ROOM @ ROOM_FROM_BOARD


def pose(to_frame: Frame, from_frame: Frame, motion: list[float]) -> RigidTransform:
    return RigidTransform.from_rotation_vector(to_frame, from_frame, motion[:3], motion[3:])


def test_a_look_of_the_headsets_camera_leads_to_the_room() -> None:
    board_from_camera = camera_over_board(np.random.default_rng(1), spread_rad=0.5)
    camera_from_board = board_from_camera.inverse()
    sight = seen_by_headset(
        world_from_camera=WORLD_FROM_BOARD @ board_from_camera,
        camera_from_board=UncertainPose(camera_from_board, noise_of(camera_from_board)),
        room_from_board=UncertainPose.certain(ROOM_FROM_BOARD),
    )
    assert error_mm(sight.world_from_room.transform) < 1e-9
    assert sight.world_from_bias.from_frame is Frame.CAMERA


def test_a_board_worn_on_the_headset_leads_to_the_room_and_its_noise_is_told_in_the_world() -> None:
    rng = np.random.default_rng(2)
    headset_from_worn = RigidTransform.from_rotation_vector(
        Frame.HEADSET, Frame.BOARD, [0.1, 3.0, 0.0], [0.0, 60.0, -80.0]
    )
    world_from_headset = RigidTransform.from_rotation_vector(
        Frame.WORLD, Frame.HEADSET, [0.2, -0.4, 0.1], [50.0, 20.0, -30.0]
    )
    truth = WORLD_FROM_ROOM.inverse() @ world_from_headset @ headset_from_worn
    noise = about(truth.translation_mm, sigma_rad=0.002, sigma_mm=0.4)
    held = []
    for _ in range(400):
        sight = seen_by_room(
            world_from_headset=UncertainPose.certain(world_from_headset),
            headset_from_worn=headset_from_worn,
            room_from_worn=UncertainPose(moved(truth, drawn(rng, noise)), noise),
        )
        found = sight.world_from_room
        held.append(error_mm(found.transform) <= radius_95_mm(found.covariance_at(TARGET_ROOM_MM)))
    assert 0.92 <= np.mean(held) <= 0.98


def test_the_room_cameras_lens_is_parted_from_what_a_worn_board_tells() -> None:
    """What a lens does to all sights moves the mean just so, and is no part of the mean's own error."""
    rng = np.random.default_rng(5)
    headset_from_worn = pose(Frame.HEADSET, Frame.BOARD, [0.1, 3.0, 0.0, 0.0, 60.0, -80.0])
    lens, other = rng.normal(size=(6, 2)) * [[1e-3]] * 3, rng.normal(size=(6, 3)) * 1e-3
    lens[3:], other[3:] = 600.0 * lens[3:], 300.0 * other[3:]
    drawn_lens = np.array([0.8, -1.3])
    sights = []
    for number in range(12):
        head = pose(Frame.WORLD, Frame.HEADSET, [*rng.normal(0.0, 0.2, 3), *rng.normal(0.0, 80.0, 3)])
        truth = WORLD_FROM_ROOM.inverse() @ head @ headset_from_worn
        shared = np.hstack([lens, other])
        seen = moved(truth, lens @ drawn_lens)
        sights.append(
            seen_by_room(
                world_from_headset=UncertainPose.certain(head),
                headset_from_worn=headset_from_worn,
                room_from_worn=UncertainPose(seen, noise_of(truth, turn_rad=0.001, mm=0.1 + 0.001 * number)),
                shared=shared,
            )
        )
    mean = robust_mean(sights, bias_covariance=about([0.0, 0.0, 0.0], sigma_rad=1e-4, sigma_mm=0.05))
    known, by_lens = known_by_worn(mean, lens=slice(0, 2))
    # Who draws by the same lens, wrong alike, draws at the right place.
    wrongly = moved(RigidTransform.identity(Frame.ROOM, Frame.ROOM), by_lens @ drawn_lens).apply(TARGET_ROOM_MM)
    drawn_at = known.transform.apply(wrongly)
    assert error_mm(known.transform) > 0.5
    assert np.linalg.norm(drawn_at - WORLD_FROM_ROOM.apply(TARGET_ROOM_MM)) < 0.02 * error_mm(known.transform)
    whole = mean.world_from_room.covariance_at(TARGET_ROOM_MM)
    assert np.trace(known.covariance_at(TARGET_ROOM_MM)) < 0.9 * np.trace(whole)


def test_touched_corners_find_the_board_and_claim_an_honest_error() -> None:
    rng = np.random.default_rng(3)
    target_board_mm = ROOM_FROM_BOARD.inverse().apply(TARGET_ROOM_MM)
    held = []
    for _ in range(400):
        touched = WORLD_FROM_BOARD.apply(CORNERS) + rng.normal(0.0, 1.0, CORNERS.shape)
        try:
            found = fit_touches(CORNERS, touched, sigma_mm=1.0)
        except RefusedError:
            continue
        off = np.linalg.norm(found.transform.apply(target_board_mm) - WORLD_FROM_BOARD.apply(target_board_mm))
        held.append(off <= radius_95_mm(found.covariance_at(target_board_mm)))
    assert len(held) >= 390
    assert 0.93 <= np.mean(held) <= 0.98


def test_one_wrong_touch_of_six_is_left_out() -> None:
    touched = WORLD_FROM_BOARD.apply(CORNERS)
    touched[2] += [0.0, 40.0, 0.0]
    found = fit_touches(CORNERS, touched, sigma_mm=1.0)
    assert np.allclose(found.transform.matrix, WORLD_FROM_BOARD.matrix, atol=1e-6)


@pytest.mark.parametrize("count", [4, 5])
def test_touches_that_do_not_fit_are_refused_where_the_wrong_one_cannot_be_told(count: int) -> None:
    touched = WORLD_FROM_BOARD.apply(CORNERS[:count])
    touched[1] += [0.0, 40.0, 0.0]
    with pytest.raises(RefusedError, match="fit the board only within"):
        fit_touches(CORNERS[:count], touched, sigma_mm=1.0)


@pytest.mark.hazard("H04")
def test_corners_touched_in_mirrored_order_are_refused() -> None:
    touched = WORLD_FROM_BOARD.apply(CORNERS[[1, 0, 3, 2, 4, 5]] + [0.0, 0.0, 0.0])
    touched[4:] = WORLD_FROM_BOARD.apply([[70.0, 50.0, 30.0], [70.0, 0.0, -20.0]])
    with pytest.raises(RefusedError):
        fit_touches(CORNERS, touched, sigma_mm=1.0)


def test_too_few_touches_are_refused() -> None:
    with pytest.raises(RefusedError, match="too few"):
        fit_touches(CORNERS[:3], WORLD_FROM_BOARD.apply(CORNERS[:3]), sigma_mm=1.0)


@pytest.mark.hazard("H30")
def test_a_touch_that_is_no_number_is_refused() -> None:
    touched = WORLD_FROM_BOARD.apply(CORNERS)
    touched[0, 0] = np.nan
    with pytest.raises(RefusedError):
        fit_touches(CORNERS, touched, sigma_mm=1.0)


def test_the_errors_of_head_board_and_room_camera_add_up_where_the_patient_is_drawn() -> None:
    camera_from_board = camera_over_board(np.random.default_rng(4), spread_rad=0.5).inverse()
    world_from_camera = WORLD_FROM_BOARD @ camera_from_board.inverse()
    head = about(world_from_camera.translation_mm, sigma_rad=0.0, sigma_mm=0.3)
    seen = about(np.zeros(3), sigma_rad=0.0, sigma_mm=0.4)
    room = about(TARGET_ROOM_MM, sigma_rad=0.0, sigma_mm=1.2)
    sight = seen_by_headset(
        world_from_camera=world_from_camera,
        camera_from_board=UncertainPose(camera_from_board, seen),
        room_from_board=UncertainPose(ROOM_FROM_BOARD, room),
        head_covariance=head,
    )
    found = sight.world_from_room
    assert error_mm(found.transform) < 1e-9
    assert np.allclose(found.covariance_at(TARGET_ROOM_MM), 1.69 * np.eye(3), atol=1e-9)
