"""From an image to a case: image -> segment -> mesh -> model, readable top to bottom."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from orview.errors import RefusedError
from orview.findings import Finding, Severity, counted
from orview.image.checks import Thickness, check_thickness, check_volume
from orview.image.volume import Volume, spacing_mm
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.made import Cache, Made
from orview.mesh.measure import part_of_vertex
from orview.model.arrangement import check_arrangement
from orview.model.case import Case, CaseFiducial, CaseSource, CaseStructure, ModelLevel
from orview.model.checks import check_glb, check_structures
from orview.model.glb import write_glbs
from orview.model.lod import Shape, build_levels, facts_of
from orview.model.preview import quick_preview
from orview.model.scene import Scene
from orview.model.slices_file import write_slices
from orview.segment.anatomy import Kind
from orview.segment.beads import find_beads
from orview.segment.bone import segment_without_weights
from orview.segment.grey_bone import Followed, follow
from orview.segment.outline import Outline
from orview.segment.parallel import Parallel
from orview.segment.slices import slices_of

ReportProgress = Callable[[str, float], None]
"""Called with a stage's name and how much of it is done, 0 to 1."""

BEADS_SPACING_MM = 2.7
"""Where voxels are longer a bead is a spot or two, and none is looked for."""

_THIN = (Kind.NERVE, Kind.VESSEL)
"""Kinds that are tubes."""


@dataclass(frozen=True, kw_only=True)
class BuildSettings:
    """What may be chosen about a case.

    Attributes:
        bead_diameter_mm: of the radiopaque beads looked for; None for any of 2 to 5 mm.
        bone_from_greys: draw the surface of outlined bone by the CT's grey values in a band around it.
    """

    bead_diameter_mm: float | None = None
    bone_from_greys: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class BuiltCase:
    """A case, the blobs its levels name, sha256 (hex) to bytes, and the image for looking at beside it."""

    case: Case
    blobs: dict[str, bytes]
    slices: bytes


def build_case(
    volume: Volume,
    segmentation: Segmentation | None,
    *,
    case_id: str,
    name: str,
    created_utc: str,
    progress: ReportProgress,
    settings: BuildSettings = BuildSettings(),
    segmentation_digest: str = "",
    patient_key: str = "",
    findings: Sequence[Finding] = (),
    cache: Cache | None = None,
    parallel: Parallel = map,
    first_look: Callable[[Scene], None] | None = None,
) -> BuiltCase:
    """Build a case from an image and, where there is any, what was outlined on it.

    Args:
        volume: the image.
        segmentation: what was outlined; None finds bone and skin without it.
        case_id: 8 to 32 random hex digits.
        name: what staff call the case.
        created_utc: ISO 8601.
        progress: told the stage and its fraction.
        settings: what may be chosen.
        segmentation_digest: sha256 (hex) over the files of the segmentation.
        patient_key: keyed digest of the patient's identifiers.
        findings: what reading found already.
        cache: keeps what was made of each structure, by its content.
        parallel: like `map`; does several structures at a time.
        first_look: handed a rough scene as soon as the outlines are known, where there is anything to see.

    Raises:
        InputError: nothing is outlined.
        RefusedError: outlines off the image, nothing to build, or a patient that cannot be (mirrored, wrong size).
    """
    found = [*findings, *check_volume(volume)]
    progress("Outlines", 0.0)
    outlines = _outlined(volume, segmentation, found, settings=settings, parallel=parallel)
    progress("Outlines", 1.0)
    if first_look is not None:
        sketch = quick_preview(outlines, synthetic=volume.provenance.synthetic, parallel=parallel)
        if sketch.parts:
            first_look(sketch)

    shapes = _shapes_of(outlines, found, cache=cache, parallel=parallel, progress=progress)
    structures = tuple(_structure_of(shape) for shape in shapes)
    found += _checked(structures, shapes, volume)
    found += check_thickness(_thicknesses(shapes, outlines, volume))

    progress("Beads", 0.0)
    fiducials = _fiducials(volume, settings.bead_diameter_mm)
    progress("Beads", 1.0)

    scenes = build_levels(
        shapes,
        synthetic=volume.provenance.synthetic,
        progress=lambda fraction: progress("Levels of detail", fraction),
        parallel=parallel,
    )
    found += _lost_parts(shapes, scenes)
    blobs: dict[str, bytes] = {}
    levels = []
    for n, scene in enumerate(scenes):
        levels.append(_level_of(scene, blobs, parallel))
        progress("Models", (n + 1) / len(scenes))
    case = Case(
        id=case_id,
        name=name,
        created_utc=created_utc,
        source=_source_of(volume, segmentation_digest, patient_key),
        findings=tuple(found),
        structures=structures,
        levels=tuple(levels),
        fiducials=fiducials,
    )
    progress("Slices", 0.0)
    slices = _slices_of(volume, outlines, case)
    progress("Slices", 1.0)
    return BuiltCase(case=case, blobs=blobs, slices=slices)


