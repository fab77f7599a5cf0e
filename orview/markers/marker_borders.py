"""Where in a marker black meets white: places on its borders, in the square from (0, 0) to (1, 1) of its corners."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.markers.patterns import cells_of

_ALONG = (0.3, 0.7)
"""Where along a cell's side it is looked at: away from its ends, where another border may begin."""


def borders_of(
    dictionary: str, ids: tuple[int, ...], *, inverted: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places (M, S, 2) on the borders of markers and the way to black there (M, S, 2), +-1 along one axis.

    Markers have unlike numbers of borders; rows are filled up with NaN.
    """
    borders = [_borders(dictionary, marker_id, inverted) for marker_id in ids]
    most = max(len(places) for places, _ in borders)
    places, inward = (np.full((len(ids), most, 2), np.nan) for _ in range(2))
    for row, (own_places, own_inward) in enumerate(borders):
        places[row, : len(own_places)], inward[row, : len(own_inward)] = own_places, own_inward
    return places, inward


@lru_cache(maxsize=4096)
def _borders(dictionary: str, marker_id: int, inverted: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    cells = cells_of(dictionary)
    marker = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    black = np.zeros((cells + 2, cells + 2), dtype=np.int8)
    black[1:-1, 1:-1] = marker.generateImageMarker(marker_id, cells, borderBits=1) == 0
    if inverted:
        black = 1 - black
    places, inward = [], []
    for axis in (0, 1):
        change = np.diff(black, axis=1 - axis)
        for row, column in np.argwhere(change):
            for along in _ALONG:
                # The padding of one cell shifts all by one; the border lies after cell `row` or `column`.
                place = (column, row - 1 + along) if axis == 0 else (column - 1 + along, row)
                places.append(place)
                inward.append((change[row, column], 0) if axis == 0 else (0, change[row, column]))
    return np.array(places) / cells, np.array(inward, dtype=np.float64)
