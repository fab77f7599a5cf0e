"""The films of `benchmarks.tracking`: 1080p, 30 pictures a second, a camera at rest with the faults of a real one.

What is not known exactly is drawn from what profile and board say of themselves: the lens from its covariance, the
print's scale and bow from their sigmas. Nothing here knows how anybody follows a board.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking_boards import A4, FOLDED, P80, PATIENT, RAISED, SINGLE, BoardSet
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.sim.bow import Bow, BowShape
from orview.sim.calibrated import calibrated_profile
from orview.sim.face_painter import Glare
from orview.sim.occluder import Occluder, hand, instrument
from orview.sim.printed_face import printed_faces
from orview.sim.real_camera import RealCamera, Scene, Shot, wall_at_rest
from orview.sim.sensor_chain import SensorChain
from tests.board_pictures import board_pose

FOCAL_PX = 960.0 / math.tan(math.radians(35.0))
"""70 degrees across 1920 pixels."""

LENS = PinholeLens(
    width_px=1920,
    height_px=1080,
    fx_px=FOCAL_PX,
    fy_px=FOCAL_PX,
    cx_px=966.2,
    cy_px=534.1,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)
RATE_HZ = 30.0
READOUT_MS = 16.0
FRAMES = 40
EVENT_FRAME = 18
"""What happens during a film happens before this picture; 22 follow."""

REFOCUS = 1.009
_KNOCK_TURN = rotation_from_vector(np.radians(1.0) * np.array([0.48, 0.80, 0.36]))
KNOCK = RigidTransform(Frame.CAMERA, Frame.CAMERA, _KNOCK_TURN, 5.0 * np.array([0.64, -0.48, 0.60]))
"""The camera's mount is knocked: 1 degree and 5 mm."""

TARGET_MM = 150.0
"""How far behind the middle of the print the error is told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """A sequence of pictures, the same motion for each kind of board.

    Attributes:
        name: of the film.
        boards: what is filmed.
        place: where the board is held: of the board and the time in s.
        camera: takes the pictures.
        frames: how many.
        calm: well lit, slow and in full sight.
        seed: draws the lens' error, the print's, the bow and the noise.
        glare: the mirror image of a lamp, of the board and the time.
        occluders: what comes between, of the board and the time.
        refocused, knocked: what happens before `EVENT_FRAME`.
    """

    name: str
    boards: BoardSet
    place: Callable[[Board, float], RigidTransform]
    camera: RealCamera
    frames: int = FRAMES
    calm: bool = False
    seed: int = 0
    glare: Callable[[Board, float], Glare] | None = None
    occluders: Callable[[Board, float], Sequence[Occluder]] | None = None
    refocused: bool = False
    knocked: bool = False
    profile: CameraProfile = field(init=False)

    def __post_init__(self) -> None:
        profile = calibrated_profile(self.camera.lens, seed=self.seed, readout_ms=self.camera.readout_ms)
        object.__setattr__(self, "profile", profile)

    @property
    def eventful(self) -> bool:
        """Whether something happens to the camera."""
        return self.refocused or self.knocked

    def after_event(self, frame: int) -> bool:
        """Whether the camera is no longer the one it was."""
        return self.eventful and frame >= EVENT_FRAME

    def target_mm(self, kind: str) -> NDArray[np.float64]:
        """Return where the error is told, board frame."""
        return middle_mm(self.boards.by_kind[kind]) + np.array([0.0, 0.0, TARGET_MM])

    def scene(self, kind: str, frame: int) -> Scene:
        """Return what is before the camera at one picture, one kind of board in it."""
        board = self.boards.by_kind[kind]
        rng = np.random.default_rng([self.seed, 41])
        face = printed_faces(board)[0]
        bow = Bow(
            shape=BowShape.CYLINDER if rng.random() < 0.5 else BowShape.SADDLE,
            middle_mm=board.printed.flatness_mm * float(rng.standard_normal()),
            low_mm=face.low_mm,
            high_mm=face.high_mm,
        )
        moved = self.knocked and self.after_event(frame)

        def held(t_s: float) -> RigidTransform:
            pose = self.place(board, t_s)
            return KNOCK @ pose if moved else pose

        def wall(t_s: float) -> RigidTransform:
            pose = wall_at_rest(t_s)
            return KNOCK @ pose if moved else pose

        glare, occluders = self.glare, self.occluders
        return Scene(
            board=board,
            camera_from_board=held,
            camera_from_room=wall,
            bow=bow,
            print_scale=1.0 + board.printed.scale_sigma * float(rng.standard_normal()),
            glare=None if glare is None else lambda t_s: glare(board, t_s),
            occluders=None if occluders is None else lambda t_s: occluders(board, t_s),
            wall_seed=self.seed,
        )

    def camera_at(self, frame: int) -> RealCamera:
        """Return the camera as it is at a picture."""
        return self.camera.refocused(REFOCUS) if self.refocused and self.after_event(frame) else self.camera

    def shoot(self, kind: str, frame: int) -> Shot:
        """Return one picture and its truth."""
        return self.camera_at(frame).shoot(self.scene(kind, frame), (frame + 1) / RATE_HZ)

    def seen_px(self, kind: str, frame: int, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (N, 3) of the definition truly are in a picture, (N, 2)."""
        return self.camera_at(frame).seen_px(self.scene(kind, frame), points_board_mm, (frame + 1) / RATE_HZ)


