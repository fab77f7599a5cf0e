"""The goals of calibration among those of tracking, as `benchmarks.calibration` measures them."""

import subprocess
import sys

GOAL = "calibration"
MET, MISSED = "(met)", "(NOT MET)"


def calibration_lines() -> list[tuple[str, bool, str]]:
    """Run `benchmarks.calibration` and return each of its goals, whether it was reached, and the number."""
    command = [sys.executable, "-m", "benchmarks.calibration"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = goal_lines(done.stdout)
    if done.returncode or not lines:
        words = (done.stderr.strip().splitlines() or ["it names no goal"])[-1]
        return [(GOAL, False, f"not measured ({words})")]
    return lines


def goal_lines(printed: str) -> list[tuple[str, bool, str]]:
    """Return the goals among printed lines: `goal: number (met)` or `(NOT MET)`."""
    lines = []
    for line in printed.splitlines():
        reached = line.endswith(MET)
        if reached or line.endswith(MISSED):
            goal, _, number = line.removesuffix(MET).removesuffix(MISSED).partition(": ")
            lines.append((f"{GOAL}: {goal}", reached, number.strip()))
    return lines