def _outlined(
    volume: Volume,
    segmentation: Segmentation | None,
    found: list[Finding],
    *,
    settings: BuildSettings,
    parallel: Parallel,
) -> list[Outline]:
    """Return the outlines of all structures; what is doubtful about them is said in `found`.

    Raises:
        InputError: nothing is outlined.
        RefusedError: outlines off the image, or grey values asked for that are none of a CT.
    """
    if segmentation is None:
        segmented = segment_without_weights(volume)
        found += segmented.findings
        return segmented.outlines
    outlines, said = outlines_of(segmentation, volume, parallel=parallel)
    found += said
    if not settings.bone_from_greys:
        return outlines
    if volume.provenance.modality not in ("CT", ""):
        raise RefusedError(
            f"Bone is drawn by its grey values in a CT only, and this is {volume.provenance.modality}.",
            mend="Prepare it without --bone-from-greys.",
        )
    bones = [n for n, outline in enumerate(outlines) if outline.anatomy.kind is Kind.BONE]
    followed: Iterable[Followed] = parallel(partial(follow, volume), [outlines[n] for n in bones])
    for n, one in zip(bones, followed, strict=True):
        outlines[n] = one.outline
        found += one.findings
    return outlines


def _shapes_of(
    outlines: Sequence[Outline],
    found: list[Finding],
    *,
    cache: Cache | None,
    parallel: Parallel,
    progress: ReportProgress,
) -> list[Shape]:
    """Return the shapes of all outlines that have a surface; what is left out is said in `found`.

    Raises:
        RefusedError: none has.
    """
    shapes = [Shape(anatomy=outline.anatomy, made=Made(outline.field, cache=cache)) for outline in outlines]
    kept = []
    made = facts_of(shapes, progress=lambda fraction: progress("Surfaces", fraction), parallel=parallel)
    for shape, facts in zip(shapes, made, strict=True):
        if facts.triangles == 0:
            found.append(
                Finding(
                    code="STRUCTURE_EMPTY",
                    severity=Severity.WARNING,
                    message=f"{shape.anatomy.name} has no surface and was left out.",
                    where=shape.anatomy.key,
                )
            )
            continue
        if facts.dust:
            found.append(
                Finding(
                    code="DUST_REMOVED",
                    severity=Severity.INFO,
                    message=f"Left out of {shape.anatomy.name} as noise: "
                    f"{counted(facts.dust, 'speck')} smaller than 5 mm3.",
                    where=shape.anatomy.key,
                )
            )
        kept.append(shape)
    if not kept:
        raise RefusedError("No structure has a surface.", mend="Check the label map.")
    return kept


def _lost_parts(shapes: Sequence[Shape], scenes: Sequence[Scene]) -> list[Finding]:
    """Return a finding for every structure that has fewer connected parts in some level than in its outline."""
    findings = []
    for n, shape in enumerate(shapes):
        fewest = min(int(part_of_vertex(scene.parts[n].surface).max()) + 1 for scene in scenes)
        if fewest < shape.made.facts.parts:
            findings.append(
                Finding(
                    code="PARTS_LOST",
                    severity=Severity.WARNING,
                    message=f"{shape.anatomy.name} has {shape.made.facts.parts} separate parts, "
                    f"but only {fewest} in a coarser model.",
                    where=shape.anatomy.key,
                )
            )
    return findings


def _structure_of(shape: Shape) -> CaseStructure:
    anatomy, facts = shape.anatomy, shape.made.facts
    x, y, z = (round(mm, 3) for mm in facts.centroid_mm)
    return CaseStructure(
        key=anatomy.key,
        name=anatomy.name,
        color_srgb=anatomy.color_srgb,
        side=anatomy.side,
        rigid=anatomy.rigid,
        kind=anatomy.kind,
        volume_ml=round(facts.volume_mm3 / 1000.0, 3),
        centroid_patient_mm=(x, y, z),
        parts=facts.bodies,
    )


