"""Structures that are drawn near each other stay apart in colour, also for readers who see less than three of them.

Dichromacies as Machado, Oliveira and Fernandes simulate them (IEEE TVCG 15:1291, 2009, table 1, severity 1.0), on
linear light; differences as CIEDE2000 (Sharma, Wu and Dalal, Color Res. Appl. 30:21, 2005).
"""

import itertools
import math

import numpy as np
import pytest

from orview.segment.anatomy import STANDARD, Color

SEEN_BY = {
    "everybody": np.eye(3),
    "protanopes": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopes": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopes": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ_FROM_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""IEC 61966-2-1, D65."""
WHITE = np.array([0.95047, 1.0, 1.08883])
APART = 12.0
"""A difference that is seen at a glance on a shaded surface; 2.3 is just noticed on two fields side by side."""

BONES = ("sacrum", "vertebra_s1", "vertebra_l5", "hip_left", "femur_left", "bone")
CORE = ("tumour", "nerve_s1_left", "iliac_artery_left", "iliac_vein_left")
BESIDE = {
    **dict.fromkeys(CORE, (*CORE, "ureter_left", "bladder", "rectum", "gluteus_maximus_left")),
    **dict.fromkeys(BONES, (*CORE, "ureter_left", "dural_sac")),
    "ureter_left": (*CORE, "bladder", "rectum", "uterus", "prostate", "gluteus_maximus_left"),
    "bladder": (*CORE, "rectum", "uterus", "prostate"),
    "rectum": (*CORE, "uterus", "prostate", "gluteus_maximus_left"),
    "dural_sac": CORE,
    "uterus": CORE,
    "prostate": CORE,
}
"""What may be drawn before or beside what."""


def lab(color_srgb: Color, seen_by: str) -> tuple[float, float, float]:
    color = np.array(color_srgb)
    light = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    x, y, z = (XYZ_FROM_RGB @ np.clip(SEEN_BY[seen_by] @ light, 0.0, 1.0)) / WHITE
    fx, fy, fz = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def ciede2000(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    (l1, a1, b1), (l2, a2, b2) = one, other
    c_bar = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(c_bar**7 / (c_bar**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for b, a in ((b1, a1), (b2, a2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    h = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    l_bar, c_bar = (l1 + l2) / 2, (c1 + c2) / 2
    cosines = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    t = 1 + sum(share * math.cos(math.radians(times * h + by)) for share, times, by in cosines)
    s_l = 1 + 0.015 * (l_bar - 50) ** 2 / math.sqrt(20 + (l_bar - 50) ** 2)
    lightness = (l2 - l1) / s_l
    chroma = (c2 - c1) / (1 + 0.045 * c_bar)
    hue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * c_bar * t)
    r_c = 2 * math.sqrt(c_bar**7 / (c_bar**7 + 25**7))
    r_t = -r_c * math.sin(math.radians(60 * math.exp(-(((h - 275) / 25) ** 2))))
    return math.sqrt(lightness**2 + chroma**2 + hue**2 + r_t * chroma * hue)


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_the_published_pairs(one, other, difference):
    assert ciede2000(one, other) == pytest.approx(difference, abs=1e-4)


def test_dichromats_see_no_difference_along_their_own_axis():
    """The simulation itself: a red and a green that protanopes or deuteranopes confuse come together."""
    red, green = (0.75, 0.30, 0.20), (0.42, 0.47, 0.20)
    everybody = ciede2000(lab(red, "everybody"), lab(green, "everybody"))
    assert everybody > 40
    assert ciede2000(lab(red, "deuteranopes"), lab(green, "deuteranopes")) < everybody / 4


@pytest.mark.parametrize("seen_by", list(SEEN_BY))
def test_structures_beside_each_other_are_told_apart_by_everybody(seen_by):
    pairs = {frozenset((one, other)) for one, others in BESIDE.items() for other in others if one != other}
    assert len(pairs) > 50
    colors = {key: lab(STANDARD[key].color_srgb, seen_by) for pair in pairs for key in pair}
    near = {
        tuple(sorted(pair)): round(difference, 1)
        for pair in pairs
        if (difference := ciede2000(*(colors[key] for key in pair))) < APART
    }
    assert near == {}


def test_a_family_is_one_colour_and_bone_is_pale():
    families = {}
    for anatomy in STANDARD.values():
        for word in ("artery", "vein", "nerve_"):
            if word in anatomy.key and "portal" not in anatomy.key and "pulmonary" not in anatomy.key:
                families.setdefault(word, set()).add(anatomy.color_srgb)
    assert [len(colors) for colors in families.values()] == [1, 1, 1]
    for one, other in itertools.combinations(BONES, 2):
        assert ciede2000(*(lab(STANDARD[key].color_srgb, "everybody") for key in (one, other))) < APART
