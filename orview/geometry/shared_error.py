"""What poses of one camera are wrong by together: the lens and the print err alike in each, and cancel between them.

The error of a pose is what is its own (the noise of its corners) and S u, where the columns of S (6, K) say by what
small left motion it follows one sigma of each thing that is the same in all of them, and u (K,) is unknown but shared.
Between two poses only (S_now - S_before) u is left of it: nothing while board and camera rest, however wrong the lens.
"""

import numpy as np
from numpy.typing import NDArray

from orview.geometry.uncertain import UncertainPose


def own_covariance(pose: UncertainPose, shared: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (6, 6) part of a pose's covariance that it shares with no other, never negative.

    Args:
        pose: with all of its error.
        shared: (6, K) S of the module's docstring, left, in the pose's `to_frame`.
    """
    rest = pose.covariance - shared @ shared.T
    scale = np.sqrt(np.maximum(pose.covariance.diagonal(), 1e-30))
    values, vectors = np.linalg.eigh(rest / np.outer(scale, scale))
    root = scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(root @ root.T)


def against(pose: UncertainPose, shared: NDArray[np.float64], before: NDArray[np.float64]) -> UncertainPose:
    """Return a pose with what it is wrong by for somebody who knows its frame by an earlier pose of the same camera.

    Args:
        pose: with all of its error.
        shared: (6, K) of this pose.
        before: (6, K) of the earlier one, or the mean over several.
    """
    apart = shared - before
    return UncertainPose(pose.transform, own_covariance(pose, shared) + apart @ apart.T)
