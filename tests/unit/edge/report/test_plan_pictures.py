"""The pictures show the tumour where it is, the bone over it, the planes at their places, and the margin's colours."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.plan_ground import ground_of
from orview.edge.report.document import Picture
from orview.edge.report.plan_pictures import BAND_COLORS, pictures_of
from tests.planned_case import planned_case

WIDTH, HEIGHT = 320, 240
"""A third as wide and high as on paper: a ninth of the time."""


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("orview.edge.report.plan_pictures.WIDTH", WIDTH)
        patch.setattr("orview.edge.report.plan_pictures.HEIGHT", HEIGHT)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Picture, ...]:
    store, case, told = planned_case(tmp_path_factory.mktemp("planned"))
    return pictures_of(told.plan, ground_of(case, store), case)


def pixels(picture: Picture) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(picture.png, dtype=np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(float) / 255.0
    assert found.shape == (picture.height, picture.width, 3) == (HEIGHT, WIDTH, 3)
    return found


def pink(picture: Picture) -> np.ndarray:
    """Rows and columns drawn in the planes' colour."""
    found = pixels(picture)
    return np.argwhere((found[..., 0] > found[..., 1] + 0.45) & (found[..., 2] > found[..., 1] + 0.15))


def test_there_are_six_and_each_says_what_it_shows(pictures: tuple[Picture, ...]) -> None:
    starts = (
        "From in front",
        "From the left",
        "From behind",
        "The tumour as the nearest cut sees it (2 Side cut)",
        "The tumour from the other side",
        "What leaves the patient",
    )
    assert [picture.words.startswith(start) for picture, start in zip(pictures, starts, strict=True)] == [True] * 6
    assert all("1 High cut, 2 Side cut" in picture.words for picture in pictures[:3])


def test_planes_stand_where_they_are_planned(pictures: tuple[Picture, ...]) -> None:
    front, _, behind = (pink(picture) for picture in pictures[:3])
    # The high cut lies above the middle of the bone; the side cut on the patient's right: left in front, right behind.
    for found, right_of_patient in ((front, -1), (behind, 1)):
        upright = np.bincount(found[:, 1], minlength=WIDTH)
        level = np.bincount(found[:, 0], minlength=HEIGHT)
        assert np.sign(upright.argmax() - WIDTH / 2.0) == right_of_patient
        assert level.argmax() < HEIGHT / 2.0


def test_the_tumour_is_painted_by_its_distances(pictures: tuple[Picture, ...]) -> None:
    found = pixels(pictures[3])
    # Nearest 13 mm away, its sides more than 15: the two widest bands, the nearer one in the middle.
    nearer, wider = BAND_COLORS[3:]
    tumour = found[33:200, 67:253]

    def share(color: np.ndarray) -> np.ndarray:
        hue = tumour / np.maximum(tumour.max(axis=2, keepdims=True), 1e-6)
        return np.argwhere(np.abs(hue - color / color.max()).max(axis=2) < 0.12)

    inner, outer = share(nearer), share(wider)
    assert min(len(inner), len(outer)) > 170
    middle = np.array(tumour.shape[:2]) / 2.0
    assert np.linalg.norm(inner - middle, axis=1).mean() < np.linalg.norm(outer - middle, axis=1).mean()


def test_what_leaves_is_solid_and_the_rest_is_seen_through(pictures: tuple[Picture, ...]) -> None:
    found = pixels(pictures[5])
    bone = np.argwhere((found[..., 0] > found[..., 2] + 0.25) & (found[..., 1] > found[..., 2] + 0.1))
    # Three quarters of the bone as it is seen leave, from its middle downwards.
    assert len(bone) > 2200
    assert bone[:, 0].mean() > HEIGHT / 2.0


def test_bone_that_no_plane_parts_leaves_no_picture_of_a_specimen(tmp_path: Path) -> None:
    store, case, told = planned_case(tmp_path)
    low = replace(told.plan.planes[1], height_mm=40.0)
    plan = replace(told.plan, planes=(low,), stages=told.plan.stages[2:])
    assert len(pictures_of(plan, ground_of(case, store), case)) == 5


def test_a_plan_without_planes_has_no_picture_of_margins(tmp_path: Path) -> None:
    store, case, told = planned_case(tmp_path)
    bare = replace(told.plan, planes=(), stages=told.plan.stages[2:])
    assert len(pictures_of(bare, ground_of(case, store), case)) == 3
