"""Triangles in patient millimetres."""

from dataclasses import dataclass

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

# Whoever calls Open3D has surfaces; its warnings would go to the standard output.
o3d.utility.set_verbosity_level(o3d.utility.VerbosityLevel.Error)


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """Triangles in the patient frame, counter-clockwise seen from outside.

    Attributes:
        vertices_mm: (N, 3) float64, patient mm.
        triangles: (M, 3) int32 rows of `vertices_mm`.
    """

    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.int32]
