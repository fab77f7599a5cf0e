"""The named structures: keys, names, colours, sides, and which of them move with the sacrum.

Keys are what GLBs, cases and sessions speak; label files come with names of their own
(TotalSegmentator's class list, 3D Slicer's terminology, a radiographer's words), and `anatomy_of` maps them here.
"""

import colorsys
import re
import zlib
from dataclasses import dataclass, replace
from enum import StrEnum

Color = tuple[float, float, float]


class Side(StrEnum):
    """The patient's own left or right."""

    LEFT = "left"
    RIGHT = "right"
    NONE = "none"


class Kind(StrEnum):
    """What sort of tissue a structure is; in the order in which a surgeon must not lose it."""

    TUMOUR = "tumour"
    NERVE = "nerve"
    VESSEL = "vessel"
    BONE = "bone"
    ORGAN = "organ"
    SKIN = "skin"
    MUSCLE = "muscle"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """One named structure.

    Attributes:
        key: lower_snake_case, stable; the patient's side last.
        name: what staff read.
        color_srgb: red, green, blue, 0 to 1, as screens show it (sRGB).
        side: the patient's left or right.
        rigid: keeps its place relative to the sacrum while the patient breathes and is turned (hazard H35).
        kind: sort of tissue.
    """

    key: str
    name: str
    color_srgb: Color
    side: Side = Side.NONE
    rigid: bool = False
    kind: Kind = Kind.OTHER


_BONE: Color = (0.93, 0.88, 0.77)
_ARTERY: Color = (0.83, 0.16, 0.15)
_VEIN: Color = (0.19, 0.36, 0.76)
_NERVE: Color = (0.98, 0.85, 0.22)
_MUSCLE: Color = (0.66, 0.36, 0.33)

SKIN = Anatomy(key="skin", name="Skin", color_srgb=(0.87, 0.68, 0.57), kind=Kind.SKIN)
BONE = Anatomy(key="bone", name="Bone", color_srgb=_BONE, rigid=True, kind=Kind.BONE)


def _pair(key: str, name: str, color: Color, *, kind: Kind, rigid: bool = False) -> list[Anatomy]:
    return [
        Anatomy(key=f"{key}_{side}", name=f"{name} {side}", color_srgb=color, side=side, rigid=rigid, kind=kind)
        for side in (Side.LEFT, Side.RIGHT)
    ]


def _standard() -> dict[str, Anatomy]:
    bone, organ = Kind.BONE, Kind.ORGAN
    entries = [
        Anatomy(key="tumour", name="Tumour", color_srgb=(0.57, 0.20, 0.62), rigid=True, kind=Kind.TUMOUR),
        Anatomy(key="sacrum", name="Sacrum", color_srgb=(0.96, 0.91, 0.80), rigid=True, kind=bone),
        Anatomy(key="vertebra_s1", name="S1", color_srgb=(0.95, 0.89, 0.76), rigid=True, kind=bone),
        *(
            Anatomy(key=f"vertebra_l{n}", name=f"L{n}", color_srgb=(0.90, 0.85, 0.74), rigid=n >= 5, kind=bone)
            for n in range(1, 6)
        ),
        *(Anatomy(key=f"vertebra_t{n}", name=f"T{n}", color_srgb=(0.88, 0.83, 0.72), kind=bone) for n in range(1, 13)),
        *_pair("hip", "Hip bone", (0.91, 0.85, 0.71), kind=bone, rigid=True),
        *_pair("femur", "Femur", (0.87, 0.81, 0.68), kind=bone),
        *(root for n in range(1, 6) for root in _pair(f"nerve_s{n}", f"Nerve root S{n}", _NERVE, kind=Kind.NERVE)),
        *_pair("sciatic_nerve", "Sciatic nerve", _NERVE, kind=Kind.NERVE),
        Anatomy(key="spinal_cord", name="Spinal cord", color_srgb=(0.95, 0.80, 0.35), kind=Kind.NERVE),
        *_pair("iliac_artery", "Iliac artery", _ARTERY, kind=Kind.VESSEL),
        *_pair("iliac_vein", "Iliac vein", _VEIN, kind=Kind.VESSEL),
        Anatomy(key="aorta", name="Aorta", color_srgb=_ARTERY, kind=Kind.VESSEL),
        Anatomy(key="inferior_vena_cava", name="Inferior vena cava", color_srgb=_VEIN, kind=Kind.VESSEL),
        Anatomy(key="rectum", name="Rectum", color_srgb=(0.74, 0.49, 0.36), kind=organ),
        Anatomy(key="colon", name="Colon", color_srgb=(0.78, 0.55, 0.42), kind=organ),
        Anatomy(key="bladder", name="Bladder", color_srgb=(0.93, 0.75, 0.42), kind=organ),
        Anatomy(key="prostate", name="Prostate", color_srgb=(0.74, 0.55, 0.56), kind=organ),
        Anatomy(key="uterus", name="Uterus", color_srgb=(0.83, 0.56, 0.60), kind=organ),
        *(
            muscle
            for key, name in (
                ("gluteus_maximus", "Gluteus maximus"),
                ("gluteus_medius", "Gluteus medius"),
                ("gluteus_minimus", "Gluteus minimus"),
                ("autochthon", "Back muscles"),
                ("iliopsoas", "Iliopsoas"),
                ("piriformis", "Piriformis"),
            )
            for muscle in _pair(key, name, _MUSCLE, kind=Kind.MUSCLE)
        ),
        SKIN,
        BONE,
    ]
    return {anatomy.key: anatomy for anatomy in entries}


