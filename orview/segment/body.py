"""The patient's body in a CT: without the table, blankets and tubes, the gas in it filled."""

import numpy as np
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.image.field import Field
from orview.image.volume import Volume, shifted, spacing_mm
from orview.segment.anatomy import SKIN
from orview.segment.coarse import Coarse, coarse_of
from orview.segment.grey_doubt import grey_doubt
from orview.segment.masks import label_boxes
from orview.segment.morphology import dilated, opened
from orview.segment.osseous import pieces
from orview.segment.outline import Outline
from orview.segment.solid import filled_across

SKIN_HU = -400.0
"""About half-way between air and skin."""

STEP_MM = 3.0
"""The body is looked for on a grid about this coarse."""

CONTRAST_HU = 300.0
"""Grey values are followed this far above and below the skin's level; beyond, inside is inside."""

TABLE_GAP_MM = 6.0
"""Bridges to the body thinner than this are cut: the table top, tubes, blankets."""

SMALLEST_BODY_ML = 200.0


def find_body(volume: Volume) -> tuple[Coarse, NDArray[np.bool_]]:
    """Return the coarse image and where in it (K, J, I) the patient is.

    Raises:
        RefusedError: there is no body in the image.
    """
    coarse = coarse_of(volume, step_mm=STEP_MM)
    tissue = coarse.array > SKIN_HU
    radius = coarse.radius(TABLE_GAP_MM / 2.0)
    labels = pieces(opened(tissue, radius))
    sizes = np.bincount(labels.ravel(), minlength=2)
    largest = labels == 1 + int(sizes[1:].argmax())
    grown = dilated(largest, [r + 1 for r in radius]) & tissue
    body = filled_across(grown, coarse.patient_from_voxel)
    if np.count_nonzero(body) * coarse.voxel_ml < SMALLEST_BODY_ML:
        raise RefusedError(
            "No body was found in this image: it has no region of tissue among air.",
            mend="Check that it is a CT in Hounsfield units, or give a label map.",
        )
    return coarse, body


def skin_outline(coarse: Coarse, body: NDArray[np.bool_]) -> Outline:
    """Return the skin: the outside of the body, placed by the grey values around it."""
    box, _ = label_boxes(body.astype(np.uint16))[1]
    start = [max(first - 1, 0) for first in box.start]
    cut = tuple(slice(first, last + 1) for first, last in zip(start, box.stop, strict=True))
    outside, inside = SKIN_HU - CONTRAST_HU, SKIN_HU + CONTRAST_HU
    grey = np.clip(coarse.array[cut], outside, inside)
    grey[body[cut] & (grey <= SKIN_HU)] = inside
    grey[~body[cut] & (grey > SKIN_HU)] = outside
    k, j, i = start
    field = Field(
        array=grey,
        level=SKIN_HU,
        outside=outside,
        patient_from_voxel=shifted(coarse.patient_from_voxel, (i, j, k)),
        doubt=grey_doubt(spacing_mm(coarse.patient_from_voxel)),
    )
    return Outline(anatomy=SKIN, field=field)
