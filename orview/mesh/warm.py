"""Compiling all that makes surfaces before the first case, so that nobody waits for it.

Loops are compiled at their first call and kept on disk; reading them back takes a part of a second. So a small case of
a ball and a thin bent tube goes once through everything.
"""

import numpy as np

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import Field
from orview.image.volume import Provenance, SourceKind, Volume
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.levels import thin
from orview.mesh.measure import centroid_mm, open_edges, vertex_normals, volume_mm3
from orview.mesh.refine import refine
from orview.mesh.sketch import sketched
from orview.segment.masks import LabelMap
from orview.segment.solid import filled_across

_SIZE = 52
_TARGETS = (3000, 500, 100)


def warm() -> bool:
    """Call every compiled loop of label maps and surfaces once, and return whether they found what they had to."""
    k, j, i = np.ogrid[:_SIZE, :_SIZE, :_SIZE]
    away = (18.0 - np.sqrt((i - 26.0) ** 2 + (j - 24.0) ** 2 + (k - 26.0) ** 2)).astype(np.float32)
    array = np.where(away > 0.0, 1, 0).astype(np.uint16)
    # Beside the ball, and never thicker than two voxels.
    array[4:48, 46:48, 4] = array[4, 46:48, 4:40] = 2
    patient_from_voxel = AffineTransform(Frame.PATIENT, Frame.VOXEL, np.eye(4))
    labels = LabelMap(array=array, patient_from_voxel=patient_from_voxel, names={1: "tumour", 2: "nerve"})
    volume = Volume(
        array=np.zeros(array.shape, dtype=np.int16),
        patient_from_voxel=patient_from_voxel,
        provenance=Provenance(
            modality="CT",
            slices=_SIZE,
            source_kind=SourceKind.PHANTOM,
            source_digest="0" * 64,
            synthetic=True,
        ),
    )
    fields = [outline.field for outline in outlines_of(Segmentation(label_maps=(labels,)), volume)[0]]
    fields.append(Field(array=away, level=0.0, outside=-50.0, patient_from_voxel=patient_from_voxel))
    # The ball's shell, filled again.
    closed = bool((filled_across(np.abs(away) < 2.0, patient_from_voxel) == (away > -2.0)).all())
    for field in fields:
        closed &= len(sketched(field).pieces) == 1
        for level in thin(refine(field), _TARGETS):
            surface = level.surface
            vertex_normals(surface)
            middle_mm = centroid_mm(surface)
            closed &= open_edges(surface) == 0 and volume_mm3(surface) > 0.0 and bool(np.isfinite(middle_mm).all())
    return closed
