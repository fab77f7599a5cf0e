"""scikit-surgerycore's prediction of the error at a target, and its fit.

    benchmarks/.peers/bin/python benchmarks/peers/predictor.py FILE

FILE (npz) holds points (L, N, 3), noisy (L, N, 3), targets (L, 3) and fle2 (L,), the mean squared length of a point's
error; with NaN rows behind the points of shorter layouts. Answers on the standard output with one JSON document:
predicted_mm (L,), matrices (L, 4, 4) noisy_from_points, and us, the median time of a fit.
"""

import json
import sys
import time

import numpy as np
from sksurgerycore.algorithms.errors import compute_tre_from_fle
from sksurgerycore.algorithms.procrustes import orthogonal_procrustes


def main() -> None:
    """Predict and fit every layout."""
    given = np.load(sys.argv[1])
    predicted, matrices, times = [], [], []
    for points, noisy, target, fle2 in zip(
        given["points"], given["noisy"], given["targets"], given["fle2"], strict=True
    ):
        there = np.isfinite(points).all(axis=1)
        points, noisy = points[there], noisy[there]
        predicted.append(float(np.sqrt(compute_tre_from_fle(points, float(fle2), target[None]))))
        started = time.perf_counter_ns()
        rotation, translation, _ = orthogonal_procrustes(noisy, points)
        times.append(time.perf_counter_ns() - started)
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rotation, np.ravel(translation)
        matrices.append(matrix.tolist())
    print(json.dumps({"predicted_mm": predicted, "matrices": matrices, "us": float(np.median(times)) / 1e3}))


if __name__ == "__main__":
    main()
