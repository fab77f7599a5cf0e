"""A label map from an image file, in the limited child."""

from pathlib import Path
from typing import Any

import numpy as np

from orview.edge.images.progress import Stage, report
from orview.edge.images.single_image import read_image
from orview.errors import InputError

MAX_NAMED_LABELS = 65535


def read(request: dict[str, Any], result_folder: Path) -> dict[str, Any]:
    """Read the label map at `request["source"]` and leave `array.npy` (K, J, I) uint16 in the folder.

    Returns:
        `matrix` (4x4 patient_from_voxel), `digest`, `names` and `colors` by value.

    Raises:
        InputError: it cannot be read, or holds no labels.
    """
    image = read_image(Path(request["source"]), result_folder)
    low, high = float(image.array.min()), float(image.array.max())
    whole = np.issubdtype(image.array.dtype, np.integer) or bool((image.array == np.rint(image.array)).all())
    if not (low >= 0 and high <= MAX_NAMED_LABELS and whole):
        raise InputError(
            "The label map holds values that are not labels (whole numbers from 0 to 65535).",
            mend="Give the segmentation, not the image it was made on.",
        )
    np.save(result_folder / "array.npy", image.array.astype(np.uint16))
    report(Stage.OUTLINES, 1.0)
    return {
        "matrix": image.patient_from_voxel.matrix.tolist(),
        "digest": image.digest,
        "names": {str(key): name for key, name in image.names.items()},
        "colors": {str(key): color for key, color in image.colors_srgb.items()},
    }
