"""The process that opens what others wrote: confined, and nothing in it outlives a crash.

    python -m orview.edge.images.confined.child RESULT_FOLDER

A DICOM file of 136 kB can crash SimpleITK and one of 1 MB can take gigabytes; here that costs this process only.
Standard input brings one JSON document: `mode`, `request`, and `readable`, the paths it may open. Each mode is a
module with `read(request, result_folder) -> dict`, which leaves its arrays as .npy in the folder. The answer is
RESULT_FOLDER/result.json, whole or not there at all. Standard output carries reports of progress.
"""

import errno
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from orview.edge.images.confined.progress import report_to
from orview.edge.images.confined.sandbox import Bound, confine_this_process
from orview.errors import InputError, OrviewError, RefusedError

MODES = {
    "volume": "orview.edge.images.volume_source",
    "series": "orview.edge.images.dicom.series_source",
    "outlines": "orview.edge.images.outlines.source",
}
"""What can be asked of the child and which module answers; imported only when asked."""

RESULT = "result.json"


def main(result_folder: Path) -> None:
    """Read one source as the request on standard input says and leave the answer in the result folder."""
    question = json.load(sys.stdin.buffer)
    held = confine_this_process(readable=[Path(path) for path in question["readable"]], writable=result_folder)
    leave_answer(result_folder, answer_to(question["mode"], question["request"], result_folder), held)


def leave_answer(result_folder: Path, answer: dict[str, Any], held: frozenset[Bound]) -> None:
    """Write the answer under another name and rename it, so that nobody reads half of one."""
    partial = result_folder / "result.partial"
    partial.write_text(json.dumps(answer | {"confined": sorted(bound.name for bound in held)}), encoding="utf-8")
    partial.rename(result_folder / RESULT)


def answer_to(mode: str, request: dict[str, Any], result_folder: Path) -> dict[str, Any]:
    """Return the answer to a request, or the error it ended in, as plain JSON."""
    # pydicom would spend a tenth of a second on a library for downloads.
    sys.modules.setdefault("requests", None)  # type: ignore[arg-type]
    try:
        answer = importlib.import_module(MODES[mode]).read(request, result_folder)
        return {"answer": answer, "arrays": _shapes_of_arrays(result_folder)}
    except OrviewError as error:
        return _failure(error)
    except MemoryError:
        return _failure(
            RefusedError(
                "The image needs more memory than its reader may have.", mend="Cut it to the part of the body needed."
            )
        )
    except PermissionError:
        return _failure(
            InputError(
                "A file cannot be opened: it is protected, or it is a link that leads out of the folder given.",
                mend="Copy the files themselves into one folder.",
            )
        )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return _failure(RefusedError("There is not enough room to unpack the image.", mend="Free some disk space."))
        return _unforeseen(error)
    except RecursionError:
        return _failure(RefusedError("A file is nested deeper than any scanner writes.", mend="Export it again."))
    except Exception as error:
        return _unforeseen(error)


def _unforeseen(error: Exception) -> dict[str, Any]:
    """Tell the kind and place of an error, not its text: that may hold what the file holds."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}"
    damaged = InputError("The files are damaged in a way that cannot be read.", mend="Export them again.")
    return _failure(damaged) | {"place": place}


def _failure(error: OrviewError) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": error.message, "mend": error.mend}


def _shapes_of_arrays(folder: Path) -> dict[str, dict[str, Any]]:
    """Return shape and type of every array left in the folder, by name."""
    import numpy as np

    arrays = {}
    for path in sorted(folder.glob("*.npy")):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
        arrays[path.stem] = {"shape": array.shape, "dtype": array.dtype.str}
    return arrays


if __name__ == "__main__":
    report_to(os.dup(1))
    # What libraries print here may hold what the files hold; nobody is to read or log it.
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    main(Path(sys.argv[1]))
    # Nothing is left to be tidied up, and libraries take their time over it.
    os._exit(0)