STANDARD = _standard()
"""The table everybody shares, by key, most important first."""

_OTHER_SPELLINGS = {
    "tumor": "tumour",
    "lesion": "tumour",
    "sacral_tumour": "tumour",
    "sacral_tumor": "tumour",
    "urinary_bladder": "bladder",
    "body": "skin",
    "bones": "bone",
    "skeleton": "bone",
    "ivc": "inferior_vena_cava",
}

_REWRITES = (
    (re.compile(r"\bvertebrae?_([lts]\d+)\b"), r"vertebra_\1"),
    (re.compile(r"^([lts]\d+)$"), r"vertebra_\1"),
    (re.compile(r"^iliac_vena"), "iliac_vein"),
    (re.compile(r"^(?:common_)?iliac_(artery|vein)"), r"iliac_\1"),
    (re.compile(r"^(?:hip_?bone|os_coxae|pelvic_bone)"), "hip"),
    (re.compile(r"^(?:nerve_root|root|nerve)_(s[1-5])"), r"nerve_\1"),
    (re.compile(r"^(s[1-5])_(?:nerve_root|nerve|root)"), r"nerve_\1"),
)

_BONES = frozenset({"rib", "cartilages", "sternum", "scapula", "clavicula", "humerus", "skull", "coccyx"})
_VESSELS = frozenset({"artery", "vein", "vena", "aorta"})
_ORGANS = frozenset(
    {"spleen", "kidney", "gallbladder", "liver", "stomach", "pancreas", "adrenal", "lung", "bowel", "duodenum"}
)


def slug(text: str) -> str:
    """Return `text` as a lower_snake_case key of at most 48 characters; "unnamed" where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:48].strip("_") or "unnamed"


def anatomy_of(label_name: str, *, color_srgb: Color | None = None) -> Anatomy:
    """Return the structure a label's name means.

    Args:
        label_name: as the label file spells it (TotalSegmentator, 3D Slicer, free text).
        color_srgb: the file's own colour; used only for structures the table does not know.

    Returns:
        The standard entry, or one made of the name: slug key, a colour that always is the same for
        the same name, side from the name, not rigid (what is not known may move).
    """
    key = _side_last(slug(label_name))
    for pattern, replacement in _REWRITES:
        key = pattern.sub(replacement, key)
    key = _OTHER_SPELLINGS.get(key, key)
    known = STANDARD.get(key)
    if known is not None:
        return known
    words = frozenset(key.split("_"))
    side = Side.LEFT if "left" in words else Side.RIGHT if "right" in words else Side.NONE
    anatomy = Anatomy(
        key=key,
        name=key.replace("_", " ").capitalize(),
        color_srgb=color_srgb or _palette_color(key),
        side=side,
        kind=_kind_of(words),
    )
    return replace(anatomy, color_srgb=_BONE) if anatomy.kind is Kind.BONE and color_srgb is None else anatomy


def _side_last(key: str) -> str:
    """Move a leading side to the end and spell out a lone l or r: `left_hip`, `hip_l` -> `hip_left`."""
    words = key.split("_")
    if len(words) > 1 and words[0] in ("left", "right"):
        words = [*words[1:], words[0]]
    if len(words) > 1 and words[-1] in ("l", "r"):
        words[-1] = "left" if words[-1] == "l" else "right"
    return "_".join(words)


def _kind_of(words: frozenset[str]) -> Kind:
    for names, kind in ((_BONES, Kind.BONE), (_VESSELS, Kind.VESSEL), (_ORGANS, Kind.ORGAN)):
        if words & names:
            return kind
    if words & {"nerve", "root", "plexus"}:
        return Kind.NERVE
    return Kind.MUSCLE if "muscle" in words else Kind.OTHER


def _palette_color(key: str) -> Color:
    """Return a colour of middle saturation whose hue is drawn from the name, alike on every machine."""
    hue = zlib.crc32(key.encode()) / 2**32
    return colorsys.hsv_to_rgb(hue, 0.45, 0.80)
