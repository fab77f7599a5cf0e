"""Which places of a board to look at from where it is expected, and where they are in the picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.track.blur import Blur
from orview.track.edges import Places, places_of
from orview.track.hidden import Hiding
from orview.track.placed import placed

LEAST_FACING = 0.2
"""Cosine between a face's normal and the view; flatter than 78 degrees a print shows no border worth the name."""

END_BLURS = 2.0
"""So many blurs from the end of its border a place shows nothing of what comes there."""

SIDE_BLURS = 2.2
"""So wide, in blurs, black and white beside a border have to be."""

MOST_REACH_PX = 8.0

_SAME_TURN = 1.0 + 2.0 * math.cos(math.radians(5.0))
"""Trace of a rotation by five degrees."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """N places as a picture should show them.

    Attributes:
        places: which they are.
        in_camera: (N, 3) mm.
        pixels: (N, 2).
        normals: (N, 2) unit vectors across the border in the picture, towards black.
        by_place: (N, 3) how far the border moves along `normals` with its place in the camera frame, px / mm.
        across_px_mm, along_px_mm: (N,) px for each mm of the print, across the border and along it.
        late_s: (N,) when the place's row was exposed after the middle row.
    """

    places: Places
    in_camera: NDArray[np.float64]
    pixels: NDArray[np.float64]
    normals: NDArray[np.float64]
    by_place: NDArray[np.float64]
    across_px_mm: NDArray[np.float64]
    along_px_mm: NDArray[np.float64]
    late_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def black_px(self) -> NDArray[np.float64]:
        """How far black reaches from each border (N,) in the picture."""
        return self.places.black_mm * self.across_px_mm

    @property
    def white_px(self) -> NDArray[np.float64]:
        """How far white does."""
        return self.places.white_mm * self.across_px_mm

    @property
    def end_px(self) -> NDArray[np.float64]:
        """Distance of each place (N,) to the nearer end of its border."""
        return self.places.end_mm * self.along_px_mm

    @property
    def rim_px(self) -> NDArray[np.float64]:
        """Distance of each place (N,) to the rim of the plate."""
        return self.places.rim_mm * np.minimum(self.across_px_mm, self.along_px_mm)

    def only(self, chosen: NDArray[np.bool_]) -> "View":
        """Return some of the places."""
        values = {name: value[chosen] for name, value in vars(self).items() if name != "places"}
        return View(places=self.places.only(chosen), **values)


def facing_camera(
    points_board_mm: NDArray[np.float64], normals: NDArray[np.float64], camera_from_board: RigidTransform
) -> NDArray[np.bool_]:
    """Return which points (N, 3) with normals (N, 3), board frame, lie before the camera and turn to it."""
    in_camera = camera_from_board.apply(points_board_mm)
    facing = np.einsum("ni,ni->n", camera_from_board.rotate(normals), in_camera)
    far = np.sqrt(np.einsum("ni,ni->n", in_camera, in_camera))
    return np.asarray((in_camera[:, 2] > 1.0) & (facing < -LEAST_FACING * far))


def view_of(
    places: Places,
    camera_from_board: RigidTransform,
    lens: PinholeLens,
    *,
    velocity: NDArray[np.float64],
    readout_s: float,
    margin_px: float,
) -> View:
    """Return the places that the picture shows at least `margin_px` inside its borders.

    Args:
        places: the places, all turned to the camera.
        camera_from_board: where the board was when the middle row was exposed.
        lens: the camera's.
        velocity: (6,) left motion per second.
        readout_s: from the first row to the last.
        margin_px: what has to lie around each place.
    """
    count = len(places)
    in_camera, seen, late_s = placed(places.points, camera_from_board, lens, velocity=velocity, readout_s=readout_s)
    view = View(
        places=places,
        in_camera=in_camera,
        pixels=seen.pixels,
        normals=np.empty((count, 2)),
        by_place=np.empty((count, 3)),
        across_px_mm=np.empty(count),
        along_px_mm=np.empty(count),
        late_s=late_s,
    )
    _turn_to_black(
        places.along,
        places.towards_black,
        camera_from_board.rotation,
        seen.by_place,
        view.normals,
        view.by_place,
        view.across_px_mm,
        view.along_px_mm,
    )
    last_x, last_y = lens.width_px - 1.0 - margin_px, lens.height_px - 1.0 - margin_px
    inside = np.empty(count, np.bool_)
    return view if _inside(seen.pixels, margin_px, last_x, last_y, inside) == count else view.only(inside)


@compiled
def _inside(pixels: NDArray[np.float64], first: float, last_x: float, last_y: float, inside: NDArray[np.bool_]) -> int:
    """Write which pixels (N, 2) lie within limits, and return how many."""
    count = 0
    for n in range(len(pixels)):
        inside[n] = first <= pixels[n, 0] <= last_x and first <= pixels[n, 1] <= last_y
        count += inside[n]
    return count


@compiled
def _turn_to_black(
    along: NDArray[np.float64],
    towards_black: NDArray[np.float64],
    rotation: NDArray[np.float64],
    pixel_by_place: NDArray[np.float64],
    normals: NDArray[np.float64],
    by_place: NDArray[np.float64],
    across_px_mm: NDArray[np.float64],
    along_px_mm: NDArray[np.float64],
) -> None:
    """Write the last four arrays, as `View` has them, of borders with these directions (N, 3), board frame."""
    for n in range(len(along)):
        x, y, black_x, black_y = 0.0, 0.0, 0.0, 0.0
        for i in range(3):
            way, black = 0.0, 0.0
            for j in range(3):
                way += rotation[i, j] * along[n, j]
                black += rotation[i, j] * towards_black[n, j]
            x += pixel_by_place[n, 0, i] * way
            y += pixel_by_place[n, 1, i] * way
            black_x += pixel_by_place[n, 0, i] * black
            black_y += pixel_by_place[n, 1, i] * black
        length = max(math.hypot(x, y), 1e-9)
        across = (x * black_y - y * black_x) / length
        turned = math.copysign(1.0 / length, across)
        normals[n, 0], normals[n, 1] = -turned * y, turned * x
        for i in range(3):
            by_place[n, i] = normals[n, 0] * pixel_by_place[n, 0, i] + normals[n, 1] * pixel_by_place[n, 1, i]
        across_px_mm[n], along_px_mm[n] = abs(across), length


class Choice:
    """Remembers which places are worth looking at, as long as the board looks much the same.

    Args:
        board: whose places.
        lens: the camera's.
        most: places looked at in one picture.
    """

    def __init__(self, board: Board, lens: PinholeLens, *, most: int) -> None:
        self._places = places_of(board)
        self._hiding = Hiding(board)
        self._lens = lens
        self._most = most
        self._chosen = self._places
        self._pose: RigidTransform | None = None
        self._blur = Blur()

    def places(self, camera_from_board: RigidTransform, *, blur: Blur) -> Places:
        """Return the places to look at, fewer than `most` where not so many can be told apart."""
        if not self._still_fits(camera_from_board, blur):
            facing = facing_camera(self._places.points, self._places.normals, camera_from_board)
            view = view_of(
                self._places.only(facing),
                camera_from_board,
                self._lens,
                velocity=np.zeros(6),
                readout_s=0.0,
                margin_px=-np.inf,
            )
            across_px = blur.across(view.normals)
            along_px = blur.across(view.normals[:, ::-1] * (-1.0, 1.0))
            reach = reach_px(across_px)
            # The strip leaves its border's normal by up to 22.5 degrees.
            clear = view.end_px > 0.4 * reach + END_BLURS * along_px
            clear &= np.minimum(view.black_px, view.white_px) > SIDE_BLURS * across_px + 1.0
            clear &= view.rim_px > reach + 1.5 * across_px
            eye = camera_from_board.inverse().translation_mm
            clear &= ~self._hiding.hidden(view.places.points, view.places.face, eye)
            self._chosen = view.places.only(np.flatnonzero(clear)[: self._most])
            self._pose, self._blur = camera_from_board, blur
        return self._chosen

    def _still_fits(self, camera_from_board: RigidTransform, blur: Blur) -> bool:
        if self._pose is None or not self._blur.resembles(blur):
            return False
        x, y, z = camera_from_board.translation_mm.tolist()
        old_x, old_y, old_z = self._pose.translation_mm.tolist()
        near = max(abs(x - old_x), abs(y - old_y)) < 0.2 * abs(old_z) and abs(z / old_z - 1.0) < 0.07
        return near and float(np.vdot(self._pose.rotation, camera_from_board.rotation)) > _SAME_TURN


def reach_px(blur_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far from their borders strips (N,) are worth fitting."""
    return np.clip(2.2 * blur_px + 0.7, 2.2, MOST_REACH_PX)
