"""The process that opens what others wrote: limited in memory and time, and nothing in it outlives a crash.

    python -m orview.edge.images.child volume|labels SOURCE RESULT_FOLDER

A DICOM file of 136 kB can crash SimpleITK and one of 1 MB can take gigabytes; here that costs this process only.
The answer is RESULT_FOLDER/array.npy and RESULT_FOLDER/result.json, the JSON last and whole or not at all.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

MEMORY_LIMIT_BYTES = 8 * 1024**3
CPU_LIMIT_S = 240
MAX_NAMED_LABELS = 65535


def limit_this_process() -> None:
    """Cap memory, processor time, file size and crash dumps, where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_FSIZE, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def main(arguments: list[str]) -> None:
    """Read one source and leave the answer in the result folder."""
    limit_this_process()
    mode, source, result_folder = arguments[0], Path(arguments[1]), Path(arguments[2])
    from orview.errors import OrviewError

    try:
        answer = read_volume(source, result_folder) if mode == "volume" else read_labels(source, result_folder)
    except OrviewError as error:
        answer = {"error": type(error).__name__, "message": error.message, "mend": error.mend}
    except MemoryError:
        answer = {
            "error": "RefusedError",
            "message": "The image needs more memory than its reader may have.",
            "mend": "Cut it to the part of the body needed.",
        }
    partial = result_folder / "result.partial"
    partial.write_text(json.dumps(answer), encoding="utf-8")
    partial.rename(result_folder / "result.json")


def read_volume(source: Path, result_folder: Path) -> dict[str, Any]:
    """Read a DICOM folder or an image file and leave its array in the result folder."""
    import numpy as np

    from orview.image.checks import check_grid

    answer: dict[str, Any]
    if source.is_dir():
        from orview.edge.images.dicom_series import read_series

        series = read_series(source)
        array, transform = series.array, series.patient_from_voxel
        provenance = series.provenance
        answer = {
            "modality": provenance.modality,
            "series_text": provenance.series_text,
            "acquired": provenance.acquired and provenance.acquired.isoformat(),
            "kind": provenance.source_kind,
            "digest": provenance.source_digest,
            "synthetic": False,
            "identifiers": series.identifiers,
            "findings": [finding.to_json() for finding in series.findings],
        }
    else:
        from orview.edge.images.single_image import read_image

        image = read_image(source, result_folder)
        array, transform = image.array, image.patient_from_voxel
        answer = {
            "modality": "",
            "series_text": "",
            "acquired": None,
            "kind": image.kind,
            "digest": image.digest,
            "synthetic": image.synthetic,
            "identifiers": {},
            "findings": [],
        }
    check_grid(array.shape, transform)
    np.save(result_folder / "array.npy", _grey_values(array))
    return answer | {"matrix": transform.matrix.tolist()}


def read_labels(source: Path, result_folder: Path) -> dict[str, Any]:
    """Read a label map and leave its array in the result folder."""
    import numpy as np

    from orview.edge.images.single_image import read_image
    from orview.errors import InputError

    image = read_image(source, result_folder)
    low, high = float(image.array.min()), float(image.array.max())
    whole = np.issubdtype(image.array.dtype, np.integer) or bool((image.array == np.rint(image.array)).all())
    if not (low >= 0 and high <= MAX_NAMED_LABELS and whole):
        raise InputError(
            "The label map holds values that are not labels (whole numbers from 0 to 65535).",
            mend="Give the segmentation, not the image it was made on.",
        )
    np.save(result_folder / "array.npy", image.array.astype(np.uint16))
    return {
        "matrix": image.patient_from_voxel.matrix.tolist(),
        "digest": image.digest,
        "names": {str(key): name for key, name in image.names.items()},
        "colors": {str(key): color for key, color in image.colors_srgb.items()},
    }


def _grey_values(array: Any) -> Any:
    """Return grey values as int16 where that loses nothing, else as float32."""
    import numpy as np

    from orview.errors import InputError

    if not np.isfinite(array).all():
        raise InputError("The image holds values that are not numbers.", mend="Export it again.")
    info = np.iinfo(np.int16)
    if array.min() >= info.min and array.max() <= info.max:
        whole = array.astype(np.int16)
        if np.issubdtype(array.dtype, np.integer) or np.array_equal(whole, array):
            return whole
    return array.astype(np.float32)


if __name__ == "__main__":
    # What libraries print here may hold what the files hold; nobody is to read or log it.
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    main(sys.argv[1:])
