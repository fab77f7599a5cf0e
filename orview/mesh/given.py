"""What others have outlined, as the outlines meshing starts from: label maps, soft masks, surfaces.

Every outline keeps the grid it was drawn on. Labels on another grid than the image are not resampled: that could
only lose thin parts, and a field carries its own grid. What the image must agree with is where they lie.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, InputError, RefusedError
from orview.findings import Finding, Severity, counted
from orview.geometry.affine import AffineTransform
from orview.image.field import Field, field_of_mask
from orview.image.volume import Volume, shifted
from orview.mesh.voxelise import voxelised
from orview.segment.anatomy import Anatomy, Color, Kind, anatomy_of, importance
from orview.segment.masks import Box, LabelMap, grid_words, label_boxes, onto_grid
from orview.segment.outline import Outline
from orview.segment.parallel import Parallel
from orview.segment.solid import filled_across

MOST_NAMED = 4
"""How many names a finding spells out."""

SAMPLE = 10_000
"""Voxels of a structure that are looked at, at most about."""

OUTSIDE_TOLERATED = 0.01
"""Fraction of a structure that may lie outside the image unsaid: labels reach half a voxel further."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenSurface:
    """A surface somebody made.

    Attributes:
        name: as its file calls it.
        color_srgb: the file's own colour, 0 to 1, where it has one.
        vertices_mm: (N, 3) float64, patient mm.
        triangles: (M, 3) int32 rows of `vertices_mm`.

    Raises:
        ContractError: other shapes, a coordinate that is no number, or a row that is not there.
    """

    name: str
    color_srgb: Color | None
    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.int32]

    def __post_init__(self) -> None:
        vertices, triangles = self.vertices_mm, self.triangles
        if vertices.ndim != 2 or triangles.ndim != 2 or vertices.shape[1] != 3 or triangles.shape[1] != 3:
            raise ContractError("A surface is (N, 3) vertices and (M, 3) triangles.")
        if not np.isfinite(vertices).all():
            raise ContractError("A surface has finite vertices.")
        if len(triangles) and not 0 <= triangles.min() <= triangles.max() < len(vertices):
            raise ContractError("A triangle names vertices that are there.")


@dataclass(frozen=True, kw_only=True, eq=False)
class GivenField:
    """A structure given as shares of voxels or distances: contours, fractional segments.

    Attributes:
        name: as its file calls it.
        color_srgb: the file's own colour, 0 to 1, where it has one.
        field: where it is.
    """

    name: str
    color_srgb: Color | None
    field: Field


@dataclass(frozen=True, kw_only=True, eq=False)
class Segmentation:
    """All that was outlined on one image, from however many files.

    Attributes:
        label_maps: several where segments overlap.
        surfaces: in patient mm.
        fields: soft masks.
    """

    label_maps: tuple[LabelMap, ...] = ()
    surfaces: tuple[GivenSurface, ...] = ()
    fields: tuple[GivenField, ...] = ()


def outlines_of(
    segmentation: Segmentation, volume: Volume, *, parallel: Parallel = map
) -> tuple[list[Outline], list[Finding]]:
    """Return one outline a structure, most important first, and what was doubtful.

    Names are mapped through the anatomy table; names that mean the same structure are taken together where they
    share a grid, and numbered where they do not.

    Args:
        segmentation: what was outlined.
        volume: the image it was outlined on.
        parallel: like `map`.

    Raises:
        InputError: nothing is outlined.
        RefusedError: the outlines do not lie on the image.
    """
    findings: list[Finding] = []
    pieces: list[Outline] = []
    for labels in segmentation.label_maps:
        pieces += _of_labels(labels, volume, findings, parallel)
    for given in segmentation.fields:
        pieces.append(Outline(anatomy=anatomy_of(given.name, color_srgb=given.color_srgb), field=given.field))
    for surface in segmentation.surfaces:
        pieces += _of_surface(surface, findings)
    if not pieces:
        raise InputError("The segmentation is empty: nothing is outlined.", mend="Give the finished segmentation.")
    outlines = [_filled_skin(outline) for outline in _one_a_structure(pieces, findings)]
    findings += _outside_image(outlines, volume)
    return sorted(outlines, key=lambda outline: importance(outline.anatomy)), findings


