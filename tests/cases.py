"""A case made by hand, with blobs that match their digests."""

import hashlib

import numpy as np

from orview.findings import Finding
from orview.model.case import Case, CaseFiducial, CaseSource, CaseStructure, Level, LevelError, ModelLevel
from orview.segment.anatomy import Kind, Side

BLOBS = {hashlib.sha256(data).hexdigest(): data for data in (b"packed", b"plain")}
PACKED, PLAIN = BLOBS


def a_structure(key: str, *, kind: Kind = Kind.BONE, volume_ml: float = 200.0) -> CaseStructure:
    return CaseStructure(
        key=key,
        name=key.capitalize(),
        color_srgb=(0.9, 0.8, 0.7),
        side=Side.NONE,
        rigid=True,
        kind=kind,
        volume_ml=volume_ml,
        centroid_patient_mm=(1.0, 2.0, -300.5),
        parts=2,
    )


def a_case(*, case_id: str = "0123456789ab", findings: tuple[Finding, ...] = ()) -> Case:
    return Case(
        id=case_id,
        name="Case 12",
        created_utc="2026-01-02T03:04:05+00:00",
        source=CaseSource(
            kind="dicom",
            modality="CT",
            series_text="PELVIS",
            acquired="2026-01-01",
            slices=300,
            spacing_mm=(0.8, 0.8, 1.0),
            digest="a" * 64,
            labels_digest="b" * 64,
            patient_key="c" * 64,
            synthetic=False,
        ),
        findings=findings,
        structures=(a_structure("sacrum"),),
        levels=(
            ModelLevel(
                level=Level.PREVIEW,
                sha256=PACKED,
                bytes=6,
                plain_sha256=PLAIN,
                plain_bytes=5,
                triangles=4,
                structure_triangles={"sacrum": 4},
                errors={"sacrum": LevelError(rms_mm=0.1, hausdorff_mm=0.4)},
            ),
        ),
        fiducials=(
            CaseFiducial(
                position_patient_mm=np.array([1.0, 2.0, 3.0]), covariance_mm2=np.eye(3) * 0.01, diameter_mm=4.0
            ),
        ),
    )
