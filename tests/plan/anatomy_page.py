"""The page of the anatomy table, made from the code: `python -m tests.plan.anatomy_page` writes it."""

from pathlib import Path

from orview.segment.anatomy import STANDARD, Anatomy, Kind, importance

PAGE = Path(__file__).resolve().parents[2] / "docs" / "anatomy.md"

HEADINGS = {
    Kind.TUMOUR: "Tumour",
    Kind.NERVE: "Nerves",
    Kind.VESSEL: "Vessels",
    Kind.BONE: "Bones",
    Kind.ORGAN: "Organs",
    Kind.SKIN: "Skin",
    Kind.MUSCLE: "Muscles",
    Kind.OTHER: "Ligaments, joints, discs, implants",
}


def page() -> str:
    """Return the text of docs/anatomy.md."""
    lines = [
        "<!-- generated from orview/segment/anatomy_table.py by: python -m tests.plan.anatomy_page -->",
        "# Anatomy",
        "",
        "Whatever a segmentation comes from (TotalSegmentator, 3D Slicer, DICOM SEG, RTSTRUCT, meshes), its names end",
        "as the keys below: English, American, Latin and German spellings, any order of words, sides as *left*, *L*,",
        "*links*, *sin.* and so on. A name with both sides has none; a spinal level with a side and nothing else",
        "(*S1 L*) is a nerve root; a level alone is a vertebra. What is not in the table keeps a key made of its",
        "name, the source's own colour, and counts as moving.",
        "",
        "*Rigid*: keeps its place relative to the sacrum when the patient breathes or is turned. *SCT*: SNOMED CT code",
        "without the side, as in DICOM PS3.16 or TotalSegmentator's published mapping; empty where neither has one.",
    ]
    for kind, heading in HEADINGS.items():
        lines += ["", f"## {heading}", "", "| key | name | sides | rigid | SCT | colour |", "|---|---|---|---|---|---|"]
        entries = sorted((entry for entry in STANDARD.values() if entry.kind is kind), key=importance)
        lines += [_row(entry) for entry in entries if not entry.key.endswith("_right") or not _has_left(entry)]
    return "\n".join(lines) + "\n"


def _has_left(entry: Anatomy) -> bool:
    return entry.key.removesuffix("_right") + "_left" in STANDARD


def _row(entry: Anatomy) -> str:
    paired = entry.key.endswith("_left") and entry.key.removesuffix("_left") + "_right" in STANDARD
    key = entry.key.removesuffix("_left") + "_left/_right" if paired else entry.key
    name = entry.name.removesuffix(" left") if paired else entry.name
    sides = "left, right" if paired else "" if entry.side == "none" else str(entry.side)
    red, green, blue = (round(value * 255) for value in entry.color_srgb)
    rigid = "yes" if entry.rigid else "no"
    return f"| `{key}` | {name} | {sides} | {rigid} | {entry.snomed} | #{red:02x}{green:02x}{blue:02x} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
