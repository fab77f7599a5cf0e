"""What a pose claims is what happens: noise, lens, scale and bow, for flat and folded boards, by Monte Carlo."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.geometry.pinhole import PinholeLens
from orview.markers.board import Board, Print
from orview.markers.bow import bow_modes
from orview.markers.detect import Sighting
from orview.markers.pose import solve_pose
from orview.markers.uncertainty import pixel_jacobians, pose_covariance
from tests.board_pictures import board_pose
from tests.unit.markers.test_pose import CERTAIN, LENS, LENS_SIGMAS, UNCERTAIN

NOISE_PX = 0.12
ROUGH = Print(scale_sigma=0.002, flatness_mm=0.4)


def corners_of(board: Board) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    corners = [
        face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
        for face in board.faces
    ]
    return np.vstack(corners), np.repeat(np.arange(len(corners)), [len(c) for c in corners])


def drawn_lens(rng: np.random.Generator) -> PinholeLens:
    off = rng.normal(0.0, LENS_SIGMAS)
    k1, k2, p1, p2, k3 = np.array(LENS.distortion) + off[4:]
    return dataclasses.replace(
        LENS,
        fx_px=LENS.fx_px + off[0],
        fy_px=LENS.fy_px + off[1],
        cx_px=LENS.cx_px + off[2],
        cy_px=LENS.cy_px + off[3],
        distortion=(k1, k2, p1, p2, k3),
    )


@pytest.mark.parametrize("name", ["patient_flat", "patient_folded", "patient_raised"])
def test_all_that_is_claimed_happens_and_no_more(name: str) -> None:
    board = dataclasses.replace(load_board(name), printed=ROUGH)
    points, faces = corners_of(board)
    modes = bow_modes(board, points)
    target_mm = points.mean(axis=0) + np.array([60.0, 40.0, 130.0])
    rng = np.random.default_rng(11)
    squares = []
    for _ in range(400):
        truth = board_pose(
            board,
            distance_mm=rng.uniform(350.0, 600.0),
            tilt_deg=rng.uniform(15.0, 35.0),
            azimuth_deg=rng.uniform(0.0, 360.0),
            roll_deg=rng.uniform(0.0, 360.0),
        )
        real = points * (1.0 + rng.normal(0.0, ROUGH.scale_sigma)) + modes @ rng.normal(0.0, 1.0, modes.shape[2])
        pixels = drawn_lens(rng).project(truth.apply(real)) + rng.normal(0.0, NOISE_PX, (len(points), 2))
        sighting = Sighting(
            pixels=pixels,
            points_board_mm=points,
            marker_count=9,
            sigmas_px=np.full(len(points), NOISE_PX),
            faces=faces,
        )
        pose = solve_pose(sighting, UNCERTAIN, board).camera_from_board
        if pose is not None:
            error = pose.transform.apply(target_mm) - truth.apply(target_mm)
            squares.append(error @ np.linalg.solve(pose.covariance_at(target_mm), error))
    count = len(squares)
    assert count > 380
    # 95 % quantile of chi-square with three degrees of freedom; three standard errors, and a point for second order.
    assert abs(np.mean(np.array(squares) < 7.815) - 0.95) < 3.0 * np.sqrt(0.95 * 0.05 / count) + 0.01
    # Mean 3 and variance 6; the noise is claimed a little larger where it must be estimated.
    assert 2.4 < np.mean(squares) < 3.0 + 4.0 * np.sqrt(6.0 / count)


@pytest.mark.parametrize("part", ["scale", "bow", "lens"])
def test_each_part_alone_is_what_moving_it_does(part: str) -> None:
    """The pose of exact corners, moved by one standard deviation of one part, moves by what is claimed for it."""
    flat = load_board("patient_flat")
    printed = Print(scale_sigma=0.004 if part == "scale" else 0.0, flatness_mm=0.3 if part == "bow" else 0.0)
    board = dataclasses.replace(flat, printed=printed)
    points, _ = corners_of(board)
    truth = board_pose(board, distance_mm=500.0, tilt_deg=30.0, azimuth_deg=20.0)
    profile = UNCERTAIN if part == "lens" else CERTAIN
    claimed = pose_covariance(truth, points, np.full(len(points), 0.1), profile, board)
    assert claimed is not None
    total, noise = claimed
    rng = np.random.default_rng(5)
    draws = []
    by_motion, _ = pixel_jacobians(truth, points, LENS)
    modes = bow_modes(board, points)
    for _ in range(600):
        lens = drawn_lens(rng) if part == "lens" else LENS
        real = points * (1.0 + rng.normal(0.0, printed.scale_sigma)) + modes @ rng.normal(0.0, 1.0, modes.shape[2])
        shift = (lens.project(truth.apply(real)) - LENS.project(truth.apply(points))).ravel()
        draws.append(np.linalg.lstsq(by_motion, shift, rcond=None)[0])
    seen = np.cov(np.array(draws).T)
    scale = np.sqrt(np.diag(total - noise))
    used = scale > 1e-3 * scale.max() * np.array([1e-3] * 3 + [1.0] * 3)
    ratio = np.sqrt(np.diag(seen))[used] / scale[used]
    assert np.abs(ratio - 1.0).max() < 0.12


def test_solving_the_bow_is_better_than_taking_a_print_for_flat() -> None:
    board = dataclasses.replace(load_board("calibration_a4"), printed=Print(scale_sigma=0.0, flatness_mm=0.5))
    points, _ = corners_of(board)
    truth = board_pose(board, distance_mm=500.0, tilt_deg=40.0)
    sigmas = np.full(len(points), 0.1)
    flat = pose_covariance(truth, points, sigmas, CERTAIN, board)
    solved = pose_covariance(truth, points, sigmas, CERTAIN, board, bow_solved=True)
    assert flat is not None
    assert solved is not None
    assert np.trace(solved[0][3:, 3:]) < 0.5 * np.trace(flat[0][3:, 3:])


def test_points_on_a_line_leave_the_pose_open() -> None:
    board = load_board("patient_flat")
    points = np.linspace((10.0, 10.0, 0.0), (90.0, 10.0, 0.0), 9)
    truth = board_pose(board, distance_mm=500.0, tilt_deg=20.0)
    assert pose_covariance(truth, points, np.full(9, 0.1), CERTAIN, board) is None
