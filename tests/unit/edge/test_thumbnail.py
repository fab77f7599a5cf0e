"""The first look shows what is coming, in its place and colour, and says that it is a first look."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.thumbnail import first_look_of
from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import STANDARD
from tests.browser.fixtures import ball

ROUGH = LevelError(rms_mm=2.0, hausdorff_mm=4.0)


def seen(*parts: tuple[str, Surface], synthetic: bool = False) -> NDArray[np.uint8]:
    """The picture (240, 320, 3) of some structures, red, green, blue."""
    scene = Scene(
        level=Level.PREVIEW,
        parts=tuple(ScenePart(anatomy=STANDARD[key], surface=surface, error=ROUGH) for key, surface in parts),
        synthetic=synthetic,
        provisional=True,
    )
    picture = cv2.imdecode(np.frombuffer(first_look_of(scene), dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture[..., ::-1])


def ink(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where the mark's amber letters are."""
    red, green, blue = (picture[:24, ..., channel].astype(int) for channel in range(3))
    return np.asarray((red > 120) & (red - blue > 60) & (green < red))


def test_the_words_stand_above_what_is_seen() -> None:
    bone = ball(np.zeros(3), 30.0)
    real, synthetic = (seen(("sacrum", bone), synthetic=flag) for flag in (False, True))
    assert real.shape == synthetic.shape == (240, 320, 3)
    columns = [np.flatnonzero(ink(picture).any(axis=0)) for picture in (real, synthetic)]
    assert 40 < np.ptp(columns[0]) < np.ptp(columns[1]) - 40
    assert columns[1].max() < 300
    assert real[120, 160].min() > 60


@pytest.mark.parametrize("target", ["tumour", "sacrum", "hip_left", "iliac_vein_left"])
def test_skin_before_the_target_is_seen_through(target: str) -> None:
    middle = seen(("skin", ball(np.zeros(3), 60.0)), (target, ball(np.zeros(3), 30.0)))[110:130, 150:170]
    alone = seen((target, ball(np.zeros(3), 60.0)))[110:130, 150:170]
    assert np.abs(middle.mean(axis=(0, 1)) - alone.mean(axis=(0, 1))).max() < 40.0
