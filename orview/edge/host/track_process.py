"""The track process: one camera, one board. The newest pose goes into a slot, and a byte wakes the stream.

A camera that is missing, silent, gone or of another mode is said in words and tried again for ever; the poses stop
meanwhile, and without poses the overlay hides. A camera that was knocked or refocused no longer belongs to its profile:
that is said, and nothing is shown until the process is started anew.
"""

import hashlib
import math
import socket
import time
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.camera import Camera, Picture, open_camera
from orview.edge.cameras.watch import Ended, Opened, Silent, watch
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.process_life import begin_child_process, come_first, wake
from orview.edge.profiles import read_profile
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import PictureRecord, SightState, TrackRecord
from orview.edge.slots.statuses import TrackStatus, publish_status
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.pose import PoseState
from orview.track.follow import Follower
from orview.track.warm import warm
from orview.units import NS_PER_S

PICTURE_WIDTH_PX = 640
PICTURE_EVERY_NS = NS_PER_S // 15
JPEG_QUALITY = 75
_DIGEST_DIGITS = 16
_NO_DIGEST = "0" * _DIGEST_DIGITS
_STATES = {
    PoseState.TRACKED: SightState.TRACKED,
    PoseState.AMBIGUOUS: SightState.AMBIGUOUS,
    PoseState.LOST: SightState.LOST,
}


def run_track(config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
    """Be the track process until terminated."""
    begin_child_process()
    come_first()
    waker.setblocking(False)
    # Detection is one small picture at a time: more threads would only take the cores from the stream.
    cv2.setNumThreads(1)
    warm()
    Tracker(
        camera=config.camera, board=load_board(config.board), profile=read_profile(config.profile), run=run, waker=waker
    ).run()


class Tracker:
    """Follows a board through the pictures of a camera and publishes what it sees."""

    def __init__(
        self, *, camera: str, board: Board, profile: CameraProfile, run: RunFolder, waker: socket.socket
    ) -> None:
        self._source = camera
        self._board = board
        self._profile = profile
        self._board_digest = board.digest[:_DIGEST_DIGITS]
        self._profile_digest = profile.digest[:_DIGEST_DIGITS]
        self._waker = waker
        self._track_slot = LatestSlot.attach(run.track_slot)
        self._picture_slot = LatestSlot.attach(run.picture_slot)
        self._status_slot = LatestSlot.attach(run.track_status)
        self._started_ns = time.monotonic_ns()
        self._sequence = 0
        self._pictures = _SmallPictures(profile)
        self._follower = Follower(board, profile)
        self._camera_digest = _NO_DIGEST
        self._live = True
        self._opened_ns = 0
        self._fits_words = ""
        self._said: TrackStatus | None = None

    def run(self) -> None:
        """Follow the camera for ever, opening it again whenever it is gone."""
        self._say(fits=None, words="The camera is being opened.")
        for event in watch(lambda: open_camera(self._source), self._require_fit):
            match event:
                case Opened(camera=camera):
                    self._begin(camera)
                case Picture():
                    self._take(event)
                case Silent(words=words, fits=fits):
                    self._say(fits=fits, words=words)
                    self._publish_no_camera()
                case Ended():
                    self._say(fits=None, words="The pictures ended; they begin again.")
                    self._publish_no_camera()

    def _require_fit(self, camera: Camera) -> None:
        self._profile.require_camera(camera=camera.name, mode=camera.mode, serial=camera.serial)
        width, _, height = camera.mode.partition("x")
        self._profile.require_size(width_px=int(width), height_px=int(height))

    def _begin(self, camera: Camera) -> None:
        digest = _digest(camera.name, camera.mode, camera.serial)
        # A camera whose plug was pulled and put back may have been moved meanwhile: what is known of it stays.
        if not (camera.live and self._live and digest == self._camera_digest):
            self._follower = Follower(self._board, self._profile, resting=not camera.moving)
        refused = self._follower.refusal
        self._camera_digest, self._live = digest, camera.live
        self._opened_ns = time.monotonic_ns()
        fits = f"The profile belongs to {camera.name or 'the pictures'} at {camera.mode}."
        self._say(fits=not refused, words=refused or fits)
        self._fits_words = fits

    def _take(self, picture: Picture) -> None:
        # Files have no clock of their own: they play in real time from when they were opened.
        taken_ns = picture.taken_ns if self._live else self._opened_ns + picture.taken_ns
        time.sleep(max(taken_ns - time.monotonic_ns(), 0) / NS_PER_S)
        tracked = self._follower.step(picture.image, taken_ns=taken_ns)
        refused = self._follower.refusal
        self._say(fits=not refused, words=refused or self._fits_words)
        room_from_board = None
        if tracked.camera_from_board is not None:
            room_from_board = UncertainPose.certain(picture.room_from_camera) @ tracked.camera_from_board
        self._sequence += 1
        record = TrackRecord(
            sequence=self._sequence,
            taken_ns=taken_ns,
            finished_ns=time.monotonic_ns(),
            state=_STATES[tracked.state],
            room_from_board=room_from_board,
            rms_px=tracked.rms_px if math.isfinite(tracked.rms_px) else 0.0,
            corner_count=tracked.corner_count,
            camera_digest=self._camera_digest,
            profile_digest=self._profile_digest,
            board_digest=self._board_digest,
        )
        self._track_slot.publish(record.encode())
        wake(self._waker)
        # After the pose is out, so that nobody who watches makes it later.
        if self._pictures.is_due(taken_ns):
            self._picture_slot.publish(self._pictures.record(picture, taken_ns=taken_ns).encode())
            wake(self._waker)

    def _publish_no_camera(self) -> None:
        self._sequence += 1
        now_ns = time.monotonic_ns()
        record = TrackRecord(
            sequence=self._sequence,
            taken_ns=now_ns,
            finished_ns=now_ns,
            state=SightState.NO_CAMERA,
            room_from_board=None,
            rms_px=0.0,
            corner_count=0,
            camera_digest=_NO_DIGEST,
            profile_digest=self._profile_digest,
            board_digest=self._board_digest,
        )
        self._track_slot.publish(record.encode())
        wake(self._waker)

    def _say(self, *, fits: bool | None, words: str) -> None:
        status = TrackStatus(started_ns=self._started_ns, fits=fits, words=words)
        if status == self._said:
            return
        self._said = status
        publish_status(self._status_slot, status)
        wake(self._waker)


@dataclass(frozen=True)
class _Maps:
    """Where each pixel of a small undistorted picture comes from in the camera's."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]


class _SmallPictures:
    """Undistorted, small JPEGs of what the camera sees, at most so many a second."""

    def __init__(self, profile: CameraProfile) -> None:
        lens = profile.lens
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

    def record(self, picture: Picture, *, taken_ns: int) -> PictureRecord:
        """Make the small picture of one of the camera's."""
        self._next_ns = taken_ns + PICTURE_EVERY_NS
        small = cv2.remap(picture.image, self._maps.x, self._maps.y, cv2.INTER_LINEAR)
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
        )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST_DIGITS]
