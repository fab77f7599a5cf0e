"""Which places are looked at, and where they are in the picture: their own row's time, direction and surroundings."""

import numpy as np

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.track.blur import Blur
from orview.track.edges import places_of
from orview.track.view import Choice, View, facing_camera, reach_px, view_of
from tests.board_pictures import board_pose
from tests.unit.track.test_align import BOARD, LENS, POSE

PLACES = places_of(BOARD).first(300)


def seen(pose: RigidTransform = POSE) -> View:
    return view_of(PLACES, pose, LENS, velocity=np.zeros(6), readout_s=0.0, margin_px=10.0)


def test_borders_point_to_black_and_move_as_they_say() -> None:
    view = seen()
    step = 0.01
    towards = LENS.project(POSE.apply(view.places.points + step * view.places.towards_black)) - view.pixels
    along = LENS.project(POSE.apply(view.places.points + step * view.places.along)) - view.pixels
    assert (np.einsum("ni,ni->n", towards, view.normals) > 0.0).all()
    assert np.abs(np.einsum("ni,ni->n", along, view.normals)).max() < 1e-5
    reach = np.einsum("ni,ni->n", towards, view.normals) / step
    near = view.places.black_mm < 100.0
    assert np.allclose(view.black_px[near], view.places.black_mm[near] * reach[near], rtol=1e-3)


def test_places_near_the_rim_of_the_picture_are_left_out() -> None:
    aside = board_pose(BOARD, distance_mm=500.0, tilt_deg=20.0, aside_mm=(150.0, 0.0))
    view = seen(aside)
    assert 0 < len(view) < len(PLACES)
    assert (view.pixels[:, 0] <= LENS.width_px - 11.0).all()


def test_a_face_turned_away_shows_nothing() -> None:
    for tilt_deg, shown in ((60.0, True), (85.0, False), (180.0, False)):
        pose = board_pose(BOARD, distance_mm=500.0, tilt_deg=tilt_deg)
        assert facing_camera(PLACES.points, PLACES.normals, pose).any() == shown
    behind = RigidTransform(Frame.CAMERA, Frame.BOARD, np.eye(3), np.array([0.0, 0.0, -400.0]))
    assert not facing_camera(PLACES.points, PLACES.normals, behind).any()


def test_the_choice_keeps_clear_of_ends_neighbours_and_rims() -> None:
    choice = Choice(BOARD, LENS, most=800)
    for blur in (Blur(), Blur(xx=3.0, yy=3.0), Blur(xx=4.0, yy=0.6)):
        chosen = choice.places(POSE, blur=blur)
        assert 100 < len(chosen) <= 800
        view = view_of(chosen, POSE, LENS, velocity=np.zeros(6), readout_s=0.0, margin_px=10.0)
        across = blur.across(view.normals)
        assert (np.minimum(view.black_px, view.white_px) > 2.0 * across).all()
        assert (view.rim_px > reach_px(across)).all()


def test_the_choice_stays_while_the_board_looks_the_same() -> None:
    choice = Choice(BOARD, LENS, most=800)
    first = choice.places(POSE, blur=Blur())
    near = RigidTransform(Frame.CAMERA, Frame.BOARD, POSE.rotation, POSE.translation_mm + 5.0)
    assert choice.places(near, blur=Blur()) is first
    far = RigidTransform(Frame.CAMERA, Frame.BOARD, POSE.rotation, POSE.translation_mm * 2.0)
    assert choice.places(far, blur=Blur()) is not first
