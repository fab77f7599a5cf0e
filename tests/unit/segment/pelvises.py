"""CTs of a pelvis for the tests: a drawn one with labels, and the real one with a network's labels."""

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.outline import Outline
from orview.sim.phantom import Phantom, build_phantom
from tests.data import shared_data

sitk: Any = SimpleITK  # its functions carry no types


@cache
def drawn_pelvis(seed: int = 0) -> Phantom:
    """A phantom with voxels of 2 mm."""
    return build_phantom(board=load_board("patient_flat"), seed=seed, spacing_mm=2.0)


def volume_of(path: Path) -> Volume:
    """A CT from a file or a folder of one DICOM series, read by SimpleITK alone."""
    if path.is_dir():
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path)))
        image = reader.Execute()
    else:
        image = sitk.ReadImage(str(path))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    array = np.round(sitk.GetArrayFromImage(image)).astype(np.int16)
    return Volume(
        array=array,
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix),
        provenance=Provenance(modality="CT", slices=len(array), source_kind=SourceKind.NIFTI, source_digest="0" * 64),
    )


@cache
def real_pelvis() -> tuple[Volume, NDArray[np.int64], dict[str, int]]:
    """The real osteopenic pelvis with a hip screw, its label map and the labels' values by name."""
    folder = shared_data("ct_pelvis_3mm")
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "labels.nii.gz"))).astype(np.int64)
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        values = {row["name"]: int(row["value"]) for row in csv.DictReader(file)}
    return volume_of(folder / "ct.nii.gz"), labels, values


def on_voxels(outline: Outline, volume: Volume) -> NDArray[np.bool_]:
    """Where an outline is, on the volume's own voxels; its grid is a box of theirs."""
    i, j, k = np.rint(volume.patient_from_voxel.inverse().apply(outline.field.patient_from_voxel.matrix[:3, 3])).astype(
        int
    )
    inside = outline.field.array > outline.field.level
    mask = np.zeros(volume.array.shape, dtype=bool)
    mask[k : k + inside.shape[0], j : j + inside.shape[1], i : i + inside.shape[2]] = inside
    return mask


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2.0 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other)))


def mean_surface_distance_mm(
    one: NDArray[np.bool_], other: NDArray[np.bool_], spacing_mm: NDArray[np.float64]
) -> float:
    """Mean distance between the border voxels of two masks, both ways."""
    distances = []
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (one, other)]
    for image in images:
        image.SetSpacing(spacing_mm.tolist())
    for border, solid in (images, images[::-1]):
        field = sitk.GetArrayFromImage(
            sitk.Abs(sitk.SignedMaurerDistanceMap(solid, squaredDistance=False, useImageSpacing=True))
        )
        distances.append(field[sitk.GetArrayFromImage(sitk.LabelContour(border)) > 0])
    return float(np.concatenate(distances).mean())
