"""A patient image: numbers on a grid, where the grid lies in the patient, and where it came from."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform


class SourceKind(StrEnum):
    """What kind of thing a volume was read from."""

    DICOM = "dicom"
    NIFTI = "nifti"
    NRRD = "nrrd"
    METAIMAGE = "metaimage"
    PHANTOM = "phantom"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where an image came from, without a word about whose it is.

    Attributes:
        modality: DICOM modality ("CT", "MR"), or empty where the file does not say.
        series_text: description of the series, cleaned of every word that could name a person.
        acquired: day of the acquisition, None where unknown.
        slices: number of slices read.
        source_kind: what kind of source it was.
        source_digest: sha256 (hex) over the source's bytes.
        synthetic: made by a program; said wherever the case is shown.
    """

    modality: str
    series_text: str = ""
    acquired: date | None = None
    slices: int
    source_kind: SourceKind
    source_digest: str
    synthetic: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """A scalar image in the patient frame.

    Attributes:
        array: (K, J, I) int16 or float32, read-only; CT in Hounsfield units.
        patient_from_voxel: continuous voxel index (i, j, k) to patient mm.
        provenance: de-identified source.

    Raises:
        ContractError: the array is not 3-D int16 or float32, or the transform joins other frames.
    """

    array: NDArray[np.int16] | NDArray[np.float32]
    patient_from_voxel: AffineTransform
    provenance: Provenance

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or 0 in self.array.shape or self.array.dtype not in (np.int16, np.float32):
            raise ContractError("A volume is a three-dimensional array of int16 or float32.")
        check_voxel_transform(self.patient_from_voxel)
        view = self.array.view()
        view.setflags(write=False)
        object.__setattr__(self, "array", view)

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance between neighbouring voxel centres along i, j, k: (3,) mm."""
        return spacing_mm(self.patient_from_voxel)


def spacing_mm(patient_from_voxel: AffineTransform) -> NDArray[np.float64]:
    """Return the distance between neighbouring voxel centres along i, j, k: (3,) mm."""
    return np.asarray(np.linalg.norm(patient_from_voxel.matrix[:3, :3], axis=0), dtype=np.float64)


def check_voxel_transform(transform: AffineTransform) -> None:
    """Refuse a transform that is not `patient_from_voxel`.

    Raises:
        ContractError: the frames are others.
    """
    if (transform.to_frame, transform.from_frame) != (Frame.PATIENT, Frame.VOXEL):
        raise ContractError(f"A grid needs patient_from_voxel, not {transform.to_frame}_from_{transform.from_frame}.")


def shifted(patient_from_voxel: AffineTransform, first_voxel: tuple[int, int, int]) -> AffineTransform:
    """Return the transform of a grid cut out so that its voxel (0, 0, 0) is `first_voxel` (i, j, k) of the whole."""
    matrix = patient_from_voxel.matrix.copy()
    matrix[:3, 3] = patient_from_voxel.apply(first_voxel)
    return AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)
