"""A board's definition as TOML (format: calibration/README.md), read and written; numbers are those of a true print."""

import tomllib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError, NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.markers.face import Face, flat_faces, loose_face, printed_box_mm
from orview.markers.fields import Table
from orview.markers.patterns import Charuco, MarkerGrid, Pattern
from orview.markers.printed import Print

FRONT = "front"
"""What the only face of a board is called where its file gives it no name."""

DIGITS = 9
"""Digits behind the point, so that a definition read, scaled and written again is the same."""

AXIS_TOLERANCE = 1e-3
"""How far two hand-written axes may be from a right angle."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Definition:
    """What a file says of a board. `outline_mm` is the plate of a board of loose markers, else None."""

    name: str
    faces: tuple[Face, ...]
    outline_mm: tuple[float, float] | None
    beads_mm: NDArray[np.float64]
    bead_diameter_mm: float
    printed: Print


def read_definition(text: str) -> Definition:
    """Read a definition written by hand or by `write_definition`.

    Raises:
        InputError: not TOML, or a field is missing, unknown, of the wrong kind or contradicts another.
    """
    try:
        top = Table(tomllib.loads(text), "The board")
    except (ValueError, RecursionError) as error:
        raise InputError(f"The board definition is not TOML: {str(error)[:200]}.") from error
    name = top.text("name")
    faces, outline_mm = _read_faces(top)
    beads_mm, diameter_mm = np.empty((0, 3)), 0.0
    if top.has("beads"):
        beads = top.table("beads")
        diameter_mm, beads_mm = beads.number("diameter_mm"), beads.points("positions_mm")
        beads.done()
    printed = _read_print(top.table("print")) if top.has("print") else Print()
    top.done()
    return Definition(
        name=name,
        faces=faces,
        outline_mm=outline_mm,
        beads_mm=beads_mm,
        bead_diameter_mm=diameter_mm,
        printed=printed,
    )


def write_definition(definition: Definition) -> dict[str, Any]:
    """Return the tables of a definition, in the short form where the board has one face that lies in its frame."""
    declared = tuple(face for face in definition.faces if face.measured_mm is None)
    loose = tuple(face for face in definition.faces if face.measured_mm is not None)
    tables: dict[str, Any] = {"name": definition.name}
    if _is_flat(declared, loose):
        first = definition.faces[0]
        tables["dictionary"] = first.dictionary
        tables["outline_mm"] = _rounded(declared[0].outline_mm if declared else definition.outline_mm or (0.0, 0.0))
        if first.inverted:
            tables["inverted"] = True
        for face in declared:
            tables.update(_pattern_table(face.pattern))
    else:
        tables["face"] = [_face_table(face) for face in declared]
    if len(definition.beads_mm):
        tables["beads"] = {
            "diameter_mm": float(definition.bead_diameter_mm),
            "positions_mm": _rounded(definition.beads_mm),
        }
    if definition.printed != Print():
        tables["print"] = {
            "scale": float(definition.printed.scale),
            "scale_sigma": float(definition.printed.scale_sigma),
            "flatness_mm": float(definition.printed.flatness_mm),
        }
    if loose:
        tables["marker"] = [_marker_table(face, tables) for face in sorted(loose, key=lambda face: face.ids[0])]
    return tables


def _read_faces(top: Table) -> tuple[tuple[Face, ...], tuple[float, float] | None]:
    several = top.tables("face")
    dictionary = top.text("dictionary", "") if top.has("dictionary") else ""
    inverted = top.truth("inverted", False)
    loose = [_read_marker(table, dictionary, inverted) for table in top.tables("marker")]
    if several:
        if top.has("outline_mm") or top.has("charuco") or top.has("grid"):
            raise InputError("A board of several faces says outline_mm, charuco and grid within its [[face]] tables.")
        return (*(_read_face(table, dictionary, inverted) for table in several), *loose), None
    pattern = _read_pattern(top)
    if pattern is None and not loose:
        raise InputError("A board has a chessboard [charuco], a [grid], loose markers [[marker]] or [[face]] tables.")
    width_mm, height_mm = top.numbers("outline_mm", 2)
    if pattern is None:
        return tuple(loose), (width_mm, height_mm)
    faces = flat_faces(
        name=FRONT,
        dictionary=top.text("dictionary"),
        pattern=pattern,
        loose=tuple(loose),
        outline_mm=(width_mm, height_mm),
        inverted=inverted,
    )
    return faces, None


def _read_face(table: Table, dictionary: str, inverted: bool) -> Face:
    pattern = _read_pattern(table)
    if pattern is None:
        raise InputError(f"{table.where} has a chessboard [face.charuco] or a [face.grid].")
    width_mm, height_mm = table.numbers("outline_mm", 2)
    at_mm = None
    if table.has("outline_at_mm"):
        left_mm, top_mm = table.numbers("outline_at_mm", 2)
        at_mm = (left_mm, top_mm)
    placed = _read_placement(table)
    name = table.text("name")
    own = table.text("dictionary", dictionary or None)
    turned = table.truth("inverted", inverted)
    table.done()
    try:
        return Face(
            name=name,
            dictionary=own,
            pattern=pattern,
            board_from_face=placed,
            outline_mm=(width_mm, height_mm),
            outline_at_mm=at_mm,
            inverted=turned,
        )
    except InputError as error:
        raise table.wrong(error) from error


def _read_placement(table: Table) -> RigidTransform:
    origin = np.zeros(3)
    if table.has("origin_mm"):
        origin = np.array(table.numbers("origin_mm", 3))
    axes = np.eye(3)[:2]
    for k, field in enumerate(("x_axis", "y_axis")):
        if table.has(field):
            axis = np.array(table.numbers(field, 3))
            length = float(np.abs(axis).max())
            if not 1e-6 < length < 1e6:
                raise InputError(f"{field} of {table.where} has no direction.")
            axes[k] = axis / np.linalg.norm(axis)
    if abs(float(axes[0] @ axes[1])) > AXIS_TOLERANCE:
        raise InputError(f"x_axis and y_axis of {table.where} do not stand at a right angle.")
    down = axes[1] - (axes[0] @ axes[1]) * axes[0]
    down /= np.linalg.norm(down)
    try:
        rotation = np.column_stack([axes[0], down, np.cross(axes[0], down)])
        return RigidTransform(Frame.BOARD, Frame.FACE, rotation, origin)
    except NotRigidError as error:
        raise InputError(f"x_axis and y_axis of {table.where} are no axes: {error.message}") from error


def _read_pattern(table: Table) -> Pattern | None:
    charuco, grid = table.has("charuco"), table.has("grid")
    if charuco and grid:
        raise InputError(f"{table.where} has charuco and grid; a face has one of them.")
    if not (charuco or grid):
        return None
    below = table.table("charuco" if charuco else "grid")
    pattern: Pattern
    try:
        if charuco:
            squares_x, squares_y = below.wholes("squares", 2)
            pattern = Charuco(
                squares_x=squares_x,
                squares_y=squares_y,
                square_mm=below.number("square_mm"),
                marker_mm=below.number("marker_mm"),
                first_id=below.whole("first_id", 0),
                legacy=below.truth("legacy", False),
            )
        else:
            columns, rows = below.wholes("markers", 2)
            pattern = MarkerGrid(
                columns=columns,
                rows=rows,
                marker_mm=below.number("marker_mm"),
                gap_mm=below.number("gap_mm", 0.0),
                first_id=below.whole("first_id", 0),
            )
    except InputError as error:
        raise error if below.where in error.message else below.wrong(error) from error
    below.done()
    return pattern


def _read_marker(table: Table, dictionary: str, inverted: bool) -> Face:
    marker_id, corners = table.whole("id"), table.points("corners_mm", 4)
    own = table.text("dictionary", dictionary or None)
    turned = table.truth("inverted", inverted)
    table.done()
    try:
        return loose_face(marker_id, corners, dictionary=own, inverted=turned)
    except InputError as error:
        raise table.wrong(error) from error


def _read_print(table: Table) -> Print:
    default = Print()
    scale = table.number("scale", default.scale)
    sigma = table.number("scale_sigma", default.scale_sigma)
    flatness_mm = table.number("flatness_mm", default.flatness_mm)
    table.done()
    try:
        return Print(scale=scale, scale_sigma=sigma, flatness_mm=flatness_mm)
    except InputError as error:
        raise table.wrong(error) from error


def _is_flat(declared: tuple[Face, ...], loose: tuple[Face, ...]) -> bool:
    if len(declared) != 1:
        return not declared
    (face,) = declared
    if face.name != FRONT or not np.array_equal(face.board_from_face.matrix, np.eye(4)):
        return False
    box = printed_box_mm(face.pattern, loose)
    return bool(np.allclose(box.sum(axis=0), sum(face.outline_box_mm), rtol=0.0, atol=1e-9))


def _face_table(face: Face) -> dict[str, Any]:
    placed = face.board_from_face
    table: dict[str, Any] = {
        "name": face.name,
        "dictionary": face.dictionary,
        "outline_mm": _rounded(face.outline_mm),
        "origin_mm": _rounded(placed.translation_mm),
        "x_axis": _rounded(placed.rotation[:, 0]),
        "y_axis": _rounded(placed.rotation[:, 1]),
    }
    if face.outline_at_mm is not None:
        table["outline_at_mm"] = _rounded(face.outline_at_mm)
    if face.inverted:
        table["inverted"] = True
    return table | _pattern_table(face.pattern)


def _pattern_table(pattern: Pattern) -> dict[str, Any]:
    if isinstance(pattern, Charuco):
        return {
            "charuco": {
                "squares": [pattern.squares_x, pattern.squares_y],
                "square_mm": _rounded(pattern.square_mm),
                "marker_mm": _rounded(pattern.marker_mm),
                "first_id": pattern.first_id,
                "legacy": pattern.legacy,
            }
        }
    return {
        "grid": {
            "markers": [pattern.columns, pattern.rows],
            "marker_mm": _rounded(pattern.marker_mm),
            "gap_mm": _rounded(pattern.gap_mm),
            "first_id": pattern.first_id,
        }
    }


def _marker_table(face: Face, tables: dict[str, Any]) -> dict[str, Any]:
    assert face.measured_mm is not None
    table: dict[str, Any] = {"id": face.ids[0], "corners_mm": _rounded(face.measured_mm)}
    if face.dictionary != tables.get("dictionary"):
        table["dictionary"] = face.dictionary
    if face.inverted != tables.get("inverted", False):
        table["inverted"] = face.inverted
    return table


def _rounded(values: object) -> Any:
    # Adding zero turns -0.0 into 0.0, which is written otherwise.
    return (np.round(np.asarray(values, dtype=np.float64), DIGITS) + 0.0).tolist()
