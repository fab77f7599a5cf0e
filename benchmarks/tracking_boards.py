"""The boards of `benchmarks.tracking`: each size as ChArUco, as a grid of ArUco markers and as one of AprilTags."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orview.edge.boards import load_board
from orview.markers.board import Board, Charuco, Face, MarkerGrid, Print

MEASURED = Print(scale_sigma=0.001)
"""A print whose bar of 100 mm was measured to 0.1 mm."""

KINDS = ("ours", "aruco", "april")
"""What is filmed: the product's own board, which plain ChArUco gets as well, and the grids of the rivals."""


@dataclass(frozen=True, kw_only=True)
class BoardSet:
    """Boards of one size.

    Attributes:
        name: of the size.
        by_kind: a board for each of `KINDS`.
    """

    name: str
    by_kind: Mapping[str, Board]


def flat(name: str, pattern: Charuco | MarkerGrid, dictionary: str, outline_mm: tuple[float, float]) -> Board:
    """Return a flat board of one face."""
    face = Face(name="front", dictionary=dictionary, pattern=pattern, outline_mm=outline_mm)
    return Board(name=name, faces=(face,), printed=MEASURED)


def grids(
    columns: int, rows: int, marker_mm: float, gap_mm: float, outline_mm: tuple[float, float]
) -> dict[str, Board]:
    """Return the rivals' grids."""
    pattern = MarkerGrid(columns=columns, rows=rows, marker_mm=marker_mm, gap_mm=gap_mm)
    return {
        "aruco": flat("aruco", pattern, "DICT_5X5_100", outline_mm),
        "april": flat("april", pattern, "DICT_APRILTAG_36H11", outline_mm),
    }


def _p80() -> BoardSet:
    outline = (88.0, 88.0)
    pattern = Charuco(squares_x=5, squares_y=5, square_mm=16.0, marker_mm=12.0)
    boards = {"ours": flat("p80", pattern, "DICT_5X5_100", outline)} | grids(4, 4, 17.0, 4.0, outline)
    return BoardSet(name="80 mm", by_kind=boards)


def _a4() -> BoardSet:
    outline = (190.0, 230.0)
    pattern = Charuco(squares_x=9, squares_y=11, square_mm=20.0, marker_mm=15.0)
    boards = {"ours": flat("a4", pattern, "DICT_5X5_100", outline)} | grids(5, 6, 32.0, 5.0, outline)
    return BoardSet(name="A4", by_kind=boards)


def _patient() -> BoardSet:
    outline = (150.0, 110.0)
    pattern = Charuco(squares_x=7, squares_y=5, square_mm=20.0, marker_mm=15.0)
    boards = {"ours": flat("patient", pattern, "DICT_5X5_100", outline)} | grids(6, 4, 20.0, 4.0, outline)
    return BoardSet(name="150 x 110 mm", by_kind=boards)


def _single() -> BoardSet:
    boards = grids(1, 1, 60.0, 0.0, (80.0, 80.0))
    return BoardSet(name="one 60 mm marker", by_kind=boards | {"ours": boards["aruco"]})


def delivered(name: str, rival: BoardSet) -> BoardSet:
    """Return a board of the product beside the grids of a flat board of about its size."""
    board = replace(load_board(name), printed=MEASURED)
    return BoardSet(name=name, by_kind={**rival.by_kind, "ours": board})


P80, A4, PATIENT, SINGLE = _p80(), _a4(), _patient(), _single()
FOLDED, RAISED = delivered("patient_folded", P80), delivered("patient_raised", P80)
