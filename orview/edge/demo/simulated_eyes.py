"""Eyes made by a program: a wearer who leans over the simulated board, with a camera whose pictures come late."""

from dataclasses import replace

import numpy as np

from orview.edge.demo.simulated_room import RoomTruth
from orview.edge.headset.config import Shot
from orview.geometry.rigid import RigidTransform
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.protocol.poses import wire_from_rigid
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, LAG_JITTER_S, LAG_S, HeadsetPictures, Wearer
from orview.units import ns_from_s, s_from_ns

CAMERA_NAME = "Simulated headset camera"
PLACE_SIGMA_MM, PLACE_SIGMA_RAD = 0.4, 0.0006
"""How well a hand-eye of 30 poses knows where the camera sits on the head."""
TOLD_FOCAL, TOLD_CENTRE_PX = 0.001, 0.6
"""What the lens that the headset tells of its camera is wrong by, one sigma: focal length relative, centre in px."""


class SimulatedEyes:
    """A headset's tracking and camera in a simulated room; what it tells of lens and place is a little wrong.

    Args:
        truth: of the room.
        world_from_room: where the room truly stands in this headset's world; the headset is not told.
        seed: of all that errs.
    """

    def __init__(self, truth: RoomTruth, world_from_room: RigidTransform, *, seed: int = 0) -> None:
        self._truth = truth
        self._world_from_room = world_from_room
        self._rng = np.random.default_rng([truth.seed, 79, seed])
        board = truth.motion.board
        self._wearer = Wearer(self._world_from_board(truth.epoch_ns), board)
        self._pictures = HeadsetPictures(board, seed=truth.seed)
        self._camera = self._told_camera()

    @property
    def camera(self) -> HeadsetCamera:
        """What the headset tells of its camera."""
        return self._camera

    def head(self, now_ns: int) -> RigidTransform:
        """Return where the head is."""
        return self._wearer.head(s_from_ns(now_ns - self._truth.epoch_ns))

    def shoot(self, now_ns: int) -> Shot:
        """Return the picture that is new now: it was exposed a while ago, and says that it was taken now."""
        late_s = LAG_S + float(self._rng.normal(0.0, LAG_JITTER_S))
        exposed_ns = now_ns - ns_from_s(late_s)
        camera_from_world = (self.head(exposed_ns) @ HEADSET_FROM_CAMERA).inverse()
        seen = camera_from_world @ self._world_from_board(exposed_ns)
        return Shot(jpeg=self._pictures.jpeg(seen, t_s=s_from_ns(exposed_ns)), stamped_ns=now_ns)

    def _world_from_board(self, now_ns: int) -> RigidTransform:
        return self._world_from_room @ self._truth.room_from_patient(now_ns) @ self._truth.patient_from_board

    def _told_camera(self) -> HeadsetCamera:
        rng, lens = self._rng, HEADSET_LENS
        larger = 1.0 + rng.normal(0.0, TOLD_FOCAL)
        lens = replace(
            lens,
            fx_px=lens.fx_px * larger,
            fy_px=lens.fy_px * larger,
            cx_px=lens.cx_px + rng.normal(0.0, TOLD_CENTRE_PX),
            cy_px=lens.cy_px + rng.normal(0.0, TOLD_CENTRE_PX),
        )
        off = RigidTransform.from_rotation_vector(
            HEADSET_FROM_CAMERA.from_frame,
            HEADSET_FROM_CAMERA.from_frame,
            rng.normal(0.0, PLACE_SIGMA_RAD, 3),
            rng.normal(0.0, PLACE_SIGMA_MM, 3),
        )
        position_m, quat_xyzw = wire_from_rigid(HEADSET_FROM_CAMERA @ off)
        return HeadsetCamera(
            name=CAMERA_NAME,
            serial="",
            width_px=lens.width_px,
            height_px=lens.height_px,
            lens=LensEntry(
                fx_px=lens.fx_px,
                fy_px=lens.fy_px,
                cx_px=lens.cx_px,
                cy_px=lens.cy_px,
                distortion=tuple(float(value) for value in lens.distortion),
            ),
            headset_from_camera=(*position_m, *quat_xyzw),
            place_sigma_mm=PLACE_SIGMA_MM,
            place_sigma_rad=PLACE_SIGMA_RAD,
        )
