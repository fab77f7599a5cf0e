"""Boards are found by file or by delivered name, and a missing one is refused with words."""

from pathlib import Path

import pytest

from orview.edge.boards import delivered_boards, load_board, load_boards
from orview.errors import InputError


def test_delivered_boards_load_under_their_own_name() -> None:
    names = set(delivered_boards())
    assert {"calibration_a4", "patient_flat"} <= names
    for name in names:
        assert load_board(name).name == name


def test_the_delivered_boards_do_not_share_a_marker() -> None:
    patient, calibration = load_board("patient_flat"), load_board("calibration_a4")
    assert patient.dictionary == calibration.dictionary
    assert not set(patient.marker_corners_mm) & set(calibration.marker_corners_mm)


def test_a_board_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(load_board("patient_flat").to_toml())
    assert load_board(path).digest == load_board("patient_flat").digest
    assert load_board(str(path)).digest == load_board("patient_flat").digest


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="patient_flat"):
        load_board("no_such_board")


@pytest.mark.hazard("H08")
def test_boards_that_are_seen_together_share_no_marker() -> None:
    names = ("patient_folded", "pointer", "headset")
    assert tuple(board.name for board in load_boards(*names)) == names
    with pytest.raises(InputError, match="'patient_flat' and 'patient_flat' both have marker 0"):
        load_boards("patient_flat", "pointer", "patient_flat")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "board.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        load_board(path)
