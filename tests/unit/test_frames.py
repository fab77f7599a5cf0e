"""The frames: the table in the docstring is the list, and the model's axes are a proper rotation."""

import re

import numpy as np

from orview import frames
from orview.frames import PATIENT_AXES_FROM_MODEL_AXES, Frame


def test_the_table_names_every_frame_and_no_other() -> None:
    assert frames.__doc__ is not None
    rows = re.findall(r"^\| (\w+) +\|", frames.__doc__, flags=re.MULTILINE)
    assert sorted(rows) == sorted(["frame", *Frame])


def test_model_axes_are_a_rotation_and_mean_left_superior_anterior() -> None:
    axes = np.array(PATIENT_AXES_FROM_MODEL_AXES)
    np.testing.assert_array_equal(axes.T @ axes, np.eye(3))
    assert np.linalg.det(axes) == 1.0
    left, superior, anterior = axes.T
    np.testing.assert_array_equal(left, [1, 0, 0])
    np.testing.assert_array_equal(superior, [0, 0, 1])
    np.testing.assert_array_equal(anterior, [0, -1, 0])
