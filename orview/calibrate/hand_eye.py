"""Where a camera sits on a headset: AX = XB, from the headset's poses and what the camera saw meanwhile.

A board rests in the world while the head moves: `world_from_headset @ headset_from_camera @ camera_from_board` is the
same `world_from_board` every time. Started in closed form (Park & Martin 1994, doi 10.1109/70.326576) on what most
views agree on, then both unknown poses are refined together, each view weighted by the covariances of its two poses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.calibrate.turns import rotation_vectors, turn_spread_rad
from orview.errors import RefusedError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, nearest_rotation, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.units import deg_from_rad

MIN_VIEWS = 5
"""Three determine the answer, five let one of them be wrong."""

MIN_TURN_DEG = 3.0
"""Root mean square turn between views about two axes; with less the camera's place is left to the noise."""

MIN_AGREEING = 0.6
"""Where fewer views than this agree, the board was moved or the two clocks do not match."""

MAX_APART_MM = 10.0
"""Views that put the resting board farther apart than this, root mean square, contradict one another."""

_PROBES = np.array([(0.0, 150.0, 0.0, 0.0), (0.0, 0.0, 150.0, 0.0), (0.0, 0.0, 0.0, 150.0), (1.0, 1.0, 1.0, 1.0)])
_TRIALS = 40
_SUBSET = 4
_GATE = 22.46
"""Squared distance that 99.9 % of six normal variables keep within."""

