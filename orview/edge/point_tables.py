"""Points of tables: 3D Slicer's `.fcsv` and plain CSV.

`.fcsv` (Slicer, vtkMRMLMarkupsFiducialStorageNode): comments tell the version, the coordinate system (0 or RAS, 1 or
LPS; none is RAS) and the columns. Without a version it is of Slicer 3: label, x, y, z, sel, vis. Labels may be quoted.
Slicer 5 adds two columns without naming them: the first is 2 where the point is placed.

CSV: a header `name,x,y,z`, commas between, decimals with a point, millimetres; a column `sigma` says how well each
point is known (mm along each axis, may be left empty), a column `shared` which part of that all points share. The frame
stands in a comment `# frame = LPS` (or RAS, or board) before the header, or is given by who reads it. Without a header
the order is that one, or x, y, z alone; spaces may stand for commas.
"""

import csv
import re

from orview.edge.point_rows import BOARD, SIGNS, PointRow, point_row, skipped_finding
from orview.errors import InputError
from orview.findings import Finding, Severity

_OLD_COLUMNS = ("label", "x", "y", "z", "sel", "vis")
_COLUMNS = ("id", "x", "y", "z", "ow", "ox", "oy", "oz", "vis", "sel", "lock", "label", "desc", "associatednodeid")
_CSV_COLUMNS, _UNNAMED, _MAY_BE = ("name", "x", "y", "z"), ("x", "y", "z"), ("name", "sigma", "shared")
_FRAMES = {"0": "RAS", "RAS": "RAS", "1": "LPS", "LPS": "LPS"}
_SETTING = re.compile(r"#\s*([\w ]+?)\s*=\s*(.*?)\s*$")
_COMMA_DECIMALS = re.compile(r"\d,\d+\s*;")


def read_fcsv(text: str, file: str, findings: list[Finding]) -> list[PointRow]:
    """Return the points of an `.fcsv` file; skipped ones go to `findings`.

    Raises:
        InputError: the coordinate system is none of the known, or a line cannot be used.
    """
    settings, lines = _parted(text)
    old = "markups fiducial file version" not in settings
    told = settings.get("coordinatesystem")
    frame = "RAS" if told is None else _FRAMES.get(told.upper())
    if frame is None:
        raise InputError(
            f"{file}: the coordinate system is {str(told)[:20]!r}, not RAS (0) or LPS (1).",
            mend="Save the points again from 3D Slicer.",
        )
    if told is None and not old:
        findings.append(
            Finding(
                code="MARKUPS_FRAME",
                severity=Severity.WARNING,
                message="The file does not say its coordinate system; it is read as RAS, as 3D Slicer does.",
                where=file,
            )
        )
    usual = _OLD_COLUMNS if old else _COLUMNS
    stated = settings.get("columns")
    columns = tuple(name.strip().lower() for name in stated.split(",")) if stated else usual
    missing = [name for name in ("x", "y", "z", "label") if columns.count(name) != 1]
    if missing:
        raise InputError(
            f"{file}: the line of columns does not name {missing[0]} once.",
            mend=f"It reads # columns = {','.join(usual)}.",
        )
    rows: list[PointRow] = []
    skipped: list[str] = []
    for number, line in lines:
        where = f"line {number}"
        cells = _cells(line, file, where)
        # Slicer leaves empty columns off at the end, and newer ones add some that older headers do not name.
        if len(cells) < max(columns.index(name) for name in ("x", "y", "z")) + 1 or (old and len(cells) > len(columns)):
            raise InputError(
                f"{file}, {where}: it has {len(cells)} columns, not {len(columns)}.",
                mend="Save the points again from 3D Slicer, or mend that line.",
            )
        values = dict(zip(columns, cells, strict=False))
        label = values.get("label", "")
        unplaced = len(cells) > len(columns) and cells[len(columns)].strip() in ("0", "1")
        if unplaced or any(values.get(flag, "1").strip() in ("0", "false") for flag in ("vis", "sel")):
            skipped.append(label or where)
            continue
        numbers = [values[axis] for axis in "xyz"]
        rows.append(
            point_row(label, numbers, frame=frame, mm_per_unit=1.0, file=file, where=where, number=len(rows) + 1)
        )
    findings += skipped_finding(skipped, file)
    return rows


