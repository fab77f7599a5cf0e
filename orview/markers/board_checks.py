"""Whether the faces of a board can be told apart, turned or not, and can stand where they are said to (hazard H07)."""

from itertools import combinations

from orview.errors import InputError
from orview.markers.face import Face
from orview.markers.patterns import bits_of

SMALLEST_CELL_MM = 0.5
"""Two pixels of a 1080p camera at 0.3 m: smaller cells of a marker cannot be read anywhere."""

MOST_FACES = 200

LOOKS_TURNED = ("DICT_ARUCO_ORIGINAL", 1023)
"""The one marker of all dictionaries that looks the same upside down."""


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
