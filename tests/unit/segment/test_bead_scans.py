"""Beads found in rendered scans of a back with decoys; `benchmarks/fiducials.py` does the same for 200 of them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.geometry.accuracy import radius_95_mm
from orview.segment.beads import Bead, find_beads
from orview.sim.bead_scans import BeadScan, bead_scan


def _errors(scan: BeadScan, beads: list[Bead]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors (N, 3) along the voxel axes and the same in units of what is claimed; all found, none false."""
    found = np.array([bead.position_patient_mm for bead in beads]).reshape(-1, 3)
    apart_mm = np.linalg.norm(found[:, None] - scan.beads_patient_mm[None], axis=-1)
    nearest = apart_mm.argmin(axis=1)
    assert sorted(nearest) == list(range(len(scan.beads_patient_mm)))
    axes = scan.volume.patient_from_voxel.matrix[:3, :3] / scan.volume.spacing_mm
    errors = (found - scan.beads_patient_mm[nearest]) @ axes
    sigmas = np.sqrt([np.diag(axes.T @ bead.covariance_mm2 @ axes) for bead in beads])
    return errors, errors / sigmas


@pytest.mark.slow
def test_thin_slices_tell_every_bead_to_a_twentieth_of_a_millimetre() -> None:
    errors, scores = [], []
    for seed, thickness_mm in ((1, 1.0), (4, 0.75), (6, 1.0), (11, 0.6)):
        scan = bead_scan(seed, thickness_mm=thickness_mm)
        found = _errors(scan, find_beads(scan.volume))
        errors.append(found[0])
        scores.append(found[1])
    lengths = np.linalg.norm(np.concatenate(errors), axis=1)
    assert lengths.mean() <= 0.05
    assert lengths.max() <= 0.10
    assert np.sqrt((np.concatenate(scores) ** 2).mean()) <= 1.3


@pytest.mark.parametrize("seed", [4, 17])
def test_slices_of_two_and_a_half_millimetres_cost_little(seed: int) -> None:
    scan = bead_scan(seed, thickness_mm=2.5)
    errors, _ = _errors(scan, find_beads(scan.volume))
    assert np.linalg.norm(errors, axis=1).max() <= 0.5


def test_very_thick_slices_claim_no_less_than_a_millimetre() -> None:
    scan = bead_scan(314, thickness_mm=5.0)
    beads = find_beads(scan.volume)
    assert len(beads) >= 3
    for bead in beads:
        claim_mm = radius_95_mm(bead.covariance_mm2)
        assert claim_mm >= 1.0
        assert np.linalg.norm(scan.beads_patient_mm - bead.position_patient_mm, axis=1).min() <= claim_mm


def test_the_size_of_the_beads_is_told() -> None:
    scan = bead_scan(26, thickness_mm=1.0, diameter_mm=4.0, material="steel")
    for bead in find_beads(scan.volume):
        assert bead.diameter_mm == pytest.approx(4.0, abs=0.3)
