"""`orview prepare`: a CT and what is outlined on it become a case."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orview.cli.output import can_draw, console, draw_picture, print_json, progress_bars

if TYPE_CHECKING:
    from orview.edge.case_store import CaseStore
    from orview.edge.prepare import Prepared
    from orview.model.case import Case


def command(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="DICOM folders, ZIPs or discs, .nii, .nii.gz, .nrrd or .mha files; segmentations may be among them.",
        ),
    ],
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A segmentation: label map, DICOM SEG, RTSTRUCT or mesh; may be given more than once. "
            "Without any, --segment finds the structures.",
        ),
    ] = None,
    series: Annotated[
        str | None, typer.Option(metavar="N|UID", help="Of several series this one; --list shows them.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="List the series in SOURCE and stop.")] = False,
    unit: Annotated[str | None, typer.Option(metavar="mm|m", help="Unit of mesh files that do not say.")] = None,
    frame: Annotated[str | None, typer.Option(metavar="LPS|RAS", help="Axes of mesh files that do not say.")] = None,
    segment: Annotated[
        str, typer.Option(metavar="bone|totalsegmentator|onnx:FILE", help="What finds structures without --labels.")
    ] = "bone",
    bone_from_greys: Annotated[
        bool, typer.Option("--bone-from-greys", help="Take the surface of outlined bone from the image's grey values.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="What staff call the case. Never the patient's name.")] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Make headset models from a CT. The same files a second time give the same case at once.

    Example: orview prepare ct.nii.gz --labels labels.nii.gz --name "Case 12"
    """
    from datetime import UTC, datetime

    from orview.edge.case_report import case_document
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.prepare import PrepareOptions, prepare

    today = datetime.now(UTC).date()
    if list_only:
        _list_series(sources, today, as_json=as_json)
        return
    case_store = CaseStore.open(store or default_store())
    with progress_bars() as progress:
        prepared = prepare(
            sources,
            labels=labels or (),
            options=PrepareOptions(
                series=series, segment=segment, bone_from_greys=bone_from_greys, unit=unit, frame=frame
            ),
            name=name,
            store=case_store,
            progress=progress,
            today=today,
        )
    document = case_document(prepared.case, store=case_store) | {
        "reused": prepared.reused,
        "stages": {stage: round(seconds, 3) for stage, seconds in prepared.seconds.items()},
        "seconds": round(sum(prepared.seconds.values()), 3),
    }
    if as_json:
        print_json(document)
    else:
        _show(prepared, document, case_store)


def _list_series(sources: list[Path], today: Any, *, as_json: bool) -> None:
    from rich.table import Table

    from orview.edge.images.files import list_series
    from orview.errors import InputError

    if len(sources) != 1:
        raise InputError("One folder, ZIP or disc is listed at a time.")
    with progress_bars() as progress:
        found = list_series(sources[0], today=today, progress=progress)
    if as_json:
        print_json({"series": [one.to_json() for one in found]})
        return
    table = Table(caption="Choose one with --series N")
    for heading in ("N", "What", "Description", "Kernel", "Day", "Slices", "Spacing mm", "Orientation"):
        table.add_column(heading, overflow="fold")
    for one in found:
        spacing = " x ".join(f"{mm:.3g}" for mm in one.spacing_mm) if one.spacing_mm else ""
        acquired = one.acquired.isoformat() if one.acquired else ""
        what = f"{one.modality} {one.role}" if not one.unusable else f"{one.modality} {one.role}: {one.unusable}"
        row = (str(one.number), what, one.description, one.kernel, acquired, str(one.slices), spacing, one.orientation)
        table.add_row(*row)
    console.print(table)


def _show(prepared: "Prepared", document: dict[str, Any], store: "CaseStore") -> None:
    from rich.table import Table
    from rich.text import Text

    from orview.edge.case_store import default_store
    from orview.edge.export import WHAT_SLICES_SHOW

    case = prepared.case
    title = f"{case.name} ({case.id})" + (" - SYNTHETIC" if case.source.synthetic else "")
    table = Table(title=Text(title), caption="triangles, and how far from the truth: rms / farthest, mm")
    # A narrow terminal may break names, but a number that lost a digit is another number.
    table.add_column("Structure", overflow="fold")
    table.add_column("ml", justify="right", no_wrap=True, min_width=8)
    table.add_column("Parts", justify="right", no_wrap=True, min_width=5)
    for level in case.levels:
        table.add_column(str(level.level), justify="right", no_wrap=True, min_width=11)
    of_slices = [entry["errors_of"] == WHAT_SLICES_SHOW for entry in document["structures"]]
    for structure, limited in zip(case.structures, of_slices, strict=True):
        red, green, blue = (round(255 * c) for c in structure.color_srgb)
        label = Text.assemble(("■ ", f"rgb({red},{green},{blue})"), f"{structure.name}{'*' if limited else ''}")
        cells = []
        for level in case.levels:
            error = level.errors[structure.key]
            triangles = _short(level.structure_triangles[structure.key])
            cells.append(f"{triangles}\n{error.rms_mm:.2f}/{error.hausdorff_mm:.1f}")
        table.add_row(
            label, f"{structure.volume_ml:,.1f}", "" if structure.parts is None else str(structure.parts), *cells
        )
    if any(of_slices):
        table.caption = f"{table.caption}\n* {WHAT_SLICES_SHOW}: too thin for them, pieces may be missing"
    table.add_section()
    sizes = (f"{_short(level.triangles)}\n{level.bytes / 1024:,.0f} KiB" for level in case.levels)
    table.add_row("All", "", "", *sizes)
    console.print(table)
    for finding in case.findings:
        console.print(Text(f"{finding.severity.name.lower()}: {finding.message}"), soft_wrap=True)
    elsewhere = "" if store.folder == default_store() else f" --store {shlex.quote(str(store.folder))}"
    sha256 = store.thumbnail(case.id)
    if sha256 is not None:
        if can_draw():
            from orview.edge.thumbnail import small_pixels

            draw_picture(small_pixels(store.blob(sha256), columns=min(console.width - 2, 64)).tolist())
        command_line = f"orview cases --picture {case.id} --out picture.png{elsewhere}"
        console.print(Text(f"To keep its picture: {command_line}"), soft_wrap=True)
    console.print(Text(_beads(case, elsewhere)), soft_wrap=True)
    if prepared.reused:
        console.print(f"These files were already prepared: nothing was computed. {document['seconds']:.1f} s.")
    else:
        console.print(f"Done in {document['seconds']:.1f} s.")


def _beads(case: "Case", elsewhere: str) -> str:
    """Say which beads were found in the CT and what they are good for."""
    from orview.findings import counted

    if not case.fiducials:
        return (
            "No beads of a board were found in the CT: mark them by hand (orview register --fiducials), "
            "or register by touched landmarks."
        )
    sizes = sorted(bead.diameter_mm for bead in case.fiducials)
    across = f"{sizes[0]:.1f} to {sizes[-1]:.1f} mm" if len(sizes) > 1 else f"{sizes[0]:.1f} mm"
    return (
        f"{counted(len(sizes), 'bead')} found in the CT, {across} across. "
        f"Next: orview register {case.id} --board NAME{elsewhere}"
    )


def _short(triangles: int) -> str:
    return f"{triangles / 1000:,.1f}k" if triangles >= 1000 else str(triangles)