def _of_labels(labels: LabelMap, volume: Volume, findings: list[Finding], parallel: Parallel) -> list[Outline]:
    on_grid = onto_grid(labels, volume.array.shape, volume.patient_from_voxel)
    boxes = label_boxes(labels.array if on_grid is None else on_grid.array, parallel=parallel)
    if on_grid is None and boxes:
        findings.append(_another_grid(labels, volume))
    labels = labels if on_grid is None else on_grid
    absent = [name for value, name in sorted(labels.names.items()) if value not in boxes]
    if absent:
        findings.append(
            Finding(
                code="LABEL_NAMES_NOTHING",
                # TotalSegmentator lists all its classes, whatever it found; a few names were meant.
                severity=Severity.WARNING if len(absent) <= MOST_NAMED else Severity.INFO,
                message=f"{counted(len(absent), 'name')} of the labels without a single voxel: {_listed(absent)}.",
            )
        )
    nameless = [str(value) for value in boxes if value not in labels.names]
    if nameless:
        findings.append(
            Finding(
                code="LABEL_WITHOUT_NAME",
                severity=Severity.WARNING,
                message=f"{counted(len(nameless), 'label')} without a name, called by number: {_listed(nameless)}.",
            )
        )
    values_of: dict[str, list[int]] = {}
    anatomies: dict[str, Anatomy] = {}
    for value in boxes:
        anatomy = anatomy_of(labels.names.get(value, f"label {value}"), color_srgb=labels.colors_srgb.get(value))
        anatomies.setdefault(anatomy.key, anatomy)
        values_of.setdefault(anatomy.key, []).append(value)
    for key, anatomy in anatomies.items():
        if len(values_of[key]) > 1:
            findings.append(_together(anatomy, [labels.names.get(value, str(value)) for value in values_of[key]]))

    def outline(key: str) -> Outline:
        values = values_of[key]
        box = reduce(Box.union, (boxes[value][0] for value in values))
        mask = np.isin(labels.array[box.slices], values) if len(values) > 1 else labels.array[box.slices] == values[0]
        return Outline(anatomy=anatomies[key], field=field_of_mask(mask, _cut_out(labels.patient_from_voxel, box)))

    return list(parallel(outline, anatomies))


def _another_grid(labels: LabelMap, volume: Volume) -> Finding:
    """Return the finding about labels on another grid.

    Raises:
        RefusedError: they have as many voxels as the image and so were meant to be on its grid.
    """
    grids = (
        f"({grid_words(labels.array.shape, labels.patient_from_voxel)}) than the image "
        f"({grid_words(volume.array.shape, volume.patient_from_voxel)})"
    )
    if sorted(labels.array.shape) == sorted(volume.array.shape):
        # Slice thickness written for slice distance, an origin lost: one of the two headers lies.
        raise RefusedError(
            f"The label map has the image's size but lies on another grid {grids}.",
            mend="Export the labels again from the program they were drawn in, on the grid of this image.",
        )
    finer = abs(labels.patient_from_voxel.determinant) < 0.5 * abs(volume.patient_from_voxel.determinant)
    coarser = abs(labels.patient_from_voxel.determinant) > 2.0 * abs(volume.patient_from_voxel.determinant)
    than = "a finer" if finer else "a coarser" if coarser else "another"
    return Finding(
        code="LABELS_ON_OTHER_GRID",
        severity=Severity.WARNING,
        message=f"The labels lie on {than} grid {grids}; each structure keeps the labels' grid.",
    )


def _of_surface(surface: GivenSurface, findings: list[Finding]) -> list[Outline]:
    anatomy = anatomy_of(surface.name, color_srgb=surface.color_srgb)
    made = voxelised(surface.vertices_mm, surface.triangles)
    if made is None:
        findings.append(
            Finding(
                code="SURFACE_ENCLOSES_NOTHING",
                severity=Severity.WARNING,
                message=f"The surface {anatomy.name} encloses nothing and was left out.",
                where=anatomy.key,
            )
        )
        return []
    if made.open_edges:
        findings.append(
            Finding(
                code="SURFACE_HOLES_CLOSED",
                severity=Severity.WARNING,
                message=f"The surface {anatomy.name} is not closed ({counted(made.open_edges, 'open edge')}); "
                "its holes were closed, so look at it before you trust its volume.",
                where=anatomy.key,
            )
        )
    if made.coarse:
        findings.append(
            Finding(
                code="SURFACE_COARSE",
                severity=Severity.WARNING,
                message=f"The surface {anatomy.name} is large and was sampled every {made.pitch_mm:.2f} mm; "
                "parts thinner than that may be missing.",
                where=anatomy.key,
            )
        )
    return [Outline(anatomy=anatomy, field=made.field)]