_MEDIAN = 5.348
"""Median of the squared length of six normal variables."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HandEyeView:
    """One moment: where the headset was in the world, and where its camera saw the resting board."""

    world_from_headset: UncertainPose
    camera_from_board: UncertainPose


@dataclass(frozen=True, kw_only=True, eq=False)
class HandEye:
    """Where the camera sits.

    Attributes:
        headset_from_camera: with its covariance.
        world_from_board: where the board rested.
        used: which views agreed.
        turn_deg: turn between views about the second axis, root mean square.
        excess: how much more the views scatter than their covariances claim, in sigmas; 1 where those are honest.
    """

    headset_from_camera: UncertainPose
    world_from_board: UncertainPose
    used: tuple[bool, ...]
    turn_deg: float
    excess: float


def calibrate_hand_eye(views: Sequence[HandEyeView], *, noise_known: bool = True) -> HandEye:
    """Find `headset_from_camera` from views of a resting board.

    Args:
        views: while the head moved and turned.
        noise_known: whether the covariances of the poses are more than a guess; the answer's is widened where the
            views scatter more than they say, and narrowed where they scatter less only if they are a guess.

    Raises:
        RefusedError: too few views, a head that hardly turned or only about one axis, or views that do not agree.
    """
    if len(views) < MIN_VIEWS:
        raise RefusedError(
            f"{len(views)} views are too few to find where the camera sits.",
            mend=f"Take 15 to 30 of a resting board, at least {MIN_VIEWS}, the head turned to all sides.",
        )
    _require_turns(views)
    camera, board = _agreed_start(views)
    used = np.ones(len(views), dtype=np.bool_)
    for _ in range(20):
        camera, board, covariance, squares = _refined(views, used, camera, board)
        wider = float(np.median(squares)) / _MEDIAN
        kept = squares <= _GATE * (max(wider, 1.0) if noise_known else wider)
        if np.array_equal(kept, used) or kept.sum() < _SUBSET:
            break
        used = kept
    misses, _, _ = _misses(views, camera, board)
    apart_mm = float(np.sqrt(np.square(misses[used][:, 3:]).sum(axis=1).mean()))
    if used.mean() < MIN_AGREEING or apart_mm > MAX_APART_MM:
        raise RefusedError(
            f"{int(used.sum())} of {len(views)} views agree with one place of the camera, within {apart_mm:.1f} mm.",
            mend="Let the board rest, move the head slowly, and check that both poses belong to the same moment.",
        )
    turn_rad = _require_turns([view for view, one in zip(views, used, strict=True) if one])
    scale = float(squares[used].sum()) / max(6 * int(used.sum()) - 12, 1)
    covariance = covariance * (max(scale, 1.0) if noise_known else scale)
    return HandEye(
        headset_from_camera=UncertainPose(camera, covariance[:6, :6]),
        world_from_board=UncertainPose(board, covariance[6:, 6:]),
        used=tuple(used.tolist()),
        turn_deg=deg_from_rad(turn_rad),
        excess=float(np.sqrt(scale)),
    )


def _require_turns(views: Sequence[HandEyeView]) -> float:
    """Return the turn between views about the second axis, rad.

    Raises:
        RefusedError: it is too small.
    """
    largest, second, _ = turn_spread_rad(
        np.array([view.world_from_headset.transform.rotation for view in views])
    ).tolist()
    if deg_from_rad(largest) < MIN_TURN_DEG:
        raise RefusedError(
            f"The head hardly turned, by {deg_from_rad(largest):.1f} degrees: the camera's place stays open.",
            mend="Look at the board from all sides, the head turned by 30 degrees and more.",
        )
    if deg_from_rad(second) < MIN_TURN_DEG:
        raise RefusedError(
            "The head turned about one axis only, which leaves the camera's place along that axis open.",
            mend="Nod, shake and tilt the head: at least two of the three.",
        )
    return float(second)


def _closed_form(headsets: NDArray[np.float64], cameras: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return `headset_from_camera` (4, 4) by Park & Martin, None where the views do not determine it.

    Args:
        headsets: (N, 4, 4) `world_from_headset`.
        cameras: (N, 4, 4) `camera_from_board`.
    """
    first, second = np.triu_indices(len(headsets), k=1)
    head = np.linalg.solve(headsets[first], headsets[second])
    seen = cameras[first] @ np.linalg.inv(cameras[second])
    turned_head = rotation_vectors(np.asarray(head[:, :3, :3], dtype=np.float64))
    mixed = rotation_vectors(seen[:, :3, :3]).T @ turned_head
    values, vectors = np.linalg.eigh(mixed.T @ mixed)
    if values[0] < 1e-12 * values[2]:
        return None
    rotation = vectors @ np.diag(values**-0.5) @ vectors.T @ mixed.T
    if np.linalg.det(rotation) < 0.0:
        return None
    rows = (head[:, :3, :3] - np.eye(3)).reshape(-1, 3)
    right = (seen[:, :3, 3] @ rotation.T - head[:, :3, 3]).ravel()
    found = np.eye(4)
    found[:3, :3], found[:3, 3] = rotation, np.linalg.lstsq(rows, right, rcond=None)[0]
    return found


def _agreed_start(views: Sequence[HandEyeView]) -> tuple[RigidTransform, RigidTransform]:
    """Return `headset_from_camera` and `world_from_board` that most views agree on (least median, Rousseeuw 1984)."""
    rng = np.random.default_rng(0)
    headsets = np.array([view.world_from_headset.transform.matrix for view in views])
    cameras = np.array([view.camera_from_board.transform.matrix for view in views])
    best: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    least = np.inf
    for _ in range(_TRIALS):
        some = rng.choice(len(views), _SUBSET, replace=False)
        camera = _closed_form(headsets[some], cameras[some])
        if camera is None:
            continue
        # Where each view puts the board's origin and the ends of its axes.
        boards = headsets @ camera @ cameras
        places = boards[:, :3] @ _PROBES
        for board, own in zip(boards[some], places[some], strict=True):
            median = float(np.median(np.linalg.norm(places - own, axis=1).max(axis=1)))
            if median < least:
                best, least = (camera, board), median
    if best is None:
        raise RefusedError(
            "The views do not tell where the camera sits.", mend="Turn the head to all sides between views."
        )
    camera, board = best
    return (
        _rigid(Frame.HEADSET, Frame.CAMERA, camera),
        _rigid(Frame.WORLD, Frame.BOARD, board),
    )


