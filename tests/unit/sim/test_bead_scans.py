"""Scans of a back are drawn alike for equal seeds, and their beads are where they are said to be."""

import numpy as np

from orview.sim.bead_scans import bead_scan


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    one, same, other = (bead_scan(seed, thickness_mm=2.5).volume.array.tobytes() for seed in (3, 3, 5))
    assert one == same
    assert one != other


def test_the_beads_are_bright_where_they_are_said_to_be_and_apart() -> None:
    scan = bead_scan(2, thickness_mm=1.0, diameter_mm=4.0, material="steel")
    places = scan.volume.patient_from_voxel.inverse().apply(scan.beads_patient_mm)
    for i, j, k in np.round(places).astype(int):
        assert scan.volume.array[k, j, i] == 3071
    apart_mm = np.linalg.norm(scan.beads_patient_mm[:, None] - scan.beads_patient_mm[None], axis=-1)
    assert apart_mm[~np.eye(8, dtype=bool)].min() > 10.0
    assert {kind.value for kind, _ in scan.decoys} >= {"bolt", "snap", "calcification"}
