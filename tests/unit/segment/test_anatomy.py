"""Label names of others mean our structures; sides and colours are as the table says."""

import csv

import numpy as np
import pytest

from orview.segment.anatomy import STANDARD, Kind, Side, anatomy_of, importance, is_known, name_of_code, slug
from tests.data import shared_data

TOTALSEGMENTATOR = (
    "spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left "
    "lung_upper_lobe_left lung_lower_lobe_left lung_upper_lobe_right lung_middle_lobe_right lung_lower_lobe_right "
    "esophagus trachea thyroid_gland small_bowel duodenum colon urinary_bladder prostate kidney_cyst_left "
    "kidney_cyst_right sacrum vertebrae_S1 vertebrae_L5 vertebrae_L4 vertebrae_L3 vertebrae_L2 vertebrae_L1 "
    "vertebrae_T12 vertebrae_T11 vertebrae_T10 vertebrae_T9 vertebrae_T8 vertebrae_T7 vertebrae_T6 vertebrae_T5 "
    "vertebrae_T4 vertebrae_T3 vertebrae_T2 vertebrae_T1 vertebrae_C7 vertebrae_C6 vertebrae_C5 vertebrae_C4 "
    "vertebrae_C3 vertebrae_C2 vertebrae_C1 heart aorta pulmonary_vein brachiocephalic_trunk "
    "subclavian_artery_right subclavian_artery_left common_carotid_artery_right common_carotid_artery_left "
    "brachiocephalic_vein_left brachiocephalic_vein_right atrial_appendage_left superior_vena_cava "
    "inferior_vena_cava portal_vein_and_splenic_vein iliac_artery_left iliac_artery_right iliac_vena_left "
    "iliac_vena_right humerus_left humerus_right scapula_left scapula_right clavicula_left clavicula_right "
    "femur_left femur_right hip_left hip_right spinal_cord gluteus_maximus_left gluteus_maximus_right "
    "gluteus_medius_left gluteus_medius_right gluteus_minimus_left gluteus_minimus_right autochthon_left "
    "autochthon_right iliopsoas_left iliopsoas_right brain skull "
    + " ".join(f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13))
    + " sternum costal_cartilages"
).split()
"""The classes of TotalSegmentator 2, task "total"."""


@pytest.mark.hazard("H04")
def test_every_class_of_totalsegmentator_is_in_the_table_with_its_side() -> None:
    assert len(TOTALSEGMENTATOR) == 117
    found = [anatomy_of(name) for name in TOTALSEGMENTATOR]
    assert len({anatomy.key for anatomy in found}) == 117
    for name, anatomy in zip(TOTALSEGMENTATOR, found, strict=True):
        assert STANDARD.get(anatomy.key) is anatomy, name
        assert (anatomy.side is Side.LEFT) == ("left" in name)
        assert (anatomy.side is Side.RIGHT) == ("right" in name)
    without = {anatomy.key for anatomy in found if not anatomy.snomed}
    assert without == {"hip_left", "hip_right"}


