"""The delivered boards: told apart in one picture, unmistakable, registrable, and folded for a reason."""

from dataclasses import replace
from itertools import combinations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import delivered_boards, load_board
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform, skew
from orview.markers.bead_layout import layout_margin_mm, mirror_margin_mm
from orview.markers.board import Board, Face
from orview.units import rad_from_deg
from tests.unit.markers.boards import placed

NAMES = sorted(delivered_boards())
WITH_BEADS = ["patient_flat", "patient_folded", "patient_raised"]
FX_PX = 960.0 / np.tan(np.radians(35.0))
UNREAD_DEG = 65.0


def test_everything_promised_is_delivered() -> None:
    promised = {"calibration_a4", "calibration_letter", "patient_flat", "patient_folded", "patient_raised"}
    assert promised | {"headset", "pointer"} <= set(NAMES)


def codes_of(board: Board) -> list[tuple[str, NDArray[np.uint8]]]:
    codes = []
    for face in board.faces:
        dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, face.dictionary))
        for marker_id in face.ids:
            row = dictionary.bytesList[marker_id : marker_id + 1]
            bits = cv2.aruco.Dictionary.getBitsFromByteList(row, dictionary.markerSize)
            codes.append((f"{board.name} {marker_id}", np.asarray(bits, dtype=np.uint8)))
    return codes


def test_no_two_delivered_boards_share_a_marker() -> None:
    """Codes, not ids: DICT_4X4_50 is the beginning of DICT_4X4_100. Three wrong cells at least, in every turn."""
    for one, other in combinations((codes_of(load_board(name)) for name in NAMES), 2):
        for name, code in one:
            for other_name, other_code in other:
                if code.shape == other_code.shape:
                    wrong = min(int((np.rot90(code, turns) != other_code).sum()) for turns in range(4))
                    assert wrong >= 3, f"{name} and {other_name}"


def test_no_two_delivered_boards_share_an_id_of_a_dictionary() -> None:
    used = [(face.dictionary, marker_id) for n in NAMES for face in load_board(n).faces for marker_id in face.ids]
    assert len(used) == len(set(used))


@pytest.mark.parametrize("name", WITH_BEADS)
def test_the_beads_serve_registration(name: str) -> None:
    board = load_board(name)
    beads = board.beads_board_mm
    first, second = np.triu_indices(len(beads), 1)
    distances = np.sort(np.linalg.norm(beads[first] - beads[second], axis=1))
    spread_mm = np.sqrt(np.linalg.eigvalsh(np.cov(beads.T, bias=True)))
    assert np.diff(distances).min() >= 2.0
    assert distances[0] >= 20.0, "beads that close grow together in a CT"
    assert layout_margin_mm(beads) >= 3.0
    assert mirror_margin_mm(beads) >= 10.0
    assert spread_mm[0] >= 8.0
    assert 2.0 <= board.bead_diameter_mm <= 5.0


@pytest.mark.parametrize("name", WITH_BEADS)
def test_no_bead_stands_in_the_plate_or_before_the_print(name: str) -> None:
    board = load_board(name)
    for face in board.faces:
        local = face.board_from_face.inverse().apply(board.beads_board_mm)
        low, high = face.outline_box_mm
        above = ((local[:, :2] > low - 2.0) & (local[:, :2] < high + 2.0)).all(axis=1)
        assert (local[above, 2] >= 6.0).all(), face.name


