"""Files that show or name what concerns one patient: for a nurse's console alone, and kept nowhere on the way.

A browser asks with the header `Authorization: Bearer TOKEN`, the token its socket was let in with. Whoever has none is
told nothing, not even whether there is such a file.
"""

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from orview.edge.case_store import CaseStore
from orview.edge.host.site import Answer, FilePart
from orview.edge.report.folder import FOLDER
from orview.errors import StoreError

_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})", re.IGNORECASE)


class NurseDoor(Protocol):
    """Knows tokens."""

    def is_nurse(self, token: str, *, local: bool) -> bool:
        """Whether a token is a nurse's, at this port."""
        ...


class PrivateFiles:
    """Answers for slices (`/s/<sha256>`) and reports (`/r/<name>`).

    Args:
        store: in whose folder they lie.
        door: knows who is a nurse.
    """

    def __init__(self, store: CaseStore, door: NurseDoor) -> None:
        self._store = store
        self._door = door

    async def answer(self, path: str, headers: Mapping[str, str], *, local: bool) -> Answer:
        """Answer for one path; `headers` has lower-case names."""
        token = _BEARER.fullmatch(headers.get("authorization", "").strip())
        if token is None or not self._door.is_nurse(token.group(1), local=local):
            return _words(HTTPStatus.FORBIDDEN, "This is for the nurse's console alone.\n")
        return await asyncio.to_thread(self._found, path)

    def _found(self, path: str) -> Answer:
        fixed = {"Cache-Control": "no-store"}
        try:
            if match := re.fullmatch(r"/s/([0-9a-f]{64})", path):
                self._store.check_slices(match.group(1))
                file, kind = self._store.slices_path(match.group(1)), "application/gzip"
            elif match := re.fullmatch(r"/r/([0-9A-Za-z_]+\.(html|pdf))", path):
                file, kind = self._store.folder / FOLDER / match.group(1), _TYPES[match.group(2)]
                fixed["Content-Disposition"] = f'attachment; filename="orview_{match.group(1)}"'
            else:
                return _not_found()
            return Answer(status=HTTPStatus.OK, headers=fixed | {"Content-Type": kind}, body=_whole(file))
        except (OSError, StoreError):
            return _not_found()


def _whole(file: Path) -> FilePart:
    return FilePart(path=file, start=0, stop=file.stat().st_size)


def _not_found() -> Answer:
    return _words(HTTPStatus.NOT_FOUND, "There is nothing here.\n")


def _words(status: HTTPStatus, text: str) -> Answer:
    fixed = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status=status, headers=fixed, body=text.encode())
