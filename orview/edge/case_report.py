"""A case as plain data for people and programs: what `orview prepare` tells."""

from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.export import structure_document
from orview.model.case import Case


def case_document(case: Case, *, store: CaseStore) -> dict[str, Any]:
    """Return everything of a stored case but what it says of the patient.

    Raises:
        StoreError: the store cannot be read.
    """
    picture = store.thumbnail(case.id)
    return {
        "case": case.id,
        "name": case.name,
        "digest": case.digest,
        "synthetic": case.source.synthetic,
        "target": case.target_key,
        "thumbnail": None if picture is None else str(store.blob_path(picture)),
        "structures": [
            {
                **structure_document(case, structure),
                "parts": structure.parts,
                "centroid_patient_mm": list(structure.centroid_patient_mm),
            }
            for structure in case.structures
        ],
        "levels": [
            {
                "level": str(level.level),
                "triangles": level.triangles,
                "bytes": level.bytes,
                "plain_bytes": level.plain_bytes,
                "sha256": level.sha256,
                "plain_sha256": level.plain_sha256,
                "structure_triangles": dict(level.structure_triangles),
                "errors": {
                    key: {"rms_mm": error.rms_mm, "hausdorff_mm": error.hausdorff_mm}
                    for key, error in level.errors.items()
                },
            }
            for level in case.levels
        ],
        "fiducials": [
            {"position_patient_mm": bead.position_patient_mm.tolist(), "diameter_mm": bead.diameter_mm}
            for bead in case.fiducials
        ],
        "findings": [finding.to_json() for finding in case.findings],
    }
