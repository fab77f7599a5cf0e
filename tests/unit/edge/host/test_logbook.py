"""The host's log: lines that machines read, and nothing in them that a person wrote."""

import json
import logging
import stat
import sys
from pathlib import Path

import pytest

from orview.edge.host import logbook
from orview.edge.host.logbook import FIELDS, Logbook, LogLevel
from orview.errors import StoreError

CANARY = "Zz-canary-9917"


def written(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_is_an_object_with_its_fields(tmp_path):
    path = tmp_path / "logs" / "host.jsonl"
    log = Logbook(path)
    log.note("CLIENT_JOINED", client=3, role="surgeon")
    log.note("STATE", to="HOLD", missing=["track", "check_point"])
    log.note("OTHER_HOST", LogLevel.WARNING, address="fe80::1%eth0", port=8443, host="00ff00ff00ff00ff")
    log.close()
    first, second, third = written(path)
    assert (first["event"], first["level"], first["client"], first["role"]) == ("CLIENT_JOINED", "info", 3, "surgeon")
    assert first["utc"].endswith("+00:00")
    assert second["missing"] == ["track", "check_point"]
    assert (third["level"], third["address"], third["host"]) == ("warning", "fe80::1%eth0", "00ff00ff00ff00ff")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_level_is_heeded(tmp_path):
    path = tmp_path / "host.jsonl"
    log = Logbook(path, level=LogLevel.WARNING)
    log.note("QUIET")
    log.note("LOUD", LogLevel.WARNING)
    log.close()
    assert [line["event"] for line in written(path)] == ["LOUD"]


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("field", [*FIELDS, "name", "words", "why"])
@pytest.mark.parametrize("value", [CANARY, CANARY.upper().replace("-", "_") + " X", [CANARY], {"a": CANARY}, None])
def test_no_field_holds_words_of_people(tmp_path, field, value):
    path = tmp_path / "host.jsonl"
    log = Logbook(path)
    log.note("SOMETHING", **{field: value})
    log.close()
    (line,) = written(path)
    assert field not in line
    assert line["left_out"] == 1


@pytest.mark.hazard("H21")
def test_neither_events_nor_complaints_nor_exceptions_do(tmp_path):
    path = tmp_path / "host.jsonl"
    log = Logbook(path)
    log.note(f"Patient {CANARY}", client=1)
    logging.getLogger("websockets.server").error("handshake of %s failed", CANARY)
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger(CANARY).exception("trouble with %s", CANARY, exc_info=sys.exc_info(), stack_info=True)
    log.close()
    assert "canary" not in path.read_text(encoding="utf-8").lower()
    words, library, error = written(path)
    assert (words["event"], library["event"]) == ("COMPLAINT", "COMPLAINT")
    assert library["place"].startswith("test_logbook:")
    assert error["error"] == "ValueError"


def test_full_files_are_put_aside_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(logbook, "MAX_FILE_BYTES", 2000)
    path = tmp_path / "host.jsonl"
    log = Logbook(path)
    for client in range(200):
        log.note("CLIENT_JOINED", client=client)
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["host.jsonl", *(f"host.jsonl.{i}" for i in range(1, 6))]
    assert all(file.stat().st_size <= 2000 for file in files)
    assert written(path)[-1]["client"] == 199


def test_without_a_file_nothing_is_written():
    log = Logbook(None)
    log.note("CLIENT_JOINED", client=1)
    log.close()


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="log cannot be written"):
        Logbook(tmp_path / "file" / "host.jsonl")
