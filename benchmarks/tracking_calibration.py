"""The goal of calibration among those of tracking: measured by `benchmarks.calibration`."""

import importlib

GOAL = "calibration: error at 150 mm at every bow, against the flat result, and z-scores"


def calibration_lines(*, quick: bool) -> list[tuple[str, bool, str]]:
    """Return each goal of calibration, whether it was reached, and the number."""
    try:
        goal_lines = importlib.import_module("benchmarks.calibration").goal_lines
    except (ImportError, AttributeError) as error:
        return [(GOAL, False, f"not measured ({error})")]
    return list(goal_lines(quick=quick))