def _checked(structures: Sequence[CaseStructure], shapes: Sequence[Shape], volume: Volume) -> list[Finding]:
    """Return findings about the structures together.

    Raises:
        RefusedError: one of them is an error.
    """
    voxel_from_patient = volume.patient_from_voxel.inverse()
    last = np.array(volume.array.shape[::-1]) - 1.5
    longest_mm, whole = {}, {}
    for shape in shapes:
        facts = shape.made.facts
        corners = np.array(np.meshgrid(*zip(facts.low_mm, facts.high_mm, strict=True))).reshape(3, -1).T
        voxels = voxel_from_patient.apply(corners)
        longest_mm[shape.anatomy.key] = facts.length_mm
        whole[shape.anatomy.key] = bool((voxels.min(axis=0) > 0.5).all() and (voxels.max(axis=0) < last).all())
    findings = [*check_structures(structures, longest_mm, whole), *check_arrangement(structures, whole)]
    for finding in findings:
        if finding.severity is Severity.ERROR:
            raise RefusedError(finding.message, mend="Do not use this image before that is explained.")
    return findings


def _thicknesses(shapes: Sequence[Shape], outlines: Sequence[Outline], volume: Volume) -> list[Thickness]:
    """Return how thick each shape is, and how long the image's voxels are, or those of its labels if longer."""
    grids = {outline.anatomy.key: outline.field.patient_from_voxel for outline in outlines}
    return [
        Thickness(
            key=shape.anatomy.key,
            name=shape.anatomy.name,
            diameter_mm=round(shape.made.facts.tube_mm, 1),
            voxel_mm=max(float(spacing.max()) for spacing in (volume.spacing_mm, spacing_mm(grids[shape.anatomy.key]))),
            is_tube=shape.anatomy.kind in _THIN,
        )
        for shape in shapes
    ]


def _fiducials(volume: Volume, diameter_mm: float | None) -> tuple[CaseFiducial, ...]:
    """Return the beads of a CT; none where slices are too thick to see one."""
    if volume.provenance.modality not in ("CT", "") or volume.spacing_mm.max() > BEADS_SPACING_MM:
        return ()
    return tuple(
        CaseFiducial(
            position_patient_mm=bead.position_patient_mm,
            covariance_mm2=bead.covariance_mm2,
            diameter_mm=bead.diameter_mm,
        )
        for bead in find_beads(volume, diameter_mm=diameter_mm)
    )


def _slices_of(volume: Volume, outlines: Sequence[Outline], case: Case) -> bytes:
    """Return the image for looking at beside the case's models."""
    by_key = {outline.anatomy.key: outline for outline in outlines}
    shown = [by_key[structure.key] for structure in case.structures]
    return write_slices(slices_of(volume, shown, target_key=case.target_key))


def _level_of(scene: Scene, blobs: dict[str, bytes], parallel: Parallel) -> ModelLevel:
    """Write a scene both ways into `blobs`, read both back, and return their record."""
    digests = []
    for glb in write_glbs(scene, parallel=parallel):
        check_glb(glb, scene)
        digests.append(hashlib.sha256(glb).hexdigest())
        blobs[digests[-1]] = glb
    sha256, plain_sha256 = digests
    return ModelLevel(
        level=scene.level,
        sha256=sha256,
        bytes=len(blobs[sha256]),
        plain_sha256=plain_sha256,
        plain_bytes=len(blobs[plain_sha256]),
        triangles=scene.triangles,
        structure_triangles={part.anatomy.key: len(part.surface.triangles) for part in scene.parts},
        errors={part.anatomy.key: part.error for part in scene.parts},
    )


def _source_of(volume: Volume, labels_digest: str, patient_key: str) -> CaseSource:
    provenance = volume.provenance
    i, j, k = (round(float(mm), 6) for mm in volume.spacing_mm)
    return CaseSource(
        kind=provenance.source_kind,
        modality=provenance.modality,
        series_text=provenance.series_text,
        acquired=provenance.acquired.isoformat() if provenance.acquired else None,
        slices=provenance.slices,
        spacing_mm=(i, j, k),
        digest=provenance.source_digest,
        labels_digest=labels_digest,
        patient_key=patient_key,
        synthetic=provenance.synthetic,
    )
