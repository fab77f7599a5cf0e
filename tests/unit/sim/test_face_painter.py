"""Edges stand where the lens puts them: measured in the light itself, against exact projection."""

import math

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board, Face, MarkerGrid
from orview.sim.bow import Bow, BowShape
from orview.sim.face_painter import back_to_front, paint_faces, rays_of
from orview.sim.printed_face import INK, PAPER, printed_faces
from orview.sim.shutter import Motion, Shutter
from tests.board_pictures import board_pose, moving

LENS = PinholeLens(
    width_px=800,
    height_px=600,
    fx_px=1371.0,
    fy_px=1365.0,
    cx_px=404.3,
    cy_px=296.2,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)
# One marker whose left and upper borders are long straight edges.
EDGED = Board(
    name="edged",
    faces=(
        Face(
            name="front",
            dictionary="DICT_4X4_50",
            pattern=MarkerGrid(columns=1, rows=1, marker_mm=60.0),
            outline_mm=(80.0, 80.0),
        ),
    ),
)
MOTION_MM_S, MOTION_RAD_S = np.array([300.0, -150.0, 100.0]), np.array([0.6, -0.5, 0.9])


def border_errors_px(board: Board, motion: Motion, *, readout_s: float = 0.0, bow: Bow | None = None) -> np.ndarray:
    """Return how far the marker's four outer borders stand from where they should, along the picture's axes, px.

    Across a border light goes from paper to ink, so the light missing along a line of pixels is where the border is.
    """
    shutter = Shutter(rows=LENS.height_px, readout_s=readout_s)
    layer = paint_faces(
        printed_faces(board), shutter.thing_from_camera(motion, 0.0), LENS, bows=None if bow is None else (bow,)
    )
    assert layer is not None
    light = np.full((LENS.height_px, LENS.width_px), np.nan)
    light[layer.rows, layer.columns] = layer.light[..., 0] / np.maximum(layer.light[..., 1], 1e-6)
    errors = []
    for start, end in (((3.0, 0.0), (57.0, 0.0)), ((0.0, 3.0), (0.0, 57.0)), ((3.0, 60.0), (57.0, 60.0))):
        share = np.linspace(0.0, 1.0, 4001)[:, None]
        places = np.array(start) + share * (np.array(end) - np.array(start))
        heights = np.zeros(len(places)) if bow is None else bow.height_mm(places[:, 0], places[:, 1])
        inside = np.column_stack([places, heights])
        border = shutter.project(inside[::80], motion, LENS, 0.0)
        level = abs(border[-1, 0] - border[0, 0]) > abs(border[-1, 1] - border[0, 1])
        along, across = (0, 1) if level else (1, 0)
        order = np.argsort(border[:, along])
        lines = np.arange(math.ceil(border[order[0], along]), math.floor(border[order[-1], along]))
        truth = np.interp(lines, border[order, along], border[order, across])
        for line, true in zip(lines.tolist(), truth.tolist(), strict=True):
            profile = light[:, line] if level else light[line]
            first = round(true) - 4
            window = profile[first : first + 9]
            ends = sorted((window[0], window[-1]), reverse=True)
            # Ink or paper must fill both ends, or a cell of the marker is in the window.
            if not (ends[1] < 0.05 and ends[0] > 0.5):
                continue
            dark_share = (ends[0] - window) / (ends[0] - ends[1])
            dark_first = window[0] < window[-1]
            found = first - 0.5 + (dark_share.sum() if dark_first else 9.0 - dark_share.sum())
            errors.append(found - true)
    assert len(errors) > 150
    return np.array(errors)


@pytest.mark.parametrize(
    ("distance_mm", "tilt_deg"), [(320.0, 4.0), (320.0, 45.0), (500.0, 4.0), (500.0, 45.0), (1100.0, 4.0)]
)
def test_edges_stand_where_the_lens_puts_them(distance_mm: float, tilt_deg: float) -> None:
    pose = board_pose(EDGED, distance_mm=distance_mm, tilt_deg=tilt_deg, azimuth_deg=70.0, roll_deg=7.0)
    errors = border_errors_px(EDGED, lambda _: pose)
    assert abs(errors.mean()) < 0.005
    assert np.sqrt(np.square(errors).mean()) < 0.02


