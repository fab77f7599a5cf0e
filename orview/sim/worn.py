"""A simulated headset with a board on it before a room's camera that also sees the patient's board; truth known.

Corners are projected, not rendered: what the camera errs by is drawn from what is claimed of it, as are prints and the
place of the board on the headset. The headset tells its own pose late, by a lag nobody knows.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.bow import bow_modes
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX, Sighting
from orview.markers.pose import solve_pose
from orview.markers.uncertainty import shared_errors
from orview.sim.headset import Wearer

HEADSET_FROM_WORN = RigidTransform(
    Frame.HEADSET,
    Frame.BOARD,
    rotation_from_vector((0.35, 0.0, 0.0)) @ np.diag([1.0, -1.0, -1.0]),
    np.array([-31, 105, 2]),
)
"""Above the brow, leaning back a little: the print is read from the front."""

TARGET_BOARD_MM = np.array([75.0, 55.0, 140.0])
"""The tumour, 140 mm below the patient's board."""

ROOM_FROM_PATIENTS = RigidTransform.from_rotation_vector(
    Frame.ROOM, Frame.BOARD, [0.45, 0.1, 0.05], [-40.0, 130.0, 1000.0]
)
_ROOM_FROM_WORN = RigidTransform.from_rotation_vector(
    Frame.ROOM, Frame.BOARD, [-0.25, 0.3, 0.1], [-330.0, -170.0, 900.0]
)
"""Of the wearer who looks at the patient, at rest."""
JITTER_S = 0.001
HEAD_RAD, HEAD_MM = 0.0001, 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A board in one picture of the room's camera, told in the room.

    Attributes:
        room_from_board: with all of its error.
        noise: the same with the error of this picture alone.
        shared: (6, K) what lens and print do to it.
    """

    room_from_board: UncertainPose
    noise: UncertainPose
    shared: NDArray[np.float64]


class WornRoom:
    """One wearer before a room's camera.

    Args:
        profile: what is said of the camera; the real lens is drawn from it.
        patients: the board on the patient.
        worn: the board on the headset.
        rng: draws all that errs.
        place_sigma_mm: of the worn board on the headset, along each axis.
        place_sigma_rad: of its turn.

    Attributes:
        world_from_room: the truth.
        told_from_worn: where the headset says that its board sits.
        lag_s: how much later the headset's clock tells a moment than the camera's.
    """

    def __init__(
        self,
        profile: CameraProfile,
        patients: Board,
        worn: Board,
        rng: np.random.Generator,
        *,
        place_sigma_mm: float,
        place_sigma_rad: float,
    ) -> None:
        self._rng, self._profile = rng, profile
        self._lens = _drawn(profile, rng)
        self._patients, self._worn = _Print(patients, rng), _Print(worn, rng)
        self._wearer = Wearer(
            RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.57, 0.0, 0.0], [-75.0, -600.0, -550.0]),
            patients,
        )
        resting = self._wearer.head(8.0)
        self.world_from_room = resting @ HEADSET_FROM_WORN @ _ROOM_FROM_WORN.inverse()
        wrong = RigidTransform.from_rotation_vector(
            Frame.BOARD, Frame.BOARD, rng.normal(0.0, place_sigma_rad, 3), rng.normal(0.0, place_sigma_mm, 3)
        )
        self.told_from_worn = HEADSET_FROM_WORN @ wrong
        self.lag_s = float(rng.uniform(-0.02, 0.08))

    def head(self, told_s: float) -> RigidTransform:
        """Return `world_from_headset` as the headset tells it for a moment of its own clock."""
        pose = self._wearer.head(told_s - self.lag_s)
        turn = rotation_from_vector(self._rng.normal(0.0, HEAD_RAD, 3))
        return RigidTransform(
            Frame.WORLD, Frame.HEADSET, turn @ pose.rotation, pose.translation_mm + self._rng.normal(0.0, HEAD_MM, 3)
        )

    def see_worn(self, stamped_s: float) -> Seen | None:
        """Return the worn board in a picture with this stamp; None where it is not found."""
        exposed_s = stamped_s + float(self._rng.normal(0.0, JITTER_S))
        truth = self.world_from_room.inverse() @ self._wearer.head(exposed_s) @ HEADSET_FROM_WORN
        return self._see(self._worn, truth)

    def see_patients(self) -> Seen | None:
        """Return the patient's board in a picture."""
        return self._see(self._patients, ROOM_FROM_PATIENTS)

    def _see(self, printed: "_Print", room_from_board: RigidTransform) -> Seen | None:
        camera_from_board = RigidTransform.identity(Frame.CAMERA, Frame.ROOM) @ room_from_board
        shown = printed.shown(camera_from_board)
        pixels = self._lens.project(camera_from_board.apply(printed.real[shown]))
        inside = ((pixels > 0.0) & (pixels < [self._lens.width_px, self._lens.height_px])).all(axis=1)
        shown = shown[inside]
        if len(shown) < 6:
            return None
        pixels = pixels[inside] + self._rng.normal(0.0, CORNER_SIGMA_PX, (len(shown), 2))
        corners = Sighting(
            pixels=pixels, points_board_mm=printed.told[shown], marker_count=len(shown), faces=printed.faces[shown]
        )
        solution = solve_pose(corners, self._profile, printed.board)
        found, noise = solution.camera_from_board, solution.noise_covariance
        if found is None or noise is None:
            return None
        shared = shared_errors(found.transform, CORNER_SIGMA_PX, self._profile, printed.board)
        if shared is None:
            return None
        # The room is the camera's frame here: the same numbers.
        room_from_camera = UncertainPose.certain(RigidTransform.identity(Frame.ROOM, Frame.CAMERA))
        return Seen(
            room_from_board=room_from_camera @ found,
            noise=room_from_camera @ UncertainPose(found.transform, noise),
            shared=shared,
        )


class _Print:
    """A board as it is told and as it was truly printed."""

    def __init__(self, board: Board, rng: np.random.Generator) -> None:
        self.board = board
        corners = [face.corners_mm for face in board.faces]
        self.told = np.vstack(corners)
        self.faces = np.repeat(np.arange(len(corners)), [len(one) for one in corners])
        modes = bow_modes(board, self.told)
        self.real = self.told * (1.0 + rng.normal(0.0, board.printed.scale_sigma)) + modes @ rng.normal(
            size=modes.shape[2]
        )
        self._middles = np.array([one.mean(axis=0) for one in corners])
        self._normals = np.array([face.normal_board for face in board.faces])

    def shown(self, camera_from_board: RigidTransform) -> NDArray[np.int64]:
        """Return the numbers of the corners on faces that look at the camera, at most 70 degrees askew."""
        middles = camera_from_board.apply(self._middles)
        facing = np.einsum("ij,ij->i", camera_from_board.rotate(self._normals), middles)
        return np.flatnonzero((facing < -0.34 * np.linalg.norm(middles, axis=1))[self.faces])


def _drawn(profile: CameraProfile, rng: np.random.Generator) -> PinholeLens:
    values, vectors = np.linalg.eigh(profile.covariance)
    off = vectors @ (np.sqrt(np.maximum(values, 0.0)) * rng.normal(size=9))
    lens = profile.lens
    k1, k2, p1, p2, k3 = np.array(lens.distortion) + off[4:]
    return replace(
        lens,
        fx_px=lens.fx_px + off[0],
        fy_px=lens.fy_px + off[1],
        cx_px=lens.cx_px + off[2],
        cy_px=lens.cy_px + off[3],
        distortion=(k1, k2, p1, p2, k3),
    )
