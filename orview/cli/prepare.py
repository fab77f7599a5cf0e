"""`orview prepare`: a CT and its labels become a case."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json, progress_bars

if TYPE_CHECKING:
    from orview.model.case import Case


def command(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder of DICOM files, or a .nii, .nii.gz, .nrrd or .mha file.")
    ],
    labels: Annotated[
        Path | None, typer.Option(help="Label map on the same grid. Without it bone and skin are found by threshold.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What staff call the case. Never the patient's name.")] = None,
    store: Annotated[Path | None, typer.Option(help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Make headset models from a CT.

    Example: orview prepare ct.nii.gz --labels labels.nii.gz --name "Case 12"
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.prepare import prepare

    started = time.monotonic()
    case_store = CaseStore.open(store or default_store())
    with progress_bars() as progress:
        case = prepare(source, labels=labels, name=name, store=case_store, progress=progress)
    seconds = time.monotonic() - started
    if as_json:
        print_json(_document(case, seconds))
    else:
        _show(case, seconds)


def _document(case: "Case", seconds: float) -> dict[str, object]:
    return {
        "case": case.id,
        "name": case.name,
        "digest": case.digest,
        "synthetic": case.source.synthetic,
        "target": case.target_key,
        "structures": [
            {
                "key": structure.key,
                "name": structure.name,
                "side": str(structure.side),
                "rigid": structure.rigid,
                "volume_ml": structure.volume_ml,
                "centroid_patient_mm": list(structure.centroid_patient_mm),
            }
            for structure in case.structures
        ],
        "levels": [
            {
                "level": str(level.level),
                "triangles": level.triangles,
                "bytes": level.bytes,
                "plain_bytes": level.plain_bytes,
                "sha256": level.sha256,
                "plain_sha256": level.plain_sha256,
                "errors": {
                    key: {"rms_mm": error.rms_mm, "hausdorff_mm": error.hausdorff_mm}
                    for key, error in level.errors.items()
                },
            }
            for level in case.levels
        ],
        "fiducials": len(case.fiducials),
        "findings": [finding.to_json() for finding in case.findings],
        "seconds": round(seconds, 2),
    }


def _show(case: "Case", seconds: float) -> None:
    from rich.table import Table
    from rich.text import Text

    title = f"{case.name} ({case.id})" + (" - SYNTHETIC" if case.source.synthetic else "")
    table = Table(title=Text(title), caption="triangles, and the largest distance to the full surface in mm")
    table.add_column("Structure", no_wrap=True)
    table.add_column("ml", justify="right")
    for level in case.levels:
        table.add_column(f"{level.level}", justify="right")
    for structure in case.structures:
        cells = [
            f"{level.structure_triangles[structure.key]:,}  {level.errors[structure.key].hausdorff_mm:.2f}"
            for level in case.levels
        ]
        red, green, blue = (round(255 * c) for c in structure.color_srgb)
        label = Text.assemble(("■ ", f"rgb({red},{green},{blue})"), structure.name)
        table.add_row(label, f"{structure.volume_ml:,.1f}", *cells)
    table.add_section()
    table.add_row("All", "", *(f"{level.triangles:,}  {level.bytes / 1024:,.0f} KiB" for level in case.levels))
    console.print(table)
    for finding in case.findings:
        console.print(Text(f"{finding.severity.name.lower()}: {finding.message}"), soft_wrap=True)
    console.print(f"{len(case.fiducials)} beads found. Done in {seconds:.1f} s.")
