"""Label maps from NIfTI, NRRD and MetaImage files, one or a folder of masks. Runs in the confined child only."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.images.outlines.names import LARGEST_VALUE, Segment, caret_labels, csv_labels, slicer_segments
from orview.edge.images.outlines.parts import Layers, MapRead, OutlinesRead, best_name, name_of_file, sides_contradict
from orview.edge.images.single_image import ImageRead, image_suffix, read_image
from orview.errors import InputError, RefusedError
from orview.findings import Finding, Severity
from orview.segment.anatomy import Color

MOST_LABELS = 1000
"""More different values than this are grey values."""

GRID_TOLERANCE = 1e-3

_NOT_LABELS = InputError(
    "The label map holds values that are not labels (whole numbers from 0 to 65535).",
    mend="Give the segmentation, not the image it was made on.",
)


def read_label_map(path: Path, scratch: Path, *, names_from: Path | None) -> OutlinesRead:
    """Read one file of labels.

    Args:
        path: the file.
        scratch: an empty folder it is unpacked into.
        names_from: a CSV of names, which go before those of the file itself.

    Raises:
        InputError: it cannot be read, or holds no labels.
        RefusedError: it is too large, or contradicts itself about left and right.
    """
    image = read_image(path, scratch, layered=True)
    read = OutlinesRead(digest=image.digest)
    segments = slicer_segments(image.fields)
    names, colors = caret_labels(image.extensions)
    if names_from is not None:
        table_names, table_colors = csv_labels(names_from)
        names, colors = names | table_names, colors | table_colors
    layers = image.array if image.array.ndim == 4 else image.array[..., None]
    if layers.shape[3] > 1 and not segments:
        raise InputError(
            f"The image has {layers.shape[3]} values a voxel; one is needed.",
            mend="Export one volume, or a segmentation of 3D Slicer (.seg.nrrd).",
        )
    for layer in range(layers.shape[3]):
        array = labels_of(layers[..., layer])
        if not names and not segments:
            names = _only_name(array, path)
        of_layer = [segment for segment in segments if segment.layer == layer]
        read.maps.append(
            MapRead(
                array=array,
                patient_from_voxel=image.patient_from_voxel,
                names=_names_of(of_layer) | names,
                colors_srgb=_colors_of(of_layer) | colors,
            )
        )
    return read


def read_mask_folder(paths: Sequence[Path], scratch: Path) -> OutlinesRead:
    """Read a folder of masks of one grid, each file one structure of its name (TotalSegmentator's other output).

    Raises:
        InputError: a file cannot be read or holds several labels.
        RefusedError: their grids differ.
    """
    read = OutlinesRead()
    digest = hashlib.sha256()
    first: ImageRead | None = None
    layers: Layers | None = None
    empty, names = [], list[str]()
    for path in paths:
        image = read_image(path, scratch)
        digest.update(bytes.fromhex(image.digest))
        array = labels_of(image.array)
        if first is None or layers is None:
            first, layers = image, Layers(array.shape, image.patient_from_voxel)
        elif array.shape != first.array.shape or not np.allclose(
            image.patient_from_voxel.matrix, first.patient_from_voxel.matrix, atol=GRID_TOLERANCE
        ):
            raise RefusedError("The masks in the folder lie on different grids.", mend="Export them on one grid.")
        if len(np.unique(array)) > 2:
            raise InputError(
                "A file among the masks holds several labels.", mend="Give a label map alone, or one mask a file."
            )
        name = name_of_file(_stem(path), f"mask {len(names) + 1}")
        names.append(name)
        if array.any():
            layers.add(array > 0, name, None)
        else:
            empty.append(name)
    if empty:
        read.findings.append(
            Finding(
                code="LABEL_NAMES_NOTHING",
                severity=Severity.INFO,
                message=f"Masks that are empty: {len(empty)} of {len(paths)}.",
            )
        )
    read.maps = list(layers or [])
    read.digest = digest.hexdigest()
    return read


def _only_name(array: NDArray[np.uint16], path: Path) -> dict[int, str]:
    """Return the name of a mask that has none but its file's (TotalSegmentator: sacrum.nii.gz)."""
    values = np.flatnonzero(np.bincount(array.ravel())[1:]) + 1
    name = name_of_file(_stem(path), "")
    return {int(values[0]): name} if len(values) == 1 and name else {}


def _stem(path: Path) -> str:
    stem = path.name.lower().removesuffix(image_suffix(path) or "")
    return stem.removesuffix(".seg")


def labels_of(array: NDArray[Any]) -> NDArray[np.uint16]:
    """Return whole values from 0 to 65535 as labels.

    Raises:
        InputError: other values, or so many that they are grey values.
    """
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high) and low >= 0 and high <= LARGEST_VALUE):
        raise _NOT_LABELS
    if not np.issubdtype(array.dtype, np.integer) and not np.array_equal(array, np.rint(array)):
        raise _NOT_LABELS
    labels = array.astype(np.uint16)
    different = int(np.count_nonzero(np.bincount(labels.ravel())[1:]))
    if different > MOST_LABELS:
        raise InputError(
            f"The label map holds {different} different values: it is an image, not a segmentation.",
            mend="Give the segmentation, not the image it was made on.",
        )
    return labels


def _names_of(segments: Sequence[Segment]) -> dict[int, str]:
    names = {}
    for segment in segments:
        if sides_contradict(segment.name, segment.side):
            raise RefusedError(
                "A segment is left by its name and right by its code, or the other way round.",
                mend="Correct its name or its terminology where it was drawn.",
            )
        names[segment.value] = best_name(segment.name, segment.code, segment.side)
    return {value: name for value, name in names.items() if name}


def _colors_of(segments: Sequence[Segment]) -> dict[int, Color]:
    return {segment.value: segment.color_srgb for segment in segments if segment.color_srgb is not None}
