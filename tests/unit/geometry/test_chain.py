"""The chain from the CT to the eye: simulated link by link, and told as one error with its shares."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError, FrameMismatchError
from orview.frames import Frame
from orview.geometry.accuracy import pose_covariance, radius_95_mm
from orview.geometry.chain import WORDS, Expected, Link, LinkKey, about, expected_error, motion_covariance
from orview.geometry.fit import likely_poses
from orview.geometry.rigid import RigidTransform, rotations_from_vectors
from orview.geometry.uncertain import UncertainPose

BEADS = np.array([[-10.0, -8, 8], [160, 5, 8], [152, 118, 8], [-12, 110, 8], [70, -14, -22], [165, 62, -25]])
BOARD_FROM_PATIENT = RigidTransform.from_rotation_vector(
    Frame.BOARD, Frame.PATIENT, [0.9, -1.4, 0.6], [310.0, -640.0, -1190.0]
)
ROOM_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.BOARD, [2.6, 0.3, -0.2], [-80.0, -60.0, 620.0])
WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(
    Frame.WORLD, Frame.ROOM, [0.4, 1.9, -0.5], [1400.0, 900.0, -2100.0]
)
MIDDLE = np.array([75.0, 55.0, 0.0])
IN_CT = np.diag([0.05, 0.05, 0.25]) ** 2
BUILT = 0.1**2 * np.eye(3)
SIGHTS = 8
NOISE = about(ROOM_FROM_BOARD.apply(MIDDLE), sigma_rad=1.5e-3, sigma_mm=0.4)
CAMERA = about(ROOM_FROM_BOARD.apply(MIDDLE), sigma_rad=0.4e-3, sigma_mm=0.2) + np.diag([0, 0, 0, 0, 0, 0.16])
AGED = motion_covariance(speed_mm_s=40.0, turn_rad_s=0.1, age_s=0.009, about_mm=ROOM_FROM_BOARD.apply(MIDDLE))
WORLD = about([1300.0, 950.0, -1500.0], sigma_rad=1.2e-3, sigma_mm=0.25)
TARGETS = {
    "tumour": BOARD_FROM_PATIENT.inverse().apply([70.0, 50.0, 140.0]),
    "sacrum": BOARD_FROM_PATIENT.inverse().apply([75.0, 55.0, 45.0]),
    "hip": BOARD_FROM_PATIENT.inverse().apply([-70.0, 30.0, 110.0]),
}


def _links() -> list[Link]:
    rotation = BOARD_FROM_PATIENT.rotation
    places = BEADS
    in_board = np.tile(rotation @ IN_CT @ rotation.T, (len(BEADS), 1, 1))
    built = np.tile(BUILT, (len(BEADS), 1, 1))
    weights = np.linalg.inv(in_board + built)

    def of_beads(part: NDArray[np.float64]) -> UncertainPose:
        return UncertainPose(BOARD_FROM_PATIENT, pose_covariance(places, part, weights=weights))

    def in_room(covariance: NDArray[np.float64]) -> UncertainPose:
        return UncertainPose(ROOM_FROM_BOARD, covariance)

    return [
        Link.of(LinkKey.CT_FIDUCIALS, of_beads(in_board)),
        Link.of(LinkKey.BOARD_BUILD, of_beads(built)),
        Link.of(LinkKey.BOARD_POSE, in_room(NOISE), before=BOARD_FROM_PATIENT).averaged(SIGHTS),
        Link.of(LinkKey.CAMERA, in_room(CAMERA), before=BOARD_FROM_PATIENT),
        Link.of(LinkKey.POSE_AGE, in_room(AGED), before=BOARD_FROM_PATIENT),
        Link.of(
            LinkKey.HEADSET_WORLD,
            UncertainPose(WORLD_FROM_ROOM, WORLD),
            before=ROOM_FROM_BOARD @ BOARD_FROM_PATIENT,
        ),
    ]


def _moved(
    points: NDArray[np.float64], covariance: NDArray[np.float64], rng: np.random.Generator, *, count: int = 1
) -> NDArray[np.float64]:
    """Return points (T, K, 3) moved as much as a covariance says, another motion in each trial, the mean of `count`."""
    # Eigenvectors, not Cholesky: far from the origin some of these are nearly singular.
    variances, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.clip(variances, 0.0, None) / count)
    motions = rng.normal(size=(len(points), 6)) @ root.T
    turned = points @ np.swapaxes(rotations_from_vectors(motions[:, :3]), -1, -2)
    return np.asarray(turned + motions[:, None, 3:])


def _simulated(trials: int) -> dict[str, NDArray[np.float64]]:
    """Return by target the errors (T, 3) of a chain made link by link, each with its own fault."""
    rng = np.random.default_rng(77)
    truth = np.array(list(TARGETS.values()))
    built = BEADS + rng.normal(size=(trials, *BEADS.shape)) @ np.sqrt(BUILT)
    found = BOARD_FROM_PATIENT.inverse().apply(built) + rng.normal(size=built.shape) @ np.sqrt(IN_CT)
    shape = (trials, len(BEADS), 3, 3)
    rotations, translations = likely_poses(
        np.broadcast_to(BEADS, built.shape), found, np.broadcast_to(BUILT, shape), np.broadcast_to(IN_CT, shape)
    )
    points = truth @ np.swapaxes(rotations, -1, -2) + translations[:, None]
    points = ROOM_FROM_BOARD.apply(points)
    points = _moved(points, NOISE, rng, count=SIGHTS)
    points = _moved(points, CAMERA, rng)
    points = _moved(points, AGED, rng)
    points = _moved(WORLD_FROM_ROOM.apply(points), WORLD, rng)
    right = (WORLD_FROM_ROOM @ ROOM_FROM_BOARD @ BOARD_FROM_PATIENT).apply(truth)
    return {key: points[:, number] - right[number] for number, key in enumerate(TARGETS)}


def test_the_told_error_of_a_whole_chain_is_the_simulated_one() -> None:
    links, errors = _links(), _simulated(20_000)
    for key, point in TARGETS.items():
        lengths = np.linalg.norm(errors[key], axis=1)
        expected = expected_error(links, point)
        covariance = sum((link.covariance_at(point) for link in links), np.zeros((3, 3)))
        assert expected.error_95_mm == radius_95_mm(covariance)
        # 20,000 trials: one standard error of the rms is 0.4 %, of the quantile about 0.6 %.
        assert np.sqrt(np.trace(covariance)) == pytest.approx(np.sqrt((lengths**2).mean()), rel=0.02)
        assert expected.error_95_mm == pytest.approx(np.quantile(lengths, 0.95), rel=0.02)
        assert 0.94 <= np.mean(lengths <= expected.error_95_mm) <= 0.96
        # As many directions: told in the patient frame, simulated in the world.
        turned = (WORLD_FROM_ROOM @ ROOM_FROM_BOARD @ BOARD_FROM_PATIENT).rotation
        np.testing.assert_allclose(
            np.cov(errors[key].T), turned @ covariance @ turned.T, atol=0.03 * np.trace(covariance)
        )


def test_the_shares_are_what_each_link_alone_adds_and_sum_to_one() -> None:
    links = _links()
    for point in TARGETS.values():
        shares = expected_error(links, point).shares
        assert shares.keys() == {link.key.value for link in links}
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)
        whole = sum(np.trace(link.covariance_at(point)) for link in links)
        for link in links:
            assert shares[link.key] == pytest.approx(np.trace(link.covariance_at(point)) / whole)


def test_the_parts_of_a_fit_add_up_to_the_fit() -> None:
    links = _links()[:2]
    rotation = BOARD_FROM_PATIENT.rotation
    both = np.tile(rotation @ IN_CT @ rotation.T + BUILT, (len(BEADS), 1, 1))
    whole = UncertainPose(BOARD_FROM_PATIENT, pose_covariance(BEADS, both)).covariance_at(TARGETS["tumour"])
    parts = sum((link.covariance_at(TARGETS["tumour"]) for link in links), np.zeros((3, 3)))
    in_board = rotation @ parts @ rotation.T
    np.testing.assert_allclose(in_board, whole, rtol=1e-6, atol=1e-9)


def test_links_of_one_key_are_one_share_and_the_largest_is_named() -> None:
    links = _links()
    twice = expected_error([*links, links[3]], TARGETS["tumour"])
    assert len(twice.shares) == len(links)
    assert twice.shares["camera"] > expected_error(links, TARGETS["tumour"]).shares["camera"]
    assert expected_error(links[3:4], TARGETS["hip"]).costliest is LinkKey.CAMERA
    assert all(WORDS[key] for key in LinkKey)


def test_looking_longer_makes_noise_smaller_and_no_bias() -> None:
    noise, camera = _links()[2:4]
    point = TARGETS["tumour"]
    np.testing.assert_allclose(noise.averaged(4).covariance_at(point), noise.covariance_at(point) / 4)
    with pytest.raises(ContractError):
        camera.averaged(4)
    with pytest.raises(ContractError):
        noise.averaged(0)


def test_a_chain_without_any_error_has_none() -> None:
    certain = Link.of(LinkKey.BOARD_BUILD, UncertainPose.certain(BOARD_FROM_PATIENT))
    assert expected_error([certain], [0.0, 0.0, 0.0]) == Expected(error_95_mm=0.0, shares={})
    assert expected_error([], [1.0, 2.0, 3.0]).costliest is None


def test_an_old_pose_is_wrong_by_speed_times_age() -> None:
    middle = np.array([30.0, -20.0, 700.0])
    aged = UncertainPose(
        RigidTransform.identity(Frame.ROOM, Frame.ROOM),
        motion_covariance(speed_mm_s=500.0, turn_rad_s=0.0, age_s=0.010, about_mm=middle),
    )
    # 0.5 m/s seen 10 ms ago: 5 mm.
    assert math.sqrt(np.trace(aged.covariance_at(middle))) == pytest.approx(5.0)
    turning = UncertainPose(
        RigidTransform.identity(Frame.ROOM, Frame.ROOM),
        motion_covariance(speed_mm_s=0.0, turn_rad_s=1.0, age_s=0.010, about_mm=middle),
    )
    np.testing.assert_allclose(turning.covariance_at(middle), 0.0, atol=1e-9)
    # 500 mm away and 10 mrad of turn about any axis: two of three axes move it, 5 mm sqrt(2/3).
    far = math.sqrt(np.trace(turning.covariance_at(middle + np.array([500.0, 0.0, 0.0]))))
    assert far == pytest.approx(5.0 * math.sqrt(2.0 / 3.0))


def test_links_that_do_not_meet_break_the_contract() -> None:
    with pytest.raises(FrameMismatchError):
        Link.of(LinkKey.CAMERA, UncertainPose.certain(ROOM_FROM_BOARD))
    with pytest.raises(FrameMismatchError):
        Link.of(LinkKey.CAMERA, UncertainPose.certain(WORLD_FROM_ROOM), before=BOARD_FROM_PATIENT)
    for speed_mm_s in (-1.0, math.nan, math.inf):
        with pytest.raises(ContractError):
            motion_covariance(speed_mm_s=speed_mm_s, turn_rad_s=0.0, age_s=0.01)
