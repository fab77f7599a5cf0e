"""Plans as TOML files that people write and read: `orview plan CASE plan.toml`, and the other way round."""

import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from orview.errors import InputError
from orview.plan.plan import Plan, document_of, plan_of

LARGEST_BYTES = 1 << 20
_HEAD = """\
# Plan of a staged resection, orview. Research use only, not a medical device.
# Lengths are mm in the patient frame (LPS: +x left, +y back, +z up).
# kept_normal points from the specimen to what stays.

"""


def read_plan_file(path: Path, *, case_digest: str) -> Plan:
    """Read a plan; one that does not say its case is taken to be of this one.

    Raises:
        InputError: the file cannot be read or makes no plan; the words say what to mend.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path.name} is too large for a plan.", mend="Give the TOML file of a plan.")
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}.", mend="Check its name.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is no TOML file: {error}.", mend="Mend that line.") from error
    try:
        return plan_of({"case_digest": case_digest} | _plain(document))
    except KeyError as error:
        raise InputError(
            f"{path.name} leaves out {error.args[0]!r}.", mend="docs/planning.md shows a whole plan."
        ) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(
            f"{path.name} has a value that fits no plan: {error}.", mend="docs/planning.md shows one."
        ) from error


def plan_text(plan: Plan) -> str:
    """Return a plan as the text of a TOML file, its case and version in it."""
    return _HEAD + tomli_w.dumps(document_of(plan), multiline_strings=True)


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without the version of a file that was written: a plan read anew gets the next one."""
    return {key: value for key, value in document.items() if key != "version"}
