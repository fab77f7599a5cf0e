"""The board as a camera sees it: the print exactly where the lens puts it, plate, posts and bead sockets around it.

Each pixel of the print is the mean of 3 x 3 samples; each sample is carried through the lens and the pose
into the print. Whole pixels are pixel centres throughout (see `geometry.pinhole`).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.sim.face_painter import SAMPLES
from orview.sim.fixture import PLATE_MM, POST_RADIUS_MM, SOCKET_RADIUS_MM, plate_corners_mm, posts_board_mm
from orview.sim.printed_face import INK, PAPER, ink_share, printed_faces

_TEXELS_PER_MM = 5
_SHIFT_BITS = 4
_EDGE = (0.23, 0.23, 0.24)
_POST = (0.30, 0.30, 0.31)
_SOCKET = (0.16, 0.15, 0.15)
_COVER = (0.36, 0.33, 0.12)


class BoardPicture:
    """Paints one board into the pictures of one lens.

    Args:
        board: what is painted.
        lens: whose pictures.
    """

    def __init__(self, board: Board, lens: PinholeLens) -> None:
        self._lens = lens
        self._corners = plate_corners_mm(board)
        self._posts = posts_board_mm(board)
        self._print = _print_of(board, self._corners)
        y, x = np.mgrid[0 : lens.height_px, 0 : lens.width_px].astype(np.float64)
        self._rays = lens.unproject(np.stack([x, y], axis=-1)).astype(np.float32)

    def region(self, camera_from_board: RigidTransform) -> tuple[slice, slice] | None:
        """Return the rows and columns that board, posts and blur may touch; None where they are out of view."""
        ends = np.concatenate(self._posts) if self._posts else np.empty((0, 3))
        points = camera_from_board.apply(np.vstack([self._corners, ends]))
        if points[:, 2].min() < 50.0:
            return None
        pixels = self._lens.project(points)
        reach = self._lens.fx_px * SOCKET_RADIUS_MM / points[:, 2].min() + 6.0
        low, high = np.floor(pixels.min(axis=0) - reach), np.ceil(pixels.max(axis=0) + reach)
        left, top = (int(value) for value in np.maximum(low, 0.0))
        right, bottom = min(int(high[0]) + 1, self._lens.width_px), min(int(high[1]) + 1, self._lens.height_px)
        if right - left < 2 or bottom - top < 2:
            return None
        return slice(top, bottom), slice(left, right)

    def paint(
        self,
        light: NDArray[np.float32],
        region: tuple[slice, slice],
        camera_from_board: RigidTransform,
        *,
        covered: bool = False,
    ) -> None:
        """Paint the board over what is there.

        Args:
            light: (h, w, 3) linear light of the region, changed in place.
            region: as `region` gives it.
            camera_from_board: where the board is.
            covered: a cloth lies over all of it.
        """
        corner = np.array([region[1].start, region[0].start], dtype=np.float64)
        if covered:
            self._cover(light, camera_from_board, corner)
            return
        behind = [ends for ends in self._posts if ends[1, 2] > 0.0]
        before = [ends for ends in self._posts if ends[1, 2] <= 0.0]
        self._paint_posts(light, camera_from_board, corner, behind)
        back = self._corners + np.array([0.0, 0.0, PLATE_MM])
        solid = self._project(camera_from_board, np.vstack([self._corners, back])) - corner
        _fill(light, _hull(solid), _EDGE)
        self._paint_print(light, corner, camera_from_board)
        self._paint_posts(light, camera_from_board, corner, before)

    def _paint_print(
        self, light: NDArray[np.float32], corner: NDArray[np.float64], camera_from_board: RigidTransform
    ) -> None:
        outline = self._project(camera_from_board, self._corners) - corner
        left, top = (int(value) for value in np.maximum(np.floor(outline.min(axis=0)) - 1.0, 0.0))
        right, bottom = (int(value) for value in np.ceil(outline.max(axis=0)) + 2.0)
        light = light[top:bottom, left:right]
        if light.size == 0:
            return
        down, across = top + int(corner[1]), left + int(corner[0])
        rays = self._rays[down : down + light.shape[0], across : across + light.shape[1]]
        texel_from_ray = self._texel_from_ray(camera_from_board.inverse()).astype(np.float32)
        scaled = rays @ texel_from_ray.T
        texel = scaled[..., :2] / scaled[..., 2:]
        # Within a pixel the way into the print is straight to 1e-4 of a texel, so samples are interpolated.
        size = (texel.shape[1] * SAMPLES, texel.shape[0] * SAMPLES)
        samples = cv2.resize(texel, size, interpolation=cv2.INTER_LINEAR)
        seen = cv2.remap(
            self._print,
            samples[..., 0],
            samples[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        mean = cv2.resize(seen, (texel.shape[1], texel.shape[0]), interpolation=cv2.INTER_AREA)
        # The lamp stands to one side: the print is a little brighter there.
        lamp = 0.88 + texel[..., 0] * np.float32(0.10 / self._print.shape[1])
        mean = mean.astype(np.float32) * np.float32(1.0 / 255.0)
        light *= 1.0 - mean[..., 1:]
        light += (mean[..., 0] * lamp)[..., None]

    def _texel_from_ray(self, board_from_camera: RigidTransform) -> NDArray[np.float64]:
        """Return the (3, 3) matrix that carries a ray of the camera (x, y, 1) to homogeneous texels of the print."""
        start, turned = board_from_camera.translation_mm, board_from_camera.rotation
        # The ray from `start` meets the print, z = 0, at start - ray * start_z / ray_z.
        offset = (start[:2] - self._corners[0, :2]) * _TEXELS_PER_MM - 0.5
        rows = np.outer(offset, turned[2]) - _TEXELS_PER_MM * start[2] * turned[:2]
        return np.vstack([rows, turned[2]])

    def _paint_posts(
        self,
        light: NDArray[np.float32],
        camera_from_board: RigidTransform,
        corner: NDArray[np.float64],
        posts: list[NDArray[np.float64]],
    ) -> None:
        for ends in posts:
            depth = camera_from_board.apply(ends)[:, 2]
            foot, bead = self._project(camera_from_board, ends) - corner
            thick = self._lens.fx_px * POST_RADIUS_MM / depth
            along = (bead - foot) / max(float(np.linalg.norm(bead - foot)), 1e-6)
            across = np.array([-along[1], along[0]])
            sides = [
                foot + across * thick[0],
                bead + across * thick[1],
                bead - across * thick[1],
                foot - across * thick[0],
            ]
            _fill(light, np.array(sides), _POST)
            ball = self._lens.fx_px * SOCKET_RADIUS_MM / depth[1]
            circle = [
                bead + ball * np.array([np.cos(a), np.sin(a)]) for a in np.linspace(0, 2 * np.pi, 24, endpoint=False)
            ]
            _fill(light, np.array(circle), _SOCKET)
            glint = [bead - 0.3 * ball + 0.3 * (point - bead) for point in circle]
            _fill(light, np.array(glint), (0.5, 0.5, 0.5))

    def _cover(
        self, light: NDArray[np.float32], camera_from_board: RigidTransform, corner: NDArray[np.float64]
    ) -> None:
        points = np.vstack([self._corners, *self._posts])
        hull = _hull(self._project(camera_from_board, points) - corner)
        middle = hull.mean(axis=0)
        _fill(light, middle + (hull - middle) * 1.06, _COVER)

    def _project(self, camera_from_board: RigidTransform, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._lens.project(camera_from_board.apply(points_board_mm))


def _hull(points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.convexHull(points_px.astype(np.float32)), dtype=np.float64).reshape(-1, 2)


def _fill(light: NDArray[np.float32], polygon_px: NDArray[np.float64], colour: tuple[float, float, float]) -> None:
    """Fill a convex polygon (N, 2) px with smooth edges, in its own box."""
    low = np.maximum(np.floor(polygon_px.min(axis=0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(polygon_px.max(axis=0)).astype(int) + 3, light.shape[1::-1])
    if (high - low < 1).any():
        return
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), dtype=np.uint8)
    fixed = np.rint((polygon_px - low) * 2**_SHIFT_BITS).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 255, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)
    share = (mask.astype(np.float32) * np.float32(1.0 / 255.0))[..., None]
    view = light[low[1] : high[1], low[0] : high[0]]
    view += share * (np.array(colour, dtype=np.float32) - view)


def _print_of(board: Board, corners_mm: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the plate's face (H, W, 2) at `_TEXELS_PER_MM`: how bright it is, and 255 where there is a plate."""
    width, height = np.rint((corners_mm[2] - corners_mm[0])[:2] * _TEXELS_PER_MM).astype(int).tolist()
    left, top = corners_mm[0, :2].tolist()
    ink = ink_share(
        printed_faces(board)[0].patches, low_mm=(left, top), size=(height, width), texels_per_mm=_TEXELS_PER_MM
    )
    face = np.rint(255.0 * (PAPER + (INK - PAPER) * ink)).astype(np.uint8)
    return np.dstack([face, np.full_like(face, 255)])