def read_csv(text: str, file: str, frame: str | None, *, of_board: bool = False) -> list[PointRow]:
    """Return the points of a plain CSV.

    Args:
        text: of the file.
        file: its name.
        frame: "LPS" or "RAS", where the file does not say it.
        of_board: the points are to be in the frame of the board, and nothing else will do.

    Raises:
        InputError: the frame is not said, is another one, or is said twice and differently; the unit is not mm; or a
            line cannot be used.
    """
    settings, lines = _parted(text)
    known = _frame_of_board(settings, file) if of_board else _frame_of_patient(settings, file, frame)
    unit = settings.get("unit", settings.get("units", "mm"))
    if unit.lower() not in ("mm", "millimetre", "millimetres", "millimeter", "millimeters"):
        raise InputError(f"{file}: the unit is {unit[:20]!r}.", mend="Write the points in millimetres.")
    header: tuple[str, ...] = _CSV_COLUMNS
    told = False
    rows: list[PointRow] = []
    for number, line in lines:
        where = f"line {number}"
        if ";" in line:
            decimals = " and commas inside numbers" if _COMMA_DECIMALS.search(line + ";") else ""
            raise InputError(
                f"{file}, {where}: it has semicolons between columns{decimals}.",
                mend="Save it with commas between columns and points in numbers (English CSV).",
            )
        cells = [cell.strip() for cell in _cells(line, file, where)] if "," in line else line.split()
        if not rows and not told and len(cells) == len(_UNNAMED):
            header = _UNNAMED
        named = tuple(cell.lower() for cell in cells)
        if not rows and set("xyz") <= set(named):
            told = True
            header = tuple("name" if cell == "label" else cell for cell in named)
            header = tuple(cell.removesuffix("_mm") if cell in ("sigma_mm", "shared_mm") else cell for cell in header)
            if any(header.count(name) != 1 for name in "xyz") or any(header.count(name) > 1 for name in _MAY_BE):
                raise InputError(
                    f"{file}, {where}: the columns are not name, x, y, z.",
                    mend="The header is name,x,y,z, or name,x,y,z,sigma.",
                )
            continue
        if len(cells) != len(header):
            mend = f"Write {','.join(header)} in every line."
            if len(cells) == 2 * len(header) - 1:
                mend = "Write decimals with a point, not with a comma: a comma parts columns."
            raise InputError(f"{file}, {where}: it has {len(cells)} columns, not {len(header)}.", mend=mend)
        values = dict(zip(header, cells, strict=True))
        rows.append(
            point_row(
                values.get("name", ""),
                [values[axis] for axis in "xyz"],
                frame=known,
                mm_per_unit=1.0,
                file=file,
                where=where,
                number=len(rows) + 1,
                sigma=values.get("sigma", ""),
                shared=values.get("shared", ""),
            )
        )
    return rows


def _frame_of_patient(settings: dict[str, str], file: str, frame: str | None) -> str:
    said = _said(settings)
    if said == BOARD:
        raise InputError(
            f"{file} holds points of the board's frame, not of the CT.",
            mend="Give touched points with --touched or --traced, and the points of the CT here.",
        )
    if said is not None and said not in SIGNS:
        raise InputError(
            f"{file}: the frame is {said[:20]!r}, not LPS or RAS.", mend="Write # frame = LPS or # frame = RAS."
        )
    if said is not None and frame is not None and said != frame:
        raise InputError(
            f"{file} says its points are in {said}, but {frame} was asked for.",
            mend="Leave --frame away, or mend the file.",
        )
    known = said or frame
    if known is None:
        raise InputError(
            f"{file} does not say whether its points are in LPS or RAS.",
            mend="Write # frame = LPS (or RAS) into its first line, or give --frame.",
        )
    return known


def _frame_of_board(settings: dict[str, str], file: str) -> str:
    said = _said(settings)
    if said != BOARD:
        says = "does not say that" if said is None else f"says its points are in {said[:20]}, not that"
        raise InputError(
            f"{file} {says} its points were measured in the frame of the board on the patient.",
            mend="If they were, write # frame = board into its first line; if not, measure them so.",
        )
    return BOARD


def _said(settings: dict[str, str]) -> str | None:
    said = settings.get("frame", settings.get("coordinatesystem"))
    return None if said is None else said.upper()


def _parted(text: str) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Return the settings in comments, by name in small letters, and the other lines with their numbers."""
    settings: dict[str, str] = {}
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            setting = _SETTING.match(line.strip())
            if setting is not None:
                settings[setting.group(1).lower()] = setting.group(2)
        elif line.strip():
            lines.append((number, line))
    return settings, lines


def _cells(line: str, file: str, where: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=False))
    except (csv.Error, StopIteration) as error:
        raise InputError(
            f"{file}, {where}: it is no line of a table.", mend="Mend that line, or save it again."
        ) from error
