"""What one file of outlines gives, as the confined child hands it over. Runs in the confined child only."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding
from orview.geometry.affine import AffineTransform
from orview.segment.anatomy import Color, Side, anatomy_of, is_known, name_of_code

LONGEST_NAME = 80


@dataclass(kw_only=True, eq=False)
class MapRead:
    """Labels on one grid.

    Attributes:
        array: (K, J, I) uint16.
        patient_from_voxel: its grid.
        names, colors_srgb: by label value.
    """

    array: NDArray[np.uint16]
    patient_from_voxel: AffineTransform
    names: dict[int, str]
    colors_srgb: dict[int, Color]


@dataclass(frozen=True, kw_only=True, eq=False)
class FieldRead:
    """One structure as shares of voxels, (K, J, I) float32 from 0 to 1, its surface at one half."""

    array: NDArray[np.float32]
    patient_from_voxel: AffineTransform
    name: str
    color_srgb: Color | None


@dataclass(frozen=True, kw_only=True, eq=False)
class MeshRead:
    """One surface in its file's own unit and axes: (N, 3) float64 vertices, (M, 3) int32 triangles."""

    vertices: NDArray[np.float64]
    triangles: NDArray[np.int32]
    name: str
    color_srgb: Color | None = None


@dataclass(kw_only=True, eq=False)
class OutlinesRead:
    """All that one file holds.

    Attributes:
        digest: sha256 (hex) of the file.
        maps: labels; several where they overlap.
        fields: soft masks.
        meshes: surfaces, of which `unit` and `frame` are what the file says, or empty.
        y_up: the surfaces are glTF, whose axes have a meaning of their own.
        findings: what was doubtful.
    """

    digest: str = ""
    maps: list[MapRead] = field(default_factory=list)
    fields: list[FieldRead] = field(default_factory=list)
    meshes: list[MeshRead] = field(default_factory=list)
    unit: str = ""
    frame: str = ""
    y_up: bool = False
    findings: list[Finding] = field(default_factory=list)


class Layers:
    """Masks of one grid packed into as few label maps as their overlaps allow."""

    def __init__(self, shape: tuple[int, ...], patient_from_voxel: AffineTransform) -> None:
        self._shape = shape
        self._grid = patient_from_voxel
        self._maps: list[MapRead] = []

    def __iter__(self) -> Iterator[MapRead]:
        return iter(self._maps)

    def add(self, mask: NDArray[np.bool_], name: str, color_srgb: Color | None) -> None:
        """Put a mask (K, J, I) into the first map where it meets nothing else."""
        filled = np.nonzero(mask)
        for labels in self._maps:
            if not labels.array[filled].any():
                break
        else:
            labels = MapRead(
                array=np.zeros(self._shape, dtype=np.uint16), patient_from_voxel=self._grid, names={}, colors_srgb={}
            )
            self._maps.append(labels)
        value = len(labels.names) + 1
        labels.array[filled] = value
        labels.names[value] = name
        if color_srgb is not None:
            labels.colors_srgb[value] = color_srgb


def clean_name(text: Any) -> str:
    """Return a name of one printable line, cut to length."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())[:LONGEST_NAME]


def best_name(text: str, code: str, side: str) -> str:
    """Return what to call a segment: its name where the table knows it, else its code's, else its name.

    Args:
        text: as staff named it.
        code: its SNOMED CT code, or empty.
        side: "left" or "right" as its code says, or empty.
    """
    text = clean_name(text)
    coded = name_of_code(code, side) if code else None
    if is_known(text):
        return f"{text} {side}" if side and anatomy_of(text).side is Side.NONE else text
    # A name nobody understands beside a code everybody does: "Segment_1" coded as sacrum.
    return coded if coded and (not text or text.lower().startswith("segment")) else text


def name_of_file(stem: str, otherwise: str) -> str:
    """Return the name of a file where it names a known structure: file names may hold a patient's."""
    return clean_name(stem) if is_known(stem) else otherwise


def sides_contradict(text: str, side: str) -> bool:
    """Tell whether a name says left and its code right, or the other way round."""
    named = anatomy_of(clean_name(text)).side
    return bool(side) and named is not Side.NONE and named != side
