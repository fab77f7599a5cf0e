"""The track process: one camera, the boards on the patient. Each pose goes into a slot, and a byte wakes the stream.

A camera that is missing, silent, gone or without a profile of its own is said in words and tried again for ever; the
poses stop meanwhile, and without poses the overlay hides. A camera that was knocked or refocused no longer belongs to
its profile: that is said, also by the process that is started in this one's place, and nothing is shown until a person
has looked after it and its lens was measured to fit. While the camera is calibrated there are no poses either.
"""

import hashlib
import math
import re
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.calibrate.intrinsics import LIMIT_MM
from orview.calibrate.lens_fit import lens_prior
from orview.calibrate.projection import lens_of
from orview.edge.boards import load_board, load_boards
from orview.edge.camera import Camera, Picture, open_camera
from orview.edge.cameras.watch import Ended, Event, Opened, Silent, watch
from orview.edge.host.camera_check import CameraCheck
from orview.edge.host.capture import Capture, CapturedCamera
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.found_corners import corners_of
from orview.edge.host.pointer_watch import Followed, PointerWatch
from orview.edge.host.process_life import come_first, wake
from orview.edge.host.small_pictures import SmallPictures
from orview.edge.host.worn_watch import Filmed, WornWatch
from orview.edge.profiles import add_profile, profile_of
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import SHARED_ERRORS, SightState, TrackRecord
from orview.edge.slots.statuses import CalibrationStatus, TrackOrders, TrackStatus, parse_status, publish_status
from orview.edge.tip_files import read_tip
from orview.errors import CameraError, InputError
from orview.geometry.uncertain import UncertainPose, adjoint_of
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX, Sighting, detect_board
from orview.markers.pose import PoseState
from orview.markers.uncertainty import shared_errors
from orview.track.follow import Tracker as Follower
from orview.track.together import Together
from orview.track.warm import warm
from orview.units import NS_PER_S

CALIBRATING = "The camera is being calibrated."
OPENING = "The camera is being opened."
_DIGEST_DIGITS = 16
_NO_DIGEST = "0" * _DIGEST_DIGITS
_STATES = {
    PoseState.TRACKED: SightState.TRACKED,
    PoseState.AMBIGUOUS: SightState.AMBIGUOUS,
    PoseState.LOST: SightState.LOST,
}


