"""`orview board`: a marker board to print, in true size."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, print_json


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A delivered board, or a TOML file that defines one.")],
    out: Annotated[Path, typer.Option(help="The file to write: .pdf (best for printing) or .png.")],
    dpi: Annotated[int, typer.Option(help="Dots per inch of a PNG; at 254 a pixel is exactly 0.1 mm.")] = 254,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write a marker board for printing.

    Example: orview board patient_flat --out board.pdf
    """
    from orview.edge.boards import load_board
    from orview.errors import InputError
    from orview.markers.printing import pdf_of, png_of
    from orview.markers.sheet import A4_MM, BAR_MM, TRUE_SIZE, lay_out

    kind = out.suffix.lower()
    if kind not in (".pdf", ".png"):
        raise typer.BadParameter("the file ends in .pdf or .png", param_hint="--out")
    board = load_board(name)
    content = pdf_of(board) if kind == ".pdf" else png_of(board, dpi=dpi)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(f"The print cannot be written ({error.strerror}).", mend=f"Check {out}.") from error
    if as_json:
        print_json(
            {
                "board": board.name,
                "digest": board.digest,
                "file": str(out),
                "bytes": len(content),
                "dpi": dpi if kind == ".png" else None,
                "page_mm": list(A4_MM),
                "pattern_at_mm": list(lay_out(board).pattern_at_mm),
                "pattern_mm": list(board.pattern_mm),
                "bar_mm": BAR_MM,
                "markers": len(board.marker_corners_mm),
                "beads": len(board.beads_board_mm),
            }
        )
        return
    width_mm, height_mm = board.pattern_mm
    console.print(f"[bold]{board.name}[/], pattern {width_mm:g} x {height_mm:g} mm, is in {out}.")
    console.print(TRUE_SIZE)
