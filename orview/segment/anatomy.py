"""From the name or code a source gives a structure to the entry of the table everybody shares.

Label files come with names of their own (TotalSegmentator's class list, 3D Slicer's terminology, DICOM codes, a
radiographer's words in English, Latin or German); whatever the source, the same structure ends as the same key.
"""

import colorsys
import re
import zlib
from dataclasses import replace

from orview.segment.anatomy_table import BONE, SKIN, STANDARD, Anatomy, Color, Kind, Side
from orview.segment.spelling import Spelled, gist, spelled

__all__ = [
    "BONE",
    "SKIN",
    "STANDARD",
    "Anatomy",
    "Color",
    "Kind",
    "Side",
    "anatomy_of",
    "importance",
    "is_known",
    "name_of_code",
    "slug",
]

LONGEST_KEY = 48

_ALSO = {
    "tumour": ("sacral tumour", "sacrum tumour", "bone tumour", "tumour volume"),
    "skin": ("body surface", "body outline", "body contour", "body trunc", "body trunk", "outer contour"),
    "bone": ("skeleton", "all bone", "bone all"),
    "sacrum": ("vertebra sacral", "sacral"),
    "hip": ("iliac bone hip", "pelvic bone", "pelvis half", "bone pelvis side"),
    "femur": ("proximal femur",),
    "bladder": ("urinary bladder", "vesica urinaria"),
    "small_bowel": ("small",),
    "colon": ("large bowel",),
    "uterus": ("womb",),
    "dural_sac": ("dura", "dura mater", "dural tube"),
    "spinal_cord": ("cord", "medulla spinalis"),
    "inferior_vena_cava": ("ivc", "inferior vein cava", "inferior cava", "vein cava"),
    "superior_vena_cava": ("svc", "superior vein cava", "superior cava"),
    "aorta": ("abdominal aorta", "aorta abdominalis", "aorta abdominal"),
    "iliac_artery": ("common iliac artery", "artery iliac common", "beckenarterie", "cia"),
    "iliac_vein": ("common iliac vein", "beckenvene", "civ"),
    "internal_iliac_artery": ("hypogastric artery", "iia"),
    "internal_iliac_vein": ("hypogastric vein", "iiv"),
    "external_iliac_artery": ("eia",),
    "external_iliac_vein": ("eiv",),
    "median_sacral_artery": ("sacral median artery",),
    "sciatic_nerve": ("sciatic",),
    "pudendal_nerve": ("pudendal",),
    "sacral_plexus": ("lumbosacral plexus",),
    "gluteus_maximus": ("gluteal maximus",),
    "gluteus_medius": ("gluteal medius", "gluteus median"),
    "gluteus_minimus": ("gluteal minimus", "gluteus small"),
    "autochthon": ("back muscle", "deep back muscle", "autochthon back muscle", "ruckenmuskel"),
    "psoas": ("psoas major",),
    "erector_spinae": ("erector spinal",),
    "sacrotuberous_ligament": ("sacrotuberous",),
    "sacrospinous_ligament": ("sacrospinous",),
    "sacroiliac_joint": ("isg", "joint sacroiliac", "articulatio sacroiliac"),
    "portal_vein_and_splenic_vein": ("portal splenic vein",),
    "kidney_cyst": ("renal cyst",),
    "adrenal_gland": ("adrenal",),
    "esophagus": ("gullet",),
    "seminal_vesicles": ("seminal vesicle", "samenblase", "samenblasen"),
    "clavicle": ("collarbone",),
    "screw": ("pedicle screw", "bone screw", "sacroiliac screw"),
    "implant": ("hip implant", "metal implant", "metal"),
    "anus": ("anal canal",),
    "lung": (),
}
"""Names that mean an entry, in the words of `spelling`, beside those of its own key."""

_CODES_ALSO = {"29836001": "hip", "51282000": "vertebra", "113197003": "rib", "10293006": "iliac_artery"}
"""Codes others write for a structure (TotalSegmentator: the hip region for the hip bone)."""


def _bases() -> dict[str, Anatomy]:
    """Return the entries by key without side, the left one standing for its pair."""
    bases: dict[str, Anatomy] = {}
    for anatomy in STANDARD.values():
        bases.setdefault(_unsided(anatomy.key), anatomy)
    return bases


def _unsided(key: str) -> str:
    return re.sub(r"_(left|right)$", "", key)


_BASES = _bases()
_BASE_OF_GIST = {
    gist(words.words): base for base in _BASES if not ((words := spelled(base)).levels or words.numbers)
} | {gist(spelled(also).words): base for base, spellings in _ALSO.items() for also in spellings}
_BASE_OF_CODE = {
    anatomy.snomed: base for base, anatomy in _BASES.items() if anatomy.snomed and not base.startswith("kidney_cyst")
} | _CODES_ALSO

_KIND_ORDER = {kind: rank for rank, kind in enumerate(Kind)}
_TABLE_ORDER = {key: rank for rank, key in enumerate(STANDARD)}

