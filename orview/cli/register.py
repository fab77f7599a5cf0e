"""`orview register`: ties a case to the board on the patient, by beads, touched landmarks or traced bone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json
from orview.register.verdict import DEFAULT_LIMIT_MM, Verdict

if TYPE_CHECKING:
    from orview.edge.case_store import CaseStore
    from orview.edge.registration import Registered, Sigmas

_BEADS, _POINTS, _TRACE = "The board in the CT", "Touched landmarks", "Traced bone"
MOST_SIGMA_MM = 5.0


def command(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a prepared case (see `orview cases`).")],
    board: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The board on the patient: a delivered one, or a TOML definition."),
    ] = None,
    fiducials: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Beads marked by hand, instead of those found in the CT: .mrk.json, .fcsv or .csv.",
            rich_help_panel=_BEADS,
        ),
    ] = None,
    landmarks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Landmarks marked in the CT: .mrk.json, .fcsv or .csv. Alone: in which order to touch them.",
            rich_help_panel=_POINTS,
        ),
    ] = None,
    touched: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Where they were touched, in the board's frame: # frame = board, then name,x,y,z or "
            "name,x,y,z,sigma. Without names they are told apart by their distances.",
            rich_help_panel=_POINTS,
        ),
    ] = None,
    traced: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Points traced on bone, in the board's frame; starts from --landmarks and --touched.",
            rich_help_panel=_TRACE,
        ),
    ] = None,
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--on", metavar="KEY", help="A structure that was traced; every bone without it.", rich_help_panel=_TRACE
        ),
    ] = None,
    frame: Annotated[
        str | None, typer.Option(metavar="LPS|RAS", help="Axes of a .csv from the CT that does not say.")
    ] = None,
    ct_sigma_mm: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=MOST_SIGMA_MM,
            help="How well a point was marked in the CT: 0.2 for a bead, 0.7 for a landmark.",
        ),
    ] = None,
    touch_sigma_mm: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=MOST_SIGMA_MM, help="How well a point was touched: 0.7 for a landmark, 0.4 for traced bone."
        ),
    ] = None,
    limit_mm: Annotated[
        float, typer.Option(min=0.1, max=20.0, help="Largest expected error at the target, 95 %, that is accepted.")
    ] = DEFAULT_LIMIT_MM,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Tie a case to the board on the patient, and say how far to trust it.

    Stores the verdict with the case, where `orview serve` finds it. Exits 1 where the registration is refused.

    Points that cannot be used are told in words, and nothing is stored. docs/registering.md shows the files.

    Example, the board was in the CT:  orview register 3f2a9c81 --board patient_folded

    Beads marked in 3D Slicer:  orview register CASE --board patient_folded --fiducials beads.mrk.json

    What to touch next:  orview register CASE --landmarks points.mrk.json

    Touched:  orview register CASE --board patient_folded --landmarks points.mrk.json --touched touched.csv

    And traced:  the same with  --traced trace.csv --on sacrum
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.registration import Sigmas

    _check_options(board, fiducials=fiducials, landmarks=landmarks, touched=touched, traced=traced, on=on)
    case_store = CaseStore.open(store or default_store())
    sigmas = Sigmas(in_ct_mm=ct_sigma_mm, touch_mm=touch_sigma_mm)
    if landmarks is not None and touched is None:
        _suggest(case, case_store, landmarks, frame=frame, sigmas=sigmas, as_json=as_json)
        return
    assert board is not None
    if landmarks is not None and touched is not None:
        from orview.edge.registration_points import register_with_points

        registered = register_with_points(
            case,
            board,
            store=case_store,
            landmarks=landmarks,
            touched=touched,
            traced=traced,
            traced_on=on or (),
            frame=frame,
            sigmas=sigmas,
            limit_mm=limit_mm,
        )
    else:
        from orview.edge.registration import register_with_board

        registered = register_with_board(
            case, board, store=case_store, limit_mm=limit_mm, fiducials=fiducials, frame=frame, sigmas=sigmas
        )
    verdict = registered.verdict
    if as_json:
        findings = [finding.to_json() for finding in registered.findings]
        print_json({"case": case, "board": board, **verdict.to_document(), "findings": findings})
    else:
        _print(registered)
    if not verdict.accepted:
        raise typer.Exit(1)


def _check_options(
    board: str | None,
    *,
    fiducials: Path | None,
    landmarks: Path | None,
    touched: Path | None,
    traced: Path | None,
    on: list[str] | None,
) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: they do not.
    """
    from orview.errors import InputError

    if fiducials is not None and (landmarks is not None or touched is not None or traced is not None):
        raise InputError(
            "Beads in the CT and touched points are two ways to register.",
            mend="Give --fiducials alone, or --landmarks with --touched.",
        )
    if touched is not None and landmarks is None:
        raise InputError(
            "Touched points need the landmarks they are.", mend="Give the file of the CT with --landmarks."
        )
    if traced is not None and touched is None:
        raise InputError("A trace needs touched landmarks to start from.", mend="Give --landmarks and --touched too.")
    if on and traced is None:
        raise InputError("--on says where a trace was made.", mend="Give the trace with --traced, or leave --on away.")
    if board is None and (landmarks is None or touched is not None):
        raise InputError("A registration needs the board on the patient.", mend="Name it with --board.")


def _suggest(
    case: str, store: "CaseStore", landmarks: Path, *, frame: str | None, sigmas: "Sigmas", as_json: bool
) -> None:
    """Print in which order to touch the landmarks."""
    from rich.table import Table
    from rich.text import Text

    from orview.edge.registration_points import order_of_touching

    order = order_of_touching(case, store=store, landmarks=landmarks, frame=frame, sigmas=sigmas)
    if as_json:
        steps = [{"landmark": step.name, "expected_error_mm": step.promised_error_mm} for step in order]
        print_json({"case": case, "order": steps})
        return
    table = Table(caption="Touch them in this order. Nothing was stored.")
    table.add_column("", justify="right")
    table.add_column("Touch next", overflow="fold")
    table.add_column("Expected error at the target then, 95 %", justify="right")
    for number, step in enumerate(order, start=1):
        error = "too few to tell" if step.promised_error_mm is None else f"{step.promised_error_mm:.1f} mm"
        table.add_row(str(number), Text(step.name), error)
    console.print(table)


def _print(registered: "Registered") -> None:
    from rich.table import Table
    from rich.text import Text

    verdict = registered.verdict
    console.print("Accepted." if verdict.accepted else "Refused: the overlay must not be used with this registration.")
    for line in (*verdict.reasons, *verdict.advice, *(finding.message for finding in registered.findings)):
        console.print(Text(f"  {line}"))
    if not verdict.expected_error_mm:
        return
    table = Table()
    table.add_column("Structure")
    table.add_column("Expected error, 95 %", justify="right")
    table.add_column("Most of it from")
    for key, error_mm in sorted(verdict.expected_error_mm.items(), key=lambda item: item[0] != verdict.target_key):
        name = key.replace("_", " ") + (" (target)" if key == verdict.target_key else "")
        table.add_row(Text(name), f"{error_mm:.1f} mm", _costliest(verdict, key))
    console.print(table)


def _costliest(verdict: Verdict, key: str) -> str:
    """Return the link with the largest share at a structure, in words."""
    from orview.geometry.chain import WORDS, LinkKey

    link, share = max(verdict.links[key].items(), key=lambda item: item[1])
    return f"{WORDS[LinkKey(link)]} ({share:.0%})"
