"""A smooth displacement no pose explains: the pose becomes the one that fits it evenly at the corners."""

import numpy as np
import pytest

from orview.geometry.rigid import RigidTransform
from orview.track.edges import places_of
from orview.track.evened import Evener
from orview.track.fit import Fit, KnownVelocity, Measured, fit_motion
from orview.track.motion import left_from_middle, moved_by, rows_by_motion
from orview.track.seen import project
from orview.track.view import View, view_of
from tests.unit.track.test_align import BOARD, LENS, POSE, target

STILL = KnownVelocity(rest=np.zeros(6), information=None, per_motion=0.0)
CORNERS = BOARD.chessboard_corners_mm
VIEW = view_of(places_of(BOARD).first(800), POSE, LENS, velocity=np.zeros(6), readout_s=0.0, margin_px=10.0)


def bent(pixels: np.ndarray) -> np.ndarray:
    """Return how far a bow and a lens displace pixels (N, 2), px: nothing a motion does."""
    x, y = ((pixels - VIEW.pixels.mean(axis=0)) / 110.0).T
    return 0.12 * np.stack([x * x - 0.4 * x * y, 0.7 * y * y + 0.5 * x * x], axis=1)


def fitted(view: View, *, noise_px: float = 0.0, seed: int = 0) -> tuple[RigidTransform, Fit, np.ndarray]:
    shifts = np.einsum("ni,ni->n", view.normals, bent(view.pixels))
    shifts += np.random.default_rng(seed).normal(0.0, noise_px, len(shifts))
    sigmas = np.full(len(view), max(noise_px, 0.01))
    measured = Measured(
        places=view.in_camera,
        by_place=view.by_place,
        shift_px=shifts,
        sigma_px=sigmas,
        late_s=None,
        group=view.places.group,
    )
    fit = fit_motion(measured, STILL)
    assert fit is not None
    return moved_by(POSE, fit.motion), fit, sigmas


def best_at_corners() -> RigidTransform:
    in_camera = POSE.apply(CORNERS)
    seen = project(in_camera, LENS)
    middle = in_camera.mean(axis=0)
    rows = np.vstack([rows_by_motion(in_camera - middle, seen.by_place[:, axis]) for axis in (0, 1)])
    motion = np.linalg.lstsq(rows, bent(seen.pixels).T.reshape(-1), rcond=None)[0]
    return moved_by(POSE, left_from_middle(middle) @ motion)


def apart_mm(one: RigidTransform, other: RigidTransform) -> float:
    return float(np.linalg.norm(one.apply(target(BOARD)) - other.apply(target(BOARD))))


@pytest.mark.parametrize("hidden", [None, 0, 1])
def test_the_pose_is_that_of_the_corners_whatever_is_in_sight(hidden: int | None) -> None:
    view = VIEW
    if hidden is not None:
        view = VIEW.only(VIEW.places.points[:, hidden] < 52.0)
    pose, fit, sigmas = fitted(view)
    motion, _ = Evener(BOARD, LENS).correction(pose, view, fit, sigmas)
    best = best_at_corners()
    assert apart_mm(pose, best) > 0.015
    assert apart_mm(moved_by(pose, motion), best) < 0.4 * apart_mm(pose, best)


def test_the_noise_it_adds_is_told() -> None:
    evener, motions, covariances = Evener(BOARD, LENS), [], []
    for seed in range(120):
        pose, fit, sigmas = fitted(VIEW, noise_px=0.05, seed=seed)
        motion, added = evener.correction(pose, VIEW, fit, sigmas)
        motions.append(motion)
        covariances.append(added)
    spread, told = np.cov(np.array(motions).T), np.mean(covariances, axis=0)
    about = np.linalg.inv(left_from_middle(POSE.apply(CORNERS).mean(axis=0)))
    ratio = np.diag(about @ spread @ about.T) / np.diag(about @ told @ about.T)
    assert (np.sqrt(ratio) < 1.4).all()
    assert np.sqrt(ratio).max() > 0.6


def test_too_few_corners_correct_nothing() -> None:
    pose, fit, sigmas = fitted(VIEW)
    turned = moved_by(pose, left_from_middle(pose.apply(CORNERS[0])) @ np.array([np.pi, 0.0, 0.0, 0.0, 0.0, 0.0]))
    motion, added = Evener(BOARD, LENS).correction(turned, VIEW, fit, sigmas)
    assert not motion.any()
    assert not added.any()


@pytest.mark.parametrize("turn_deg", [1.0, 20.0])
def test_what_is_known_of_another_view_corrects_nearly_the_same(turn_deg: float) -> None:
    evener = Evener(BOARD, LENS)
    pose, fit, sigmas = fitted(VIEW)
    middle = pose.apply(CORNERS).mean(axis=0)
    before = moved_by(pose, left_from_middle(middle) @ np.array([np.radians(turn_deg), 0.0, 0.0, 3.0, -2.0, 4.0]))
    seen = view_of(VIEW.places, before, LENS, velocity=np.zeros(6), readout_s=0.0, margin_px=10.0)
    evener.correction(before, seen, fit, sigmas)
    motion, added = evener.correction(pose, VIEW, fit, sigmas)
    fresh, fresh_added = Evener(BOARD, LENS).correction(pose, VIEW, fit, sigmas)
    moved, wanted = moved_by(pose, motion), moved_by(pose, fresh)
    assert apart_mm(moved, wanted) < 0.2 * apart_mm(pose, wanted)
    about = np.linalg.inv(left_from_middle(middle))
    ratio = np.diag(about @ added @ about.T) / np.diag(about @ fresh_added @ about.T)
    assert ((ratio > 0.7) & (ratio < 1.4)).all()
