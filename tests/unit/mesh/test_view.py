"""A view shows what it was asked for, at its scale, the head above and left where one expects it."""

import numpy as np
import pytest

from orview.mesh.view import (
    FROM_BEHIND,
    FROM_FRONT,
    FROM_LEFT,
    FROM_RIGHT,
    TOWARDS_EYE,
    axes_towards,
    view_of,
)

BOX_MM = np.array([[-40.0, 10.0, -900.0], [60.0, 50.0, -820.0]])


@pytest.mark.parametrize("towards_eye", [FROM_FRONT, FROM_BEHIND, FROM_LEFT, FROM_RIGHT, TOWARDS_EYE, np.eye(3)[2]])
def test_axes_are_right_handed_and_look_at_the_patient(towards_eye: np.ndarray) -> None:
    axes = axes_towards(towards_eye)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-12)
    assert axes[:, 2] == pytest.approx(-towards_eye)
    # Right, down and forward are right-handed, as in any picture.
    assert np.linalg.det(np.stack([axes[:, 0], -axes[:, 1], axes[:, 2]], axis=1)) == pytest.approx(1.0)


def test_who_faces_the_patient_has_its_left_on_the_right() -> None:
    for towards_eye, side in ((FROM_FRONT, 1.0), (FROM_BEHIND, -1.0)):
        right, up, _ = axes_towards(towards_eye).T
        assert right == pytest.approx([side, 0.0, 0.0])
        assert up == pytest.approx([0.0, 0.0, 1.0])
    assert axes_towards(FROM_LEFT)[:, 0] == pytest.approx([0.0, 1.0, 0.0])


@pytest.mark.parametrize("towards_eye", [FROM_FRONT, FROM_LEFT, TOWARDS_EYE])
def test_points_fill_the_picture_and_stand_where_rays_meet_them(towards_eye: np.ndarray) -> None:
    view = view_of(BOX_MM, towards_eye=towards_eye, width=640, height=480)
    places, depth = view.places(BOX_MM)
    assert (places > 0.0).all()
    assert (places < [640.0, 480.0]).all()
    share = (places.max(axis=0) - places.min(axis=0)) / [640.0, 480.0]
    assert share.max() == pytest.approx(0.84)
    rays = view.rays(places[:, 0], places[:, 1]).astype(np.float64)
    assert rays[:, :3] + depth[:, None] * rays[:, 3:] == pytest.approx(BOX_MM, abs=1e-3)
    across = view.places(BOX_MM[:1] + 10.0 * view.right)[0] - places[:1]
    assert across * view.mm_per_px == pytest.approx(np.array([[10.0, 0.0]]))
