"""Osteotomy planes in files of 3D Slicer, both ways: `.mrk.json` of the markups schema 1.0.3.

Read are planes (Slicer's Plane: centre, normal, axes and size), curves and closed curves (the flat plane they lie in,
as large as they reach), and point lists: three or more points of one name (`High cut-1`, ...) make a plane.
Everything else is passed over and named. Which side is kept is decided by where the tumour lies, not by the normal.

How Slicer writes a plane (vtkMRMLMarkupsPlaneJsonStorageNode): `center`, `normal` and `orientation` (columns are the
axes of the plane) are in the file's axes; of `objectToBase` and `baseToNode` the first two rows are turned in files of
LPS, so that their product there needs that turn between them.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.markups_json import axes_of, kind_of, markups_in, read_points_of
from orview.edge.point_checks import text_of
from orview.edge.point_rows import SIGNS, PointRow, point_row, skipped_finding
from orview.errors import InputError
from orview.findings import Finding, Severity, counted
from orview.plan.cut_plane import CutPlane
from orview.plan.fitted import FEWEST, plane_through
from orview.plan.names import key_of, names_a_root, stem_of
from orview.plan.plan import LONGEST_NAME, Plan

Floats = NDArray[np.float64]

ENDING = ".mrk.json"
SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)
_CURVES = ("Curve", "ClosedCurve")
_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
_MEND = "Save the plane again from 3D Slicer."
_SAME_WAY = 0.999
_SAME_PLACE_MM = 0.01


def read_planes(path: Path) -> tuple[tuple[CutPlane, ...], tuple[Finding, ...]]:
    """Return the planes of a file, patient frame, and what was passed over.

    Raises:
        InputError: the file cannot be used, holds no plane, or one that is not flat or has no size.
    """
    file, findings = path.name, list[Finding]()
    if not file.lower().endswith(".json"):
        raise InputError(f"{file} is no markups file.", mend=f"Save planes from 3D Slicer as {ENDING}.")
    planes: list[CutPlane] = []
    lists: list[PointRow] = []
    skipped: list[str] = []
    markups = markups_in(text_of(path), file, findings)
    for number, markup in enumerate(markups, start=1):
        kind, name = kind_of(markup), _name_of(markup, path, alone=len(markups) == 1)
        if kind == "Fiducial":
            read_points_of(markup, file, number, lists, skipped, findings)
        elif kind == "Plane" or kind in _CURVES:
            rows: list[PointRow] = []
            read_points_of(markup, file, number, rows, skipped, [])
            if not rows:
                findings.append(_passed_over(f"{name} was not placed.", f"{file}, list {number}"))
            elif kind == "Plane" and "normal" in markup:
                planes.append(_plane(markup, file, number, name, findings))
            else:
                planes.append(_through(rows, name))
        else:
            findings.append(
                _passed_over(f"A markup of the type {kind or 'unknown'} is no plane.", f"{file}, list {number}")
            )
    planes += _of_points(lists, path, findings)
    findings += skipped_finding(skipped, file)
    if not planes:
        raise InputError(
            f"{file} holds no plane.", mend="Save planes, flat curves, or three points or more of each cut."
        )
    return tuple(planes), tuple(findings)


def markups_text(plan: Plan) -> str:
    """Return the planes of a plan as the text of a markups file, LPS mm."""
    return json.dumps({"@schema": SCHEMA, "markups": [_markup(plane) for plane in plan.planes]}, indent=1) + "\n"


def _name_of(markup: dict[str, Any], path: Path, *, alone: bool) -> str:
    """Return what a markup is called: by itself, by the file that holds it alone, or by its first point.

    Slicer names a file after its only markup, and points after what that was called when they were set.
    """
    points = markup.get("controlPoints")
    first = points[0] if isinstance(points, list) and points and isinstance(points[0], dict) else {}
    told = (
        str(markup.get("name", "")),
        _base(path) if alone else "",
        stem_of(str(first.get("label", ""))),
        _base(path),
    )
    return next(name.strip()[:LONGEST_NAME] for name in told if name.strip())


def _base(path: Path) -> str:
    return path.name[: -len(ENDING)] if path.name.lower().endswith(ENDING) else path.stem


def _through(rows: list[PointRow], name: str) -> CutPlane:
    return plane_through([row.position_mm for row in rows], key=key_of(name), name=name)


def _of_points(rows: list[PointRow], path: Path, findings: list[Finding]) -> list[CutPlane]:
    """Return the planes of point lists; points that make none are named."""
    groups: dict[str, list[PointRow]] = {}
    for row in rows:
        # Points that are only counted are those of the file.
        counted_only = not row.named or row.name.isdigit()
        groups.setdefault(_base(path) if counted_only else stem_of(row.name), []).append(row)
    planes = []
    for stem, group in groups.items():
        name = stem[:LONGEST_NAME]
        if any(names_a_root(row.name) for row in group):
            findings.append(
                _passed_over(
                    f"{counted(len(group), 'point')} named like a nerve root ({name}) "
                    "say nothing of a plan: its roots are kept or given up by name.",
                    path.name,
                )
            )
        elif len(group) < FEWEST:
            findings.append(
                _passed_over(f"{counted(len(group), 'point')} named {name}: {FEWEST} make a plane.", path.name)
            )
        else:
            planes.append(_through(group, name))
    return planes


def _passed_over(message: str, where: str) -> Finding:
    return Finding(
        code="NO_PLANE", severity=Severity.WARNING, message=f"Passed over, as it makes no plane: {message}", where=where
    )


def _plane(markup: dict[str, Any], file: str, number: int, name: str, findings: list[Finding]) -> CutPlane:
    where = f"list {number}"
    frame, mm_per_unit = axes_of(markup, file, where, findings)
    sign = np.array(SIGNS[frame])

    def three(field: str, scale: float) -> Floats:
        given = markup.get(field)
        row = point_row(
            "",
            given if isinstance(given, list) else (),
            frame=frame,
            mm_per_unit=scale,
            file=file,
            where=f"{where}, {field}",
            number=number,
        )
        return row.position_mm

    normal, center = three("normal", 1.0), three("center", mm_per_unit)
    if np.linalg.norm(normal) < 1e-6:
        raise InputError(f"{file}, {where}: the normal of {name} has no length.", mend=_MEND)
    normal /= np.linalg.norm(normal)
    along, origin = _along(markup, normal, sign, mm_per_unit, lps=frame == "LPS", words=f"{file}, {where}: {name}")
    upward = np.cross(normal, along)
    (low_u, high_u, low_v, high_v), known = _bounds(markup, mm_per_unit, words=f"{file}, {where}: {name}")
    if known and origin is not None and np.linalg.norm(origin - center) < _SAME_PLACE_MM:
        # The centre is where the bounds are counted from, which need not be their middle.
        center = center + 0.5 * (low_u + high_u) * along + 0.5 * (low_v + high_v) * upward
    return CutPlane.of(
        key=key_of(name),
        name=name,
        center_mm=center,
        kept_normal=normal,
        along=along,
        width_mm=high_u - low_u,
        height_mm=high_v - low_v,
    )


def _along(
    markup: dict[str, Any], normal: Floats, sign: Floats, mm_per_unit: float, *, lps: bool, words: str
) -> tuple[Floats, Floats | None]:
    """Return the direction of the width, and where the plane's own axes begin, None where the file does not say.

    Raises:
        InputError: the axes contradict the normal.
    """
    matrices = [_numbers(markup, field, 16, words) for field in ("baseToNode", "objectToBase")]
    node_from_object = None
    if matrices[0] is not None and matrices[1] is not None:
        base, own = (matrix.reshape(4, 4) for matrix in matrices if matrix is not None)
        node_from_object = base @ (_TURN if lps else np.eye(4)) @ own
    told = []
    if (orientation := _numbers(markup, "orientation", 9, words)) is not None:
        told.append(orientation.reshape(3, 3))
    if node_from_object is not None:
        told.append(node_from_object[:3, :3])
    origin = None if node_from_object is None else sign * node_from_object[:3, 3] * mm_per_unit
    for axes in told:
        across, away = sign * axes[:, 0], sign * axes[:, 2]
        length = np.linalg.norm(across)
        if length > 1e-6 and abs(away @ normal) > _SAME_WAY * max(float(np.linalg.norm(away)), 1e-6):
            across = across - (across @ normal) * normal
            return across / np.linalg.norm(across), origin
    if told:
        raise InputError(f"{words}: its axes contradict its normal.", mend=_MEND)
    # Any direction will do: the patient's left, or up where the plane faces left.
    patient = np.eye(3)[0] if abs(normal[0]) < 0.9 else np.eye(3)[2]
    across = patient - (patient @ normal) * normal
    return across / np.linalg.norm(across), origin


def _bounds(markup: dict[str, Any], mm_per_unit: float, *, words: str) -> tuple[tuple[float, ...], bool]:
    """Return how far a plane reaches along width and height, mm, and whether the file says where that begins."""
    bounds = _numbers(markup, "planeBounds", 4, words)
    if bounds is not None:
        return tuple((mm_per_unit * bounds).tolist()), True
    given = markup.get("size")
    size = _numbers(markup, "size", 2 if isinstance(given, list) and len(given) == 2 else 3, words)
    if size is None:
        raise InputError(f"{words} has no size.", mend="Give it one in 3D Slicer (Markups, Plane), and save it again.")
    half_width, half_height = (0.5 * mm_per_unit * float(side) for side in size[:2])
    return (-half_width, half_width, -half_height, half_height), False


def _numbers(markup: dict[str, Any], field: str, count: int, words: str) -> Floats | None:
    """Return the numbers of a field, None where the markup has no such field.

    Raises:
        InputError: they are not so many finite numbers.
    """
    given = markup.get(field)
    if given is None:
        return None
    if (
        not isinstance(given, list)
        or len(given) != count
        or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)
        or not np.isfinite(np.array(given, dtype=np.float64)).all()
    ):
        raise InputError(f"{words}: {field} is not {count} numbers.", mend=_MEND)
    return np.array(given, dtype=np.float64)


def _markup(plane: CutPlane) -> dict[str, Any]:
    axes = np.stack([plane.along, plane.upward, plane.kept_normal], axis=1)
    base_to_node = np.eye(4)
    base_to_node[:3, :3], base_to_node[:3, 3] = axes, plane.center_mm
    half_width, half_height = 0.5 * plane.width_mm, 0.5 * plane.height_mm
    return {
        "type": "Plane",
        "name": plane.name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": False,
        "fixedNumberOfControlPoints": False,
        "labelFormat": "%N",
        "lastUsedControlPointNumber": 1,
        "planeType": "pointNormal",
        "sizeMode": "absolute",
        "autoScalingSizeFactor": 1.0,
        "center": plane.center_mm.tolist(),
        "normal": plane.kept_normal.tolist(),
        "objectToBase": _TURN.ravel().tolist(),
        "baseToNode": base_to_node.ravel().tolist(),
        "orientation": axes.ravel().tolist(),
        "size": [plane.width_mm, plane.height_mm, 0.0],
        "planeBounds": [-half_width, half_width, -half_height, half_height],
        "controlPoints": [
            {
                "id": "1",
                "label": plane.name,
                "description": "",
                "associatedNodeID": "",
                "position": plane.center_mm.tolist(),
                "orientation": axes.ravel().tolist(),
                "selected": True,
                "locked": False,
                "visibility": True,
                "positionStatus": "defined",
            }
        ],
        "measurements": [],
    }
