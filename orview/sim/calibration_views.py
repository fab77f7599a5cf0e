"""The simulated camera filming a calibration board held by hand, and the person whose hand it is.

The person knows nothing but the sentences of a guide: place, distance, lean and turn are read from their words.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.projection import vector_of
from orview.calibrate.wish import Lean, Reach, Wish
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.markers.detect import Sighting
from orview.sim.board_picture import BoardPicture
from orview.sim.fixture import plate_corners_mm
from orview.sim.lens import LENS, Sensor
from orview.units import rad_from_deg

WALL_LIGHT = 0.22
FRAME_S = 1.0 / 30.0
EXPOSURE_S = 0.010
SHARP_EDGE_PX = 1.7
"""Width of an edge of a board at rest."""

_ANGLE_ERROR_RAD = rad_from_deg(6.0)
_PLACE_ERROR = 0.05
_REACH_ERROR = 0.08
_MOVE_S = 0.7
_TREMOR_MM, _TREMOR_RAD = 0.15, 0.0004
_TREMOR_S = 0.4
_START = Wish(column=0, row=0, reach=Reach.FAR, lean=Lean.FLAT, turned=False)


class Person:
    """Holds a board as the sentences ask, roughly: moves there in about a second, trembles, is off by some degrees.

    Args:
        board: in the person's hands.
        lens: of the camera that looks on; how near is near depends on it.
        seed: another seed is another person.
    """

    def __init__(self, board: Board, lens: PinholeLens, *, seed: int) -> None:
        self._lens = lens
        corners = plate_corners_mm(board)
        self._centre = corners.mean(axis=0)
        self._size_mm = float(np.ptp(corners[:, 0])), float(np.ptp(corners[:, 1]))
        self._rng = np.random.default_rng([seed, 7])
        self._wish = _START
        self._goal = self._held(_START)
        self._pose = self._goal
        self._tremor = np.zeros(6)

    def hear(self, sentence: str) -> None:
        """Understand a sentence; one that asks for no other place changes nothing."""
        wish = understood(sentence)
        if wish is not None and wish != self._wish:
            self._wish = wish
            self._goal = self._held(wish)

    def camera_from_board(self) -> RigidTransform:
        """Return where the board is in the next picture."""
        share = 1.0 - np.exp(-FRAME_S / (0.3 * _MOVE_S))
        self._pose = self._pose + share * (self._goal - self._pose)
        fade = np.exp(-FRAME_S / _TREMOR_S)
        sigma = np.repeat((_TREMOR_RAD, _TREMOR_MM), 3) * np.sqrt(1.0 - fade**2)
        self._tremor = fade * self._tremor + self._rng.normal(0.0, sigma)
        turn, middle = np.split(self._pose + self._tremor, 2)
        rotation = rotation_from_vector(turn)
        return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, middle - rotation @ self._centre)

    def _held(self, wish: Wish) -> NDArray[np.float64]:
        """Return turn (3,), rad, and place of the board's middle (3,), mm, that a person makes of a wish."""
        picture = {"width_px": self._lens.width_px, "height_px": self._lens.height_px}
        rotation, middle = wish.pose(vector_of(self._lens), self._size_mm, **picture)
        wrong = rotation_from_vector(self._rng.normal(0.0, _ANGLE_ERROR_RAD, 3))
        turn = RigidTransform(Frame.CAMERA, Frame.BOARD, wrong @ rotation, middle).rotation_vector_rad
        aside = np.array([picture["width_px"] / self._lens.fx_px, picture["height_px"] / self._lens.fy_px])
        middle = middle * self._rng.normal(1.0, _REACH_ERROR)
        middle[:2] += middle[2] * aside * self._rng.normal(0.0, _PLACE_ERROR, 2)
        return np.concatenate([turn, middle])


class HeldBoard:
    """Films a board that a person holds as the sentences ask.

    Args:
        board: flat, printed.
        lens: of the simulated camera.
        seed: another seed is another person.
    """

    def __init__(self, board: Board, lens: PinholeLens = LENS, *, seed: int = 0) -> None:
        self._lens = lens
        self._painter, self._sensor = BoardPicture(board, lens), Sensor(lens, seed=seed)
        self._person = Person(board, lens, seed=seed)

    def picture(self, sentence: str, *, t_s: float) -> NDArray[np.uint8]:
        """Return the next picture (H, W, 3) BGR, after the person heard a sentence; `t_s` draws the noise."""
        self._person.hear(sentence)
        return _filmed(self._person.camera_from_board(), self._painter, self._sensor, self._lens, t_s=t_s)


