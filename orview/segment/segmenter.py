"""What a segmenter is: an image in, named labels out. The networks themselves run at the edge."""

from typing import Protocol

from orview.image.volume import Volume
from orview.segment.masks import LabelMap


class Segmenter(Protocol):
    """Finds structures in an image nobody has outlined."""

    @property
    def name(self) -> str:
        """What staff read, and what the case is recorded with."""
        ...

    @property
    def identity(self) -> str:
        """What draws, to its last part: another text whenever the same image might be drawn otherwise."""
        ...

    def segment(self, volume: Volume) -> LabelMap:
        """Return the structures of a CT on its own grid, or on another one that says where it lies.

        Raises:
            InputError: a package, weights or a model are missing or do not fit.
            RefusedError: the image is none this segmenter was made for.
        """
        ...