def middle_mm(board: Board) -> NDArray[np.float64]:
    """Return the middle of the first face's print, board frame."""
    return np.array([*(np.array(board.pattern_origin_mm) + np.array(board.pattern_mm) / 2.0), 0.0])


def swaying(
    distance_mm: float, *, tilt_deg: float = 26.0, range_mm: float = 15.0
) -> Callable[[Board, float], RigidTransform]:
    """Return a board that is held by a calm hand: some 40 mm and 15 degrees a second at most."""

    def place(board: Board, t_s: float) -> RigidTransform:
        return board_pose(
            board,
            distance_mm=distance_mm + range_mm * math.sin(1.9 * t_s),
            tilt_deg=tilt_deg + 10.0 * math.sin(1.3 * t_s + 0.5),
            azimuth_deg=40.0 + 25.0 * math.sin(0.9 * t_s),
            roll_deg=15.0 + 8.0 * math.sin(1.1 * t_s + 1.0),
            aside_mm=(30.0 * math.sin(1.2 * t_s), 18.0 * math.cos(1.5 * t_s)),
        )

    return place


def to_and_fro(near_mm: float, far_mm: float) -> Callable[[Board, float], RigidTransform]:
    """Return a board that is carried from near to far, 40 pictures long."""

    def place(board: Board, t_s: float) -> RigidTransform:
        share = 0.5 - 0.5 * math.cos(math.pi * t_s * RATE_HZ / FRAMES)
        return board_pose(
            board,
            distance_mm=near_mm * (far_mm / near_mm) ** share,
            tilt_deg=32.0 + 6.0 * math.sin(1.3 * t_s),
            azimuth_deg=60.0,
            roll_deg=-10.0 + 5.0 * math.sin(1.1 * t_s),
            aside_mm=(20.0 * math.sin(1.2 * t_s), 10.0 * math.cos(1.5 * t_s)),
        )

    return place


def passing(board: Board, t_s: float) -> RigidTransform:
    """Return a board that a hand sweeps past: half a metre and 60 degrees a second in the middle of its way."""
    return board_pose(
        board,
        distance_mm=520.0 + 40.0 * math.sin(3.0 * t_s + 0.8),
        tilt_deg=28.0 + 9.0 * math.sin(4.2 * t_s),
        azimuth_deg=40.0 + 20.0 * math.sin(2.0 * t_s),
        roll_deg=17.0 * math.sin(3.5 * t_s),
        aside_mm=(120.0 * math.sin(3.3 * t_s), 50.0 * math.cos(3.9 * t_s)),
    )


