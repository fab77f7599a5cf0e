"""Do the structures lie to each other as they do in a person, or in a person's mirror image (hazard H04)?

Left and right can be told apart by two hips; front and back, or top and bottom, need a third and a fourth
structure. So all that are known are compared at once with where they usually lie: the turn that brings the usual
places nearest to the found ones is a proper rotation in every patient, however the patient lay, and is none
where the image or its labels are mirrored (the sign of the determinant in Kabsch's algorithm).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.findings import Finding, Severity
from orview.model.case import CaseStructure
from orview.units import deg_from_rad

USUAL_PLACES_MM = {
    "hip": (79.0, 0.0, 0.0),
    "femur": (105.0, -8.0, -62.0),
    "sacrum": (0.0, 56.0, 24.0),
    "vertebra_s1": (0.0, 28.0, 45.0),
    "vertebra_l5": (0.0, 18.0, 70.0),
    "vertebra_l4": (0.0, 10.0, 102.0),
    "vertebra_l3": (0.0, 8.0, 138.0),
    "vertebra_l2": (0.0, 10.0, 172.0),
    "vertebra_l1": (0.0, 18.0, 206.0),
    "bladder": (0.0, -36.0, -31.0),
    "rectum": (0.0, 24.0, -34.0),
    "prostate": (0.0, -4.0, -75.0),
    "iliac_artery": (44.0, -34.0, 22.0),
    "iliac_vein": (43.0, -24.0, 17.0),
    "gluteus_maximus": (94.0, 53.0, -26.0),
    "gluteus_medius": (123.0, 5.0, 16.0),
    "gluteus_minimus": (116.0, -18.0, -4.0),
    "iliopsoas": (68.0, -25.0, 45.0),
    "nerve_s1": (25.0, 51.0, 16.0),
    "nerve_s2": (21.0, 62.0, 10.0),
    "nerve_s3": (14.0, 66.0, 4.0),
}
"""Centres in the patient frame from midway between the hips, those of the left side; the right is their mirror image.

Rounded means of a real adult and of the simulated pelvis. They decide between a turn and a mirror, nothing else.
"""

FLAT = 0.01
"""Below this share of the longest, the shortest extent of the common shape tells no mirror image from a turn."""

TURNED = "PATIENT_TURNED"
"""Code of the finding that the image's axes are not the patient's; such a case is not registered."""

TURNED_DEG = 45.0
"""Patients lie in their own frame within some degrees; the nearest wrong axes are 90 degrees away."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """The rotation from usual to found places: whether a mirror fits better, whether that is certain, how far."""

    mirrored: bool
    flat: bool
    angle_deg: float


def check_arrangement(structures: Sequence[CaseStructure], whole: Mapping[str, bool]) -> list[Finding]:
    """Compare where structures lie with where they usually lie.

    Args:
        structures: of the case.
        whole: whether each lies inside the image, not cut by its border, by key. The centre of a part of a bone is
            good enough to tell a mirror, not to measure a turn.

    Returns:
        An ERROR where they are mirrored, or where they are so few that a turned patient cannot be told from a
        mirrored one; a WARNING where the patient is turned in the image's frame; nothing where all is as usual or
        there are fewer than three known structures.
    """
    turns = [_turn(structures), _turn([structure for structure in structures if whole[structure.key]])]
    if any(turn and turn.mirrored and not turn.flat for turn in turns):
        return [_mirrored("The structures lie to each other as in a mirror: image or labels are mirrored.")]
    turn = turns[1]
    if turn is None or turn.angle_deg < TURNED_DEG:
        return []
    if turn.flat:
        return [_mirrored("The structures lie as in a mirror or in a patient turned over, and are too few to tell.")]
    return [
        Finding(
            code="PATIENT_TURNED",
            severity=Severity.WARNING,
            message=f"By its structures the patient is turned by about {round(turn.angle_deg, -1):.0f} degrees in the "
            "image's own frame: left, front and top of the image are not the patient's.",
        )
    ]


def _turn(structures: Sequence[CaseStructure]) -> _Turn | None:
    """Return the turn of the known ones among the structures, None where they are too few or lie in a line."""
    known = [(found, usual) for found, usual in map(_places, structures) if usual is not None]
    if len(known) < 3:
        return None
    found, usual = (np.array(places) - np.mean(places, axis=0) for places in zip(*known, strict=True))
    left, extents, right = np.linalg.svd(found.T @ usual)
    if extents[1] < FLAT * extents[0]:
        return None
    sign = float(np.sign(np.linalg.det(left) * np.linalg.det(right)))
    turn = left @ np.diag([1.0, 1.0, sign]) @ right
    return _Turn(
        mirrored=sign < 0,
        flat=bool(extents[2] < FLAT * extents[0]),
        angle_deg=deg_from_rad(float(np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0)))),
    )


def _places(structure: CaseStructure) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return where a structure was found and where it usually is, None where that is not known."""
    found = np.array(structure.centroid_patient_mm)
    key, _, side = structure.key.rpartition("_")
    if side in ("left", "right"):
        place = USUAL_PLACES_MM.get(key)
        mirror = (-1.0, 1.0, 1.0) if side == "right" else (1.0, 1.0, 1.0)
        return found, None if place is None else np.array(place) * mirror
    place = USUAL_PLACES_MM.get(structure.key)
    return found, None if place is None or place[0] else np.array(place)


def _mirrored(message: str) -> Finding:
    return Finding(code="MIRRORED", severity=Severity.ERROR, message=message)
