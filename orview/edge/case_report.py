"""A case as plain data for people and programs: what `orview prepare` tells."""

from typing import Any

import numpy as np

from orview.edge.case_store import CaseStore
from orview.edge.export import structure_document, surfaces_of
from orview.mesh.measure import corners_mm, part_of_vertex
from orview.mesh.surface import Surface
from orview.model.case import Case, Level


def case_document(case: Case, *, store: CaseStore) -> dict[str, Any]:
    """Return everything of a stored case but what it says of the patient.

    Raises:
        StoreError: a model is missing or damaged.
    """
    surfaces = surfaces_of(case, case.level(Level.FULL), store)
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
                **structure_document(structure),
                "parts": _parts_of(surfaces[structure.key]),
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
        "fiducials": len(case.fiducials),
        "findings": [finding.to_json() for finding in case.findings],
    }


def _parts_of(surface: Surface) -> int:
    """Return how many separate bodies a closed surface bounds; the walls of hollows inside them do not count."""
    corners = corners_mm(surface)
    six_volumes = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
    part = part_of_vertex(surface)[surface.triangles[:, 0]]
    return int(np.count_nonzero(np.bincount(part, weights=six_volumes) > 0.0))
