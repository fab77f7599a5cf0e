"""Laying a board's print onto a picture: from where the board is expected to where it is.

A few hundred places on the borders between black and white are looked up in the picture (RAPiD: Harris & Stennett
1990), first some of them over a longer way, then more of them precisely, and the pose is moved until all lie where the
picture shows them. The cells of the markers then say whether it is this board and the right place on it.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.geometry.rigid import RigidTransform
from orview.markers.board import Board
from orview.markers.camera import CameraProfile
from orview.track.alignment import Alignment, no_alignment
from orview.track.blur import Blur
from orview.track.cells import CellCount, CellReader
from orview.track.coarse import SoftPrint
from orview.track.evened import Evener
from orview.track.middle import middle_of
from orview.track.motion import moved_by
from orview.track.predict import motion_between
from orview.track.rounds import NEAR_PX, Estimate, Look, Rounds
from orview.track.view import Choice

MOST_PLACES = 1600

AGREEING = 0.3
"""Of the weight of a perfect border."""

LEAST_USED = 0.5
"""Of the borders seen clearly; where fewer agree, the rest may be chance."""

MOST_SCALE = 2.5
"""Times their noise borders may disagree; a wrong place that fits somehow has three times its noise and more."""

USUAL_RMS_PX = 0.12
"""Sharpening, tone curves and JPEG leave so much beside the noise."""

MOST_RMS_PX = 1.0
LAST_STEP_PX = 0.3
"""What still moves as far when the rounds end has not arrived."""

MOST_CONTRADICTING = 0.3
"""Of the markers read, those that something partly covers; of a wrong place or another board nearly all are wrong."""

LEAST_WHOLE = 0.5
"""Of the markers that are not covered; a wrong place that some markers agree with has few whole ones."""

LEAST_CELLS = 32
"""So many cells have to be read, or all where the board has fewer: 16 right ones by chance are one in 65,536."""


class Aligner:
    """Lays the print of one board onto the pictures of one camera.

    Remembers between pictures only how blurred the last one was, how near it was to what was expected, and which places
    are worth looking at.

    Args:
        board: the board.
        profile: the camera.
        linear_light: whether bytes are taken for sRGB and decoded to light before borders are measured.
    """

    def __init__(self, board: Board, profile: CameraProfile, *, linear_light: bool = True) -> None:
        self._profile = profile
        values = np.arange(256) / 255.0
        if linear_light:
            # IEC 61966-2-1.
            values = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        self._decode = values.astype(np.float32)
        self._choice = Choice(board, profile.lens, most=MOST_PLACES)
        self._cells = CellReader(board, profile.lens, readout_s=profile.readout_ms * 1e-3)
        self._cells_on_board = sum(len(face.ids) * (face.cells - 2) ** 2 for face in board.faces)
        self._soft = SoftPrint(board, profile.lens, readout_s=profile.readout_ms * 1e-3)
        self._evener = Evener(board, profile.lens)
        self._blur = Blur()
        self._missed_px = math.inf

    def align(
        self,
        picture: NDArray[np.uint8],
        camera_from_board: RigidTransform,
        *,
        velocity: NDArray[np.float64] | None = None,
        velocity_covariance: NDArray[np.float64] | None = None,
        velocity_per_motion: float = 0.0,
    ) -> Alignment:
        """Find the board near where it is expected.

        Velocity matters where the profile has a readout time: within a small board it can hardly be told from a tilt,
        so it has to come from the pictures before, and from the pose that is being found, which bends the way:
        through poses at times -2d, -d and 0, the first two carried on to the expected one, a motion of constant
        acceleration has at time 0 the expected velocity and 3 / (2 d) of what the pose differs from the expected one.

        Args:
            picture: (H, W) grey or (H, W, 3) BGR, of the profile's size. Only pixels near the board are read.
            camera_from_board: where the board is expected when the middle row is exposed.
            velocity: (6,) left motion per second, rad/s and mm/s, expected; None is at rest.
            velocity_covariance: (6, 6) of its error, which is then solved for; None takes it as it is.
            velocity_per_motion: by how much a pose other than the expected one changes the velocity, 1/s.

        Raises:
            CameraError: the picture has another size than the profile.
            ContractError: the picture has another shape or type.
        """
        if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
            raise ContractError("A picture is bytes of shape (H, W) or (H, W, 3) in BGR.")
        self._profile.require_size(width_px=picture.shape[1], height_px=picture.shape[0])
        picture = np.ascontiguousarray(picture)
        start = Estimate(
            pose=camera_from_board,
            velocity=np.zeros(6) if velocity is None else velocity,
            unforeseen=np.zeros(6),
            blur=self._blur,
        )
        alignment = self._settled(
            picture, start, velocity_covariance, velocity_per_motion, near=self._missed_px < NEAR_PX
        )
        if not alignment.reason:
            return alignment
        nearer = self._soft.bring_nearer(picture, camera_from_board, velocity=start.velocity)
        if nearer is None:
            return alignment
        moved = velocity_per_motion * motion_between(camera_from_board, nearer)
        return self._settled(
            picture,
            replace(start, pose=nearer, velocity=start.velocity + moved),
            velocity_covariance,
            velocity_per_motion,
            near=False,
        )

    def _settled(
        self,
        picture: NDArray[np.uint8],
        start: Estimate,
        velocity_covariance: NDArray[np.float64] | None,
        velocity_per_motion: float,
        *,
        near: bool,
    ) -> Alignment:
        rounds = Rounds(
            picture,
            self._decode,
            self._choice,
            self._profile,
            start=start,
            velocity_covariance=velocity_covariance,
            velocity_per_motion=velocity_per_motion,
        )
        look = rounds.settle(near=near)
        return self._judged(picture, look) if look is not None else no_alignment("Too little of the board is in sight.")

    def _judged(self, picture: NDArray[np.uint8], look: Look) -> Alignment:
        """Return what was found, with its pose only if nothing speaks against it."""
        agreeing = np.flatnonzero(look.fit.weights > AGREEING)
        rest_px = look.fit.rest_px[agreeing]
        rms_px = math.sqrt(float(rest_px @ rest_px) / len(rest_px)) if agreeing.size else math.nan
        cells = CellCount(read=0, wrong=0, markers=0, contradicting=0, disturbed=0)
        if agreeing.size:
            cells = self._cells.read(
                picture,
                look.estimate.pose,
                velocity=look.estimate.velocity,
                contrast=middle_of(look.contrast[agreeing]),
                decode=self._decode,
            )
        clear = np.count_nonzero(np.isfinite(look.sigmas_px))
        reason = ""
        if (
            len(agreeing) < LEAST_USED * clear
            or (look.fit.scale > MOST_SCALE and rms_px > USUAL_RMS_PX)
            or look.moved_px > LAST_STEP_PX
            or not rms_px <= MOST_RMS_PX
        ):
            reason = "The picture does not show the board where it is expected."
        elif cells.read < min(LEAST_CELLS, self._cells_on_board):
            reason = "Too few markers can be read."
        elif (
            cells.contradicting > MOST_CONTRADICTING * cells.markers
            or cells.disturbed * LEAST_WHOLE > cells.markers * (1.0 - LEAST_WHOLE)
        ):
            reason = "The markers are those of another board or another place on it."
        pose = noise = velocity = None
        if not reason:
            self._blur, self._missed_px = look.estimate.blur, look.missed_px
            motion, added = self._evener.correction(look.estimate.pose, look.view, look.fit, look.sigmas_px)
            pose, noise = moved_by(look.estimate.pose, motion), look.fit.covariance + added
            velocity = look.estimate.velocity if self._profile.readout_ms else None
        return Alignment(
            camera_from_board=pose,
            reason=reason,
            noise_covariance=noise,
            velocity=velocity,
            points_board_mm=look.view.places.points[agreeing],
            sigmas_px=look.sigmas_px[agreeing] * look.fit.scale,
            across=look.view.normals[agreeing],
            rest_px=rest_px,
            rms_px=rms_px,
            sample_count=len(look.view),
            used_fraction=len(agreeing) / len(look.view),
            bits_read=cells.read,
            bits_wrong=cells.wrong,
            edge_shift_px=look.fit.edge_shift_px,
            blur_px=look.estimate.blur.mean_px,
        )
