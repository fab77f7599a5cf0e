"""The file in which a draft outlives the process that draws it: the id of its case in one line, then the draft."""

import contextlib
from pathlib import Path

from orview.edge.private_file import write_private
from orview.errors import InputError
from orview.plan.draft import Draft


def write_draft(file: Path, case_id: str, draft: Draft) -> None:
    """Keep a draft; what the disk refuses is drawn all the same, and lost with the process."""
    with contextlib.suppress(OSError):
        write_private(file, f"{case_id}\n{draft.to_json()}".encode())


def case_of_draft(file: Path) -> str:
    """Return the id of the case whose draft lies in a file, empty where there is none."""
    return _parts(file)[0]


def read_draft(file: Path, case_id: str) -> Draft | None:
    """Return the draft of a case, None where there is none that can be read."""
    of_case, text = _parts(file)
    if of_case != case_id:
        return None
    with contextlib.suppress(InputError):
        return Draft.from_json(text)
    return None


def _parts(file: Path) -> tuple[str, str]:
    try:
        case_id, _, text = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return "", ""
    return case_id, text
