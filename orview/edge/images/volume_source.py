"""A patient image from whatever was given, in the confined child: DICOM files, one image file, or a ZIP of either."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.archive import open_source
from orview.edge.images.confined.progress import Stage, report
from orview.errors import InputError
from orview.geometry.affine import AffineTransform
from orview.image.checks import check_grid


def read(request: dict[str, Any], result_folder: Path) -> dict[str, Any]:
    """Read the image at `request["source"]` and leave `array.npy` (K, J, I), int16 or float32, in the folder.

    Of a folder, `series` says which of several (number or UID) and `today` (ISO day) how old it is.

    Returns:
        `matrix` (4x4 patient_from_voxel), `modality`, `series_text`, `acquired` (ISO day or None), `kind`, `digest`,
        `synthetic`, `identifiers` and `findings`; `meshes`, names of files with surfaces in an archive of the image.

    Raises:
        InputError: it cannot be read.
        RefusedError: it was read but is not one regular image of a patient's size.
    """
    opened = open_source(Path(request["source"]), result_folder)
    if opened.path.is_dir():
        answer, array, transform = _read_folder(opened.path, request, result_folder, meshes=len(opened.meshes))
    else:
        answer, array, transform = _read_file(opened.path, result_folder)
    check_grid(array.shape, transform)
    np.save(result_folder / "array.npy", _grey_values(array))
    report(Stage.PIXELS, 1.0)
    return answer | {"matrix": transform.matrix.tolist(), "meshes": sorted(opened.meshes)}


def _read_folder(
    folder: Path, request: dict[str, Any], scratch: Path, *, meshes: int
) -> tuple[dict[str, Any], NDArray[Any], AffineTransform]:
    from orview.edge.images.dicom.series import read_series

    today = request.get("today")
    series = read_series(
        folder,
        scratch=scratch,
        series=request.get("series"),
        today=date.fromisoformat(today) if today else None,
        meshes=meshes,
    )
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
    return answer, series.array, series.patient_from_voxel


def _read_file(path: Path, scratch: Path) -> tuple[dict[str, Any], NDArray[Any], AffineTransform]:
    from orview.edge.images.single_image import read_image

    image = read_image(path, scratch)
    answer: dict[str, Any] = {
        "modality": "",
        "series_text": "",
        "acquired": None,
        "kind": image.kind,
        "digest": image.digest,
        "synthetic": image.synthetic,
        "identifiers": {},
        "findings": [],
    }
    return answer, image.array, image.patient_from_voxel


def _grey_values(array: NDArray[Any]) -> NDArray[Any]:
    """Return grey values as int16 where that loses nothing, else as float32.

    Raises:
        InputError: some are not finite.
    """
    if array.dtype == np.int16:
        return array
    if not np.isfinite(array).all():
        raise InputError("The image holds values that are not numbers.", mend="Export it again.")
    info = np.iinfo(np.int16)
    if array.min() >= info.min and array.max() <= info.max:
        whole = array.astype(np.int16)
        if np.issubdtype(array.dtype, np.integer) or np.array_equal(whole, array):
            return whole
    return array.astype(np.float32)
