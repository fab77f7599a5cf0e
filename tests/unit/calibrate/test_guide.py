"""A person who only hears the sentences ends with a lens that is good enough, better than from views at random."""

import json
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.calibrate.coverage import COLUMNS, ROWS, GuideState
from orview.calibrate.expected import sensitivity
from orview.calibrate.guide import FEWEST_VIEWS, MOST_VIEWS, PATIENCE, SHARP_PX, Guide
from orview.calibrate.lens_fit import fit_lens
from orview.calibrate.projection import vector_of
from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.detect import Sighting
from orview.sim.calibration_views import EXPOSURE_S, FRAME_S, SHARP_EDGE_PX, Person, sighting_of

BOARD = load_board("calibration_a4")
POINTS = np.array(BOARD.chessboard_corners_mm)
MIDDLE = 0.5 * (POINTS.min(axis=0) + POINTS.max(axis=0))
X, Y = ((POINTS - MIDDLE)[:, :2] / (95.0, 115.0)).T
BOWS = {"flat": 0.0 * X, "cylinder": Y * Y, "saddle": X * X - Y * Y}
LENS = PinholeLens(
    width_px=1280,
    height_px=720,
    fx_px=1065.0,
    fy_px=1062.0,
    cx_px=645.0,
    cy_px=352.0,
    distortion=(0.08, -0.15, 0.001, -0.0008, 0.03),
)
SIZE = {"width_px": LENS.width_px, "height_px": LENS.height_px}
SENSITIVITY = sensitivity(vector_of(LENS), POINTS - MIDDLE, **SIZE)


def bent(bow: str) -> NDArray[np.float64]:
    return POINTS + np.outer(BOWS[bow], (0.0, 0.0, 1.0))


def error_mm(views: list[Sighting] | tuple[Sighting, ...]) -> float:
    """Return the mean error at the target of the lens these views give."""
    wrong = fit_lens(views, **SIZE).bundle.lens - vector_of(LENS)
    return float(np.linalg.norm(SENSITIVITY.by_lens @ wrong, axis=1).mean())


@cache
def guided(bow: str, seed: int) -> tuple[Guide, tuple[GuideState, ...]]:
    """Return a guide after a person followed it to the end, and all it said."""
    person, guide, rng = Person(BOARD, LENS, seed=seed), Guide(POINTS, **SIZE), np.random.default_rng(seed)
    said: list[GuideState] = []
    before = person.camera_from_board()
    while not guide.state.done:
        assert len(said) < 6000, "the guide never comes to an end"
        person.hear(guide.state.sentence)
        pose = person.camera_from_board()
        sighting = sighting_of(pose, POINTS, LENS, true_points_mm=bent(bow), noise_px=0.1, rng=rng)
        moved_px = np.linalg.norm(LENS.project(pose.apply(MIDDLE)) - LENS.project(before.apply(MIDDLE)))
        edge_px = float(np.hypot(SHARP_EDGE_PX, moved_px * EXPOSURE_S / FRAME_S))
        said.append(guide.look(sighting, edge_px=lambda edge_px=edge_px: edge_px))
        before = pose
    return guide, tuple(said)


def at_random(bow: str, seed: int, count: int) -> list[Sighting]:
    """Return as many views as somebody takes who waves the board before the camera."""
    rng = np.random.default_rng(seed)
    views: list[Sighting] = []
    while len(views) < count:
        rotation = rotation_from_vector(rng.normal(0.0, 0.3, 3))
        depth = rng.uniform(350.0, 900.0)
        aside = depth * rng.uniform(-0.25, 0.25, 2) * (LENS.width_px / LENS.fx_px, LENS.height_px / LENS.fy_px)
        pose = RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, np.array([*aside, depth]) - rotation @ MIDDLE)
        view = sighting_of(pose, POINTS, LENS, true_points_mm=bent(bow), noise_px=0.1, rng=rng)
        if view is not None and len(view.pixels) > 40:
            views.append(view)
    return views


@pytest.mark.slow
def test_following_the_sentences_reaches_the_goal_and_beats_chance() -> None:
    people = [("flat", 0), ("cylinder", 1), ("saddle", 2)]
    views = [guided(*person)[0].views for person in people]
    assert all(FEWEST_VIEWS <= len(taken) <= MOST_VIEWS for taken in views)
    reached = np.mean([error_mm(taken) for taken in views])
    by_chance = np.mean([error_mm(at_random(*who, len(taken))) for who, taken in zip(people, views, strict=True)])
    assert reached < 0.45
    assert reached < 0.5 * by_chance