def test_corners_found_in_the_light_are_where_they_should_be() -> None:
    board = load_board("patient_flat")
    pose = board_pose(board, distance_mm=420.0, tilt_deg=20.0, azimuth_deg=30.0, roll_deg=11.0)
    layer = paint_faces(printed_faces(board), Shutter(rows=600).thing_from_camera(lambda _: pose, 0.0), LENS)
    assert layer is not None
    light = np.full((600, 800), 0.3, dtype=np.float32)
    light[layer.rows, layer.columns] = layer.light[..., 0] + 0.3 * (1.0 - layer.light[..., 1])
    picture = np.rint(cv2.GaussianBlur(light, (0, 0), 0.8) * 250.0).astype(np.uint8)
    truth = LENS.project(pose.apply(board.chessboard_corners_mm))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 100, 1e-4)
    found = cv2.cornerSubPix(picture, truth.astype(np.float32).reshape(-1, 1, 2), (4, 4), (-1, -1), criteria)
    # Its own error is symmetric; half a pixel, or a hundredth, between two conventions would show in the mean.
    assert np.abs((found.reshape(-1, 2) - truth).mean(axis=0)).max() < 0.01


def test_a_rolling_shutter_shears_edges_by_each_rows_time() -> None:
    start = board_pose(EDGED, distance_mm=450.0, tilt_deg=20.0, azimuth_deg=30.0, roll_deg=5.0)
    motion = moving(start, mm_s=MOTION_MM_S, rad_s=MOTION_RAD_S)
    assert np.sqrt(np.square(border_errors_px(EDGED, motion, readout_s=0.03)).mean()) < 0.02


@pytest.mark.parametrize("shape", list(BowShape))
def test_a_bow_bends_edges_as_far_as_the_bent_points_say(shape: BowShape) -> None:
    pose = board_pose(EDGED, distance_mm=400.0, tilt_deg=50.0, azimuth_deg=40.0, roll_deg=5.0)
    bow = Bow(shape=shape, middle_mm=2.0, low_mm=(-10.0, -10.0), high_mm=(70.0, 70.0))
    assert np.sqrt(np.square(border_errors_px(EDGED, lambda _: pose, bow=bow)).mean()) < 0.02


def test_rays_are_those_of_the_lens() -> None:
    rows, columns = np.mgrid[0:600:31, 0:800:37]
    exact = LENS.unproject(np.stack([columns, rows], axis=-1).astype(float))[..., :2]
    assert np.abs(rays_of(LENS)[rows, columns] - exact).max() * LENS.fx_px < 2e-3


def test_what_stands_before_a_plate_is_painted_after_it_from_every_side() -> None:
    faces = printed_faces(load_board("patient_raised"))
    for x in (-300.0, 40.0, 400.0):
        for y in (-300.0, 20.0, 300.0):
            assert back_to_front(faces, np.array([x, y, -400.0]))[0] == 0
            assert back_to_front(faces, np.array([x, y, 400.0]))[-1] == 0


def test_light_is_that_of_paper_and_ink_and_the_back_shows_no_print() -> None:
    pose = board_pose(EDGED, distance_mm=400.0)
    still = Shutter(rows=600)
    front = paint_faces(printed_faces(EDGED), still.thing_from_camera(lambda _: pose, 0.0), LENS)
    assert front is not None
    inside = front.light[..., 0][front.light[..., 1] > 0.999]
    assert INK * 0.85 < inside.min() < INK
    assert PAPER * 0.85 < inside.max() < PAPER
    turned = RigidTransform(Frame.CAMERA, Frame.BOARD, np.diag([-1.0, 1.0, -1.0]), np.array([30.0, -30.0, 400.0]))
    back = paint_faces(printed_faces(EDGED), still.thing_from_camera(lambda _: turned, 0.0), LENS)
    assert back is not None
    assert np.ptp(back.light[..., 0][back.light[..., 1] > 0.999]) < 1e-6
