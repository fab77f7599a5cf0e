"""Looks headsets' pictures through: decodes, finds the patient's board, and tells where the headset was just then.

What a picture is wrong by has two parts: its own noise, and what all pictures of that camera are wrong by alike (lens,
print, place on the headset), which no looking longer mends.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from orview.edge.cameras.encoded import decode_picture
from orview.edge.cameras.jpeg_header import check_jpeg
from orview.edge.host.place_finder import FoundPlace, PlaceFinder, is_rough
from orview.edge.profiles import profile_of
from orview.edge.slots.look_records import LookAnswer, LookRecord, PlacedLook
from orview.errors import CameraError, InputError
from orview.frames import Frame
from orview.geometry.chain import about
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform
from orview.geometry.shared_error import own_covariance
from orview.geometry.uncertain import UncertainPose
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.markers.detect import CORNER_SIGMA_PX, detect_board
from orview.markers.pose import PoseSolution, PoseState, solve_pose
from orview.markers.uncertainty import shared_errors
from orview.protocol.limits import MAX_LOOK_PIXELS
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.protocol.poses import rigid_from_wire
from orview.register.exposure import Exposure, Exposures
from orview.register.lag import TimedSight
from orview.register.world import calm_bias
from orview.units import ns_from_s

MOST_CLIENTS = 16
MOST_WAITING = 6
MOST_KEPT = 16
"""Pictures of a moving head that are kept until the lag is known, and then count at once."""
FORGET_NS = ns_from_s(1.0)
"""A picture whose heads have not come by then is left out."""

TOLD_FOCAL, TOLD_CENTRE = 0.0015, 0.0008
"""One sigma of a lens that a device tells of itself and nobody calibrated: of its focal length, and of the place of its
centre in parts of the picture's width. Devices tell what the factory measured, before heat and wear: a guess."""
_TOLD_DISTORTION = (0.01, 0.02, 0.0005, 0.0005, 0.01)
_LEAST_PLACE_MM, _LEAST_PLACE_RAD = 0.2, 0.0005
"""No camera is known to sit better than this on a headset, whatever a client says: a hand-eye of 30 poses."""


@dataclass(eq=False)
class _Eyes:
    """One client's camera."""

    camera: HeadsetCamera
    begun: int
    place: FoundPlace | None
    finder: PlaceFinder
    profile: CameraProfile | None
    fault: str
    exposures: Exposures = field(default_factory=Exposures)
    waiting: deque[tuple[int, PoseSolution]] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    kept: deque[tuple[int, PoseSolution]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))


