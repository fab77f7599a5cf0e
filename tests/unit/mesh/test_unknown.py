"""What voxels cannot know: enough for edges, plates and tips, little for smooth bone, and of values their share."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.image.field import Field
from orview.mesh.refine import refine
from orview.mesh.unknown import unknown
from tests.unit.mesh.test_levels import LOWEST_SHARE, Distance, ball, block, bowl, capsule, drawn, truth_of, two_ways

Floats = NDArray[np.float64]
GRIDS = [(0.7, 0.7, 0.7), (1.0, 1.0, 1.0), (0.7, 0.8, 1.25), (0.9, 0.9, 2.0), (3.0, 3.0, 3.0)]


def ellipsoid(*radii: float) -> Distance:
    def apart(p: Floats) -> Floats:
        share = np.linalg.norm(p / np.array(radii), axis=-1)
        return share * (share - 1.0) / np.maximum(np.linalg.norm(p / np.array(radii) ** 2, axis=-1), 1e-9)

    return apart


def together(one: Distance, other: Distance) -> Distance:
    return lambda p: np.minimum(one(p), other(p))


SHAPES: dict[str, Distance] = {
    "plate of 1.5": block((10.0, 13.0, 0.35), 0.4),
    "plate of 2.4": block((11.0, 9.0, 0.8), 0.4),
    "bowl of 1.5": bowl(12.0, 0.75),
    "lens": ellipsoid(14.0, 12.0, 2.0),
    "egg": ellipsoid(12.0, 9.0, 7.0),
    "wing": together(ellipsoid(9.0, 7.0, 6.0), block((13.0, 8.0, 1.1), 0.4)),
    "stump": together(ball(8.0), capsule(2.0)),
}


@pytest.mark.hazard("H16")
@pytest.mark.parametrize("name", SHAPES)
def test_what_is_said_holds_for_every_part_that_was_drawn(name: str) -> None:
    rng = np.random.default_rng(4000 + len(name))
    truth = truth_of(SHAPES[name])
    for spacing in GRIDS:
        refined = refine(drawn(SHAPES[name], spacing, rng))
        rms_mm, farthest_mm = unknown(refined)
        true_rms_mm, true_farthest_mm = two_ways(refined.finest, truth, rng)
        assert rms_mm >= LOWEST_SHARE * true_rms_mm, spacing
        assert farthest_mm >= LOWEST_SHARE * true_farthest_mm, spacing


def test_no_more_than_twice_the_truth_is_said_of_what_is_smooth_and_thick() -> None:
    rng = np.random.default_rng(6)
    for shape in (ellipsoid(15.0, 12.0, 10.0), ball(13.0)):
        refined = refine(drawn(shape, (0.8, 0.8, 1.0), rng))
        true_rms_mm, _ = two_ways(refined.finest, truth_of(shape), rng)
        assert unknown(refined)[0] <= 2.0 * true_rms_mm


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_values_leave_open_what_their_doubt_says(share: float) -> None:
    field = drawn(ball(9.0), (1.0, 1.0, 1.0), np.random.default_rng(1))
    values = Field(
        array=field.array.astype(np.float32),
        level=0.5,
        outside=0.0,
        patient_from_voxel=field.patient_from_voxel,
        doubt=share,
    )
    refined = refine(values)
    rms_mm, farthest_mm = unknown(replace(refined, doubt=1.0))
    assert rms_mm > 0.03
    assert unknown(refined) == (share * rms_mm, farthest_mm if share else 0.0)
