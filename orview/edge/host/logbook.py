"""The host's log: one JSON object a line, holding only what is on a list that nobody's name can be on.

What reaches the file is decided here, at the last step: of each line the event's name, and of its fields those of
`FIELDS` whose value is of the field's own kind. Words of people, messages of libraries and texts of exceptions are
none of them, so that no line can say who the patient is (hazard H21); what was left out is counted in the line. A
thread of its own writes, and a disk that hangs costs lines, never a pose.
"""

import json
import logging
import os
import queue
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from io import TextIOWrapper
from ipaddress import ip_address
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import Any

from orview.errors import StoreError

FOLDER = "logs"
FILE = "host.jsonl"
MAX_FILE_BYTES = 4 << 20
FILES_KEPT = 5
_MOST_WAITING = 4096
_FIELDS_OF_RECORD = "orview_fields"
_LOGGER = "orview.host"
_WORD = re.compile("[A-Z][A-Z0-9_]{0,39}")
_KEY = re.compile("[a-z][a-z0-9_]{0,39}")
_HEX = re.compile("[0-9a-f]{8,64}")


class LogLevel(StrEnum):
    """From what weight on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"


def _is_count(value: object) -> bool:
    return isinstance(value, int | float)


def _is_address(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ip_address(value.partition("%")[0]))
    except ValueError:
        return False


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


FIELDS: Mapping[str, Callable[[object], bool]] = {
    "client": _is_count,
    "count": _is_count,
    "ms": _is_count,
    "bytes": _is_count,
    "code": _is_count,
    "port": _is_count,
    "agrees": _is_count,
    "role": lambda value: _matches(_KEY, value),
    "by": lambda value: _matches(_KEY, value),
    "process": lambda value: _matches(_KEY, value),
    "trouble": lambda value: _matches(_KEY, value),
    "refused": lambda value: _matches(_WORD, value),
    "from": lambda value: _matches(_WORD, value),
    "to": lambda value: _matches(_WORD, value),
    "state": lambda value: _matches(_WORD, value),
    "missing": lambda value: isinstance(value, list) and all(_matches(_KEY, key) for key in value),
    "case_id": lambda value: _matches(_HEX, value),
    "case_digest": lambda value: _matches(_HEX, value),
    "device": lambda value: _matches(_HEX, value),
    "host": lambda value: _matches(_HEX, value),
    "address": _is_address,
    "version": lambda value: _matches(re.compile(r"[0-9a-z.+]{1,24}"), value),
    "recording": lambda value: _matches(re.compile(r"\d{8}T\d{6}Z_[0-9a-f]{6}"), value),
    "error": lambda value: _matches(re.compile("[A-Za-z]{1,40}"), value),
    "place": lambda value: _matches(re.compile(r"[a-z0-9_.]{1,60}:\d{1,6}"), value),
}
"""Which fields a line may have, and what each may hold: numbers, ids, addresses and words that stand in the code."""


class Logbook:
    """Writes the log; does nothing without a file.

    Args:
        path: the file, made readable for its owner alone; full ones are kept beside it as `.1`, `.2` and so on.
        level: from what weight on.

    Raises:
        StoreError: the file cannot be written.
    """

    def __init__(self, path: Path | None, *, level: LogLevel = LogLevel.INFO) -> None:
        self._logger = logging.Logger(_LOGGER, level=logging.getLevelName(level.upper()))
        self._listener: QueueListener | None = None
        self._handler: QueueHandler | None = None
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = _PrivateFile(path, maxBytes=MAX_FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"The log cannot be written ({error.strerror}).", mend="Choose another file with --log-file."
            ) from error
        file.setFormatter(_Lines())
        self._handler = _NeverWaiting(queue.Queue(_MOST_WAITING))
        self._listener = QueueListener(self._handler.queue, file)
        self._file = file
        self._logger.addHandler(self._handler)
        # What libraries complain about is worth a line; what they say in it is not ours to write down.
        logging.getLogger().addHandler(self._handler)
        self._listener.start()

    def note(self, event: str, weight: LogLevel = LogLevel.INFO, /, **fields: object) -> None:
        """Write a line; never waits. `event` is a word in capitals that stands in the code."""
        self._logger.log(logging.getLevelName(weight.upper()), event, extra={_FIELDS_OF_RECORD: fields})

    def close(self) -> None:
        """Write what waits, and end."""
        if self._listener is not None and self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._listener.stop()
            self._file.close()
            self._listener = None


def line_of(record: logging.LogRecord) -> str:
    """Return a record as a line: what `FIELDS` lets through, and nothing else of it."""
    ours = record.name == _LOGGER and _matches(_WORD, record.msg)
    given: Mapping[str, Any] = getattr(record, _FIELDS_OF_RECORD, {}) if ours else _place_of(record)
    told = {name: value for name, value in given.items() if name in FIELDS and FIELDS[name](value)}
    line: dict[str, Any] = {
        "utc": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": record.msg if ours else "COMPLAINT",
        **told,
    }
    if len(told) < len(given):
        line["left_out"] = len(given) - len(told)
    return json.dumps(line)


def _place_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return where a library complained, and with what kind of error."""
    found: dict[str, Any] = {"place": f"{record.module}:{record.lineno}".lower()}
    if record.exc_info and record.exc_info[0] is not None:
        found["error"] = record.exc_info[0].__name__
    return found


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return line_of(record)


class _NeverWaiting(QueueHandler):
    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        """Lose the line: the log is behind, or its disk is gone."""


class _PrivateFile(RotatingFileHandler):
    def _open(self) -> TextIOWrapper:
        def private(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=private)  # type: ignore[return-value]

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        """Lose the line: the disk refuses, which the console tells where it matters."""