@pytest.mark.parametrize(
    ("label_name", "key"),
    [
        ("sacrum", "sacrum"),
        ("Kreuzbein", "sacrum"),
        ("Os sacrum", "sacrum"),
        ("vertebrae_L5", "vertebra_l5"),
        ("LWK5", "vertebra_l5"),
        ("Th12", "vertebra_t12"),
        ("vertebrae_S1", "vertebra_s1"),
        ("iliac_vena_left", "iliac_vein_left"),
        ("iliac_artery_right", "iliac_artery_right"),
        ("A. iliaca communis sin.", "iliac_artery_left"),
        ("Right common iliac artery", "iliac_artery_right"),
        ("Vena iliaca interna dextra", "internal_iliac_vein_right"),
        ("LeftExternalIliacArtery", "external_iliac_artery_left"),
        ("V. cava inferior", "inferior_vena_cava"),
        ("IVC", "inferior_vena_cava"),
        ("Bauchaorta", "aorta"),
        ("A. sacralis mediana", "median_sacral_artery"),
        ("A. glutea superior li", "superior_gluteal_artery_left"),
        ("urinary_bladder", "bladder"),
        ("Harnblase", "bladder"),
        ("Left Hip", "hip_left"),
        ("hip R", "hip_right"),
        ("Os coxae dextrum", "hip_right"),
        ("Hüftbein links", "hip_left"),
        ("Hueftbein rechts", "hip_right"),
        ("S3 nerve root left", "nerve_s3_left"),
        ("nerve_s1_right", "nerve_s1_right"),
        ("S1 L", "nerve_s1_left"),
        ("S2R", "nerve_s2_right"),
        ("Nervenwurzel S2 rechts", "nerve_s2_right"),
        ("Left L5 root", "nerve_l5_left"),
        ("N. ischiadicus sin", "sciatic_nerve_left"),
        ("Nervus pudendus dexter", "pudendal_nerve_right"),
        ("Thecal sac", "dural_sac"),
        ("Duralsack", "dural_sac"),
        ("Musculus piriformis sinister", "piriformis_left"),
        ("M. gluteus maximus re", "gluteus_maximus_right"),
        ("Ureter left", "ureter_left"),
        ("Harnleiter rechts", "ureter_right"),
        ("Tumor", "tumour"),
        ("GTV", "tumour"),
        ("Sacral chordoma", "tumour"),
        ("body", "skin"),
        ("Haut", "skin"),
        ("disc L5/S1", "disc_l5_s1"),
        ("12th rib, left", "rib_12_left"),
        ("Lig. sacrospinale links", "sacrospinous_ligament_left"),
        ("pedicle screw", "screw"),
        ("hip implant", "implant"),
        ("nerve_s1_left_preview", "nerve_s1_left"),
        ("Tumor smoothed mesh", "tumour"),
    ],
)
def test_foreign_names_map_onto_our_keys(label_name: str, key: str) -> None:
    assert anatomy_of(label_name) is STANDARD[key]


@pytest.mark.hazard("H04")
def test_sides_of_the_table_are_those_of_the_keys() -> None:
    for key, anatomy in STANDARD.items():
        expected = key.rsplit("_", 1)[-1]
        assert anatomy.key == key
        assert anatomy.side is (Side(expected) if expected in ("left", "right") else Side.NONE)
        assert anatomy_of(key) is anatomy
        assert anatomy_of(anatomy.name) is anatomy


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    ("left", "right"),
    [("left {}", "right {}"), ("{} L", "{} R"), ("{}_left", "{}_right"), ("{} links", "{} rechts"), ("lt {}", "rt {}")],
)
def test_left_and_right_are_never_swapped(left: str, right: str) -> None:
    for base in ("hip", "iliac artery", "ureter", "gadget", "S2 nerve root", "sciatic nerve", "liver tumour", "kidney"):
        for pattern, side in ((left, Side.LEFT), (right, Side.RIGHT)):
            anatomy = anatomy_of(pattern.format(base))
            assert anatomy.side is side
            assert anatomy.key.endswith(f"_{side}")
    assert anatomy_of("left and right kidney").side is Side.NONE


def test_a_pair_without_its_side_keeps_its_family() -> None:
    kidney = anatomy_of("kidney")
    assert (kidney.key, kidney.name, kidney.side) == ("kidney", "Kidney", Side.NONE)
    assert is_known("kidney")
    assert is_known("Niere links")
    assert not is_known("Doe Jane kidney")
    assert kidney.color_srgb == STANDARD["kidney_left"].color_srgb
    half = anatomy_of("sacrum left")
    assert (half.key, half.side, half.kind, half.rigid) == ("sacrum_left", Side.LEFT, Kind.BONE, True)


def test_every_name_of_the_real_label_map_is_understood() -> None:
    with (shared_data("ct_pelvis_3mm") / "labels.csv").open() as file:
        names = [row["name"] for row in csv.DictReader(file)]
    anatomies = [anatomy_of(name) for name in names]
    assert len({anatomy.key for anatomy in anatomies}) == len(names) == 61
    assert all(anatomy.key in STANDARD for anatomy in anatomies)


