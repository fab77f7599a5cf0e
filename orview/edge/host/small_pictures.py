"""Small pictures of what the room camera sees, for pages that watch: undistorted, with the corners found in them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.camera import Picture
from orview.edge.slots.records import PictureRecord
from orview.geometry.pinhole import PinholeLens
from orview.units import NS_PER_S

PICTURE_WIDTH_PX = 640
PICTURE_EVERY_NS = NS_PER_S // 15
JPEG_QUALITY = 75


@dataclass(frozen=True)
class _Maps:
    """Where each pixel of a small undistorted picture comes from in the camera's."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]


class SmallPictures:
    """Undistorted, small JPEGs of what the camera sees, at most so many a second."""

    def __init__(self, lens: PinholeLens) -> None:
        self._lens = lens
        scale = min(PICTURE_WIDTH_PX / lens.width_px, 1.0)
        self._width, self._height = round(lens.width_px * scale), round(lens.height_px * scale)
        self._fx, self._fy = lens.fx_px * scale, lens.fy_px * scale
        # Pixel (0, 0) is the centre of a pixel: scaling moves it by half a pixel.
        self._cx, self._cy = (lens.cx_px + 0.5) * scale - 0.5, (lens.cy_px + 0.5) * scale - 0.5
        small_matrix = np.array([[self._fx, 0, self._cx], [0, self._fy, self._cy], [0, 0, 1]])
        x, y = cv2.initUndistortRectifyMap(
            lens.matrix,
            np.array(lens.distortion),
            np.eye(3),
            small_matrix,
            (self._width, self._height),
            cv2.CV_32FC1,
        )
        self._maps = _Maps(np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32))
        self._next_ns = 0

    def is_due(self, taken_ns: int) -> bool:
        """Return whether the next picture may be made."""
        return taken_ns >= self._next_ns

    def record(self, picture: Picture, *, taken_ns: int, found_px: NDArray[np.float64] | None = None) -> PictureRecord:
        """Make the small picture of one of the camera's; `found_px` (N, 2) are corners found in that one."""
        self._next_ns = taken_ns + PICTURE_EVERY_NS
        small = np.asarray(cv2.remap(picture.image, self._maps.x, self._maps.y, cv2.INTER_LINEAR), dtype=np.uint8)
        whole, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert whole
        return PictureRecord(
            taken_ns=taken_ns,
            room_from_camera=picture.room_from_camera,
            fx=self._fx,
            fy=self._fy,
            cx=self._cx,
            cy=self._cy,
            width=self._width,
            height=self._height,
            jpeg=jpeg.tobytes(),
            corners_px=self._in_small(found_px),
        )

    def _in_small(self, found_px: NDArray[np.float64] | None) -> NDArray[np.float32]:
        """Return where corners (N, 2) of the camera's picture are in the small one, distortion taken out."""
        if found_px is None or len(found_px) == 0:
            return np.zeros((0, 2), dtype=np.float32)
        matrix = np.array([[self._fx, 0, self._cx], [0, self._fy, self._cy], [0, 0, 1]])
        lens = self._lens
        corners = cv2.undistortPoints(
            found_px.reshape(-1, 1, 2), lens.matrix, np.array(lens.distortion), None, None, matrix
        )
        return np.asarray(corners, dtype=np.float32).reshape(-1, 2)
