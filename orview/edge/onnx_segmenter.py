"""A network of the user's own, as an ONNX file with a TOML file of the same name beside it.

The TOML says what the numbers mean that go in and come out:

    spacing_mm = [1.5, 1.5, 1.5]     # between voxels along the three axes of the input
    axes = "SPL"                     # where each points: L or R, P or A, S or I (the patient's left, posterior ...)
    window_hu = [-200.0, 600.0]      # clipped to this, then carried to 0 ... 1
    patch = [96, 96, 96]             # size of the input along the three axes
    overlap = 0.5                    # of neighbouring patches, 0 to 0.9
    classes = ["background", "sacrum", "hip_left"]   # the output's channels in order

Input (1, 1, *patch) float32, output (1, classes, *patch): scores, the largest wins.
"""

import importlib
import itertools
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.edge.source_key import files_digest
from orview.errors import InputError, RefusedError
from orview.image.volume import Volume
from orview.segment.masks import LabelMap

sitk: Any = SimpleITK  # its functions carry no types

DIRECTIONS = {
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "S": (0.0, 0.0, 1.0),
    "I": (0.0, 0.0, -1.0),
}
BACKGROUND_HU = -1024.0
MOST_CLASSES = 1000
MOST_PATCH = 1024


@dataclass(frozen=True, kw_only=True)
class OnnxSegmenter:
    """One model and what its numbers mean (see the top of this file).

    Attributes:
        model: the ONNX file.
        spacing_mm: along the input's three axes.
        axes: (3, 3) rows are the patient directions of these axes.
        window_hu: carried to 0 and 1.
        patch: size of the input.
        overlap: part of a patch that its neighbour covers too.
        classes: the output's channels; the first is the background.
    """

    model: Path
    spacing_mm: tuple[float, float, float]
    axes: tuple[tuple[float, float, float], ...]
    window_hu: tuple[float, float]
    patch: tuple[int, int, int]
    overlap: float
    classes: tuple[str, ...]

    @classmethod
    def load(cls, model: Path) -> "OnnxSegmenter":
        """Read the description beside a model.

        Raises:
            InputError: the model or its description is missing, or it does not say what it must.
        """
        described = model.with_suffix(".toml")
        if model.suffix != ".onnx" or not model.is_file():
            raise InputError("There is no ONNX model at that place.", mend="Give the path of an .onnx file.")
        if not described.is_file():
            raise InputError(
                "The model has no description: a file of the same name that ends in .toml.",
                mend="Write spacing_mm, axes, window_hu, patch and classes into it (docs/accuracy.md).",
            )
        try:
            table = tomllib.loads(described.read_text(encoding="utf-8"))
            spacing = tuple(float(value) for value in table["spacing_mm"])
            letters = str(table["axes"])
            axes = tuple(DIRECTIONS[letter] for letter in letters)
            low, high = (float(value) for value in table["window_hu"])
            patch = tuple(int(value) for value in table["patch"])
            overlap = float(table.get("overlap", 0.5))
            classes = tuple(str(name) for name in table["classes"])
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "The model's description lacks something or is no TOML.",
                mend="It needs spacing_mm, axes, window_hu, patch and classes.",
            ) from error
        if (
            (len(spacing), len(axes), len(patch)) != (3, 3, 3)
            or abs(float(np.linalg.det(np.array(axes)))) != 1.0
            or not all(0.1 <= step <= 20.0 for step in spacing)
            or not all(1 <= size <= MOST_PATCH for size in patch)
            or not (math.isfinite(low) and math.isfinite(high) and low < high and 0.0 <= overlap <= 0.9)
            or not 2 <= len(classes) <= MOST_CLASSES
        ):
            raise InputError(
                "The model's description says something that cannot be.",
                mend="Check spacing_mm, axes (one of L/R, P/A and S/I each), window_hu, patch, overlap and classes.",
            )
        return cls(
            model=model,
            spacing_mm=(spacing[0], spacing[1], spacing[2]),
            axes=axes,
            window_hu=(low, high),
            patch=(patch[0], patch[1], patch[2]),
            overlap=overlap,
            classes=classes,
        )

    @property
    def name(self) -> str:
        """What staff read."""
        return f"ONNX model {self.model.stem}"

    @property
    def identity(self) -> str:
        """The bytes of the model and of its description."""
        return f"onnx {files_digest([self.model])}"

    def segment(self, volume: Volume) -> LabelMap:
        """Return the model's classes on the CT's own grid.

        Raises:
            InputError: onnxruntime is missing, or the model does not take or give what its description says.
            RefusedError: the image is no CT.
        """
        if volume.provenance.modality not in ("CT", ""):
            raise RefusedError(
                f"The model is described in Hounsfield units, and this is {volume.provenance.modality}.",
                mend="Give a label map.",
            )
        session = self._session()
        grid = _ModelGrid.around(volume, self)
        low, high = self.window_hu
        image = (np.clip(grid.sampled(volume), low, high) - low) / (high - low)
        scores = self._scores(session, image.astype(np.float32))
        best = np.full(volume.array.shape, -np.inf, dtype=np.float32)
        labels = np.zeros(volume.array.shape, dtype=np.uint16)
        for value, channel in enumerate(scores):
            score = grid.onto(volume, channel)
            better = score > best
            best[better], labels[better] = score[better], value
        names = dict(enumerate(self.classes))
        del names[0]
        return LabelMap(array=labels, patient_from_voxel=volume.patient_from_voxel, names=names)

    def _session(self) -> Any:
        try:
            runtime = importlib.import_module("onnxruntime")
        except ImportError as error:
            raise InputError(
                "onnxruntime is not installed, so an ONNX model cannot run.", mend="Run `pip install onnxruntime`."
            ) from error
        try:
            return runtime.InferenceSession(str(self.model), providers=["CPUExecutionProvider"])
        except Exception as error:
            raise InputError("The model cannot be read as ONNX.", mend="Export it again.") from error

    def _scores(self, session: Any, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean score (classes, *image.shape) over overlapping patches."""
        padding = [(0, max(size - have, 0)) for size, have in zip(self.patch, image.shape, strict=True)]
        padded = np.pad(image, padding)
        total = np.zeros((len(self.classes), *padded.shape), dtype=np.float32)
        times = np.zeros(padded.shape, dtype=np.float32)
        starts = [_starts(have, size, self.overlap) for have, size in zip(padded.shape, self.patch, strict=True)]
        source = session.get_inputs()[0].name
        expected = (1, len(self.classes), *self.patch)
        for first in itertools.product(*starts):
            box = tuple(slice(start, start + size) for start, size in zip(first, self.patch, strict=True))
            try:
                found = np.asarray(session.run(None, {source: padded[box][None, None]})[0])
            except Exception as error:
                raise InputError(
                    "The model does not take what its description says.", mend="Check patch and the model's input."
                ) from error
            if found.shape != expected:
                raise InputError(
                    f"The model gives {found.shape}, and its description says {expected}.",
                    mend="Check classes and patch.",
                )
            total[(slice(None), *box)] += found[0]
            times[box] += 1.0
        total /= times
        return total[(slice(None), *(slice(0, size) for size in image.shape))]


def _starts(have: int, size: int, overlap: float) -> list[int]:
    """Return where patches start along an axis: evenly, the last one ending with the image."""
    step = max(1, round(size * (1.0 - overlap)))
    count = max(1, math.ceil((have - size) / step) + 1)
    return sorted({round(n * (have - size) / max(count - 1, 1)) for n in range(count)})


@dataclass(frozen=True, kw_only=True, eq=False)
class _ModelGrid:
    """The grid the model sees, which covers the whole volume.

    Attributes:
        shape: along the model's three axes.
        volume_from_model: (4, 4) model index (first, second, third) to voxel index (i, j, k).
    """

    shape: tuple[int, ...]
    volume_from_model: NDArray[np.float64]

    @classmethod
    def around(cls, volume: Volume, model: OnnxSegmenter) -> "_ModelGrid":
        directions = np.array(model.axes)
        last = np.array(volume.array.shape[::-1]) - 1.0
        corners = np.array(list(itertools.product(*((0.0, end) for end in last))))
        along = volume.patient_from_voxel.apply(corners) @ directions.T
        low, high = along.min(axis=0), along.max(axis=0)
        spacing = np.array(model.spacing_mm)
        patient_from_model = np.eye(4)
        patient_from_model[:3, :3] = directions.T * spacing
        patient_from_model[:3, 3] = directions.T @ low
        return cls(
            shape=tuple(int(n) for n in np.floor((high - low) / spacing + 1e-6) + 1),
            volume_from_model=volume.patient_from_voxel.inverse().matrix @ patient_from_model,
        )

    def sampled(self, volume: Volume) -> NDArray[np.float32]:
        """Return the volume's values on this grid, its axes in the model's order."""
        values = _resampled(volume.array, self.volume_from_model, self.shape, outside=BACKGROUND_HU)
        return values.transpose(2, 1, 0)

    def onto(self, volume: Volume, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return values of this grid on the volume's voxels (K, J, I)."""
        model_from_volume = np.asarray(np.linalg.inv(self.volume_from_model), dtype=np.float64)
        shape = volume.array.shape[::-1]
        return _resampled(np.ascontiguousarray(values.transpose(2, 1, 0)), model_from_volume, shape, outside=None)


def _resampled(
    array: NDArray[Any], array_from_target: NDArray[np.float64], shape: tuple[int, ...], *, outside: float | None
) -> NDArray[np.float32]:
    """Return an array (z, y, x) sampled on a grid of `shape` (x, y, z); without `outside` its border goes on."""
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(array_from_target[:3, :3].ravel().tolist())
    transform.SetTranslation(array_from_target[:3, 3].tolist())
    resample = sitk.ResampleImageFilter()
    resample.SetSize([int(n) for n in shape])
    resample.SetTransform(transform)
    resample.SetInterpolator(sitk.sitkLinear)
    resample.SetOutputPixelType(sitk.sitkFloat32)
    if outside is None:
        resample.UseNearestNeighborExtrapolatorOn()
    else:
        resample.SetDefaultPixelValue(outside)
    return np.asarray(sitk.GetArrayFromImage(resample.Execute(sitk.GetImageFromArray(array))), dtype=np.float32)