def _rigid(to_frame: Frame, from_frame: Frame, matrix: NDArray[np.float64]) -> RigidTransform:
    return RigidTransform(to_frame, from_frame, nearest_rotation(matrix[:3, :3]), matrix[:3, 3])


def _misses(
    views: Sequence[HandEyeView], camera: RigidTransform, board: RigidTransform
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each view puts the board from where it rests, with covariance and derivative.

    Told in the board's own frame, where a turn does not swing the translation about a far origin.

    Returns:
        Misses (N, 6), rad and mm, their covariances (N, 6, 6), and their derivatives (N, 6, 12) by small motions of
        `headset_from_camera` and `world_from_board` on the left.
    """
    board_from_world = board.inverse().matrix
    board_from_headset = board_from_world @ [view.world_from_headset.transform.matrix for view in views]
    board_from_camera = board_from_headset @ camera.matrix
    miss = board_from_camera @ [view.camera_from_board.transform.matrix for view in views]
    misses = np.concatenate([rotation_vectors(miss[:, :3, :3]), miss[:, :3, 3]], axis=1)
    from_world, from_camera = _adjoints(board_from_world[None]), _adjoints(board_from_camera)
    heads = from_world @ [view.world_from_headset.covariance for view in views] @ np.swapaxes(from_world, 1, 2)
    eyes = from_camera @ [view.camera_from_board.covariance for view in views] @ np.swapaxes(from_camera, 1, 2)
    by_board = np.broadcast_to(-from_world, eyes.shape)
    return misses, heads + eyes, np.concatenate([_adjoints(board_from_headset), by_board], axis=2)


def _adjoints(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `orview.geometry.uncertain.adjoint_of` (N, 6, 6) of rigid matrices (N, 4, 4)."""
    adjoints = np.zeros((len(matrices), 6, 6))
    adjoints[:, :3, :3] = adjoints[:, 3:, 3:] = matrices[:, :3, :3]
    # A cross product with the translation, column by column of the rotation.
    adjoints[:, 3:, :3] = np.cross(matrices[:, :3, 3, None], matrices[:, :3, :3], axisa=1, axisb=1, axisc=1)
    return adjoints


def _refined(
    views: Sequence[HandEyeView], used: NDArray[np.bool_], camera: RigidTransform, board: RigidTransform
) -> tuple[RigidTransform, RigidTransform, NDArray[np.float64], NDArray[np.float64]]:
    """Return both poses after Gauss-Newton, their covariance (12, 12), and every view's squared distance (N,)."""
    for _ in range(15):
        misses, covariances, rows = _misses(views, camera, board)
        weighted = np.swapaxes(np.linalg.solve(covariances, rows), 1, 2)[used]
        information = (weighted @ rows[used]).sum(axis=0)
        step = -np.linalg.solve(information, (weighted @ misses[used][:, :, None]).sum(axis=0)[:, 0])
        camera, board = _moved(camera, step[:6]), _moved(board, step[6:])
        if float(step @ information @ step) < 1e-10:
            break
    misses, covariances, _ = _misses(views, camera, board)
    squares = np.einsum("ni,ni->n", misses, np.linalg.solve(covariances, misses[:, :, None])[:, :, 0])
    covariance = np.linalg.inv(information)
    return camera, board, 0.5 * (covariance + covariance.T), squares


def _moved(pose: RigidTransform, step: NDArray[np.float64]) -> RigidTransform:
    """Return a pose after a small motion (6,) on the left, rad and mm."""
    turn = rotation_from_vector(step[:3])
    return RigidTransform(
        pose.to_frame,
        pose.from_frame,
        nearest_rotation(turn @ pose.rotation),
        turn @ pose.translation_mm + step[3:],
    )
