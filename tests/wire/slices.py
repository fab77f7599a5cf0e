"""Slices of a made-up patient whose left, front and top all differ, and what is seen where (hazard H04)."""

import gzip
from typing import Any

import numpy as np

from orview.model.slices_file import write_slices
from orview.segment.slices import Slices

SHAPE = (4, 3, 5)
"""Of k, j, i."""


def slices() -> Slices:
    """Return them: every voxel another grey, a structure to the left, one in front, one on top."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[:, :, 4] = 1
    labels[:, 0, :4] = 2
    labels[3, 1:, :4] = 3
    return Slices(
        grey=np.arange(60, dtype=np.uint8).reshape(SHAPE) * 4,
        labels=labels,
        keys=("nerve_s1_left", "bladder", "vertebra_l5"),
        origin_patient_mm=(-10.5, 120.25, -900.0),
        spacing_mm=0.75,
        window=(-250.0, 770.0),
    )


def document() -> dict[str, Any]:
    """Return the vectors: the bytes as they are once unpacked, and what is at points of the patient."""
    made = slices()
    k, j, i = (n.ravel() for n in np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]])
    places = made.patient_from_voxel.apply(np.stack([i, j, k], axis=-1))
    shown = [None, *made.keys]
    return {
        "hex": gzip.decompress(write_slices(made)).hex(),
        "points": [
            {"patient_mm": [float(mm) for mm in place], "grey": int(grey), "structure": shown[int(label)]}
            for place, grey, label in zip(places, made.grey.ravel(), made.labels.ravel(), strict=True)
        ],
    }
