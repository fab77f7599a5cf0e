"""What a disc's index (DICOMDIR, PS3.10 and PS3.12) says should be there. Limited child only.

The index is not trusted: it opens no file, and its names are only compared with those found below the folder.
"""

import re
from pathlib import Path

from pydicom import dcmread

from orview.findings import Finding, Severity

MAX_INDEX_BYTES = 64 * 1024**2
INDEX_NAME = "DICOMDIR"
_COMPONENT = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def check_disc(index: Path, found: frozenset[str]) -> list[Finding]:
    """Compare a disc's index with the files found.

    Args:
        index: the DICOMDIR file.
        found: paths of all files below its folder, relative to it, in upper case with "/" between.
    """
    missing = 0
    try:
        if index.stat().st_size > MAX_INDEX_BYTES:
            raise ValueError
        for record in dcmread(index).get("DirectoryRecordSequence") or []:
            names = record.get("ReferencedFileID")
            if names:
                parts = [names] if isinstance(names, str) else [str(name) for name in names]
                whole = all(_COMPONENT.fullmatch(part) and part not in (".", "..") for part in parts)
                missing += not (whole and "/".join(parts).upper() in found)
    except MemoryError:
        raise
    except Exception:
        # A hostile or broken index costs nothing but itself: the files say what they are.
        return [
            Finding(
                code="DISC_INDEX_UNREADABLE",
                severity=Severity.INFO,
                message="The disc's index (DICOMDIR) cannot be read; what it lists could not be compared.",
            )
        ]
    if not missing:
        return []
    return [
        Finding(
            code="DISC_FILES_MISSING",
            severity=Severity.WARNING,
            message=f"The disc's index (DICOMDIR) lists {missing} file{'s' if missing > 1 else ''} that "
            f"{'are' if missing > 1 else 'is'} not there: the copy may be incomplete.",
        )
    ]