_KINDS = (
    (Kind.TUMOUR, frozenset({"tumour", "metastasis", "cancer", "carcinoma", "sarcoma"})),
    (Kind.NERVE, frozenset({"nerve", "root", "plexus", "ganglion"})),
    (Kind.VESSEL, frozenset({"artery", "vein", "vena", "aorta", "vessel", "vessels", "cava"})),
    (
        Kind.BONE,
        frozenset({"bone", "rib", "cartilages", "sternum", "vertebra", "femur", "tibia", "fibula", "patella"})
        | frozenset({"scapula", "clavicle", "humerus", "skull", "coccyx", "sacrum", "hip", "ilium", "sacral"}),
    ),
    (
        Kind.ORGAN,
        frozenset({"spleen", "kidney", "gallbladder", "liver", "stomach", "pancreas", "adrenal", "lung", "bowel"})
        | frozenset({"duodenum", "bladder", "rectum", "colon", "prostate", "uterus", "heart", "ureter"}),
    ),
    (Kind.MUSCLE, frozenset({"muscle", "gluteus", "psoas"})),
)
_NOT_THEMSELVES = frozenset({"implant", "screw", "rod", "plate", "joint", "disc", "ligament", "canal", "fat", "cyst"})
"""A hip implant is no bone: with one of these words a name says nothing of tissue."""


def slug(text: str) -> str:
    """Return `text` as a lower_snake_case key of at most 48 characters; "unnamed" where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:LONGEST_KEY].strip("_") or "unnamed"


def anatomy_of(label_name: str, *, color_srgb: Color | None = None) -> Anatomy:
    """Return the structure a label's name means.

    Args:
        label_name: as the label file spells it (TotalSegmentator, 3D Slicer, free text).
        color_srgb: the file's own colour; used only for structures the table does not know.

    Returns:
        The standard entry; the entry of a pair without its side, where the name has none; or one made of the name:
        slug key, a colour that always is the same for the same name, side from the name, not rigid (what is not
        known may move).
    """
    words = spelled(label_name)
    base = _base_of(words)
    if base in _BASES:
        return _sided(base, words.side)
    return _unknown(label_name, words, color_srgb)


def is_known(label_name: str) -> bool:
    """Tell whether the table knows what a name means, with or without its side."""
    return _base_of(spelled(label_name)) in _BASES


def name_of_code(snomed: str, side: str = "") -> str | None:
    """Return a name `anatomy_of` understands for a SNOMED CT code and "left", "right" or nothing."""
    base = _BASE_OF_CODE.get(snomed)
    return None if base is None else f"{base}_{side}".rstrip("_")


def importance(anatomy: Anatomy) -> tuple[int, int, str]:
    """Return a sorting key: what a surgeon must not lose first, then as in the table."""
    return _KIND_ORDER[anatomy.kind], _TABLE_ORDER.get(anatomy.key, len(_TABLE_ORDER)), anatomy.key


def _base_of(words: Spelled) -> str:
    """Return the key without side that words mean, or empty."""
    meaning = gist(words.words) if words.words else frozenset()
    if len(words.levels) == 1 and not words.numbers:
        (level,) = words.levels
        if meaning & {"nerve", "root"} and meaning <= {"nerve", "root", "spinal", "sacral", "lumbar", "exiting"}:
            return f"nerve_{level}"
        # A vertebra has no side, a root always has: "S1 L" is the left root.
        if not meaning and words.side:
            return f"nerve_{level}"
        if meaning <= {"vertebra", "body", "sacral", "lumbar", "thoracic", "cervical"}:
            return f"vertebra_{level}"
        return ""
    if len(words.levels) == 2 and meaning and meaning <= {"disc", "intervertebral"}:
        return "disc_" + "_".join(words.levels)
    if len(words.numbers) == 1 and meaning == {"rib"}:
        return f"rib_{words.numbers[0]}"
    if words.levels or words.numbers:
        return ""
    return _BASE_OF_GIST.get(meaning, "")


def _sided(base: str, side: str) -> Anatomy:
    """Return the entry of a base with a side; where the table has it otherwise, the entry is adapted."""
    key = f"{base}_{side}" if side else base
    if key in STANDARD:
        return STANDARD[key]
    entry = _BASES[base]
    name = re.sub(r" (left|right)$", "", entry.name)
    return replace(
        entry, key=key, name=f"{name} {side}".rstrip(), side=Side(side) if side else Side.NONE, rigid=entry.rigid
    )


def _unknown(label_name: str, words: Spelled, color_srgb: Color | None) -> Anatomy:
    """Return a structure the table does not know, named after its label."""
    rest = "_".join(words.rest)
    key = rest[: LONGEST_KEY - len("_right")].strip("_")
    shown = key.replace("_", " ").capitalize()
    if not key:
        # Nothing that a key can be made of, in whatever script: told apart by a number of its own.
        key = f"unnamed_{zlib.crc32(label_name.encode()) % 10_000:04d}" if label_name.strip() else "unnamed"
        shown = "".join(letter for letter in label_name.strip()[:LONGEST_KEY] if letter.isprintable()) or "Unnamed"
    if words.side:
        key, shown = f"{key}_{words.side}", f"{shown} {words.side}"
    kind = _kind_of(frozenset(words.words))
    return Anatomy(
        key=key,
        name=shown,
        color_srgb=color_srgb or (BONE.color_srgb if kind is Kind.BONE else _palette_color(key)),
        side=Side(words.side) if words.side else Side.NONE,
        kind=kind,
    )


def _kind_of(words: frozenset[str]) -> Kind:
    if words & _NOT_THEMSELVES:
        return Kind.OTHER
    return next((kind for kind, names in _KINDS if words & names), Kind.OTHER)


def _palette_color(key: str) -> Color:
    """Return a colour of middle saturation whose hue is drawn from the name, alike on every machine."""
    hue = zlib.crc32(key.encode()) / 2**32
    return colorsys.hsv_to_rgb(hue, 0.45, 0.80)