def run_track(config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
    """Be the track process until terminated."""
    come_first()
    waker.setblocking(False)
    # Detection is one small picture at a time: more threads would only take the cores from the stream.
    cv2.setNumThreads(1)
    warm()
    Tracker(config, run, waker).run()


class Tracker:
    """Follows boards through the pictures of a camera, publishes what it sees, and calibrates the camera when asked."""

    def __init__(self, config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
        self._config, self._run, self._waker = config, run, waker
        self._boards = load_boards(*filter(None, (config.board, config.second_board)))
        self._pointer = _pointer_of(config, run, self._boards[0])
        self._worn = WornWatch(run, load_boards(*config.headset_boards)) if config.headset_boards else None
        self._by_hand = [load_board(name) for name in config.calibration_boards]
        self._together = Together(self._boards)
        self._board_digest = self._boards[0].digest[:_DIGEST_DIGITS]
        self._track_slot = LatestSlot.attach(run.track_slot)
        self._picture_slot = LatestSlot.attach(run.picture_slot)
        self._status_slot = LatestSlot.attach(run.track_status)
        self._orders_slot = LatestSlot.attach(run.track_orders)
        self._calibration_slot = LatestSlot.attach(run.calibration)
        self._started_ns = time.monotonic_ns()
        self._sequence = 0
        self._camera: Camera | None = None
        self._camera_digest = _NO_DIGEST
        self._profile: CameraProfile | None = None
        self._pictures: SmallPictures | None = None
        self._follower: Follower | None = None
        self._followed: list[Board] = []
        self._live = True
        self._opened_ns = 0
        self._unfit_words = self._fits_words = ""
        self._capture: Capture | None = None
        self._orders_read = self._orders_slot.sequence
        newest = self._orders_slot.latest()
        self._orders = TrackOrders() if newest is None else parse_status(newest[1], TrackOrders)
        self._calibrations = self._orders.calibrations - self._orders.calibrating
        self._chosen, self._source = self._orders.cameras_chosen, self._orders.camera or config.camera
        before = self._status_slot.latest()
        self._said = None if before is None else parse_status(before[1], TrackStatus)
        if self._pointer is not None:
            self._pointer.start()
        if self._worn is not None:
            self._worn.start()
        self._doubts: dict[str, str] = {}
        # What made the process before this one doubt its camera is not mended by its death.
        self._check = CameraCheck("" if self._said is None else self._said.doubt)

    def run(self) -> None:
        """Follow the camera for ever, opening it again whenever it is gone."""
        while True:
            self._say(fits=None, words=OPENING)
            with closing(watch(lambda: open_camera(self._source), lambda _: None)) as events:
                self._run_one(events)

    def _run_one(self, events: Iterable[Event]) -> None:
        """Follow one camera until another is chosen."""
        for event in events:
            self._obey()
            if self._orders.cameras_chosen != self._chosen:
                self._change_camera()
                return
            match event:
                case Opened(camera=camera):
                    self._begin(camera)
                case Picture():
                    self._take(event)
                case Silent(words=words, fits=fits):
                    self._say(fits=fits, words=words)
                    self._publish_nothing()
                case Ended():
                    self._say(fits=None, words="The pictures ended; they begin again.")
                    self._publish_nothing()

    def _change_camera(self) -> None:
        """Leave the camera for the one that was chosen: nothing that is known of it holds for the other."""
        self._chosen, self._source = self._orders.cameras_chosen, self._orders.camera
        if self._capture is not None:
            self._capture.stop()
            self._capture = None
        if self._check.doubt:
            self._doubts[self._camera_digest] = self._check.doubt
        self._camera = self._profile = self._follower = self._pictures = None
        self._camera_digest = _NO_DIGEST
        self._check = CameraCheck()
        self._publish_nothing()

    def _obey(self) -> None:
        """Do what the stream process ordered since the last picture."""
        if self._orders_slot.sequence != self._orders_read and (newest := self._orders_slot.latest()) is not None:
            before = self._orders
            self._orders_read, self._orders = newest[0], parse_status(newest[1], TrackOrders)
            if self._orders.boards_trusted > before.boards_trusted:
                self._together.begin()
            if self._orders.camera_checks > before.camera_checks:
                self._check.begin()
                self._follow_again()
        orders, camera = self._orders, self._camera
        if self._capture is not None and (self._capture.ended or not orders.calibrating):
            self._end_capture(self._capture)
        elif orders.calibrating and orders.calibrations > self._calibrations and camera is not None:
            self._calibrations = orders.calibrations
            self._begin_capture(camera)

    def _begin(self, camera: Camera) -> None:
        digest = _digest(camera.name, camera.mode, camera.serial)
        known = camera.live and self._live and digest == self._camera_digest
        if not known and self._capture is not None:
            self._end_capture(self._capture)
        self._camera, self._camera_digest, self._live = camera, digest, camera.live
        self._opened_ns = time.monotonic_ns()
        if digest in self._doubts:
            # What made it doubted is not mended by looking through another one meanwhile.
            self._check = CameraCheck(self._doubts.pop(digest))
        # A camera whose plug was pulled and put back may have been moved meanwhile: what is known of it stays.
        if not known or self._follower is None:
            self._follow(camera)
        self._say_camera()

    def _follow_again(self) -> None:
        if self._camera is not None:
            self._follow(self._camera)

    def _follow(self, camera: Camera) -> None:
        """Begin to follow the boards with the profile that belongs to a camera, if there is one."""
        # A board that rests in one view does not tell the focal length; one that is held by hand does.
        by_hand = self._by_hand if self._check.checking else []
        width, _, height = camera.mode.partition("x")
        try:
            self._profile = self._profile_of(camera)
        except (CameraError, InputError) as error:
            self._profile = self._follower = None
            self._unfit_words = str(error)
            lens = lens_of(
                lens_prior(width_px=int(width), height_px=int(height))[0], width_px=int(width), height_px=int(height)
            )
        else:
            lens = self._profile.lens
            self._followed = [*self._boards, *by_hand]
            self._follower = Follower(self._followed, self._profile, resting=not camera.moving)
            self._fits_words = f"The profile belongs to {camera.name or 'the pictures'} at {camera.mode}."
        self._pictures = SmallPictures(lens)

    def _profile_of(self, camera: Camera) -> CameraProfile:
        """Return the profile of a camera: that which was made last in this run, or else the configured one."""
        if self._run.profile.exists():
            try:
                return profile_of(camera, Path(self._run.profile.read_text(encoding="utf-8")))
            except CameraError:
                pass
        return profile_of(camera, self._config.profile)

    def _take(self, picture: Picture) -> None:
        # Files have no clock of their own: they play in real time from when they were opened.
        taken_ns = picture.taken_ns if self._live else self._opened_ns + picture.taken_ns
        time.sleep(max(taken_ns - time.monotonic_ns(), 0) / NS_PER_S)
        if self._capture is not None:
            self._take_for(self._capture, picture, taken_ns=taken_ns)
        elif self._follower is None or self._profile is None:
            self._say_camera()
            self._publish_nothing()
            # Nothing is followed without a profile; that the camera sees the board helps whoever aims it.
            self._show(picture, taken_ns=taken_ns, found=lambda: _found(picture, self._boards[0]))
        else:
            self._follow_on(self._follower, self._profile, picture, taken_ns=taken_ns)

    def _follow_on(self, follower: Follower, profile: CameraProfile, picture: Picture, *, taken_ns: int) -> None:
        followed = self._followed
        every = follower.step(picture.image, taken_ns=taken_ns)
        seen = every[: len(self._boards)]
        tracked = seen[0]
        self._together.take(seen)
        measured = self._check.checking
        self._check.take(refusal=follower.refusal, fits=follower.lens_fits, taken_ns=taken_ns)
        if measured and not self._check.checking:
            self._follow_again()
        self._say_camera()
        state, room_from_board = _STATES[tracked.state], None
        shared = np.zeros((6, SHARED_ERRORS))
        if self._check.words:
            state = SightState.LOST
        elif tracked.camera_from_board is not None:
            room_from_board = UncertainPose.certain(picture.room_from_camera) @ tracked.camera_from_board
            in_camera = shared_errors(tracked.camera_from_board.transform, CORNER_SIGMA_PX, profile, self._boards[0])
            if in_camera is not None:
                columns = min(in_camera.shape[1], SHARED_ERRORS)
                shared[:, :columns] = adjoint_of(picture.room_from_camera) @ in_camera[:, :columns]
        self._sequence += 1
        record = TrackRecord(
            sequence=self._sequence,
            taken_ns=taken_ns,
            finished_ns=time.monotonic_ns(),
            state=state,
            room_from_board=room_from_board,
            rms_px=tracked.rms_px if math.isfinite(tracked.rms_px) else 0.0,
            corner_count=tracked.corner_count,
            camera_digest=self._camera_digest,
            profile_digest=profile.digest[:_DIGEST_DIGITS],
            board_digest=self._board_digest,
            shared=shared,
        )
        self._track_slot.publish(record.encode())
        wake(self._waker)
        # After the pose is out, so that nobody who points or watches makes it later.
        if self._pointer is not None and not self._check.words:
            self._pointer.offer(Followed(image=picture.image, on_patient=tracked, profile=profile))
        if self._worn is not None and not self._check.words:
            self._worn.offer(
                Filmed(
                    image=picture.image, taken_ns=taken_ns, room_from_camera=picture.room_from_camera, profile=profile
                )
            )
        self._show(picture, taken_ns=taken_ns, found=lambda: corners_of(followed, every, profile.lens))

    def _show(self, picture: Picture, *, taken_ns: int, found: Callable[[], NDArray[np.float64]]) -> None:
        """Publish a small picture where one is due; `found` says which corners are in it."""
        if self._pictures is not None and self._pictures.is_due(taken_ns):
            record = self._pictures.record(picture, taken_ns=taken_ns, found_px=found())
            self._picture_slot.publish(record.encode())
            wake(self._waker)

    def _publish_nothing(self) -> None:
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
            profile_digest=_NO_DIGEST if self._profile is None else self._profile.digest[:_DIGEST_DIGITS],
            board_digest=self._board_digest,
        )
        self._track_slot.publish(record.encode())
        wake(self._waker)

    # --- calibrating -------------------------------------------------------------------------

    def _begin_capture(self, camera: Camera) -> None:
        width, _, height = camera.mode.partition("x")
        self._capture = Capture(
            load_board(self._orders.board),
            CapturedCamera(
                name=camera.name, mode=camera.mode, serial=camera.serial, width_px=int(width), height_px=int(height)
            ),
            number=self._calibrations,
            most=self._config.calibration_views,
            tell=self._tell_calibration,
            keep=self._keep,
        )

    def _take_for(self, capture: Capture, picture: Picture, *, taken_ns: int) -> None:
        self._say_camera()
        sighting = detect_board(picture.image, capture.board)
        capture.offer(picture.image, sighting)
        self._show(picture, taken_ns=taken_ns, found=lambda: _pixels_of(sighting))

    def _end_capture(self, capture: Capture) -> None:
        """Follow again, with the new profile if one was accepted."""
        self._capture = None
        capture.stop()
        if capture.accepted:
            self._check.trust()
        self._follow_again()
        self._say_camera()

    def _keep(self, profile: CameraProfile) -> None:
        """Store a profile and let it be the one in use; called by the capture's thread.

        Raises:
            InputError: the disk refuses.
        """
        folder = self._config.store / "calibrations"
        name = re.sub(r"[^a-z0-9]+", "-", profile.camera.lower()).strip("-") or "camera"
        path = folder / f"{name}_{profile.mode}_{datetime.now(tz=UTC):%Y%m%dT%H%M%SZ}.toml"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"The camera profile cannot be written ({error.strerror}).") from error
        add_profile(path, profile)
        self._run.profile.write_text(str(path), encoding="utf-8")

    def _tell_calibration(self, status: CalibrationStatus) -> None:
        publish_status(self._calibration_slot, status)
        wake(self._waker)

    # --- saying how it is --------------------------------------------------------------------

    def _say_camera(self) -> None:
        """Say how the camera stands while it gives pictures."""
        if self._capture is not None:
            self._say(fits=False, words=CALIBRATING)
        elif self._follower is None:
            self._say(fits=False, words=self._unfit_words)
        else:
            self._say(fits=not self._check.words, words=self._check.words or self._fits_words)

    def _say(self, *, fits: bool | None, words: str) -> None:
        status = TrackStatus(
            started_ns=self._started_ns,
            fits=fits,
            words=words,
            doubt=self._check.doubt,
            checking=self._check.checking,
            moved=self._together.reason,
            boards_trusted=self._orders.boards_trusted,
            camera_checks=self._orders.camera_checks,
            cameras_chosen=self._chosen,
            **_facts_of(self._profile),
        )
        if status == self._said:
            return
        self._said = status
        publish_status(self._status_slot, status)
        wake(self._waker)


def _pointer_of(config: HostConfig, run: RunFolder, patient: Board) -> PointerWatch | None:
    if not config.pointer or config.tip is None:
        return None
    pointer = load_board(config.pointer)
    return PointerWatch(run, patient=patient, pointer=pointer, tip=read_tip(config.tip, pointer))


def _found(picture: Picture, board: Board) -> NDArray[np.float64]:
    return _pixels_of(detect_board(picture.image, board))


def _pixels_of(sighting: Sighting | None) -> NDArray[np.float64]:
    return np.zeros((0, 2)) if sighting is None else sighting.pixels


def _facts_of(profile: CameraProfile | None) -> dict[str, Any]:
    """Return what a status tells of a profile."""
    if profile is None:
        return {}
    return {
        "profile": f"{profile.camera} {profile.mode}".strip(),
        "calibrated_on": profile.calibrated_on.isoformat(),
        "profile_error_mm": profile.expected_error_mm,
        "profile_limit_mm": LIMIT_MM,
    }


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGEST_DIGITS]