def _filmed(
    camera_from_board: RigidTransform, painter: BoardPicture, sensor: Sensor, lens: PinholeLens, *, t_s: float
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) BGR of a board before a wall."""
    light = np.full((lens.height_px, lens.width_px, 3), WALL_LIGHT, dtype=np.float32)
    region = painter.region(camera_from_board)
    if region is not None:
        painter.paint(light[region], region, camera_from_board)
    picture = sensor.encoded(light * sensor.light[..., None])
    sensor.add_noise(picture, t_s=t_s)
    return picture


def understood(sentence: str) -> Wish | None:
    """Return what a sentence of the guide asks for, None where it asks for no place."""
    found = re.search(r"in the (.+?) of the picture so that it (fills half|fills the picture)", sentence)
    if found is None:
        return None
    place = found[1].split()
    lean = re.search(r"its (\w+) side nearer", sentence)
    return Wish(
        column=-1 if "left" in place else int("right" in place),
        row=-1 if "top" in place else int("bottom" in place),
        reach=Reach.NEAR if found[2] == "fills the picture" else Reach.FAR,
        lean=Lean(lean[1]) if lean else Lean.FLAT,
        turned="on its side" in sentence,
    )


def sighting_of(
    camera_from_board: RigidTransform,
    points_board_mm: NDArray[np.float64],
    lens: PinholeLens,
    *,
    true_points_mm: NDArray[np.float64] | None = None,
    noise_px: float,
    rng: np.random.Generator,
) -> Sighting | None:
    """Return the corners that a camera finds, None where fewer than eight are inside the picture.

    Args:
        camera_from_board: where the board is.
        points_board_mm: (N, 3) corners as defined.
        lens: the true one.
        true_points_mm: (N, 3) where they are on a board that is bent or stretched; None where it is neither.
        noise_px: in x and in y.
        rng: draws the noise.
    """
    in_camera = camera_from_board.apply(points_board_mm if true_points_mm is None else true_points_mm)
    pixels = lens.project(in_camera)
    pixels += rng.normal(0.0, noise_px, pixels.shape)
    with np.errstate(invalid="ignore"):
        inside = ((pixels > 5.0) & (pixels < (lens.width_px - 5.0, lens.height_px - 5.0))).all(axis=1)
    if inside.sum() < 8:
        return None
    return Sighting(pixels=pixels[inside], points_board_mm=points_board_mm[inside], marker_count=int(inside.sum()))


def calibration_pictures(
    board: Board, *, count: int, lens: PinholeLens = LENS, seed: int = 0
) -> Iterator[NDArray[np.uint8]]:
    """Yield pictures (H, W, 3) BGR of a board as a person who follows the advice would hold it.

    Args:
        board: flat, printed.
        count: how many.
        lens: of the simulated camera.
        seed: another seed is another pair of hands and other noise.
    """
    painter = BoardPicture(board, lens)
    sensor = Sensor(lens, seed=seed)
    for number in range(count):
        person = Person(board, lens, seed=1000 * seed + number)
        person.hear(_usual(number).sentence)
        for _ in range(60):
            camera_from_board = person.camera_from_board()
        yield _filmed(camera_from_board, painter, sensor, lens, t_s=float(number))


def _usual(number: int) -> Wish:
    """Return one of the usual views: every lean upright and lying, in all parts of the picture, mostly near."""
    leans = (Lean.LEFT, Lean.TOP, Lean.RIGHT, Lean.BOTTOM)
    places = ((0, 0), (-1, -1), (1, 1), (-1, 1), (1, -1))
    column, row = places[number % 5]
    wish = Wish(column=column, row=row, reach=Reach.NEAR, lean=leans[number % 4], turned=bool(number // 4 % 2))
    return replace(wish, reach=Reach.FAR) if number % 5 else wish