def test_the_predicted_error_is_that_of_the_views() -> None:
    guide, said = guided("saddle", 2)
    told = [state.predicted_error_mm for state in said if state.took and state.predicted_error_mm is not None]
    assert told[-1] < 0.5 * told[0]
    # Of 95 of 100 targets; the mean of one calibration may lie above it, hardly ever far.
    assert error_mm(guide.views) < 1.5 * told[-1]


def test_no_view_is_taken_of_a_board_that_moves_or_is_blurred() -> None:
    _, said = guided("flat", 0)
    taken = [k for k, state in enumerate(said) if state.took]
    # Moving to the next place takes most of a second.
    assert min(np.diff(taken)) > 5
    guide = Guide(POINTS, **SIZE)
    rng = np.random.default_rng(3)
    pose = _still(guide)
    for _ in range(5):
        view = sighting_of(pose, POINTS, LENS, noise_px=0.05, rng=rng)
        state = guide.look(view, edge_px=lambda: SHARP_PX + 1.0)
    assert not guide.views
    assert "blurred" in state.sentence
    for step in range(1, 6):
        shifted = pose.translation_mm + np.array([2.0 * step, 0.0, 0.0])
        moving = RigidTransform(Frame.CAMERA, Frame.BOARD, pose.rotation, shifted)
        state = guide.look(sighting_of(moving, POINTS, LENS, noise_px=0.05, rng=rng), edge_px=lambda: SHARP_EDGE_PX)
    assert not guide.views
    assert state.sentence == "Good. Hold the board still."


def _still(guide: Guide) -> RigidTransform:
    """Return the pose that a guide wishes for."""
    person = Person(BOARD, LENS, seed=5)
    person.hear(guide.state.sentence)
    for _ in range(60):
        pose = person.camera_from_board()
    return pose


def test_the_same_view_is_never_taken_twice() -> None:
    guide, rng = Guide(POINTS, **SIZE), np.random.default_rng(4)
    pose = _still(guide)
    took = [
        guide.look(sighting_of(pose, POINTS, LENS, noise_px=0.05, rng=rng), edge_px=lambda: SHARP_EDGE_PX).took
        for _ in range(20)
    ]
    assert took.count(True) == 1


def test_a_wish_that_nobody_fulfils_is_given_up() -> None:
    guide, rng = Guide(POINTS, **SIZE), np.random.default_rng(6)
    far = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, 2500.0]) - MIDDLE)
    first = guide.wish
    for _ in range(PATIENCE + 2):
        guide.look(sighting_of(far, POINTS, LENS, noise_px=2.0, rng=rng), edge_px=lambda: SHARP_EDGE_PX)
    assert guide.wish != first


def test_of_a_film_every_new_still_view_is_taken() -> None:
    guide, rng = Guide(POINTS, **SIZE, most=6, film=True), np.random.default_rng(7)
    views = at_random("flat", 8, 10)
    for view in views:
        for _ in range(3):
            pixels = view.pixels + rng.normal(0.0, 0.02, view.pixels.shape)
            seen = Sighting(pixels=pixels, points_board_mm=view.points_board_mm, marker_count=20)
            guide.look(seen, edge_px=lambda: SHARP_EDGE_PX)
    assert len(guide.views) == 6
    assert guide.state.done
    assert [len(a.pixels) for a in guide.views] == [len(b.pixels) for b in views[:6]]


def test_a_board_out_of_sight_is_said_with_the_wish() -> None:
    guide = Guide(POINTS, **SIZE)
    state = guide.look(None, edge_px=lambda: SHARP_EDGE_PX)
    assert state.sentence.startswith("The board is not to be seen. Hold the board in the ")


def test_the_state_is_whole_and_plain() -> None:
    guide, said = guided("flat", 0)
    state = guide.state
    assert (state.done, state.views) == (True, len(guide.views))
    assert (len(state.coverage), {len(row) for row in state.coverage}) == (ROWS, {COLUMNS})
    # Every cell of the picture was seen, the corners too, and the board leaned every way.
    assert min(min(row) for row in state.coverage) > 0
    assert sum(count for _, count in state.leans) == len(guide.views)
    assert min(count for _, count in state.leans) > 0
    assert json.loads(json.dumps(state.to_json()))["sentence"] == state.sentence
    assert all(sentence.count(".") <= 2 for sentence in {told.sentence for told in said})
