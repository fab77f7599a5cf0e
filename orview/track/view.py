"""Which places of a board to look at from where it is expected, and where they are in the picture."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, skew
from orview.markers.board import Board
from orview.track.blur import Blur
from orview.track.edges import FAR_MM, Places, places_of
from orview.track.hidden import Hiding
from orview.track.seen import Projected, project, rows_of

ROW_STEPS = 2

LEAST_FACING = 0.2
"""Cosine between a face's normal and the view; flatter than 78 degrees a print shows no border worth the name."""

END_BLURS = 2.0
"""So many blurs from the end of its border a place shows nothing of what comes there."""

SIDE_BLURS = 2.2
"""So wide, in blurs, black and white beside a border have to be."""

MOST_REACH_PX = 8.0

_FAR_PX = 1e3


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """N places as a picture should show them.

    Attributes:
        places: which they are.
        in_camera: (N, 3) mm.
        pixels: (N, 2).
        normals: (N, 2) unit vectors across the border in the picture, towards black.
        by_place: (N, 3) how far the border moves along `normals` with its place in the camera frame, px / mm.
        black_px, white_px: (N,) how far black and white reach from the border in the picture.
        end_px: (N,) distance to the nearer end of the border.
        rim_px: (N,) distance to the rim of the plate.
        late_s: (N,) when the place's row was exposed after the middle row.
    """

    places: Places
    in_camera: NDArray[np.float64]
    pixels: NDArray[np.float64]
    normals: NDArray[np.float64]
    by_place: NDArray[np.float64]
    black_px: NDArray[np.float64]
    white_px: NDArray[np.float64]
    end_px: NDArray[np.float64]
    rim_px: NDArray[np.float64]
    late_s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.pixels)

    def only(self, chosen: NDArray[np.bool_]) -> "View":
        """Return some of the places."""
        values = {name: value[chosen] for name, value in vars(self).items() if name != "places"}
        return View(places=self.places.only(chosen), **values)


def placed(
    points_board_mm: NDArray[np.float64],
    camera_from_board: RigidTransform,
    lens: PinholeLens,
    *,
    velocity: NDArray[np.float64],
    readout_s: float,
) -> tuple[NDArray[np.float64], Projected, NDArray[np.float64]]:
    """Return where points (N, 3) of a board are when their rows are exposed.

    Args:
        points_board_mm: the points, all before the camera.
        camera_from_board: where the board was when the middle row was exposed.
        lens: the camera's.
        velocity: (6,) left motion per second.
        readout_s: from the first row to the last.

    Returns:
        Their places (N, 3) in the camera frame, mm, their projection, and (N,) seconds after the middle row.
    """
    in_camera = camera_from_board.apply(points_board_mm)
    if readout_s == 0.0:
        return in_camera, project(in_camera, lens), np.zeros(len(in_camera))
    speed = in_camera @ skew(velocity[:3]).T + velocity[3:]
    late_s = np.zeros(len(in_camera))
    # Whoever moves down is met by a later row; that row is another one again, by a fiftieth even in a hand's sweep.
    for _ in range(ROW_STEPS):
        rows = rows_of(in_camera + late_s[:, None] * speed, lens)
        late_s = readout_s * (rows / (lens.height_px - 1) - 0.5)
    in_camera = in_camera + late_s[:, None] * speed
    return in_camera, project(in_camera, lens), late_s


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
    in_camera, seen, late_s = placed(places.points, camera_from_board, lens, velocity=velocity, readout_s=readout_s)
    x, y = seen.pixels.T
    inside = (
        (x >= margin_px)
        & (y >= margin_px)
        & (x <= lens.width_px - 1 - margin_px)
        & (y <= lens.height_px - 1 - margin_px)
    )
    along = np.einsum("nij,nj->ni", seen.by_place, camera_from_board.rotate(places.along))
    length = np.maximum(np.sqrt(np.einsum("ni,ni->n", along, along)), 1e-9)
    normals = along[:, ::-1] * (np.array([-1.0, 1.0]) / length[:, None])
    by_place = np.einsum("ni,nij->nj", normals, seen.by_place)
    across = np.einsum("nj,nj->n", by_place, camera_from_board.rotate(places.towards_black))
    turned = np.where(across < 0.0, -1.0, 1.0)
    normals *= turned[:, None]
    by_place *= turned[:, None]
    across = np.abs(across)
    view = View(
        places=places,
        in_camera=in_camera,
        pixels=seen.pixels,
        normals=normals,
        by_place=by_place,
        black_px=np.where(places.black_mm < FAR_MM, places.black_mm * across, _FAR_PX),
        white_px=np.where(places.white_mm < FAR_MM, places.white_mm * across, _FAR_PX),
        end_px=places.end_mm * length,
        rim_px=places.rim_mm * np.minimum(across, length),
        late_s=late_s,
    )
    return view if inside.all() else view.only(inside)


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
        depth = camera_from_board.translation_mm[2] / self._pose.translation_mm[2]
        turn = np.trace(self._pose.rotation.T @ camera_from_board.rotation)
        moved = np.abs(camera_from_board.translation_mm - self._pose.translation_mm).max()
        near = moved < 0.2 * abs(self._pose.translation_mm[2])
        return bool(0.93 < depth < 1.07 and turn > 1.0 + 2.0 * math.cos(math.radians(5.0)) and near)


def reach_px(blur_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far from their borders strips (N,) are worth fitting."""
    return np.clip(2.2 * blur_px + 0.7, 2.2, MOST_REACH_PX)
