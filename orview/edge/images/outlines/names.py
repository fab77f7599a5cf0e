"""Names and colours of labels: from a CSV, from NIfTI's Caret extension, from 3D Slicer's header fields.

Runs in the confined child only.
"""

import csv
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orview.edge.images.outlines.parts import clean_name
from orview.errors import InputError
from orview.segment.anatomy import Color

MAX_CSV_BYTES = 1 << 20
LARGEST_VALUE = 65535

_SIDES = {"7771000": "left", "24028007": "right"}
"""SNOMED CT qualifiers of side."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment of a 3D Slicer segmentation.

    Attributes:
        value, layer: of its voxels.
        name: as staff named it.
        color_srgb: 0 to 1, where given.
        code: SNOMED CT code of its terminology, or empty.
        side: "left", "right" or empty, of its terminology.
    """

    value: int
    layer: int
    name: str
    color_srgb: Color | None
    code: str
    side: str


def csv_labels(path: Path) -> tuple[dict[int, str], dict[int, Color]]:
    """Return names and colours by value of a CSV whose first line names its columns.

    Columns `value` (or `label`, `index`, `id`) and `name`; colours as `color` (#rrggbb) or `r`, `g`, `b`, 0 to 255
    or 0 to 1. Tabs and semicolons separate as well as commas.

    Raises:
        InputError: it is no such table.
    """
    damaged = InputError(
        "The names of the labels cannot be read.",
        mend="The CSV needs a first line 'value,name' and one label a line.",
    )
    if path.stat().st_size > MAX_CSV_BYTES:
        raise damaged
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.splitlines()[0]
        delimiter = max(",;\t", key=first.count)
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter))
        header = [title.strip().strip("#").lower() for title in rows[0]]
        value_at = next(header.index(title) for title in ("value", "label", "index", "id") if title in header)
        name_at = header.index("name")
        red_at = next((header.index(title) for title in ("r", "red") if title in header), None)
        color_at = next((header.index(title) for title in ("color", "colour", "hex") if title in header), None)
        names: dict[int, str] = {}
        colors: dict[int, Color] = {}
        for row in rows[1:]:
            if not any(cell.strip() for cell in row):
                continue
            value, name = int(row[value_at]), clean_name(row[name_at])
            if not 0 < value <= LARGEST_VALUE or not name:
                continue
            if names.setdefault(value, name) != name:
                raise InputError(
                    f"The names of the labels give label {value} two names.", mend="Keep one line for each label."
                )
            color = None
            if color_at is not None and len(row) > color_at:
                color = _hex_color(row[color_at])
            elif red_at is not None and len(row) > red_at + 2:
                color = _numbers_color(row[red_at : red_at + 3])
            if color is not None:
                colors[value] = color
    except InputError:
        raise
    except (OSError, ValueError, IndexError, StopIteration, csv.Error) as error:
        raise damaged from error
    return names, colors


def caret_labels(extensions: Sequence[bytes]) -> tuple[dict[int, str], dict[int, Color]]:
    """Return names and colours of a Caret XML label table, as TotalSegmentator writes it."""
    for data in extensions:
        start = data.find(b"<")
        if b"LabelTable" not in data or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            continue
        try:
            root = ElementTree.fromstring(data[start:].rstrip(b"\0 \r\n"))  # noqa: S314 (no entities: checked above)
            labels = [(int(label.get("Key", "0")), label) for label in root.iter("Label")]
            names = {key: clean_name(label.text or "") for key, label in labels if 0 < key <= LARGEST_VALUE}
            colors = {
                key: _numbers_color([label.get(name, "") for name in ("Red", "Green", "Blue")]) for key, label in labels
            }
        except (ElementTree.ParseError, LookupError, ValueError):  # LookupError: letters encoded as nobody knows
            continue
        named = {key: name for key, name in names.items() if name}
        return named, {key: color for key, color in colors.items() if color and key in named}
    return {}, {}


def slicer_segments(fields: Mapping[str, str]) -> list[Segment]:
    """Return the segments of a 3D Slicer segmentation (.seg.nrrd) by its header fields, in their order."""
    numbers = sorted(int(match.group(1)) for name in fields if (match := re.fullmatch(r"Segment(\d{1,5})_ID", name)))
    segments = []
    for number in numbers:
        prefix = f"Segment{number}_"
        value, layer = fields.get(prefix + "LabelValue", ""), fields.get(prefix + "Layer", "0")
        if not (value.isdigit() and layer.isdigit() and 0 < int(value) <= LARGEST_VALUE):
            continue
        code, side = _terminology(fields.get(prefix + "Tags", ""))
        segments.append(
            Segment(
                value=int(value),
                layer=int(layer),
                name=clean_name(fields.get(prefix + "Name", "")),
                color_srgb=_numbers_color(fields.get(prefix + "Color", "").split()),
                code=code,
                side=side,
            )
        )
    return segments


def _terminology(tags: str) -> tuple[str, str]:
    """Return code and side of a segment's tags: `TerminologyEntry:context~category~type~modifier~...`.

    Each of category, type and modifier is `scheme^code^meaning`.
    """
    for tag in tags.split("|"):
        if not tag.startswith("TerminologyEntry:"):
            continue
        parts = [part.split("^") for part in tag.split("~")]
        coded = [part[1] if len(part) >= 3 and part[0] == "SCT" else "" for part in parts]
        code = coded[2] if len(coded) > 2 else ""
        side = next((_SIDES[value] for value in coded[3:] if value in _SIDES), "")
        return code, side
    return "", ""


def side_of_code(code: str) -> str:
    """Return "left" or "right" for a SNOMED CT qualifier of side, else nothing."""
    return _SIDES.get(code, "")


def _hex_color(text: str) -> Color | None:
    match = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text.strip())
    if match is None:
        return None
    red, green, blue = (int(part, 16) / 255.0 for part in match.groups())
    return red, green, blue


def _numbers_color(values: Sequence[str]) -> Color | None:
    """Return a colour of three numbers, 0 to 1 or, where one is larger, 0 to 255."""
    try:
        numbers = [float(value) for value in values]
        red, green, blue = (value / 255.0 if max(numbers) > 1.0 else value for value in numbers)
    except ValueError:
        return None
    if not all(0.0 <= value <= 1.0 for value in (red, green, blue)):
        return None
    return red, green, blue
