"""`orview board`: a marker board to print in true size, and the check of what came out of the printer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import can_ask, console, one_of, print_json

if TYPE_CHECKING:
    from orview.markers.board import Board
    from orview.markers.print_check import BarCheck, BeadCheck, BeadDistance

_KINDS = (".pdf", ".svg", ".png")


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A delivered board, or a TOML file that defines one.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write: .pdf (best for printing), .svg or .png; with --check, a .toml."),
    ] = None,
    paper: Annotated[str, typer.Option(help="a4 or letter.")] = "a4",
    dpi: Annotated[int, typer.Option(help="Dots per inch of a PNG; at 254 a pixel is exactly 0.1 mm.")] = 254,
    check: Annotated[
        bool, typer.Option("--check", help="Compare a print with its definition instead of printing.")
    ] = False,
    bar: Annotated[float | None, typer.Option(metavar="MM", help="Measured length of the level bar.")] = None,
    bar_vertical: Annotated[
        float | None, typer.Option(metavar="MM", help="Measured length of the upright bar.")
    ] = None,
    beads: Annotated[
        list[str] | None,
        typer.Option(metavar="I-J=MM", help="Measured distance between two beads; give at least two."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write a marker board for printing, or check a print.

    Examples: orview board patient_folded --out board.pdf
    orview board patient_folded --check --bar 99.7 --bar-vertical 99.8 --out my_board.toml
    """
    from orview.edge.boards import load_board

    if check:
        _check(load_board(name), out, bar, bar_vertical, beads or [], as_json)
        return
    if bar is not None or bar_vertical is not None or beads:
        raise typer.BadParameter("measured lengths are compared with --check", param_hint="--bar")
    if out is None or out.suffix.lower() not in _KINDS:
        raise typer.BadParameter(f"the file ends in {', '.join(_KINDS)}", param_hint="--out")
    _print(load_board(name), out, paper, dpi, as_json)


def _print(board: "Board", out: Path, paper: str, dpi: int, as_json: bool) -> None:
    from orview.edge.boards import write_files
    from orview.markers.page import Paper
    from orview.markers.print_png import png_of
    from orview.markers.print_svg import svg_of
    from orview.markers.printing import pdf_of
    from orview.markers.sheet import BAR_MM, TRUE_SIZE, lay_out

    kind = out.suffix.lower()
    pages = lay_out(board, paper=one_of(Paper, paper.lower(), option="--paper"))
    title = f"orview board {board.name}"
    if kind == ".pdf":
        contents = [pdf_of(pages, title=title)]
    elif kind == ".svg":
        contents = [svg_of(page, title=title).encode() for page in pages]
    else:
        contents = [png_of(page, dpi=dpi) for page in pages]
    files = [out if k == 1 else out.with_stem(f"{out.stem}-{k}") for k in range(1, len(contents) + 1)]
    write_files(dict(zip(files, contents, strict=True)), what="print")
    if as_json:
        print_json(
            {
                "board": board.name,
                "digest": board.nominal.digest,
                "files": [str(file) for file in files],
                "bytes": sum(len(content) for content in contents),
                "dpi": dpi if kind == ".png" else None,
                "paper": pages[0].paper.value,
                "page_mm": list(pages[0].paper.size_mm),
                "pages": len(pages),
                "faces": [
                    {"name": face.name, "page": number, "at_mm": list(at_mm), "pattern_mm": list(face.size_mm)}
                    for number, page in enumerate(pages, start=1)
                    for face, at_mm in page.faces
                ],
                "bar_mm": BAR_MM,
                "markers": len(board.marker_corners_mm),
                "beads": len(board.beads_board_mm),
            }
        )
        return
    console.print(f"[bold]{board.name}[/] is in {', '.join(str(file) for file in files)}.")
    console.print(TRUE_SIZE)
    console.print(f"Then: orview board {board.name} --check --out my_{board.name}.toml")


def _check(
    board: "Board", out: Path | None, bar: float | None, bar_vertical: float | None, beads: list[str], as_json: bool
) -> None:
    from dataclasses import replace

    from orview.edge.boards import write_files
    from orview.errors import InputError
    from orview.markers.print_check import check_bars, check_beads

    if bar is None and not beads:
        bar, bar_vertical = _ask("level"), _ask("upright")
    if bar is None and bar_vertical is not None:
        raise typer.BadParameter("the level bar is measured as well", param_hint="--bar")
    distances = tuple(_bead_distance(words) for words in beads)
    bars = None
    if bar is not None:
        if out is None or out.suffix.lower() != ".toml":
            raise typer.BadParameter("the measured copy of the definition ends in .toml", param_hint="--out")
        if out.exists():
            raise InputError("There is a file of that name already.", mend=f"Choose another name than {out}.")
        bars = check_bars(board.printed, level_mm=bar, upright_mm=bar_vertical)
        board = replace(board, printed=bars.printed)
    found = check_beads(board, distances) if distances else None
    if bars is not None and out is not None:
        upright = "not measured" if bar_vertical is None else f"{bar_vertical:g} mm"
        heading = f"# Measured on the print: level bar {bar:g} mm, upright bar {upright}; both should be 100 mm.\n"
        write_files({out: (heading + board.to_toml()).encode()}, what="copy")
    _tell(board, out, bars, found, as_json)


def _tell(board: "Board", out: Path | None, bars: "BarCheck | None", found: "BeadCheck | None", as_json: bool) -> None:
    from orview.markers.print_check import BEAD_LIMIT

    if as_json:
        document: dict[str, object] = {"board": board.name, "digest": board.digest}
        if bars is not None:
            document |= {
                "file": str(out),
                "scale": bars.printed.scale,
                "scale_sigma": bars.printed.scale_sigma,
                "level_scale": bars.level_scale,
                "upright_scale": bars.upright_scale,
                "warning": bars.warning,
            }
        if found is not None:
            document |= {"bead_scale": found.scale, "bead_off_mm": list(found.off_mm), "bead_reach": found.reach}
        print_json(document)
        return
    if bars is not None:
        printed = bars.printed
        console.print(
            f"[bold]{board.name}[/] with the print's scale, {printed.scale:.4f} ± {printed.scale_sigma:.4f}, is in "
            f"{out}. Use this file for everything done with this print."
        )
        if bars.warning:
            console.print(f"[bold]Warning:[/] {bars.warning}")
    if found is not None:
        console.print(
            f"The beads agree with the definition: {100.0 * (found.scale - 1.0):+.2f} %, limit {100 * BEAD_LIMIT:g} %."
        )


def _ask(which: str) -> float:
    """Ask for a bar twice; both readings have to agree."""
    from orview.errors import InputError
    from orview.markers.print_check import agreed_mm

    if not can_ask():
        raise InputError(
            "The check needs the measured bars, and there is no terminal to ask.",
            mend="Give --bar MM and --bar-vertical MM.",
        )
    first, second = (
        typer.prompt(f"Length of the {which} bar in mm, {turn} reading", type=float, err=True)
        for turn in ("first", "second")
    )
    return agreed_mm(first, second)


def _bead_distance(words: str) -> "BeadDistance":
    from orview.markers.print_check import BeadDistance

    try:
        pair, length = words.split("=")
        first, second = pair.split("-")
        return BeadDistance(first=int(first), second=int(second), measured_mm=float(length))
    except ValueError:
        raise typer.BadParameter("a distance is written 1-5=103.2", param_hint="--beads") from None
