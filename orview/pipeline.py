"""From an image to a case: image -> segment -> mesh -> model, readable top to bottom."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from orview.errors import RefusedError
from orview.findings import Finding, Severity
from orview.image.checks import check_volume
from orview.image.field import Field
from orview.image.volume import Volume
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.measure import centroid_mm, volume_mm3
from orview.mesh.refine import refine
from orview.model.arrangement import check_arrangement
from orview.model.case import Case, CaseFiducial, CaseSource, CaseStructure, ModelLevel
from orview.model.checks import check_glb, check_structures
from orview.model.glb import write_glb
from orview.model.lod import Shape, build_levels
from orview.model.scene import Scene
from orview.segment.anatomy import Anatomy
from orview.segment.beads import find_beads
from orview.segment.masks import LabelMap
from orview.segment.threshold import BONE_HU, bone_and_skin

ReportProgress = Callable[[str, float], None]
"""Called with a stage's name and how much of it is done, 0 to 1."""

BEAD_DIAMETER_MM = 4.0

_BY_THRESHOLD = Finding(
    code="BONE_BY_THRESHOLD",
    severity=Severity.WARNING,
    message=f"No labels: all brighter than {BONE_HU:.0f} HU is shown as bone, with no names and no sides. "
    "Contrast medium and metal count as bone; weak bone may be missing.",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class BuiltCase:
    """A case and the blobs its levels name, sha256 (hex) to bytes."""

    case: Case
    blobs: dict[str, bytes]


def build_case(
    volume: Volume,
    labels: LabelMap | None,
    *,
    case_id: str,
    name: str,
    created_utc: str,
    progress: ReportProgress,
    labels_digest: str = "",
    patient_key: str = "",
    findings: Sequence[Finding] = (),
    bead_diameter_mm: float = BEAD_DIAMETER_MM,
) -> BuiltCase:
    """Build a case from an image and, where there are any, labels.

    Args:
        volume: the image.
        labels: on the image's grid or the same grid stored along other axes; None for bone and skin by threshold.
        case_id: 8 to 32 random hex digits.
        name: what staff call the case.
        created_utc: ISO 8601.
        progress: told the stage and its fraction.
        labels_digest: sha256 (hex) of the label file.
        patient_key: keyed digest of the patient's identifiers.
        findings: what reading found already.
        bead_diameter_mm: of the radiopaque beads looked for.

    Raises:
        RefusedError: labels on another grid, nothing to build, or a patient that cannot be (mirrored, wrong size).
    """
    found = [*findings, *check_volume(volume)]
    if labels is None:
        fields = _fields_of_greys(volume)
        found.append(_BY_THRESHOLD)
    else:
        outlines, said = outlines_of(Segmentation(label_maps=(labels,)), volume)
        fields = [(outline.anatomy, outline.field) for outline in outlines]
        found += said
    shapes: list[Shape] = []
    for n, (anatomy, field) in enumerate(fields):
        refined = refine(field)
        progress("Surfaces", (n + 1) / len(fields))
        if len(refined.finest.triangles) == 0:
            found.append(
                Finding(
                    code="STRUCTURE_EMPTY",
                    severity=Severity.WARNING,
                    message=f"{anatomy.name} has no surface and was left out.",
                    where=anatomy.key,
                )
            )
            continue
        if refined.dust:
            found.append(
                Finding(
                    code="DUST_REMOVED",
                    severity=Severity.INFO,
                    message=f"{refined.dust} specks smaller than 5 mm3 of {anatomy.name} were left out.",
                    where=anatomy.key,
                )
            )
        shapes.append(Shape(anatomy=anatomy, refined=refined))
    if not shapes:
        raise RefusedError("No structure has a surface.", mend="Check the label map.")
    structures = tuple(_structure_of(shape) for shape in shapes)
    found += _checked(structures, shapes, volume)

    progress("Beads", 0.0)
    fiducials = _fiducials(volume, bead_diameter_mm)
    progress("Beads", 1.0)

    scenes = build_levels(
        shapes, synthetic=volume.provenance.synthetic, progress=lambda fraction: progress("Levels of detail", fraction)
    )
    blobs: dict[str, bytes] = {}
    levels = []
    for n, scene in enumerate(scenes):
        levels.append(_level_of(scene, blobs))
        progress("Models", (n + 1) / len(scenes))
    case = Case(
        id=case_id,
        name=name,
        created_utc=created_utc,
        source=_source_of(volume, labels_digest, patient_key),
        findings=tuple(found),
        structures=structures,
        levels=tuple(levels),
        fiducials=fiducials,
    )
    return BuiltCase(case=case, blobs=blobs)


def _fields_of_greys(volume: Volume) -> list[tuple[Anatomy, Field]]:
    """Return the fields of bone and skin of a CT nobody has outlined."""
    if volume.provenance.modality not in ("CT", ""):
        raise RefusedError(
            f"Without labels only a CT can be prepared, and this is {volume.provenance.modality}.",
            mend="Give a label map with --labels.",
        )
    return [
        (
            grey.anatomy,
            Field(array=grey.array, level=grey.level, outside=grey.outside, patient_from_voxel=grey.patient_from_voxel),
        )
        for grey in bone_and_skin(volume)
    ]


def _structure_of(shape: Shape) -> CaseStructure:
    anatomy, surface = shape.anatomy, shape.refined.finest
    x, y, z = (round(float(mm), 3) for mm in centroid_mm(surface))
    return CaseStructure(
        key=anatomy.key,
        name=anatomy.name,
        color_srgb=anatomy.color_srgb,
        side=anatomy.side,
        rigid=anatomy.rigid,
        kind=anatomy.kind,
        volume_ml=round(volume_mm3(surface) / 1000.0, 3),
        centroid_patient_mm=(x, y, z),
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
        vertices = shape.refined.finest.vertices_mm
        longest_mm[shape.anatomy.key] = float(np.ptp(vertices, axis=0).max())
        voxels = voxel_from_patient.apply(vertices)
        whole[shape.anatomy.key] = bool((voxels.min(axis=0) > 0.5).all() and (voxels.max(axis=0) < last).all())
    findings = [*check_structures(structures, longest_mm, whole), *check_arrangement(structures, whole)]
    for finding in findings:
        if finding.severity is Severity.ERROR:
            raise RefusedError(finding.message, mend="Do not use this image before that is explained.")
    return findings


def _fiducials(volume: Volume, diameter_mm: float) -> tuple[CaseFiducial, ...]:
    """Return the beads of a CT; none where slices are too thick to see one."""
    if volume.provenance.modality not in ("CT", "") or volume.spacing_mm.max() > diameter_mm / 1.5:
        return ()
    return tuple(
        CaseFiducial(
            position_patient_mm=bead.position_patient_mm,
            covariance_mm2=bead.covariance_mm2,
            diameter_mm=bead.diameter_mm,
        )
        for bead in find_beads(volume, diameter_mm=diameter_mm)
    )


def _level_of(scene: Scene, blobs: dict[str, bytes]) -> ModelLevel:
    """Write a scene both ways into `blobs`, read both back, and return their record."""
    digests = []
    for compressed in (True, False):
        glb = write_glb(scene, compressed=compressed)
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
