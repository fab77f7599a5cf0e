"""The plan of a phantom's resection, as a surgeon might draw it: from in front, from behind, and rebuilt."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.plan.cut_plane import CutPlane
from orview.plan.plan import Plan
from orview.plan.roots import LEVELS, ROOTS, Fate
from orview.plan.stages import Look, Position, Stage
from orview.segment.anatomy import STANDARD, Kind

Floats = NDArray[np.float64]

MARGIN_MM = 10.0
ROOM_MM = 3.0
"""What the planes leave beyond the margin asked for, for the registration."""
_FIRST_LOST = "S2"
_SLAB_MM, _OVERLAP_MM = 2.0, 2.0
_LOOKS = {
    Kind.TUMOUR: Look.SOLID,
    Kind.NERVE: Look.SOLID,
    Kind.VESSEL: Look.SOLID,
    Kind.BONE: Look.SEE_THROUGH,
    Kind.ORGAN: Look.OUTLINE,
}


def planned(
    *,
    case_digest: str,
    keys: Iterable[str],
    tumour_mm: Floats,
    sacrum_mm: Floats,
    landmarks_mm: Mapping[str, Floats],
) -> Plan:
    """Return a plan of three stages: one cut across the sacrum above the tumour, one below it beside the tumour.

    Args:
        case_digest: of the phantom's case.
        keys: of its structures.
        tumour_mm: (N, 3) points of its surface, patient frame.
        sacrum_mm: likewise of the sacrum.
        landmarks_mm: of the phantom (`sim.phantom.Phantom`).
    """
    keys = frozenset(keys)
    left = np.array([1.0, 0.0, 0.0])
    down = _unit(landmarks_mm["sacral_tip"] - landmarks_mm["s1_endplate"])
    down = _unit(down - (down @ left) * left)
    high = _beside(tumour_mm, sacrum_mm, key="high_cut", name="High cut", kept_normal=-down, along=left)
    below = sacrum_mm[high.heights_mm(sacrum_mm) < 0.0]
    right = _beside(tumour_mm, below, key="right_cut", name="Right cut", kept_normal=-left, along=down)
    looks = {key: _LOOKS[STANDARD[key].kind] for key in keys & STANDARD.keys() if STANDARD[key].kind in _LOOKS}
    freed = frozenset(key for key in looks if STANDARD[key].kind in (Kind.ORGAN, Kind.VESSEL))
    behind = MappingProxyType({key: look for key, look in looks.items() if STANDARD[key].kind is not Kind.VESSEL})
    return Plan(
        case_digest=case_digest,
        margin_mm=MARGIN_MM,
        stages=(
            Stage(
                key="front",
                name="From in front",
                position=Position.SUPINE,
                looks=MappingProxyType(looks),
                planes=(high.key,),
                mobilises=freed,
                notes="Free the rectum, tie the internal iliac vessels, mark the high cut on the bone.",
            ),
            Stage(
                key="back",
                name="From behind",
                position=Position.PRONE,
                looks=behind,
                planes=(high.key, right.key),
                releases_specimen=True,
                notes="Open the canal, tie the roots that are given up, make both cuts, take the specimen out.",
            ),
            Stage(
                key="rebuild",
                name="Rebuild",
                position=Position.PRONE,
                looks=behind,
                notes="Fix spine to pelvis, close with a flap.",
            ),
        ),
        planes=(high, right),
        roots=MappingProxyType(
            {root: Fate.SACRIFICE for root in ROOTS if LEVELS.index(root.level) >= LEVELS.index(_FIRST_LOST)}
        ),
    )


def _beside(tumour_mm: Floats, bone_mm: Floats, *, key: str, name: str, kept_normal: Floats, along: Floats) -> CutPlane:
    """Return the plane that keeps the margin from the tumour and is as large as the bone there."""
    height_mm = float((tumour_mm @ kept_normal).max()) + MARGIN_MM + ROOM_MM
    near = bone_mm[np.abs(bone_mm @ kept_normal - height_mm) < _SLAB_MM]
    upward = np.cross(kept_normal, along)
    low, high = (np.array([extreme(near @ along), extreme(near @ upward)]) for extreme in (np.min, np.max))
    middle = 0.5 * (low + high)
    width_mm, height_of_plane_mm = (high - low + 2.0 * _OVERLAP_MM).tolist()
    return CutPlane.of(
        key=key,
        name=name,
        center_mm=height_mm * kept_normal + middle[0] * along + middle[1] * upward,
        kept_normal=kept_normal,
        along=along,
        width_mm=width_mm,
        height_mm=height_of_plane_mm,
    )


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector))
