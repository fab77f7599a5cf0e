"""Makes the pictures of calibration/README.md from the delivered boards: `python -m calibration.make_pictures`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.geometry.rigid import rotation_from_vector
from orview.markers.board import Board
from orview.markers.face import Face
from orview.markers.ink import loops_of
from orview.markers.page import Paper
from orview.markers.print_png import raster_of
from orview.markers.sheet import lay_out

FOLDER = Path(__file__).resolve().parent / "pictures"
PRINTS = {
    "calibration_a4": Paper.A4,
    "calibration_letter": Paper.LETTER,
    "patient_flat": Paper.A4,
    "patient_folded": Paper.A4,
    "patient_raised": Paper.A4,
    "headset": Paper.A4,
    "pointer": Paper.A4,
}
WIDTH_PX = 460
SUPERSAMPLED_DPI = 220


@dataclass(frozen=True, kw_only=True)
class View:
    """One board drawn at a place of the picture, turned as it is held, with words below."""

    name: str
    middle_px: tuple[float, float]
    words: tuple[str, ...]
    px_per_mm: float = 2.4
    tilt_deg: float = -28.0
    turn_deg: float = 28.0


VIEWS = (
    View(name="patient_folded", middle_px=(190.0, 190.0), words=("patient_folded:", "two plates, folded back by 40°")),
    View(
        name="patient_raised", middle_px=(570.0, 190.0), words=("patient_raised:", "four tiles 5 mm before the plate")
    ),
    View(
        name="headset",
        middle_px=(940.0, 190.0),
        words=("headset:", "three panels, folded back by 40°"),
        px_per_mm=1.9,
        turn_deg=18.0,
    ),
)
Seen = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Carries points (N, 3), mm, board frame, to (N, 3): x, y of the picture and how far away."""
_FAR_MM = 1e3
STYLE = 'font-family="Helvetica, Arial, sans-serif" font-size="17"'


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name in PRINTS:
        cv2.imwrite(str(FOLDER / f"{name}.png"), print_of(name), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    for file, drawing in drawings().items():
        (FOLDER / file).write_text(drawing, encoding="utf-8")


def drawings() -> dict[str, str]:
    """Return the line drawings by file name."""
    return {"built.svg": built(), "measure.svg": measuring()}


def print_of(name: str) -> NDArray[np.uint8]:
    """Return the first page of a board, small."""
    sharp = raster_of(lay_out(load_board(name), paper=PRINTS[name])[0], dpi=SUPERSAMPLED_DPI)
    height = round(sharp.shape[0] * WIDTH_PX / sharp.shape[1])
    small = np.asarray(cv2.resize(sharp, (WIDTH_PX, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    small[[0, -1], :] = small[:, [0, -1]] = 170
    return small


def built() -> str:
    """Return a drawing of boards as they look when they are built: plates, posts and beads."""
    parts = ['<rect width="1120" height="420" fill="#ffffff"/>']
    for view in VIEWS:
        parts += _drawn(load_board(view.name), view)
        for k, line in enumerate(view.words):
            weight = ' font-weight="bold"' if k == 0 else ""
            parts.append(
                f'<text x="{view.middle_px[0]:g}" y="{370 + 24 * k}" text-anchor="middle"{weight}>{line}</text>'
            )
    return _svg(1120, 420, "Boards as they are built", parts)


def measuring() -> str:
    """Return a drawing of how a bar is measured: from outer edge to outer edge."""
    left, right, y = 60.0, 660.0, 70.0
    parts = [
        '<rect width="720" height="190" fill="#ffffff"/>',
        f'<rect x="{left}" y="{y}" width="{right - left}" height="3"/>',
    ]
    for k in range(11):
        x = left + (right - left - 2.0) * k / 10.0
        tall = 26.0 if k in (0, 10) else 13.0
        parts.append(f'<rect x="{x:g}" y="{y - tall:g}" width="2" height="{tall:g}"/>')
    parts += [
        f'<path d="M{x:g} 30V150" stroke="#c0392b" stroke-width="1.5" stroke-dasharray="5 4"/>' for x in (left, right)
    ]
    parts.append(
        f'<rect x="{left - 25:g}" y="90" width="{right - left + 50:g}" height="42" fill="#fbf3dd" stroke="#a8862f"/>'
    )
    for k in range(101):
        x = left + (right - left) * k / 100.0
        tall = 20 if k % 10 == 0 else 14 if k % 5 == 0 else 8
        parts.append(f'<path d="M{x:g} 90V{90 + tall}" stroke="#6b5520" stroke-width="1"/>')
    parts.append('<text x="360" y="24" text-anchor="middle">the bar on the print</text>')
    parts.append(
        '<text x="360" y="172" text-anchor="middle">from outer edge to outer edge, to a tenth of a millimetre</text>'
    )
    return _svg(720, 190, "Measuring a bar", parts)


def _drawn(board: Board, view: View) -> list[str]:
    """Return a board seen in parallel projection, what is farther away first."""
    turn = rotation_from_vector((np.radians(view.tilt_deg), 0.0, 0.0)) @ rotation_from_vector(
        (0.0, np.radians(view.turn_deg), 0.0)
    )
    rims = np.vstack([face.outline_corners_mm for face in board.faces])
    middle = (rims.min(axis=0) + rims.max(axis=0)) / 2.0

    def seen(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        turned: NDArray[np.float64] = (np.atleast_2d(points_mm) - middle) @ turn.T
        turned[:, :2] = turned[:, :2] * view.px_per_mm + view.middle_px
        return turned

    base = board.faces[0]
    solids: list[tuple[float, list[str]]] = []
    for face in board.faces:
        rim = seen(face.outline_corners_mm)
        shape = [*_spacers(face, base, seen), f'<path d="{_outline(rim)}" fill="#fdfdfb" stroke="#667"/>']
        ink = "".join(_outline(seen(_on_face(face, loop))) for loop in loops_of(face))
        shape.append(f'<path d="{ink}" fill="#111" fill-rule="evenodd"/>')
        raised = _height_mm(face, base) < 0.0
        solids.append((-_FAR_MM if raised else float(rim[:, 2].mean()), shape))
    for bead in board.beads_board_mm:
        holder = min(board.faces, key=lambda face: float(np.linalg.norm(_nearest(face, bead) - bead)))
        (fx, fy, _), (bx, by, _) = seen(np.array([_nearest(holder, bead), bead]))
        post = f'<path d="M{fx:.1f} {fy:.1f}L{bx:.1f} {by:.1f}" stroke="#98a" stroke-width="4" stroke-linecap="round"/>'
        ball = f'<circle cx="{bx:.1f}" cy="{by:.1f}" r="{2.0 * view.px_per_mm:.1f}" fill="#8fa3b8" stroke="#334"/>'
        behind = holder.board_from_face.inverse().apply(bead)[2] > 0.0
        solids.append((_FAR_MM if behind else -2.0 * _FAR_MM, [post, ball]))
    return [part for _, shape in sorted(solids, key=lambda solid: -solid[0]) for part in shape]


def _height_mm(face: Face, base: Face) -> float:
    """Return how far a face parallel to another stands behind it, negative before it; 0 for all others."""
    local = base.board_from_face.inverse().apply(face.outline_corners_mm)[:, 2]
    return float(local[0]) if np.ptp(local) < 1e-6 else 0.0


def _spacers(face: Face, base: Face, seen: Seen) -> list[str]:
    """Return the edges of the block below a raised tile."""
    if not _height_mm(face, base) < 0.0:
        return []
    local = base.board_from_face.inverse().apply(face.outline_corners_mm)
    feet = seen(base.board_from_face.apply(local * (1.0, 1.0, 0.0)))
    return [
        f'<path d="M{top[0]:.1f} {top[1]:.1f}L{foot[0]:.1f} {foot[1]:.1f}" stroke="#98a" stroke-width="2"/>'
        for top, foot in zip(seen(face.outline_corners_mm), feet, strict=True)
    ]


def _on_face(face: Face, loop: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    return face.board_from_face.apply([(x, y, 0.0) for x, y in loop])


def _nearest(face: Face, point_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the place of a plate that is nearest to a point, board frame."""
    local = face.board_from_face.inverse().apply(point_mm)
    low, high = face.outline_box_mm
    return face.board_from_face.apply((*np.clip(local[:2], low, high), 0.0))


def _outline(points: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points[:, :2].tolist()) + "Z"


def _svg(width: int, height: int, title: str, parts: list[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {STYLE}>'
    return "\n".join([head, f"<title>{title}</title>", *parts, "</svg>", ""])


if __name__ == "__main__":
    main()
