"""The files in which drafts outlive the process that draws them, and the choice of another case: one for each case."""

import contextlib
from pathlib import Path

from orview.edge.private_file import write_private
from orview.errors import InputError
from orview.plan.draft import Draft


class DraftFile:
    """Where the draft of one case lies.

    Args:
        folder: of all drafts; made where there is none.
        case_id: of the case.
    """

    def __init__(self, folder: Path, case_id: str) -> None:
        self._path = folder / f"{case_id}.json"

    def write(self, draft: Draft) -> None:
        """Keep a draft; what the disk refuses is drawn all the same, and lost with the process."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True, mode=0o700)
            write_private(self._path, draft.to_json().encode())

    def read(self) -> Draft | None:
        """Return the draft, None where there is none that can be read."""
        with contextlib.suppress(OSError, UnicodeDecodeError, InputError):
            return Draft.from_json(self._path.read_text(encoding="utf-8"))
        return None

    def forget(self) -> None:
        """Let the draft go."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