def resting_glare(board: Board, t_s: float) -> Glare:
    """Return the mirror image of a lamp that wanders over the print as the board sways."""
    middle = middle_mm(board)
    half = np.array(board.pattern_mm) / 2.0
    across, down = math.sin(2.1 * t_s), math.cos(1.7 * t_s)
    return Glare(
        at_mm=(float(middle[0] + 0.6 * half[0] * across), float(middle[1] + 0.6 * half[1] * down)),
        radius_mm=float(0.22 * half.mean() * 2.0),
        light=0.9,
    )


def working_hand(board: Board, t_s: float) -> Sequence[Occluder]:
    """Return a hand and an instrument that cover about a quarter of the print."""
    (left, top), size = board.pattern_origin_mm, np.array(board.pattern_mm)
    tip = (left + size[0] * (0.70 + 0.06 * math.sin(2.3 * t_s)), top + size[1] * (0.40 + 0.06 * math.cos(3.1 * t_s)))
    shaft = (left + size[0] * (0.25 + 0.10 * math.sin(1.7 * t_s)), top + size[1] * 0.60)
    return hand(tip, size_mm=0.9 * float(size.mean()), turn_deg=-12.0), instrument(shaft, width_mm=6.0, turn_deg=14.0)


def lit(**changes: object) -> RealCamera:
    """Return an ordinary webcam in good light."""
    chain = replace(SensorChain(), **changes)
    return RealCamera(lens=LENS, chain=chain, readout_ms=READOUT_MS, exposure_ms=6.0, seed=11)


def dim() -> RealCamera:
    """Return the same in the dark: high gain, open shutter, out of focus."""
    chain = replace(SensorChain(), brightness=0.23, white_electrons=2400.0, read_electrons=6.0, blur_px=1.3)
    return RealCamera(lens=LENS, chain=chain, readout_ms=READOUT_MS, exposure_ms=16.0, seed=12)


def fast() -> RealCamera:
    """Return a camera whose shutter is short enough for a hand that moves."""
    chain = replace(SensorChain(), white_electrons=5000.0)
    return RealCamera(lens=LENS, chain=chain, readout_ms=READOUT_MS, exposure_ms=2.5, seed=13)


def films() -> Mapping[str, Film]:
    """Return all films by name."""
    made = [
        Film(name="a4_calm", boards=A4, place=swaying(600.0), camera=lit(), calm=True, seed=1),
        Film(name="p80_calm", boards=P80, place=swaying(500.0), camera=lit(), calm=True, seed=2),
        Film(name="folded_calm", boards=FOLDED, place=swaying(500.0, tilt_deg=12.0), camera=lit(), calm=True, seed=3),
        Film(name="raised_calm", boards=RAISED, place=swaying(500.0, tilt_deg=12.0), camera=lit(), calm=True, seed=4),
        Film(name="near_far", boards=PATIENT, place=to_and_fro(320.0, 1000.0), camera=lit(), seed=5),
        Film(name="fast_pass", boards=P80, place=passing, camera=fast(), seed=6),
        Film(name="p80_hard", boards=P80, place=swaying(500.0), camera=dim(), seed=7, occluders=working_hand),
        Film(name="glare", boards=P80, place=swaying(500.0), camera=lit(), seed=8, glare=resting_glare),
        Film(name="gamma", boards=SINGLE, place=swaying(850.0, tilt_deg=30.0), camera=lit(), seed=9),
        Film(name="refocus", boards=PATIENT, place=swaying(550.0), camera=lit(), seed=10, refocused=True),
        Film(name="knock", boards=PATIENT, place=swaying(550.0), camera=lit(), seed=11, knocked=True),
    ]
    return {film.name: film for film in made}
