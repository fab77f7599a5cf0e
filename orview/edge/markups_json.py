"""Points of 3D Slicer's `.mrk.json`, markups schema 1.x (Slicer, Modules/Loadable/Markups/Resources/Schema)."""

import json
import re
from typing import Any

from orview.edge.point_rows import SIGNS, PointRow, point_row, skipped_finding
from orview.errors import InputError
from orview.findings import Finding, Severity

MM_PER_UNIT = {"mm": 1.0, "um": 0.001, "cm": 10.0, "m": 1000.0}
_SCHEMA = re.compile(r"markups-(?:schema-)?v(\d+)\.(\d+)")
_PLACED = "defined"
_MEND = "Save the markups again from 3D Slicer as .mrk.json."


def read_markups_json(text: str, file: str, findings: list[Finding]) -> list[PointRow]:
    """Return the points of all point lists; other kinds and skipped points go to `findings`.

    Raises:
        InputError: the document is no markups file, of another major version, or a point cannot be used.
    """
    lists = markups_in(text, file, findings)
    rows: list[PointRow] = []
    skipped: list[str] = []
    for number, markup in enumerate(lists, start=1):
        kind = kind_of(markup)
        if kind != "Fiducial":
            findings.append(
                Finding(
                    code="NOT_POINTS",
                    severity=Severity.WARNING,
                    message=f"A list of the type {kind or 'unknown'}, not of points, was passed over.",
                    where=f"{file}, list {number}",
                )
            )
            continue
        read_points_of(markup, file, number, rows, skipped, findings)
    findings += skipped_finding(skipped, file)
    if not rows and not skipped and lists:
        raise InputError(f"{file} holds no list of points.", mend="Save a point list, not curves, lines or planes.")
    return rows


def kind_of(markup: dict[str, Any]) -> str:
    """Return what a markup says it is: Fiducial, Plane, Curve ..."""
    return str(markup.get("type", ""))[:40]


def markups_in(text: str, file: str, findings: list[Finding]) -> list[dict[str, Any]]:
    """Return the markups of a file, of whatever kind; what was odd about it goes to `findings`.

    Raises:
        InputError: the document is no markups file, or of another major version.
    """
    document = _document(text, file)
    lists = document.get("markups")
    if not isinstance(lists, list):
        raise InputError(f'{file} is no markups file: it has no list "markups".', mend=_MEND)
    for number, markup in enumerate(lists, start=1):
        if not isinstance(markup, dict):
            raise InputError(f"{file}, list {number}: it is no object.", mend=_MEND)
    schema = document.get("@schema")
    version = _SCHEMA.search(schema) if isinstance(schema, str) else None
    if version is not None and version.group(1) != "1":
        raise InputError(
            f"{file} is of the markups schema {version.group(1)}.{version.group(2)}; 1.x is read.", mend=_MEND
        )
    if version is None:
        findings.append(
            Finding(
                code="MARKUPS_SCHEMA",
                severity=Severity.WARNING,
                message="The file does not say its markups schema; it is read as 1.0.",
                where=file,
            )
        )
    return lists


def _document(text: str, file: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{file}, line {error.lineno}: the JSON is broken ({error.msg}).", mend=_MEND) from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"{file}: the JSON cannot be read.", mend=_MEND) from error
    if not isinstance(document, dict):
        raise InputError(f"{file} is no markups file: it is not one JSON object.", mend=_MEND)
    return document


def axes_of(markup: dict[str, Any], file: str, where: str, findings: list[Finding]) -> tuple[str, float]:
    """Return the axes of a markup's numbers, LPS or RAS, and how many mm its unit is.

    Raises:
        InputError: either is not known.
    """
    frame = markup.get("coordinateSystem")
    if frame is None:
        frame = "LPS"
        findings.append(
            Finding(
                code="MARKUPS_FRAME",
                severity=Severity.WARNING,
                message="A list does not say its coordinate system; it is read as LPS, as the schema says.",
                where=f"{file}, {where}",
            )
        )
    if not isinstance(frame, str) or frame not in SIGNS:
        raise InputError(f"{file}, {where}: the coordinate system is {str(frame)[:20]!r}, not LPS or RAS.", mend=_MEND)
    unit = markup.get("coordinateUnits", "mm")
    if isinstance(unit, list) and unit:
        unit = unit[0]
    if not isinstance(unit, str) or unit not in MM_PER_UNIT:
        raise InputError(f"{file}, {where}: the unit is {str(unit)[:20]!r}, which is not known.", mend="Save it in mm.")
    return frame, MM_PER_UNIT[unit]


def read_points_of(
    markup: dict[str, Any],
    file: str,
    number: int,
    rows: list[PointRow],
    skipped: list[str],
    findings: list[Finding],
) -> None:
    """Add the control points of a markup to `rows`, and the labels of those not to be used to `skipped`.

    Raises:
        InputError: a point cannot be used.
    """
    where = f"list {number}"
    frame, mm_per_unit = axes_of(markup, file, where, findings)
    points = markup.get("controlPoints", [])
    if not isinstance(points, list):
        raise InputError(f"{file}, {where}: its control points are no list.", mend=_MEND)
    for at, point in enumerate(points, start=1):
        place = f"{where}, point {at}"
        if not isinstance(point, dict):
            raise InputError(f"{file}, {place}: it is no object.", mend=_MEND)
        label = str(point.get("label", ""))[:200]
        if not _is_used(point):
            skipped.append(label or place)
            continue
        position = point.get("position")
        if not isinstance(position, list):
            raise InputError(f"{file}, {place}: it has no position.", mend="Place the point again, or remove it.")
        rows.append(
            point_row(
                label,
                position,
                frame=frame,
                mm_per_unit=mm_per_unit,
                file=file,
                where=place,
                number=len(rows) + 1,
            )
        )


def _is_used(point: dict[str, Any]) -> bool:
    """Say whether a control point is placed, selected and shown; the schema takes what is not written as so."""
    return (
        point.get("positionStatus", _PLACED) == _PLACED
        and point.get("selected", True) is not False
        and point.get("visibility", True) is not False
    )
