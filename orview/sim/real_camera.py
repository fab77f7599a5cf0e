"""Pictures of boards by a camera with the faults of a real one, and the exact truth beside each.

Light is gathered row by row at each row's own time, then goes through `sim.sensor_chain`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.board import Board
from orview.sim.bow import Bow
from orview.sim.face_painter import Glare, Layer, paint_faces
from orview.sim.occluder import Occluder
from orview.sim.printed_face import points_in_face, printed_faces, standing_on
from orview.sim.sensor_chain import SensorChain
from orview.sim.shutter import Motion, RowMatrices, Shutter
from orview.sim.wall import paint_wall
from orview.units import NS_PER_S

WALL_MM = 1400.0
_STEP_PX = 0.7
"""A moving point is painted at least once in so many pixels of its way."""
_MOST_INSTANTS = 7


def wall_at_rest(_: float) -> RigidTransform:
    """Return `camera_from_room` of a camera at rest: the wall is the room, leaning a little."""
    rotation = rotation_from_vector((math.radians(18.0), math.radians(-12.0), 0.0))
    return RigidTransform(Frame.CAMERA, Frame.ROOM, rotation, np.array([60.0, -40.0, WALL_MM]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What is before the camera.

    Attributes:
        board: as it is said to be.
        camera_from_board: where it is, of time in s.
        camera_from_room: where the wall is, of time in s.
        bow: how the first face is bent, and what stands on it.
        print_scale: true length of what is said to be 1 mm.
        glare: mirror image of a lamp, of time in s.
        occluders: what comes between, of time in s.
        wall_seed: which wall.
    """

    board: Board
    camera_from_board: Motion
    camera_from_room: Motion = wall_at_rest
    bow: Bow | None = None
    print_scale: float = 1.0
    glare: Callable[[float], Glare] | None = None
    occluders: Callable[[float], Sequence[Occluder]] | None = None
    wall_seed: int = 0

    def true_points_mm(self, points_board_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (N, 3) of the definition are on the true board, board frame."""
        points = np.array(points_board_mm, dtype=np.float64)
        if self.bow is not None:
            faces = printed_faces(self.board)
            local = points_in_face(faces[0], points)
            rise = np.asarray(self.bow.height_mm(local[:, 0], local[:, 1])) * standing_on(faces, points)
            points += rise[:, None] * faces[0].board_from_face[:3, 2]
        return points * self.print_scale

    def bows(self) -> tuple[Bow | None, ...]:
        """Return how each face of the board is bent: the first, and what stands on it as it does."""
        faces = printed_faces(self.board)
        if self.bow is None:
            return (None,) * len(faces)
        bent: list[Bow | None] = []
        for face in faces:
            alike = np.abs(face.board_from_face[:3, :3] - faces[0].board_from_face[:3, :3]).max() < 1e-6
            on_it = alike and bool(standing_on(faces, face.corners_board_mm).all())
            x_mm, y_mm, _ = points_in_face(faces[0], face.board_from_face[None, :3, 3])[0].tolist()
            bent.append(self.bow.seen_from(x_mm, y_mm) if on_it else None)
        return tuple(bent)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """One picture and its truth.

    Attributes:
        image: (H, W) grey.
        taken_ns: the middle of the exposure of the middle row.
        camera_from_board: the true pose at that time.
    """

    image: NDArray[np.uint8]
    taken_ns: int
    camera_from_board: RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class RealCamera:
    """A camera.

    Attributes:
        lens: as it truly is.
        chain: what becomes of the light.
        readout_ms: from the first row to the last; 0 is a global shutter.
        exposure_ms: how long each row gathers light.
        seed: draws the noise.
    """

    lens: PinholeLens
    chain: SensorChain = field(default_factory=SensorChain)
    readout_ms: float = 0.0
    exposure_ms: float = 0.0
    seed: int = 0

    @property
    def shutter(self) -> Shutter:
        """When each row looks."""
        return Shutter(rows=self.lens.height_px, readout_s=self.readout_ms / 1e3)

    def refocused(self, focal_scale: float) -> "RealCamera":
        """Return the camera with its focal length changed by a factor."""
        lens = replace(self.lens, fx_px=self.lens.fx_px * focal_scale, fy_px=self.lens.fy_px * focal_scale)
        return replace(self, lens=lens)

    def shoot(self, scene: Scene, t_s: float) -> Shot:
        """Return the picture whose middle row is exposed around `t_s`; the same time gives the same picture."""
        light = self._background(scene, t_s)
        layer = self._board(scene, t_s)
        if layer is not None:
            part = light[layer.rows, layer.columns]
            part *= 1.0 - layer.light[..., 1]
            part += layer.light[..., 0]
        if scene.occluders is not None:
            for occluder in scene.occluders(t_s):
                cover = occluder.cover(scene.camera_from_board(t_s), self.lens)
                if cover.any():
                    share = cover * np.float32(1.0 / 255.0)
                    light += share * (np.float32(occluder.light) - light)
        rng = np.random.default_rng([self.seed, round(t_s * 1e6) % 2**32])
        return Shot(
            image=self.chain.picture(light, self.lens, rng),
            taken_ns=round(t_s * NS_PER_S),
            camera_from_board=scene.camera_from_board(t_s),
        )

    def seen_px(self, scene: Scene, points_board_mm: NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        """Return the pixels (N, 2) where points of the definition are truly seen, each by its own row."""
        return self.shutter.project(scene.true_points_mm(points_board_mm), scene.camera_from_board, self.lens, t_s)

    def _background(self, scene: Scene, t_s: float) -> NDArray[np.float32]:
        return paint_wall(self._rows(scene.camera_from_room, t_s), self.lens, seed=scene.wall_seed)

    def _rows(self, motion: Motion, t_s: float) -> RowMatrices:
        return self.shutter.thing_from_camera(motion, t_s)

    def _board(self, scene: Scene, t_s: float) -> Layer | None:
        """Return the board's light, gathered over the exposure."""
        instants = self._instants_s(scene, t_s)
        layers = [
            paint_faces(
                printed_faces(scene.board),
                self._rows(scene.camera_from_board, instant),
                self.lens,
                bows=scene.bows(),
                print_scale=scene.print_scale,
                glare=None if scene.glare is None else scene.glare(t_s),
            )
            for instant in instants
        ]
        return _mean([layer for layer in layers if layer is not None], count=len(layers))

    def _instants_s(self, scene: Scene, t_s: float) -> list[float]:
        """Return the times within an exposure at which the board is painted."""
        half_s = 0.5e-3 * self.exposure_ms
        corners = printed_faces(scene.board)[0].corners_board_mm
        ends = [self.lens.project(scene.camera_from_board(t_s + d).apply(corners)) for d in (-half_s, half_s)]
        way_px = float(np.nan_to_num(np.linalg.norm(ends[1] - ends[0], axis=1)).max())
        count = min(_MOST_INSTANTS, 1 + math.ceil(way_px / _STEP_PX)) if way_px > 0.15 else 1
        return [t_s + half_s * ((2 * k + 1) / count - 1.0) for k in range(count)]


def _mean(layers: Sequence[Layer], *, count: int) -> Layer | None:
    if len(layers) < 2:
        return layers[0] if layers else None
    top, left = min(layer.rows.start for layer in layers), min(layer.columns.start for layer in layers)
    bottom, right = max(layer.rows.stop for layer in layers), max(layer.columns.stop for layer in layers)
    light = np.zeros((bottom - top, right - left, 2), dtype=np.float32)
    for layer in layers:
        rows = slice(layer.rows.start - top, layer.rows.stop - top)
        columns = slice(layer.columns.start - left, layer.columns.stop - left)
        light[rows, columns] += layer.light * np.float32(1.0 / count)
    return Layer(slice(top, bottom), slice(left, right), light)
