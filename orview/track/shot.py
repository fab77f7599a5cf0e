"""One picture on its way through the tracker."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orview.markers.detect import gray_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """One picture.

    Attributes:
        image: (H, W) grey or (H, W, 3) BGR, uint8.
        taken_ns: when it was taken.
    """

    image: NDArray[np.uint8]
    taken_ns: int

    @cached_property
    def gray(self) -> NDArray[np.uint8]:
        """The whole picture (H, W) in grey; made once, and only where somebody asks."""
        return gray_of(self.image)
