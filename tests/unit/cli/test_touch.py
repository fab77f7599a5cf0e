"""`orview touch`: pictures of a pointer become files that `orview register` takes as they are."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.board_points import read_touched, read_traced
from orview.edge.case_store import CaseStore
from orview.edge.profiles import add_profile
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.register.verdict import Verdict
from tests.bony import CENTRE, bony, bony_case, landmarks_of, places_on, surface_of, write_points
from tests.pointing import PATIENT, POINTER, PROFILE, TIP_FILE, TwoBoards, film_of, pointer_at
from tests.unit.cli.verbs import Outcome, run_verb

TURN = RigidTransform.from_rotation_vector(Frame.BOARD, Frame.PATIENT, [1.2, 0.2, -0.3], [0.0, 0.0, 0.0])
BOARD_FROM_PATIENT = RigidTransform(
    Frame.BOARD, Frame.PATIENT, TURN.rotation, np.array([225.0, 10.0, 40.0]) - TURN.apply(CENTRE)
)
NAMES = ("wing_left", "wing_right", "tip", "bump_left", "top")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "patient.toml").write_text(PATIENT.to_toml(), encoding="utf-8")
    (tmp_path / "pointer.toml").write_text(POINTER.to_toml(), encoding="utf-8")
    (tmp_path / "tip.json").write_text(json.dumps(TIP_FILE))
    (tmp_path / "other_tip.json").write_text(json.dumps({**TIP_FILE, "board_digest": PATIENT.digest}))
    add_profile(tmp_path / "camera.toml", PROFILE)
    return tmp_path


def _touch(folder: Path, *more: object, pictures: Path, pointer: str = "pointer.toml") -> Outcome:
    given = {"--board": "patient.toml", "--pointer": pointer, "--tip": "tip.json", "--camera": "camera.toml"}
    files = [part for option, name in given.items() for part in (option, folder / name)]
    return run_verb("touch", pictures, *files, "--json-lines", *more)


def _events(outcome: Outcome) -> list[dict[str, object]]:
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_touches_in_pictures_register_the_case(folder: Path) -> None:
    bone = surface_of(bony)
    store = CaseStore.open(folder / "store")
    case = bony_case(store, bone)
    known = {name: place for name, place in landmarks_of(places_on(bony, bone)).items() if name in NAMES}
    marked = write_points(folder / "landmarks.csv", known, frame="LPS", sigma_mm=0.3)
    for_case = ("--landmarks", marked, "--case", case.id, "--store", store.folder)
    suggested = run_verb("register", case.id, "--landmarks", marked, "--store", store.folder, "--json").document
    order = [step["landmark"] for step in suggested["order"]]
    truth = {name: BOARD_FROM_PATIENT.apply(known[name]) for name in order}
    pictures = film_of(folder / "pictures", truth, pictures=28)

    outcome = _touch(folder, *for_case, "--out", folder / "touched.csv", pictures=pictures)
    assert outcome.code == 0
    events = _events(outcome)
    assert [event["landmark"] for event in events if event["event"] == "ask"] == order
    assert events[-1] == {"event": "end", "touched": len(order), "file": str(folder / "touched.csv")}
    for event in events:
        if event["event"] == "touch":
            error = np.array(event["position_board_mm"]) - truth[str(event["landmark"])]
            assert np.linalg.norm(error) < 0.8
            assert error @ np.linalg.solve(np.array(event["tip_covariance_mm2"]), error) < 16.27
    for point in read_touched(folder / "touched.csv"):
        assert point.sigma_mm is not None
        assert 0.6 < point.sigma_mm < 1.5

    files = ("--landmarks", marked, "--touched", folder / "touched.csv", "--limit-mm", 3.0)
    registered = run_verb(
        "register", case.id, "--board", folder / "patient.toml", *files, "--store", store.folder, "--json"
    )
    assert (registered.code, registered.document["verdict"]) == (0, "accepted")
    stored = store.registration(case.id, PATIENT.digest)
    assert stored is not None
    found = Verdict.from_json(stored).board_from_patient
    assert found is not None
    target = case.structure(case.target_key).centroid_patient_mm
    off_mm = float(np.linalg.norm(found.transform.apply(target) - BOARD_FROM_PATIENT.apply(target)))
    assert off_mm < registered.document["expected_error_mm"][case.target_key]


def test_a_trace_is_written_and_read(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    room, number = TwoBoards(), 0
    ways = [(step, 0.0) if step < 12 else (23.0 - step, step - 11.0) for step in range(24)]
    line = [np.array([255.0 + x, 5.0 + y, 20.0]) for x, y in ways]
    for step, place in enumerate(line):
        for picture in room.still(pointer_at(place), count=18 if step == 0 else 1):
            cv2.imwrite(str(pictures / f"{number:04}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 0])
            number += 1
    outcome = _touch(folder, "--trace", "--out", folder / "trace.csv", pictures=pictures)
    assert outcome.code == 0
    assert [event["event"] for event in _events(outcome)][:2] == ["ask", "recording"]
    traced = read_traced(folder / "trace.csv")
    assert 8 <= len(traced) <= 16
    off = np.linalg.norm(traced[:, None] - np.array(line), axis=-1).min(axis=1)
    assert off.max() < 1.0


def test_without_a_touch_nothing_is_written(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir()
    for number, picture in enumerate(TwoBoards().still(None, count=30)):
        cv2.imwrite(str(pictures / f"{number:04}.png"), picture)
    marked = write_points(folder / "landmarks.csv", _corners(), frame="LPS")
    outcome = _touch(folder, "--landmarks", marked, "--out", folder / "touched.csv", pictures=pictures)
    events = _events(outcome)
    assert [event["event"] for event in events] == ["ask", "unseen", "end"]
    assert str(events[1]["reason"]).startswith("The pointer is not seen.")
    assert not list(folder.glob("*touched*"))


def _corners() -> dict[str, np.ndarray]:
    return {name: 60.0 * place for name, place in zip("abcd", [np.zeros(3), *np.eye(3)], strict=True)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "Either landmarks are touched or bone is traced"),
        (("--trace", "--landmarks", "landmarks.csv"), "Either landmarks are touched or bone is traced"),
        (("--trace", "--pointer", "patient.toml"), "both have marker 0"),
        (("--trace", "--tip", "none.json"), "tip of the pointer cannot be read"),
        (("--trace", "--tip", "other_tip.json"), "tip of another pointer"),
        (("--trace", "--out", "old.csv"), "There is old.csv already"),
        (("--trace", "--camera", "other.toml"), "belongs to the mode"),
        (("--landmarks", "few.csv"), "4 are needed"),
    ],
)
def test_what_cannot_work_is_refused_with_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(folder)
    cv2.imwrite("a.png", np.zeros((600, 800), np.uint8))
    write_points(Path("landmarks.csv"), _corners(), frame="LPS")
    write_points(Path("few.csv"), {name: place for name, place in _corners().items() if name != "a"}, frame="LPS")
    Path("old.csv").write_text("kept")
    Path("other.toml").write_text(Path("camera.toml").read_text().replace("800x600", "1920x1080"))
    usual = {"--board": "patient.toml", "--pointer": "pointer.toml", "--tip": "tip.json", "--camera": "camera.toml"}
    named = [part for option, name in usual.items() if option not in options for part in (option, name)]
    outcome = run_verb("touch", "a.png", *named, *options)
    assert outcome.code == 1
    assert words in outcome.words
    assert Path("old.csv").read_text() == "kept"
    assert not list(folder.glob("*touched*"))
