"""DICOM segmentations (SEG), binary, fractional or as label maps, by highdicom. Runs in the confined child only."""

import hashlib
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
from highdicom.color import CIELabColor
from highdicom.seg import SegmentationTypeValues
from numpy.typing import NDArray

from orview.edge.images.outlines.dicom import check_frame, damaged, first, modifier_side, snomed_code
from orview.edge.images.outlines.parts import (
    FieldRead,
    Layers,
    MapRead,
    OutlinesRead,
    best_name,
    clean_name,
    sides_contradict,
)
from orview.errors import InputError, OrviewError, RefusedError
from orview.findings import Finding, Severity
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment.anatomy import Color

MOST_VOXELS = 1_200_000_000
EDGE = 2
"""Voxels kept around a fractional segment."""


def read_dicom_seg(path: Path, *, image_frame_uid: str | None) -> OutlinesRead:
    """Read one SEG file.

    Raises:
        InputError: it is damaged, or no segmentation of a volume.
        RefusedError: it belongs to another frame of reference, is too large, or contradicts itself on sides.
    """
    read = OutlinesRead(digest=hashlib.sha256(path.read_bytes()).hexdigest())
    try:
        seg = highdicom.seg.segread(path)
        check_frame(str(seg.get("FrameOfReferenceUID", "")), image_frame_uid, read.findings)
        names, colors = _described(seg)
    except (MemoryError, OrviewError):
        raise
    except Exception as error:
        # What highdicom and pydicom raise on data sets nobody expected has no end.
        raise damaged("The DICOM segmentation", error) from error
    geometry = _geometry(seg)
    voxels = int(np.prod([int(size) for size in geometry.spatial_shape], dtype=object))
    if voxels > MOST_VOXELS:
        raise RefusedError("The DICOM segmentation is larger than any scan.", mend="Cut it to the part needed.")
    # highdicom counts slices, rows, columns; a grid here counts columns first.
    grid = AffineTransform(Frame.PATIENT, Frame.VOXEL, np.asarray(geometry.affine)[:, [2, 1, 0, 3]])
    try:
        if seg.segmentation_type is SegmentationTypeValues.FRACTIONAL:
            read.fields = _fractions(seg, names, colors, grid)
            read.findings.append(
                Finding(
                    code="SEGMENT_FRACTIONS",
                    severity=Severity.INFO,
                    message="The segments hold shares or likelihoods; each surface is drawn where they pass one half.",
                )
            )
        else:
            read.maps = _labels(path, seg, names, colors, grid)
    except (MemoryError, RefusedError):
        raise
    except Exception as error:
        raise InputError("The DICOM segmentation's pixels cannot be read.", mend="Export it again.") from error
    return read


def _described(seg: Any) -> tuple[dict[int, str], dict[int, Color]]:
    names: dict[int, str] = {}
    colors: dict[int, Color] = {}
    for item in seg.SegmentSequence:
        number = int(item.SegmentNumber)
        if number == 0:
            continue
        coded = first(item, "SegmentedPropertyTypeCodeSequence")
        code, side = snomed_code(coded), modifier_side(item, coded)
        label = clean_name(item.get("SegmentLabel", ""))
        if sides_contradict(label, side):
            raise RefusedError(
                "A segment is left by its name and right by its code, or the other way round.",
                mend="Correct its name or its code where it was drawn.",
            )
        names[number] = best_name(label, code, side) or f"segment {number}"
        lab = item.get("RecommendedDisplayCIELabValue")
        if lab is not None and len(lab) == 3:
            red, green, blue = (float(value) / 255.0 for value in CIELabColor.from_dicom_value(lab).to_rgb())
            colors[number] = (red, green, blue)
    return names, colors


def _geometry(seg: Any) -> Any:
    try:
        geometry = seg.get_volume_geometry(allow_missing_positions=True)
    except MemoryError:
        raise
    except Exception:
        geometry = None
    if geometry is None:
        raise InputError(
            "The DICOM segmentation's slices are not evenly spaced and parallel.",
            mend="Export it on the slices of the scan.",
        )
    return geometry


def _labels(
    path: Path, seg: Any, names: dict[int, str], colors: dict[int, Color], grid: AffineTransform
) -> list[MapRead]:
    """Return one label map, or several where segments overlap."""
    try:
        array = seg.get_volume(combine_segments=True, dtype=np.uint16).array
    except RuntimeError:
        # Segments overlap: one by one, of a data set opened anew, for highdicom leaves its tables locked.
        seg = highdicom.seg.segread(path)
        layers: Layers | None = None
        for number, name in names.items():
            mask = np.asarray(seg.get_volume(segment_numbers=[number], combine_segments=True).array) > 0
            layers = layers or Layers(mask.shape, grid)
            layers.add(mask, name, colors.get(number))
        return list(layers or [])
    return [MapRead(array=np.asarray(array), patient_from_voxel=grid, names=names, colors_srgb=colors)]


def _fractions(seg: Any, names: dict[int, str], colors: dict[int, Color], grid: AffineTransform) -> list[FieldRead]:
    fields = []
    for number, name in names.items():
        volume = seg.get_volume(segment_numbers=[number], combine_segments=False, rescale_fractional=True)
        array = np.asarray(volume.array[..., 0], dtype=np.float32)
        cut = _cut(array, grid)
        if cut is not None:
            fields.append(FieldRead(array=cut[0], patient_from_voxel=cut[1], name=name, color_srgb=colors.get(number)))
    return fields


def _cut(array: NDArray[np.float32], grid: AffineTransform) -> tuple[NDArray[np.float32], AffineTransform] | None:
    """Return the part of an array that is not 0, and its grid; None where all is."""
    window = []
    for axis in range(3):
        filled = np.flatnonzero(array.any(axis=tuple(other for other in range(3) if other != axis)))
        if len(filled) == 0:
            return None
        window.append(slice(max(0, int(filled[0]) - EDGE), int(filled[-1]) + 1 + EDGE))
    matrix = grid.matrix.copy()
    matrix[:3, 3] = grid.apply([window[2].start, window[1].start, window[0].start])
    return np.ascontiguousarray(array[tuple(window)]), AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