def test_an_unknown_name_keeps_a_slug_and_always_the_same_colour() -> None:
    first, again = anatomy_of("My Gadget, 3rd"), anatomy_of("my gadget 3rd")
    assert first == again
    assert first.key == "my_gadget_3rd"
    assert not first.rigid
    assert anatomy_of("My Gadget, 3rd", color_srgb=(0.1, 0.2, 0.3)).color_srgb == (0.1, 0.2, 0.3)
    long = anatomy_of("a" * 100 + " left")
    assert len(long.key) <= 48
    assert long.key.endswith("_left")


def test_names_in_other_scripts_stay_apart() -> None:
    first, second = anatomy_of("\N{CJK UNIFIED IDEOGRAPH-9AA8}"), anatomy_of("\N{CJK UNIFIED IDEOGRAPH-809D}")
    assert first.key != second.key
    assert first.name == "\N{CJK UNIFIED IDEOGRAPH-9AA8}"
    assert anatomy_of("").key == "unnamed"


def test_what_is_near_a_known_structure_is_not_taken_for_it() -> None:
    for name in ("hip joint", "tumour margin", "CTV", "PTV", "liver tumour", "bladder wall tumour", "S1-S3 nerves"):
        assert anatomy_of(name).key not in STANDARD
    for name in ("ribs", "nerve left", "nerve roots", "vertebrae", "disc", "lumbar vertebral column", "artery"):
        assert anatomy_of(name).key not in STANDARD
    assert anatomy_of("liver tumour").kind is Kind.TUMOUR
    assert not anatomy_of("liver tumour").rigid
    assert anatomy_of("CTV").kind is Kind.OTHER
    assert anatomy_of("hip joint").kind is Kind.OTHER


def test_codes_name_what_the_table_knows() -> None:
    assert name_of_code("54735007") == "sacrum"
    assert name_of_code("29836001", "left") == "hip_left"
    assert name_of_code("0") is None
    for anatomy in STANDARD.values():
        if anatomy.snomed and not anatomy.key.startswith("kidney_cyst"):
            name = name_of_code(anatomy.snomed, "" if anatomy.side is Side.NONE else anatomy.side)
            assert name is not None
            assert anatomy_of(name) is anatomy


@pytest.mark.hazard("H35")
def test_only_bones_fixed_to_the_sacrum_and_the_tumour_are_rigid() -> None:
    rigid = {key for key, anatomy in STANDARD.items() if anatomy.rigid}
    pelvis = {f"{bone}_{side}" for bone in ("hip", "ilium", "ischium", "pubis") for side in ("left", "right")}
    sacral = {f"vertebra_s{n}" for n in range(1, 6)} | {"sacrum", "coccyx", "vertebra_l5"}
    assert rigid == {"tumour", "bone"} | pelvis | sacral
    assert not any(STANDARD[key].rigid for key in STANDARD if STANDARD[key].kind in (Kind.NERVE, Kind.VESSEL))


def test_the_tumour_comes_first_and_muscles_late() -> None:
    keys = sorted(STANDARD, key=lambda key: importance(STANDARD[key]))
    assert keys[0] == "tumour"
    assert keys.index("nerve_s1_left") < keys.index("aorta") < keys.index("sacrum") < keys.index("piriformis_left")


def test_a_slug_is_never_empty_nor_long() -> None:
    assert slug("äö!") == "unnamed"
    assert len(slug("x" * 200)) == 48


# Machado, Oliveira, Fernandes 2009, table for full severity, on linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopes": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


def lab(srgb: tuple[float, float, float], seen: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of an sRGB colour as somebody sees it."""
    rgb = np.array(srgb)
    linear = np.clip(seen @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0.0, 1.0)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    t = np.array(to_xyz) @ linear / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("reader", SEEN_BY)
def test_what_must_not_be_confused_looks_apart_to_every_reader(reader: str) -> None:
    families = ("tumour", "nerve_s1_left", "iliac_artery_left", "iliac_vein_left", "sacrum", "ureter_left", "rectum")
    colors = [lab(STANDARD[key].color_srgb, SEEN_BY[reader]) for key in families]
    for n, first in enumerate(colors):
        for m in range(n):
            assert np.linalg.norm(first - colors[m]) > 18.0, (families[n], families[m], reader)
