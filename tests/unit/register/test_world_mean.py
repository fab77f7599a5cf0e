"""The mean of many sights against truth: its covariance is honest, wrong sights move nothing, bias stays."""

import numpy as np
import pytest

from orview.errors import RefusedError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform, nearest_rotation
from orview.geometry.uncertain import UncertainPose, motion_jacobian
from orview.register.world_mean import Sight, WorldMean, motion_between, robust_mean, root_of, together
from tests.unit.register.heads import (
    BIAS,
    TARGET_ROOM_MM,
    WORLD_FROM_ROOM,
    camera_over_board,
    drawn,
    error_mm,
    look,
)


def looks(rng: np.random.Generator, count: int, *, places: int, gross: float = 0.05) -> list[Sight]:
    """Looks from so many places, one draw of the bias in all of them, some grossly wrong."""
    bias = drawn(rng, BIAS)
    stands = [camera_over_board(rng, spread_rad=0.5) for _ in range(places)]
    return [
        look(rng, bias=bias, board_from_camera=stands[number % places], gross=bool(rng.random() < gross))
        for number in range(count)
    ]


def plain_mean(sights: list[Sight]) -> RigidTransform:
    """What averaging without weights and doubts gives."""
    poses = [sight.world_from_room.transform for sight in sights]
    rotation = np.mean([pose.rotation for pose in poses], axis=0)
    for _ in range(20):
        rotation = nearest_rotation(rotation)
    first = poses[0]
    return RigidTransform(
        first.to_frame, first.from_frame, rotation, np.mean([pose.translation_mm for pose in poses], axis=0)
    )


def inside(mean: WorldMean) -> bool:
    pose = mean.world_from_room
    return error_mm(pose.transform) <= radius_95_mm(pose.covariance_at(TARGET_ROOM_MM))


@pytest.mark.slow
@pytest.mark.parametrize("places", [1, 30])
def test_95_of_100_errors_lie_inside_the_claimed_bound_with_gross_sights_among_them(places: int) -> None:
    rng = np.random.default_rng([3, places])
    held = [inside(robust_mean(looks(rng, 30, places=places), bias_covariance=BIAS)) for _ in range(400)]
    assert 0.94 <= np.mean(held) <= 0.97


def test_it_is_several_times_better_than_the_plain_mean_where_some_sights_are_grossly_wrong() -> None:
    rng = np.random.default_rng(4)
    ours, plain = [], []
    for _ in range(40):
        sights = looks(rng, 30, places=30)
        ours.append(error_mm(robust_mean(sights, bias_covariance=BIAS).world_from_room.transform))
        plain.append(error_mm(plain_mean(sights)))
    assert np.sqrt(np.mean(np.square(plain))) > 5.0 * np.sqrt(np.mean(np.square(ours)))


def test_looking_ten_times_longer_from_one_place_does_not_mend_the_bias_but_other_places_do() -> None:
    def claim(count: int, places: int) -> float:
        rng = np.random.default_rng(5)
        mean = robust_mean(looks(rng, count, places=places, gross=0.0), bias_covariance=BIAS)
        return radius_95_mm(mean.world_from_room.covariance_at(TARGET_ROOM_MM))

    assert claim(300, 1) > 0.9 * claim(60, 1)
    assert claim(60, 60) < 0.8 * claim(60, 1)


def test_sights_that_scatter_more_than_they_claim_widen_the_answer() -> None:
    rng = np.random.default_rng(6)
    sights = looks(rng, 40, places=40, gross=0.0)
    boasting = [
        Sight(
            world_from_room=UncertainPose(sight.world_from_room.transform, sight.world_from_room.covariance / 9.0),
            world_from_bias=sight.world_from_bias,
        )
        for sight in sights
    ]
    mean = robust_mean(boasting, bias_covariance=BIAS)
    assert 2.0 < mean.excess < 4.0
    honest = robust_mean(sights, bias_covariance=BIAS)
    ratio = np.sqrt(np.trace(mean.world_from_room.covariance) / np.trace(honest.world_from_room.covariance))
    assert 0.75 < ratio < 1.35


def test_exact_sights_give_the_truth_whatever_bias_is_feared() -> None:
    rng = np.random.default_rng(7)
    exact = [
        Sight(
            world_from_room=UncertainPose(WORLD_FROM_ROOM, sight.world_from_room.covariance),
            world_from_bias=sight.world_from_bias,
        )
        for sight in looks(rng, 8, places=8, gross=0.0)
    ]
    for feared in (BIAS, np.zeros((6, 6))):
        assert error_mm(robust_mean(exact, bias_covariance=feared).world_from_room.transform) < 1e-6


@pytest.mark.hazard("H09")
def test_a_headset_that_lost_its_place_half_way_is_refused() -> None:
    rng = np.random.default_rng(8)
    bias = drawn(rng, BIAS)
    jumped = RigidTransform.from_rotation_vector(
        WORLD_FROM_ROOM.to_frame, WORLD_FROM_ROOM.to_frame, [0, 0.05, 0], [40, 0, 0]
    )
    sights = [look(rng, bias=bias) for _ in range(10)]
    sights += [look(rng, bias=bias, world_from_room=jumped @ WORLD_FROM_ROOM) for _ in range(10)]
    with pytest.raises(RefusedError, match="looks at the board agree"):
        robust_mean(sights, bias_covariance=BIAS)


def test_too_few_sights_are_refused() -> None:
    rng = np.random.default_rng(9)
    with pytest.raises(RefusedError, match="too few"):
        robust_mean(looks(rng, 4, places=4), bias_covariance=BIAS)


def test_the_mean_follows_a_bias_as_its_response_says() -> None:
    rng = np.random.default_rng(11)
    cameras = [camera_over_board(rng, spread_rad=0.5) for _ in range(20)]
    root = root_of(BIAS)
    for thing in range(6):
        bias = root[:, thing]
        seeds = [np.random.default_rng(number) for number in range(20)]
        plain = [look(seed, bias=np.zeros(6), board_from_camera=c) for seed, c in zip(seeds, cameras, strict=True)]
        seeds = [np.random.default_rng(number) for number in range(20)]
        biased = [look(seed, bias=bias, board_from_camera=c) for seed, c in zip(seeds, cameras, strict=True)]
        before, after = (robust_mean(sights, bias_covariance=BIAS) for sights in (plain, biased))
        went = motion_between(after.world_from_room.transform, before.world_from_room.transform)
        place = motion_jacobian(after.world_from_room.transform.apply(TARGET_ROOM_MM))
        assert np.linalg.norm(place @ (went - before.response[:, thing])) < 0.01


def test_sights_of_one_moment_are_one_sight_with_less_noise() -> None:
    rng, squares = np.random.default_rng(12), []
    for _ in range(60):
        camera = camera_over_board(rng, spread_rad=0.5)
        one = together([look(rng, bias=np.zeros(6), board_from_camera=camera) for _ in range(4)])
        single = look(rng, bias=np.zeros(6), board_from_camera=camera).world_from_room
        assert np.allclose(4.0 * one.world_from_room.covariance, single.covariance, rtol=0.1, atol=1e-9)
        off = motion_between(one.world_from_room.transform, WORLD_FROM_ROOM)
        squares.append(off @ np.linalg.solve(one.world_from_room.covariance, off))
    assert 4.8 < np.mean(squares) < 7.2
