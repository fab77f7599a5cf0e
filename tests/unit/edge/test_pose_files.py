"""Poses come in from JSON, JSON lines and CSV alike, with their uncertainty where they say it."""

import json
from pathlib import Path

import numpy as np
import pytest

from orview.edge.pose_files import GUESSED_SIGMA_MM, read_poses
from orview.errors import InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform

LINKS = {"camera_from_board": (Frame.CAMERA, Frame.BOARD)}
POSE = RigidTransform.from_rotation_vector(Frame.CAMERA, Frame.BOARD, (0.1, -0.7, 0.3), (12.0, -30.0, 480.0))
MATRIX = POSE.matrix.tolist()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_what_track_prints_is_read_and_lost_frames_are_passed_over(tmp_path: Path) -> None:
    frames = [
        {"frame": 0, "state": "tracked", "camera_from_board": MATRIX, "sigma_mm": 0.2, "sigma_deg": 0.05},
        {"frame": 1, "state": "lost", "camera_from_board": None},
        {"frame": 2, "state": "tracked", "camera_from_board": MATRIX, "sigma_mm": 0.4, "sigma_deg": 0.1},
    ]
    found = read_poses(written(tmp_path, "track.jsonl", "\n".join(json.dumps(f) for f in frames)), LINKS)
    assert (len(found.rows), found.noise_known) == (2, True)
    pose = found.rows[1]["camera_from_board"]
    np.testing.assert_allclose(pose.transform.matrix, POSE.matrix)
    # The board's origin is uncertain by what was said, whatever the turn.
    np.testing.assert_allclose(pose.covariance_at((0.0, 0.0, 0.0)), 0.16 * np.eye(3), atol=1e-9)
    assert pose.covariance[0, 0] == pytest.approx(np.radians(0.1) ** 2)


def test_poses_of_several_boards_are_told_apart(tmp_path: Path) -> None:
    lines = [{"camera_from_board": MATRIX, "board_digest": digest} for digest in ("aa", "bb", "aa")]
    both = written(tmp_path, "track.jsonl", "\n".join(json.dumps(line) for line in lines))
    with pytest.raises(InputError, match="several boards") as refused:
        read_poses(both, LINKS)
    assert "--board" in refused.value.mend
    found = read_poses(both, LINKS, board_digest="aa")
    assert (len(found.rows), found.board_digest) == (2, "aa")
    with pytest.raises(InputError, match="no poses of that board"):
        read_poses(both, LINKS, board_digest="cc")
    silent = written(tmp_path, "silent.jsonl", json.dumps({"camera_from_board": MATRIX}))
    assert read_poses(silent, LINKS).board_digest == ""
    assert len(read_poses(silent, LINKS, board_digest="aa").rows) == 1


def test_json_with_covariances_and_without(tmp_path: Path) -> None:
    covariance = (np.diag([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) * 1e-3).tolist()
    both = {"views": [{"camera_from_board": MATRIX, "camera_from_board_covariance": covariance}]}
    found = read_poses(written(tmp_path, "a.json", json.dumps(both)), LINKS)
    assert found.noise_known
    np.testing.assert_allclose(found.rows[0]["camera_from_board"].covariance, covariance)
    guessed = read_poses(written(tmp_path, "b.json", json.dumps([{"camera_from_board": MATRIX}])), LINKS)
    assert not guessed.noise_known
    variances = np.diag(guessed.rows[0]["camera_from_board"].covariance_at((0.0, 0.0, 0.0)))
    np.testing.assert_allclose(variances, GUESSED_SIGMA_MM**2)


def test_csv_is_read(tmp_path: Path) -> None:
    names = [f"camera_from_board_{what}" for what in ("x_mm", "y_mm", "z_mm", "qx", "qy", "qz", "qw", "sigma_mm")]
    values = [*POSE.translation_mm.tolist(), *POSE.quat_xyzw.tolist(), 0.3]
    text = f"{','.join(names)},camera_from_board_sigma_deg\n{','.join(map(repr, values))},0.1\n"
    found = read_poses(written(tmp_path, "poses.csv", text), LINKS)
    assert found.noise_known
    np.testing.assert_allclose(found.rows[0]["camera_from_board"].transform.matrix, POSE.matrix, atol=1e-9)


MIRRORED = (np.diag([1.0, 1.0, -1.0, 1.0]) @ POSE.matrix).tolist()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "no json", "neither JSON nor JSON lines"),
        ("a.json", "[]", "holds no poses"),
        ("a.json", "[1, 2]", "Entry 1"),
        ("a.json", "3", "list of objects"),
        ("a.json", json.dumps([{"board": MATRIX}]), "camera_from_board is missing"),
        ("a.json", json.dumps([{"camera_from_board": [[1, 2], [3, 4]]}]), "Entry 1"),
        ("a.json", json.dumps([{"camera_from_board": MIRRORED}]), "mirror"),
        ("a.json", json.dumps([{"camera_from_board": MATRIX, "camera_from_board_covariance": [1]}]), "Entry 1"),
        ("a.csv", "x,y\n1,2\n", "camera_from_board is missing"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_poses(written(tmp_path, name, text), LINKS)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_poses(tmp_path / "none.json", LINKS)
