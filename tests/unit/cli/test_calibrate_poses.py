"""`orview calibrate hand-eye` and `pivot`: files of poses in, documents and words out."""

import json
from pathlib import Path

import numpy as np

from orview.edge.boards import load_board
from orview.edge.tip_files import read_tip
from tests.unit.calibrate.test_hand_eye import CAMERA, views_of
from tests.unit.calibrate.test_pivot import TIP, swung
from tests.unit.cli.verbs import run_verb


def test_a_headset_is_calibrated_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    entries = [
        {
            name: value
            for link in ("world_from_headset", "camera_from_board")
            for name, value in (
                (link, getattr(view, link).transform.matrix.tolist()),
                (f"{link}_covariance", getattr(view, link).covariance.tolist()),
            )
        }
        for view in views_of(20, seed=1)
    ]
    path.write_text(json.dumps({"views": entries}))
    document = run_verb("calibrate_hand_eye", path, "--json").document
    found = np.array(document["headset_from_camera"])
    error_mm = np.linalg.norm(found[:3, 3] - CAMERA.translation_mm)
    assert error_mm < 4.0 * document["sigma_mm"]
    assert (document["views"], document["views_used"]) == (20, 20)
    words = run_verb("calibrate_hand_eye", path)
    assert (words.code, words.out) == (0, "")
    path.write_text(json.dumps({"views": entries[:3]}))
    refused = run_verb("calibrate_hand_eye", path)
    assert refused.code == 1
    assert "3 views are too few" in refused.words


def test_a_board_worn_on_a_headset_is_calibrated_from_what_the_room_camera_saw(tmp_path: Path) -> None:
    path = tmp_path / "views.json"
    entries = [
        {
            "world_from_headset": view.world_from_headset.transform.matrix.tolist(),
            "world_from_headset_covariance": view.world_from_headset.covariance.tolist(),
            # The same moments, told by a camera in the room: what was the camera on the head is the board there.
            "camera_from_board": view.camera_from_board.inverse().transform.matrix.tolist(),
            "camera_from_board_covariance": view.camera_from_board.inverse().covariance.tolist(),
        }
        for view in views_of(20, seed=1)
    ]
    path.write_text(json.dumps({"views": entries}))
    document = run_verb("calibrate_hand_eye", path, "--worn", "--json").document
    found = np.array(document["headset_from_board"])
    assert np.linalg.norm(found[:3, 3] - CAMERA.translation_mm) < 4.0 * document["sigma_mm"]
    assert "headset_from_camera" not in document
    assert np.array(document["world_from_camera"]).shape == (4, 4)
    assert "Board at" in run_verb("calibrate_hand_eye", path, "--worn").words


def test_a_pointer_is_calibrated_from_what_track_prints(tmp_path: Path) -> None:
    path = tmp_path / "swing.jsonl"
    pointer = load_board("pointer")
    lines = [
        {
            "board_digest": pointer.digest,
            "state": "tracked",
            "camera_from_board": pose.transform.matrix.tolist(),
            "sigma_mm": 0.3,
            "sigma_deg": 0.11,
        }
        for pose in swung(80, seed=1)
    ]
    lost = {"state": "lost", "camera_from_board": None}
    path.write_text("\n".join(json.dumps(line) for line in [*lines, lost]))
    document = run_verb("calibrate_pivot", path, "--json").document
    assert np.linalg.norm(np.array(document["tip_in_board_mm"]) - TIP) < 1.5 * document["error_mm"]
    assert document["poses"] == 80
    (tmp_path / "tip.json").write_text(json.dumps(document))
    tip = read_tip(tmp_path / "tip.json", pointer)
    np.testing.assert_allclose(tip.position_pointer_mm, document["tip_in_board_mm"])
    assert run_verb("calibrate_pivot", path).code == 0
    path.write_text("\n".join(json.dumps(line) for line in lines[:5]))
    assert "too few" in run_verb("calibrate_pivot", path).words


def test_a_tip_names_its_pointer(tmp_path: Path) -> None:
    path = tmp_path / "swing.json"
    path.write_text(json.dumps([{"camera_from_board": pose.transform.matrix.tolist()} for pose in swung(80, seed=1)]))
    refused = run_verb("calibrate_pivot", path, "--json")
    assert refused.code == 1
    assert "do not say which board they are of" in refused.words
    assert "--board" in refused.words
    named = run_verb("calibrate_pivot", path, "--board", "pointer", "--json").document
    assert named["board_digest"] == load_board("pointer").digest
