"""The table of named structures: keys, names, codes, colours, sides, and which of them are rigid with the sacrum.

SNOMED CT codes are those of DICOM PS3.16 (as pydicom 3 lists them) and of TotalSegmentator's published mapping; a
structure for which neither has one goes without. TotalSegmentator gives hip bones the code of the hip region:
that is understood when read (`anatomy.name_of_code`) and not written.

Colours come in families that stay apart for readers who see less than three of them (`test_palette.py`): bone nearly
white, nerves yellow, arteries red, veins blue, tumour purple, ureters turquoise, bowel brown, implants grey.
"""

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
        snomed: SNOMED CT code of the structure without its side, empty where none is known for certain.
    """

    key: str
    name: str
    color_srgb: Color
    side: Side = Side.NONE
    rigid: bool = False
    kind: Kind = Kind.OTHER
    snomed: str = ""


_BONE: Color = (0.93, 0.91, 0.84)
_ARTERY: Color = (0.84, 0.12, 0.09)
_VEIN: Color = (0.10, 0.33, 0.89)
_NERVE: Color = (0.93, 0.82, 0.22)
_MUSCLE: Color = (0.40, 0.28, 0.30)
_URETER: Color = (0.24, 0.92, 0.94)
_LIGAMENT: Color = (0.80, 0.84, 0.86)
_IMPLANT: Color = (0.47, 0.49, 0.52)
_TUMOUR: Color = (0.61, 0.08, 0.47)

_T_VERTEBRAE = (
    "64864005 53733008 1626008 73071006 56401006 45296009 62487009 11068009 82687006 7610001 12989004 23215003"
)
_C_VERTEBRAE = "14806007 39976000 113205007 5329002 36978003 36054005 87391001"
_L_VERTEBRAE = "66794005 14293000 36470004 11994002 49668003"
_RIBS = "48535007 78247007 25888004 25523003 15339008 59558009 24915002 5953002 22565002 77644006 58830002 43993008"
_DISCS = "80064006 67459009 62551000 84020006 715056000"


def _one(key: str, name: str, color: Color, kind: Kind, snomed: str = "", *, rigid: bool = False) -> list[Anatomy]:
    return [Anatomy(key=key, name=name, color_srgb=color, rigid=rigid, kind=kind, snomed=snomed)]


def _pair(key: str, name: str, color: Color, kind: Kind, snomed: str = "", *, rigid: bool = False) -> list[Anatomy]:
    return [
        Anatomy(
            key=f"{key}_{side}",
            name=f"{name} {side}",
            color_srgb=color,
            side=side,
            rigid=rigid,
            kind=kind,
            snomed=snomed,
        )
        for side in (Side.LEFT, Side.RIGHT)
    ]


def _spine() -> list[Anatomy]:
    bone = Kind.BONE
    entries = _one("sacrum", "Sacrum", (0.96, 0.94, 0.87), bone, "54735007", rigid=True)
    entries += _one("vertebra_s1", "S1", (0.95, 0.93, 0.85), bone, "65985001", rigid=True)
    for n in range(2, 6):
        entries += _one(f"vertebra_s{n}", f"S{n}", (0.95, 0.93, 0.85), bone, rigid=True)
    entries += _one("coccyx", "Coccyx", (0.92, 0.90, 0.83), bone, "64688005", rigid=True)
    for region, codes, color in (
        ("L", _L_VERTEBRAE, (0.90, 0.88, 0.81)),
        ("T", _T_VERTEBRAE, (0.88, 0.86, 0.79)),
        ("C", _C_VERTEBRAE, (0.86, 0.84, 0.77)),
    ):
        for n, code in enumerate(codes.split(), start=1):
            rigid = region == "L" and n == 5
            entries += _one(f"vertebra_{region.lower()}{n}", f"{region}{n}", color, bone, code, rigid=rigid)
    return entries


def _other_bones() -> list[Anatomy]:
    bone = Kind.BONE
    entries = _pair("hip", "Hip bone", (0.91, 0.89, 0.82), bone, rigid=True)
    entries += _pair("ilium", "Ilium", (0.91, 0.89, 0.82), bone, "22356005", rigid=True)
    entries += _pair("ischium", "Ischium", (0.91, 0.89, 0.82), bone, "85710004", rigid=True)
    entries += _pair("pubis", "Pubis", (0.91, 0.89, 0.82), bone, rigid=True)
    entries += _pair("femur", "Femur", (0.87, 0.85, 0.78), bone, "71341001")
    for n, code in enumerate(_RIBS.split(), start=1):
        entries += _pair(f"rib_{n}", f"Rib {n}", _BONE, bone, code)
    entries += _one("sternum", "Sternum", _BONE, bone, "56873002")
    entries += _one("costal_cartilages", "Costal cartilages", (0.85, 0.88, 0.83), bone, "50016007")
    entries += _pair("humerus", "Humerus", _BONE, bone, "85050009")
    entries += _pair("scapula", "Scapula", _BONE, bone, "79601000")
    entries += _pair("clavicle", "Clavicle", _BONE, bone, "51299004")
    entries += _one("skull", "Skull", _BONE, bone, "89546000")
    return entries


def _nerves() -> list[Anatomy]:
    nerve = Kind.NERVE
    entries = [root for n in range(1, 6) for root in _pair(f"nerve_s{n}", f"Nerve root S{n}", _NERVE, nerve)]
    for n in (5, 4, 3, 2, 1):
        entries += _pair(f"nerve_l{n}", f"Nerve root L{n}", _NERVE, nerve)
    for key, name in (
        ("sciatic_nerve", "Sciatic nerve"),
        ("pudendal_nerve", "Pudendal nerve"),
        ("sacral_plexus", "Sacral plexus"),
        ("lumbosacral_trunk", "Lumbosacral trunk"),
        ("femoral_nerve", "Femoral nerve"),
        ("obturator_nerve", "Obturator nerve"),
        ("superior_gluteal_nerve", "Superior gluteal nerve"),
        ("inferior_gluteal_nerve", "Inferior gluteal nerve"),
    ):
        entries += _pair(key, name, _NERVE, nerve)
    entries += _one("dural_sac", "Dural sac", (0.76, 0.56, 0.42), nerve)
    entries += _one("cauda_equina", "Cauda equina", _NERVE, nerve)
    entries += _one("spinal_cord", "Spinal cord", (0.95, 0.80, 0.35), nerve, "2748008")
    return entries


def _vessels() -> list[Anatomy]:
    entries = []
    for tube, color, common, internal, external in (
        ("artery", _ARTERY, "73634005", "90024005", "113269004"),
        ("vein", _VEIN, "46027005", "40300007", "63507001"),
    ):
        # TotalSegmentator's `iliac_artery` is the common one; its key is short and stays so.
        entries += _pair(f"iliac_{tube}", f"Iliac {tube}", color, Kind.VESSEL, common)
        entries += _pair(f"internal_iliac_{tube}", f"Internal iliac {tube}", color, Kind.VESSEL, internal)
        entries += _pair(f"external_iliac_{tube}", f"External iliac {tube}", color, Kind.VESSEL, external)
        entries += _one(f"median_sacral_{tube}", f"Median sacral {tube}", color, Kind.VESSEL)
        for key, name in (
            ("lateral_sacral", "Lateral sacral"),
            ("superior_gluteal", "Superior gluteal"),
            ("inferior_gluteal", "Inferior gluteal"),
            ("internal_pudendal", "Internal pudendal"),
            ("iliolumbar", "Iliolumbar"),
        ):
            entries += _pair(f"{key}_{tube}", f"{name} {tube}", color, Kind.VESSEL)
        femoral = "7657000" if tube == "artery" else "83419000"
        entries += _pair(f"femoral_{tube}", f"Femoral {tube}", color, Kind.VESSEL, femoral)
    for key, name, color, code in (
        ("aorta", "Aorta", _ARTERY, "15825003"),
        ("inferior_vena_cava", "Inferior vena cava", _VEIN, "64131007"),
        ("superior_vena_cava", "Superior vena cava", _VEIN, "48345005"),
        ("portal_vein_and_splenic_vein", "Portal and splenic vein", _VEIN, "110765007"),
        ("pulmonary_vein", "Pulmonary vein", _VEIN, "122972007"),
        ("brachiocephalic_trunk", "Brachiocephalic trunk", _ARTERY, "12691009"),
    ):
        entries += _one(key, name, color, Kind.VESSEL, code)
    entries += _pair("subclavian_artery", "Subclavian artery", _ARTERY, Kind.VESSEL, "29700009")
    entries += _pair("common_carotid_artery", "Common carotid artery", _ARTERY, Kind.VESSEL, "32062004")
    entries += _pair("brachiocephalic_vein", "Brachiocephalic vein", _VEIN, Kind.VESSEL, "8887007")
    return entries


def _organs() -> list[Anatomy]:
    organ = Kind.ORGAN
    entries = _pair("ureter", "Ureter", _URETER, organ, "87953007")
    for key, name, color, code in (
        ("rectum", "Rectum", (0.59, 0.40, 0.32), "34402009"),
        ("sigmoid_colon", "Sigmoid colon", (0.62, 0.43, 0.34), "60184004"),
        ("colon", "Colon", (0.65, 0.46, 0.37), "71854001"),
        ("anus", "Anus", (0.55, 0.37, 0.30), "53505006"),
        ("bladder", "Bladder", (0.32, 0.61, 0.76), "89837001"),
        ("urethra", "Urethra", (0.42, 0.66, 0.78), "13648007"),
        ("prostate", "Prostate", (0.66, 0.57, 0.58), "41216001"),
        ("seminal_vesicles", "Seminal vesicles", (0.70, 0.62, 0.62), "64739004"),
        ("uterus", "Uterus", (0.94, 0.48, 0.55), "35039007"),
        ("vagina", "Vagina", (0.93, 0.54, 0.57), "76784001"),
        ("small_bowel", "Small bowel", (0.83, 0.64, 0.52), "30315005"),
        ("duodenum", "Duodenum", (0.83, 0.66, 0.48), "38848004"),
        ("spleen", "Spleen", (0.52, 0.30, 0.36), "78961009"),
        ("gallbladder", "Gallbladder", (0.45, 0.56, 0.32), "28231008"),
        ("liver", "Liver", (0.56, 0.34, 0.26), "10200004"),
        ("stomach", "Stomach", (0.84, 0.60, 0.56), "69695003"),
        ("pancreas", "Pancreas", (0.86, 0.72, 0.52), "15776009"),
        ("esophagus", "Esophagus", (0.78, 0.58, 0.50), "32849002"),
        ("trachea", "Trachea", (0.62, 0.76, 0.82), "44567001"),
        ("thyroid_gland", "Thyroid gland", (0.72, 0.42, 0.40), "69748006"),
        ("heart", "Heart", (0.70, 0.28, 0.28), "80891009"),
        ("brain", "Brain", (0.84, 0.74, 0.72), "12738006"),
        ("lung_middle_lobe_right", "Lung middle lobe right", (0.78, 0.80, 0.84), "72481006"),
    ):
        side = Side.RIGHT if key.endswith("_right") else Side.NONE
        entries += [replace(anatomy, side=side) for anatomy in _one(key, name, color, organ, code)]
    entries += _pair("ovary", "Ovary", (0.86, 0.62, 0.62), organ, "15497006")
    entries += _pair("kidney", "Kidney", (0.60, 0.34, 0.30), organ, "64033007")
    entries += _pair("kidney_cyst", "Kidney cyst", (0.66, 0.70, 0.76), organ, "367643001")
    entries += _pair("adrenal_gland", "Adrenal gland", (0.86, 0.66, 0.36), organ, "23451007")
    entries += _pair("lung", "Lung", (0.78, 0.80, 0.84), organ, "39607008")
    entries += _pair("lung_upper_lobe", "Lung upper lobe", (0.80, 0.82, 0.86), organ, "45653009")
    entries += _pair("lung_lower_lobe", "Lung lower lobe", (0.74, 0.77, 0.82), organ, "90572001")
    entries += [
        replace(anatomy, key="atrial_appendage_left", name="Atrial appendage left", side=Side.LEFT)
        for anatomy in _one("", "", (0.72, 0.34, 0.34), organ, "68786006")
    ]
    return entries


def _soft_tissue() -> list[Anatomy]:
    entries = []
    for key, name, code in (
        ("piriformis", "Piriformis", ""),
        ("iliopsoas", "Iliopsoas", "68455001"),
        ("psoas", "Psoas", ""),
        ("iliacus", "Iliacus", ""),
        ("gluteus_maximus", "Gluteus maximus", "181674001"),
        ("gluteus_medius", "Gluteus medius", "78333006"),
        ("gluteus_minimus", "Gluteus minimus", "75297007"),
        ("autochthon", "Back muscles", "244849004"),
        ("erector_spinae", "Erector spinae", "44947003"),
        ("obturator_internus", "Obturator internus", ""),
        ("levator_ani", "Levator ani", ""),
        ("quadratus_lumborum", "Quadratus lumborum", ""),
    ):
        entries += _pair(key, name, _MUSCLE, Kind.MUSCLE, code)
    for key, name in (
        ("sacrotuberous_ligament", "Sacrotuberous ligament"),
        ("sacrospinous_ligament", "Sacrospinous ligament"),
        ("sacroiliac_ligament", "Sacroiliac ligament"),
        ("sacroiliac_joint", "Sacroiliac joint"),
    ):
        entries += _pair(key, name, _LIGAMENT, Kind.OTHER)
    for (upper, lower), code in zip(
        (("l1", "l2"), ("l2", "l3"), ("l3", "l4"), ("l4", "l5"), ("l5", "s1")), _DISCS.split(), strict=True
    ):
        entries += _one(
            f"disc_{upper}_{lower}", f"Disc {upper.upper()}/{lower.upper()}", (0.70, 0.78, 0.80), Kind.OTHER, code
        )
    return entries


def _devices() -> list[Anatomy]:
    # An implant is fixed to bone, but which bone the table cannot know: not rigid with the sacrum.
    return [
        *_one("screw", "Screw", _IMPLANT, Kind.OTHER, "68183006"),
        *_one("plate", "Bone plate", _IMPLANT, Kind.OTHER, "271003"),
        *_one("rod", "Rod", _IMPLANT, Kind.OTHER),
        *_one("implant", "Implant", _IMPLANT, Kind.OTHER, "40388003"),
    ]


SKIN = Anatomy(key="skin", name="Skin", color_srgb=(0.87, 0.68, 0.57), kind=Kind.SKIN, snomed="39937001")
BONE = Anatomy(key="bone", name="Bone", color_srgb=_BONE, rigid=True, kind=Kind.BONE, snomed="272673000")

STANDARD = {
    anatomy.key: anatomy
    for anatomy in (
        *_one("tumour", "Tumour", _TUMOUR, Kind.TUMOUR, "108369006", rigid=True),
        *_spine(),
        *_other_bones(),
        *_nerves(),
        *_vessels(),
        *_organs(),
        *_soft_tissue(),
        *_devices(),
        SKIN,
        BONE,
    )
}
"""The table everybody shares, by key, most important first within a kind."""
