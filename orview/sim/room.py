"""The simulated operating room: a camera on an arm films a phantom patient with a board. Synthetic, and says so."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.sim.backdrop import Backdrop
from orview.sim.board_picture import BoardPicture
from orview.sim.face_painter import paint_faces
from orview.sim.lens import LENS, Sensor
from orview.sim.motion import RoomMotion
from orview.sim.patient import LyingPatient
from orview.sim.pointing_hand import ROD_POINTER_MM, TIP_POINTER_MM
from orview.sim.printed_face import printed_faces
from orview.sim.shutter import Shutter

NOTICE = "SIMULATED"
_ROD, _ROD_PX, _SHIFT_BITS = (128, 126, 124), 5, 4


@dataclass(frozen=True, kw_only=True, eq=False)
class RenderedPicture:
    """One picture of the simulated camera.

    Attributes:
        image: (H, W, 3) BGR, uint8.
        room_from_camera: where the arm held the camera.
    """

    image: NDArray[np.uint8]
    room_from_camera: RigidTransform


class SimulatedRoom:
    """A room whose every picture and truth is a function of time.

    Args:
        patient: who lies there (`Phantom.patient`, or `lay_patient` where no CT is needed).
        board: the board on the back.
        lens: the camera's.
        seed: draws the sensor's noise.
        pointer: the board on a pointer that may come into the picture.
    """

    def __init__(
        self,
        patient: LyingPatient,
        board: Board,
        lens: PinholeLens = LENS,
        *,
        seed: int = 0,
        pointer: Board | None = None,
    ) -> None:
        self.motion = RoomMotion(patient, board)
        self.lens = lens
        self._backdrop = Backdrop(patient, board, lens)
        self._board = BoardPicture(board, lens)
        self._pointer = None if pointer is None else printed_faces(pointer)
        self._shutter = Shutter(rows=lens.height_px)
        self._sensor = Sensor(lens, seed=seed)
        half = cv2.resize(self._sensor.light, (lens.width_px // 2, lens.height_px // 2), interpolation=cv2.INTER_AREA)
        # The backdrop is in sRGB already: there a loss of light is nearly a power of it.
        self._shade = cv2.merge([(half ** (1.0 / 2.2) * 255.0).astype(np.uint8)] * 3)

    def room_from_camera(self, t_s: float) -> RigidTransform:
        """Return where the arm holds the camera; the identity at t = 0."""
        return self.motion.room_from_camera(t_s)

    def truth_room_from_patient(self, t_s: float) -> RigidTransform:
        """Return where the patient truly is."""
        return self.motion.truth_room_from_patient(t_s)

    def render(
        self, t_s: float, *, covered: bool = False, patient_from_pointer: RigidTransform | None = None
    ) -> RenderedPicture:
        """Return the picture exposed at a time.

        Args:
            t_s: seconds since the room's beginning.
            covered: a cloth hides the board.
            patient_from_pointer: where the pointer is; None while it is out of the picture.
        """
        camera_from_patient = self.motion.camera_from_patient(t_s)
        camera_from_board = self.motion.camera_from_board(t_s)
        dimmed = cv2.multiply(self._backdrop.picture(camera_from_patient), self._shade, scale=1.0 / 255.0)
        size = (self.lens.width_px, self.lens.height_px)
        image = np.asarray(cv2.resize(dimmed, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        if patient_from_pointer is not None:
            self._paint_pointer(image, camera_from_patient @ patient_from_pointer)
        region = self._board.region(camera_from_board)
        if region is not None:
            shade = self._sensor.light[region][..., None]
            light = self._sensor.decoded(image[region]) / shade
            self._board.paint(light, region, camera_from_board, covered=covered)
            light *= shade
            image[region] = self._sensor.encoded(light)
        self._sensor.add_noise(image, t_s=t_s)
        self._write_notice(image)
        return RenderedPicture(image=image, room_from_camera=self.room_from_camera(t_s))

    def _paint_pointer(self, image: NDArray[np.uint8], camera_from_pointer: RigidTransform) -> None:
        """Paint the panels of the pointer over the patient; the board on the patient comes over them."""
        if self._pointer is None:
            return
        rod = self.lens.project(camera_from_pointer.apply([ROD_POINTER_MM, TIP_POINTER_MM]))
        foot, tip = (np.rint(end * 2**_SHIFT_BITS).astype(int).tolist() for end in rod)
        cv2.line(image, foot, tip, _ROD, _ROD_PX, lineType=cv2.LINE_AA, shift=_SHIFT_BITS)
        layer = paint_faces(
            self._pointer, self._shutter.thing_from_camera(lambda _: camera_from_pointer, 0.0), self.lens
        )
        if layer is None:
            return
        region = (layer.rows, layer.columns)
        shade = self._sensor.light[region][..., None]
        light = self._sensor.decoded(image[region]) / shade
        light = light * (1.0 - layer.light[..., 1:]) + layer.light[..., :1]
        image[region] = self._sensor.encoded(np.asarray(light * shade, dtype=np.float32))

    def _write_notice(self, image: NDArray[np.uint8]) -> None:
        for shift, colour in ((1, (0, 0, 0)), (0, (255, 255, 255))):
            at = (12 + shift, self.lens.height_px - 14 + shift)
            cv2.putText(image, NOTICE, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
