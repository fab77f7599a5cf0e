"""Whether the faces of a board can be told apart, turned or not, and can stand where they are said to (hazard H07)."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from orview.errors import InputError
from orview.markers.face import Face
from orview.markers.patterns import bits_of

SMALLEST_CELL_MM = 0.5
"""Two pixels of a 1080p camera at 0.3 m: smaller cells of a marker cannot be read anywhere."""

MOST_FACES = 200

LOOKS_TURNED = ("DICT_ARUCO_ORIGINAL", 1023)
"""The one marker of all dictionaries that looks the same upside down."""

LOOK_INVERTED = frozenset({"DICT_4X4_100", "DICT_4X4_250", "DICT_4X4_1000"})
"""Dictionaries in which some markers, black and white swapped, are others."""

SHARED_MM = 0.5
"""Faces may meet at their rims: so far into one another counts as touching."""


def check_faces(faces: tuple[Face, ...]) -> None:
    """Refuse faces that could be mistaken for one another or for themselves turned, or that cannot be read.

    Raises:
        InputError: with the names of the faces and what to change.
    """
    if len(faces) > MOST_FACES:
        raise InputError(f"A board has at most {MOST_FACES} faces and loose markers.")
    names = [face.name for face in faces]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"Two faces or markers are called {name!r} (name).", mend="Give each its own name and its own id."
            )
    for face in faces:
        _check_face(face)
    for one, other in combinations(faces, 2):
        _check_ids(one, other)
        _check_places(one, other)


def check_told_apart(board: str, faces: tuple[Face, ...], other: str, others: tuple[Face, ...]) -> None:
    """Refuse two boards, by their names, that are to be seen in one picture and could be taken for one another.

    Raises:
        InputError: they share a marker.
    """
    for face in faces:
        for another in others:
            shared = sorted(set(face.ids) & set(another.ids))
            if shared and bits_of(face.dictionary) == bits_of(another.dictionary):
                raise InputError(
                    f"The boards {board!r} and {other!r} both have marker {shared[0]} (first_id): one could be taken "
                    "for the other.",
                    mend="Print one of them with other ids.",
                )


def _check_face(face: Face) -> None:
    cell_mm = face.marker_mm / face.cells
    if cell_mm < SMALLEST_CELL_MM:
        raise InputError(
            f"The markers of {face.name} are too small (marker_mm): {face.marker_mm:g} mm makes cells of "
            f"{cell_mm:.2f} mm.",
            mend=f"Make them at least {SMALLEST_CELL_MM * face.cells:.1f} mm, so that a camera can read them.",
        )
    dictionary, marker_id = LOOKS_TURNED
    if face.dictionary == dictionary and marker_id in face.ids:
        raise InputError(
            f"Marker {marker_id} of {dictionary} on {face.name} looks the same upside down.",
            mend="Use another id (first_id).",
        )
    if face.inverted and face.dictionary in LOOK_INVERTED:
        raise InputError(
            f"{face.name} is inverted, and in {face.dictionary} some inverted markers are others of the dictionary.",
            mend="Use DICT_4X4_50 or a dictionary with more cells.",
        )


def _check_ids(one: Face, other: Face) -> None:
    shared = sorted(set(one.ids) & set(other.ids))
    if shared:
        raise InputError(
            f"{one.name} and {other.name} both have marker {shared[0]} (first_id): one could be taken for the other.",
            mend="Give every marker of a board an id of its own, whatever its dictionary.",
        )
    if one.dictionary != other.dictionary and bits_of(one.dictionary) == bits_of(other.dictionary):
        raise InputError(
            f"{one.name} and {other.name} use {one.dictionary} and {other.dictionary}, which have markers of "
            f"{bits_of(one.dictionary)} x {bits_of(one.dictionary)} cells both: one could be read as the other.",
            mend="Use one dictionary for both, or dictionaries with different numbers of cells.",
        )


def _check_places(one: Face, other: Face) -> None:
    # A loose marker sits somewhere on a plate and follows its measured, never quite flat corners: then only the
    # prints must keep clear of one another.
    whole = one.measured_mm is None and other.measured_mm is None
    rims = [_rim(face, whole=whole) for face in (one, other)]
    if _crosses(one, rims[0], rims[1]) and _crosses(other, rims[1], rims[0]):
        raise InputError(
            f"{one.name} and {other.name} run through one another.",
            mend="Correct origin_mm, x_axis, y_axis or outline_mm of one of them.",
        )
    if _covers(one, other):
        raise InputError(
            f"{one.name} and {other.name} lie on one another.",
            mend="Correct origin_mm, corners_mm or the sizes of one of them.",
        )


def _rim(face: Face, *, whole: bool) -> NDArray[np.float64]:
    """Return the corners (4, 3) of plate or pattern, drawn in by `SHARED_MM`, board frame."""
    low, high = face.outline_box_mm if whole else (np.zeros(2), np.array(face.size_mm))
    inset = np.minimum(SHARED_MM, (high - low) / 4.0)
    (left, top), (right, bottom) = low + inset, high - inset
    return face.board_from_face.apply([(left, top, 0.0), (right, top, 0.0), (right, bottom, 0.0), (left, bottom, 0.0)])


def _crosses(face: Face, rim: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Return whether the rectangle `other` pierces `rim`, which lies in the plane of `face`."""
    to_face = face.board_from_face.inverse()
    points = to_face.apply(other)
    own = to_face.apply(rim)[:, :2]
    ahead = np.roll(points, -1, axis=0)
    pierced = [
        start[:2] + (end[:2] - start[:2]) * start[2] / (start[2] - end[2])
        for start, end in zip(points, ahead, strict=True)
        if start[2] * end[2] < 0.0
    ]
    if len(pierced) != 2:
        return False
    # Liang and Barsky 1984: what is left of the line between both holes inside the rectangle.
    start, way = pierced[0], pierced[1] - pierced[0]
    low, high = own.min(axis=0), own.max(axis=0)
    enter, leave = 0.0, 1.0
    for axis in range(2):
        if abs(way[axis]) < 1e-12:
            if not low[axis] < start[axis] < high[axis]:
                return False
            continue
        ends = sorted(((low[axis] - start[axis]) / way[axis], (high[axis] - start[axis]) / way[axis]))
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return enter < leave


def _covers(one: Face, other: Face) -> bool:
    """Return whether two prints in the same plane overlap (separating axes of two rectangles)."""
    to_one = one.board_from_face.inverse()
    rims = [to_one.apply(_rim(face, whole=False)) for face in (one, other)]
    if np.abs(rims[1][:, 2]).max() > SHARED_MM:
        return False
    flat = [rim[:, :2] for rim in rims]
    for rim in flat:
        for axis in (rim[1] - rim[0], rim[3] - rim[0]):
            spans = [points @ axis for points in flat]
            if spans[0].max() <= spans[1].min() or spans[1].max() <= spans[0].min():
                return False
    return True