def _one_a_structure(pieces: Sequence[Outline], findings: list[Finding]) -> list[Outline]:
    """Return the pieces with those of one key joined where their grids allow, else told apart by a number."""
    by_key: dict[str, list[Outline]] = {}
    for piece in pieces:
        same = by_key.setdefault(piece.anatomy.key, [])
        for n, other in enumerate(same):
            joined = _joined(other, piece)
            if joined is not None:
                same[n] = joined
                findings.append(_together(piece.anatomy, [other.anatomy.name, piece.anatomy.name]))
                break
        else:
            same.append(piece)
    result = []
    for same in by_key.values():
        result.append(same[0])
        for n, other in enumerate(same[1:], start=2):
            anatomy = replace(other.anatomy, key=f"{other.anatomy.key}_{n}", name=f"{other.anatomy.name} ({n})")
            findings.append(
                Finding(
                    code="STRUCTURE_GIVEN_TWICE",
                    severity=Severity.WARNING,
                    message=f"{other.anatomy.name} is outlined twice, on different grids; both are shown.",
                    where=other.anatomy.key,
                )
            )
            result.append(replace(other, anatomy=anatomy))
    return result


def _joined(first: Outline, second: Outline) -> Outline | None:
    """Return both on one grid, the larger value of each voxel; None where their grids do not share their voxels."""
    a, b = first.field, second.field
    offset = a.patient_from_voxel.inverse().matrix @ b.patient_from_voxel.matrix
    shift = np.rint(offset[:3, 3])
    if (a.level, a.outside) != (b.level, b.outside) or np.abs(offset - _translation(shift)).max() > 1e-3:
        return None
    kji = shift[::-1].astype(int)
    start = np.minimum(kji, 0)
    stop = np.maximum(kji + b.array.shape, a.array.shape)
    array = np.full(stop - start, a.outside, dtype=np.result_type(a.array, b.array))
    for field, corner in ((a, -start), (b, kji - start)):
        window = array[tuple(slice(low, low + size) for low, size in zip(corner, field.array.shape, strict=True))]
        np.maximum(window, field.array, out=window)
    i, j, k = (int(first_voxel) for first_voxel in start[::-1])
    field = replace(a, array=array, patient_from_voxel=shifted(a.patient_from_voxel, (i, j, k)))
    return Outline(anatomy=first.anatomy, field=field)


def _translation(shift: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return matrix


def _filled_skin(outline: Outline) -> Outline:
    """Return a skin filled: labels draw it as a shell, and what is shown is its outside."""
    if outline.anatomy.kind is not Kind.SKIN:
        return outline
    field = outline.field
    mask = field.array > field.level
    filled = filled_across(mask, field.patient_from_voxel)
    array = np.where(filled & ~mask, field.array.max(), field.array)
    return replace(outline, field=replace(field, array=array))


def _outside_image(outlines: Iterable[Outline], volume: Volume) -> list[Finding]:
    """Return findings about structures that partly lie outside the image.

    Raises:
        RefusedError: nothing at all lies on the image.
    """
    last = np.array(volume.array.shape[::-1]) - 0.5
    findings = []
    anything = False
    for outline in outlines:
        field = outline.field
        corners = np.array(list(product(*((0, size - 1) for size in field.array.shape))))[:, ::-1]
        ijk = volume.patient_from_voxel.inverse().apply(field.patient_from_voxel.apply(corners))
        if ((ijk >= -0.5) & (ijk <= last)).all():
            anything |= bool(field.array.any() if field.binary else (field.array > field.level).any())
            continue
        inside = np.flatnonzero(field.array if field.binary else field.array > field.level)
        if len(inside) == 0:
            continue
        sample = np.unravel_index(inside[:: -(-len(inside) // SAMPLE)], field.array.shape)[::-1]
        ijk = volume.patient_from_voxel.inverse().apply(field.patient_from_voxel.apply(np.stack(sample, axis=1)))
        outside = float(np.any((ijk < -0.5) | (ijk > last), axis=1).mean())
        anything |= outside < 1.0
        if outside > OUTSIDE_TOLERATED:
            findings.append(
                Finding(
                    code="OUTLINE_OUTSIDE_IMAGE",
                    severity=Severity.WARNING,
                    message=f"{outside:.0%} of {outline.anatomy.name} lie outside the image.",
                    where=outline.anatomy.key,
                )
            )
    if findings and not anything:
        raise RefusedError(
            "The outlines do not lie on the image: not one of them meets it.",
            mend="Give the image they were drawn on.",
        )
    return findings


def _cut_out(patient_from_voxel: AffineTransform, box: Box) -> AffineTransform:
    k, j, i = box.start
    return shifted(patient_from_voxel, (i, j, k))


def _together(anatomy: Anatomy, names: Sequence[str]) -> Finding:
    return Finding(
        code="LABELS_TAKEN_TOGETHER",
        severity=Severity.INFO,
        message=f"{len(names)} labels mean {anatomy.name} and were taken together: {_listed(names)}.",
        where=anatomy.key,
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
