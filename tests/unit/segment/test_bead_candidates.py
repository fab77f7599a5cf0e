"""Blobs that may be beads: small ones at the outside of the body, cut out with what is around them."""

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Provenance, SourceKind, Volume
from orview.segment.bead_candidates import find_candidates


def _volume(hu: NDArray[np.float64], slice_mm: float = 1.0) -> Volume:
    return Volume(
        array=hu.astype(np.int16),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, np.diag([1.0, 1.0, slice_mm, 1.0])),
        provenance=Provenance(modality="CT", slices=len(hu), source_kind=SourceKind.PHANTOM, source_digest="0" * 64),
    )


def test_only_small_blobs_with_air_beside_them_are_candidates() -> None:
    hu = np.full((40, 60, 60), -1000.0)
    hu[:, 30:] = 40.0
    hu[10:13, 20:23, 10:13] = 2000.0  # on the skin
    hu[10:13, 48:51, 10:13] = 2000.0  # deep inside
    hu[20:23, 10:13, 20:50] = 2000.0  # long
    hu[0:2, 20:23, 40:43] = 2000.0  # cut by the end of the scan
    (found,) = find_candidates(_volume(hu))
    centre = found.first_voxel + found.centre_mm
    np.testing.assert_allclose(centre, (11.0, 21.0, 11.0))
    assert 1.5 < found.radius_mm < 2.2
    i, j, k = np.round(found.centre_mm).astype(int)
    assert found.block_hu[k, j, i] == 2000.0


def test_faint_blobs_count_in_thick_slices_only() -> None:
    hu = np.full((20, 40, 40), -1000.0)
    hu[9:11, 19:22, 19:22] = 800.0
    assert not find_candidates(_volume(hu))
    assert len(find_candidates(_volume(hu, slice_mm=2.5))) == 1