class Looker:
    """Looks pictures through, of several clients in turn.

    Args:
        board: on the patient.
        profiles: folder of camera profiles; one of a headset's own camera is preferred to what the device tells.
    """

    def __init__(self, board: Board, profiles: Path) -> None:
        self._board, self._profiles = board, profiles
        self._eyes: dict[int, _Eyes] = {}
        self._found_places: dict[tuple[str, str, str, int, int], FoundPlace] = {}

    def look(self, record: LookRecord) -> LookAnswer:
        """Look one picture through, and place it and those that waited for its heads."""
        eyes = self._eyes_of(record)
        eyes.exposures.take_heads(record.heads_ns.tolist(), [_head(numbers) for numbers in record.heads.tolist()])
        words = eyes.fault
        if eyes.profile is not None:
            try:
                solution = self._found(record, eyes.profile)
            except InputError as error:
                return LookAnswer(number=record.number, client=record.client, words=str(error))
            words = solution.reason
            if solution.state is PoseState.TRACKED:
                self._take(eyes, record.taken_ns, solution)
        placed = self._placed(eyes, record)
        if not words and eyes.place is None:
            words = eyes.finder.words
        elif not words and not placed and not eyes.waiting:
            words = "Hold your head still for a moment, or move and turn it, with the board in sight."
        return LookAnswer(number=record.number, client=record.client, words=words, placed=placed)

    def _eyes_of(self, record: LookRecord) -> _Eyes:
        eyes = self._eyes.pop(record.client, None)
        if eyes is None or (eyes.camera, eyes.begun) != (record.camera, record.begun):
            camera = record.camera
            profile, fault = self._profile_of(camera)
            eyes = _Eyes(
                camera=camera,
                begun=record.begun,
                place=self._found_places.get(_key(record)) if is_rough(camera) else _told_place(camera),
                finder=PlaceFinder(),
                profile=profile,
                fault=fault,
            )
        # The newest lies last: who was not heard for longest makes room.
        self._eyes[record.client] = eyes
        while len(self._eyes) > MOST_CLIENTS:
            self._eyes.pop(next(iter(self._eyes)))
        return eyes

    def _profile_of(self, camera: HeadsetCamera) -> tuple[CameraProfile | None, str]:
        """Return the profile of a headset's camera, or why there is none."""
        try:
            return profile_of(_Named(camera), self._profiles), ""
        except (CameraError, InputError):
            pass
        if camera.lens is None:
            return None, (
                f"The lens of this headset's camera is not known: calibrate {camera.name!r} at {camera.width_px} x "
                f"{camera.height_px} with `orview calibrate`, and put the profile among the store's calibrations."
            )
        return told_profile(camera, camera.lens), ""

    def _found(self, record: LookRecord, profile: CameraProfile) -> PoseSolution:
        size = {"width": record.camera.width_px, "height": record.camera.height_px}
        check_jpeg(record.jpeg, **size, most_pixels=MAX_LOOK_PIXELS)
        image = decode_picture(record.jpeg, most_pixels=MAX_LOOK_PIXELS)
        if image.shape[:2] != (size["height"], size["width"]):
            raise InputError("The picture is not as large as it says.", mend="Send whole JPEG pictures.")
        seen = detect_board(image, self._board, quick=True)
        solution = solve_pose(seen, profile, self._board)
        if solution.state is not PoseState.TRACKED:
            # Bad light, or a board that is small in the picture: then it takes three times as long.
            solution = solve_pose(detect_board(image, self._board), profile, self._board)
        return solution

    def _take(self, eyes: _Eyes, taken_ns: int, solution: PoseSolution) -> None:
        assert solution.camera_from_board is not None
        if eyes.place is not None:
            # What the lens does differs from view to view: for the lag, which knows no bias, it is noise.
            headset_from_board = UncertainPose.certain(eyes.place.headset_from_camera) @ solution.camera_from_board
            eyes.exposures.take_sight(TimedSight(stamped_ns=taken_ns, headset_from_board=headset_from_board))
        eyes.waiting.append((taken_ns, solution))

    def _placed(self, eyes: _Eyes, record: LookRecord) -> tuple[PlacedLook, ...]:
        placed = []
        due: list[tuple[int, PoseSolution]] = []
        if eyes.exposures.lag is not None:
            due.extend(eyes.kept)
            eyes.kept.clear()
        while eyes.waiting:
            stamped_ns = eyes.waiting[0][0]
            if not eyes.exposures.is_due(stamped_ns) and record.taken_ns - stamped_ns < FORGET_NS:
                break
            due.append(eyes.waiting.popleft())
        for stamped_ns, solution in due:
            exposure = eyes.exposures.place(stamped_ns)
            if exposure is None:
                if eyes.exposures.lag is None:
                    eyes.kept.append((stamped_ns, solution))
                continue
            if eyes.place is None:
                self._find_place(eyes, record, exposure, solution)
            else:
                placed.append(self._look(eyes, eyes.place, exposure, solution))
        return tuple(placed)

    def _find_place(self, eyes: _Eyes, record: LookRecord, exposure: Exposure, solution: PoseSolution) -> None:
        assert solution.camera_from_board is not None
        eyes.place = eyes.finder.take(exposure.world_from_headset, solution.camera_from_board)
        if eyes.place is not None:
            # It stays for as long as the process lives, also when the headset comes back on another connection.
            self._found_places[_key(record)] = eyes.place
            eyes.kept.clear()

    def _look(self, eyes: _Eyes, place: FoundPlace, exposure: Exposure, solution: PoseSolution) -> PlacedLook:
        seen = solution.camera_from_board
        assert seen is not None
        assert eyes.profile is not None
        shared = shared_errors(seen.transform, CORNER_SIGMA_PX, eyes.profile, self._board)
        if shared is None:
            shared = np.zeros((6, 1))
        told = about(
            np.zeros(3),
            sigma_rad=max(place.sigma_rad, _LEAST_PLACE_RAD),
            sigma_mm=max(place.sigma_mm, _LEAST_PLACE_MM),
        )
        return PlacedLook(
            exposed_ns=exposure.exposed_ns,
            world_from_camera=exposure.world_from_headset @ UncertainPose.certain(place.headset_from_camera),
            camera_from_board=UncertainPose(seen.transform, own_covariance(seen, shared)),
            shared=shared,
            bias=told + calm_bias(),
        )


class _Named:
    """A headset's camera as profiles are looked for."""

    def __init__(self, camera: HeadsetCamera) -> None:
        self.name, self.serial = camera.name, camera.serial
        self.mode = f"{camera.width_px}x{camera.height_px}"


def told_profile(camera: HeadsetCamera, lens: LensEntry) -> CameraProfile:
    """Return the profile of a lens that the device tells of itself, as uncertain as such a lens is."""
    k1, k2, p1, p2, k3 = lens.distortion
    centre_px = TOLD_CENTRE * camera.width_px
    sigmas = np.array([TOLD_FOCAL * lens.fx_px, TOLD_FOCAL * lens.fy_px, centre_px, centre_px, *_TOLD_DISTORTION])
    covariance = np.diag(np.square(sigmas))
    # Both focal lengths are of one lens: they err together.
    covariance[0, 1] = covariance[1, 0] = 0.9 * sigmas[0] * sigmas[1]
    return CameraProfile(
        lens=PinholeLens(
            width_px=camera.width_px,
            height_px=camera.height_px,
            fx_px=lens.fx_px,
            fy_px=lens.fy_px,
            cx_px=lens.cx_px,
            cy_px=lens.cy_px,
            distortion=(k1, k2, p1, p2, k3),
        ),
        camera=camera.name,
        mode=f"{camera.width_px}x{camera.height_px}",
        serial=camera.serial,
        calibrated_on=date(1970, 1, 1),
        board_digest="",
        views=0,
        rms_px=0.0,
        covariance=covariance,
    )


def _key(record: LookRecord) -> tuple[str, str, str, int, int]:
    """Return which camera of which device a look is from."""
    camera = record.camera
    return record.device, camera.name, camera.serial, camera.width_px, camera.height_px


def _told_place(camera: HeadsetCamera) -> FoundPlace:
    return FoundPlace(
        headset_from_camera=rigid_from_wire(
            to_frame=Frame.HEADSET,
            from_frame=Frame.CAMERA,
            position_m=camera.headset_from_camera[:3],
            quat_xyzw=camera.headset_from_camera[3:],
        ),
        sigma_mm=camera.place_sigma_mm,
        sigma_rad=camera.place_sigma_rad,
    )


def _head(numbers: list[float]) -> RigidTransform:
    return rigid_from_wire(
        to_frame=Frame.WORLD, from_frame=Frame.HEADSET, position_m=tuple(numbers[:3]), quat_xyzw=tuple(numbers[3:])
    )
