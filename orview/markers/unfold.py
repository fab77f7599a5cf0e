"""The faces of a board as pieces of paper: neighbours that meet at an edge stay together and are folded.

A piece lies in the plane of its first face. Faces in the same plane keep their places; a face that shares a whole
edge with one of the piece is turned into the plane about that edge; every other face is a piece of its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.markers.face import Face
from orview.markers.page import Line, PlacedFace

MEETS_MM = 0.3
"""Corners closer than this are the same corner of the built board."""

FOLD_GREY = 0.55


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Faces to print in one piece; coordinates are those of the first face.

    Attributes:
        faces: the faces and where each one's origin lies.
        folds: dashed lines to fold along.
        hints: what to do with it, a sentence each.
    """

    faces: tuple[PlacedFace, ...]
    folds: tuple[Line, ...]
    hints: tuple[str, ...]

    @property
    def box_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Smallest and largest (x, y) of its plates."""
        boxes = [np.array(placed.face.outline_box_mm) + placed.at_mm for placed in self.faces]
        return np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)


def pieces_of(faces: tuple[Face, ...], *, widest_mm: float) -> tuple[Piece, ...]:
    """Return the pieces of a board, none wider than `widest_mm` unless one face alone is."""
    left = list(faces)
    pieces = []
    while left:
        piece = _grow(left.pop(0), left, widest_mm)
        pieces.append(Piece(faces=piece.faces, folds=piece.folds, hints=(*piece.hints, *_mounting(piece, faces))))
    return tuple(pieces)


def _grow(first: Face, left: list[Face], widest_mm: float) -> Piece:
    """Take from `left` all that can stay in one piece with `first`."""
    piece = Piece(faces=(PlacedFace(first, (0.0, 0.0)),), folds=(), hints=())
    grown = True
    while grown:
        grown = False
        for face in left:
            joined = _beside(piece, face) or _folded(piece, face)
            if joined is None or float(np.ptp(np.array(joined.box_mm)[:, 0])) > widest_mm:
                continue
            piece, grown = joined, True
            left.remove(face)
            break
    return piece


def _beside(piece: Piece, face: Face) -> Piece | None:
    """Return the piece with a face on the same plate or sheet, in the plane and along the axes of the first."""
    first = piece.faces[0].face
    relative = first.board_from_face.inverse().rotation @ face.board_from_face.rotation
    origin = first.board_from_face.inverse().apply(face.board_from_face.translation_mm)
    if np.abs(relative - np.eye(3)).max() > 1e-3 or abs(origin[2]) > MEETS_MM:
        return None
    placed = PlacedFace(face, (float(origin[0]), float(origin[1])))
    if face.measured_mm is None and not any(_overlap(placed, other) for other in piece.faces):
        return None
    return Piece(faces=(*piece.faces, placed), folds=piece.folds, hints=piece.hints)


def _folded(piece: Piece, face: Face) -> Piece | None:
    """Return the piece with a face that shares an edge with one of it."""
    corners = face.outline_corners_mm
    low, high = face.outline_box_mm
    # Which corners of the neighbour lie on which of the face, and the corner of the face's plate that is known then.
    for there, here in (((1, 2), (0, 3)), ((0, 3), (1, 2)), ((3, 2), (0, 1)), ((0, 1), (3, 2))):
        for placed in piece.faces:
            meeting = placed.face.outline_corners_mm[list(there)]
            if np.abs(meeting - corners[list(here)]).max() > MEETS_MM:
                continue
            near_low, near_high = (np.array(placed.at_mm) + corner for corner in placed.face.outline_box_mm)
            rim = np.array([near_low, (near_high[0], near_low[1]), near_high, (near_low[0], near_high[1])])
            own = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
            at = rim[there[0]] - own[here[0]]
            joined = PlacedFace(face, (float(at[0]), float(at[1])))
            if any(_overlap(joined, other) for other in piece.faces):
                continue
            angle_deg, back = _fold(placed.face, face)
            start, end = rim[there[0]].tolist(), rim[there[1]].tolist()
            line = Line(
                start_mm=(start[0], start[1]), end_mm=(end[0], end[1]), width_mm=0.2, grey=FOLD_GREY, dashed=True
            )
            hint = f"Fold '{face.name}' {'back' if back else 'forward'} by {angle_deg:.0f}° along the dashed line."
            return Piece(faces=(*piece.faces, joined), folds=(*piece.folds, line), hints=(*piece.hints, hint))
    return None


def _overlap(one: PlacedFace, other: PlacedFace) -> bool:
    (low, high), (other_low, other_high) = (np.array(p.face.outline_box_mm) + p.at_mm for p in (one, other))
    return bool((np.minimum(high, other_high) - np.maximum(low, other_low) > MEETS_MM).all())


def _fold(fixed: Face, turned: Face) -> tuple[float, bool]:
    """Return by how many degrees a face is folded, and whether away from who reads the print."""
    cosine = float(np.clip(fixed.normal_board @ turned.normal_board, -1.0, 1.0))
    middle = fixed.board_from_face.inverse().apply(turned.outline_corners_mm.mean(axis=0))
    return float(np.degrees(np.arccos(cosine))), bool(middle[2] > 0.0)


def _mounting(piece: Piece, faces: tuple[Face, ...]) -> tuple[str, ...]:
    """Return where a piece goes that is not the first, in words."""
    face = piece.faces[0].face
    if face is faces[0]:
        return ()
    base = faces[0]
    to_base = base.board_from_face.inverse()
    turn = to_base.rotation @ face.board_from_face.rotation
    corner = to_base.apply(face.outline_corners_mm[0])
    if np.abs(turn - np.eye(3)).max() < 1e-3:
        right, down = (corner[:2] - base.outline_box_mm[0]).tolist()
        side = "before" if corner[2] < 0.0 else "behind"
        return (
            f"Stands {abs(corner[2]):.1f} mm {side} '{base.name}',",
            f"its corner {right:.1f} mm right and {down:.1f} mm down of that plate's.",
        )
    placed = face.board_from_face
    numbers = (
        (f"{axis} [{', '.join(f'{value + 0.0:.3f}' for value in values)}]")
        for axis, values in (
            ("origin", placed.translation_mm),
            ("x axis", placed.rotation[:, 0]),
            ("y axis", placed.rotation[:, 1]),
        )
    )
    return ("Mount it in the board frame at", *numbers)