def bound_mm(faces: tuple[Face, ...], tilt_deg: float, about_deg: float) -> float:
    """Return the Cramer-Rao bound of the error 150 mm behind the board's middle at 0.5 m, corners to 0.1 px.

    Faces seen more slantingly than `UNREAD_DEG` do not count: their cells are too narrow to read.
    """
    rims = np.vstack([face.outline_corners_mm for face in faces])
    middle = (rims.min(axis=0) + rims.max(axis=0)) / 2.0
    axis = np.array([np.cos(rad_from_deg(about_deg)), np.sin(rad_from_deg(about_deg)), 0.0])
    turn = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, axis * rad_from_deg(tilt_deg), np.zeros(3))
    camera_from_board = RigidTransform(
        Frame.CAMERA, Frame.BOARD, turn.rotation, np.array([0.0, 0.0, 500.0]) - turn.rotate(middle)
    )
    information = np.zeros((6, 6))
    for face in faces:
        sight = camera_from_board.apply(face.outline_corners_mm.mean(axis=0))
        if -(sight / np.linalg.norm(sight)) @ turn.rotate(face.normal_board) < np.cos(rad_from_deg(UNREAD_DEG)):
            continue
        corners = face.corners_mm if len(face.corners_mm) else np.vstack(list(face.marker_corners_mm.values()))
        for x, y, z in camera_from_board.apply(corners):
            by_point = FX_PX / z * np.array([[1.0, 0.0, -x / z], [0.0, 1.0, -y / z]])
            by_pose = np.hstack([by_point, -by_point @ skew((x, y, z))]) / 0.1
            information += by_pose.T @ by_pose
    if not information.any():
        return np.inf
    target = camera_from_board.apply(middle + np.array([0.0, 0.0, 150.0]))
    moved = np.hstack([np.eye(3), -skew(target)])
    return float(np.sqrt(np.trace(moved @ np.linalg.inv(information) @ moved.T)))


def folded(fold_deg: float) -> tuple[Face, ...]:
    """Return the delivered folded board's two faces at another fold."""
    left, right = load_board("patient_folded").faces
    half = fold_deg / 2.0
    ridge = placed((0.0, 0.0, 0.0), -half).apply((46.0, 0.0, 0.0))
    start = ridge + placed((0.0, 0.0, 0.0), half).rotate((2.0, 0.0, 0.0))
    return (
        Face(
            name="left",
            dictionary=left.dictionary,
            pattern=left.pattern,
            outline_mm=left.outline_mm,
            board_from_face=placed((0.0, 0.0, 0.0), -half),
        ),
        Face(
            name="right",
            dictionary=right.dictionary,
            pattern=right.pattern,
            outline_mm=right.outline_mm,
            board_from_face=placed((float(start[0]), float(start[1]), float(start[2])), half),
        ),
    )


def worst_mm(fold_deg: float) -> float:
    return max(bound_mm(folded(fold_deg), tilt, about) for tilt in range(0, 61, 6) for about in (0, 45, 90))


def test_the_fold_is_the_one_of_the_comparison() -> None:
    for ours, theirs in zip(load_board("patient_folded").faces, folded(40.0), strict=True):
        np.testing.assert_allclose(ours.outline_corners_mm, theirs.outline_corners_mm, atol=1e-4)
    frontal = {fold: bound_mm(folded(fold), 0.0, 0.0) for fold in (0.0, 20.0, 40.0, 60.0)}
    assert frontal[40.0] < 0.4 * frontal[0.0]
    assert worst_mm(40.0) < 0.6 < 0.8 < worst_mm(50.0) < worst_mm(60.0)
    assert bound_mm(folded(30.0), 0.0, 0.0) > 1.15 * frontal[40.0]


def test_raised_tiles_help_from_the_front() -> None:
    raised = load_board("patient_raised").faces
    flat = tuple(
        replace(face, board_from_face=placed((*face.board_from_face.translation_mm[:2], 0.0))) for face in raised
    )
    assert bound_mm(raised, 0.0, 0.0) < 0.85 * bound_mm(flat, 0.0, 0.0)


def test_faces_of_the_folded_boards_meet_at_their_folds() -> None:
    for name, pairs in (("patient_folded", [(0, 1)]), ("headset", [(1, 0), (0, 2)]), ("pointer", [(0, 1)])):
        faces = load_board(name).faces
        for left, right in pairs:
            np.testing.assert_allclose(
                faces[left].outline_corners_mm[[1, 2]], faces[right].outline_corners_mm[[0, 3]], atol=1e-4
            )


def test_every_delivered_board_keeps_its_digest_through_its_file() -> None:
    for name in NAMES:
        board = load_board(name)
        assert Board.from_toml(board.to_toml()).digest == board.digest
