"""`orview export`: a case as files for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from orview.cli.output import console, one_of, print_json, progress_bars


def command(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case, as `orview cases` lists it.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write; made by this command.")],
    file_format: Annotated[str, typer.Option("--format", metavar="glb|stl|obj", help="Kind of the files.")] = "glb",
    level: Annotated[
        list[str] | None,
        typer.Option(
            metavar="preview|headset|full", help="Level of detail; may be given more than once. All when left out."
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(metavar="N|KEY", help="What is seen in one stage of the case's plan, from 1, and its planes."),
    ] = None,
    cut: Annotated[
        bool, typer.Option("--cut", help="With --stage: bone in two where its planes pass, as closed parts.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export in DIR.")] = False,
    store: Annotated[Path | None, typer.Option(help="Folder of the cases.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write a case's structures as files, with names and units, and case.json beside them.

    GLB is in metres and glTF axes; STL and OBJ are in millimetres and patient axes (LPS), as 3D Slicer reads them.

    Example: orview export 4f2a81c09b3d --format stl --out sacrum_models

    A stage of the plan, to print: orview export 4f2a81c09b3d --stage 2 --cut --format stl --out second_stage
    """
    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.export import export_case
    from orview.edge.export_files import ExportFormat
    from orview.edge.stage_export import export_stage
    from orview.errors import InputError
    from orview.findings import counted
    from orview.model.case import Level

    chosen = one_of(ExportFormat, file_format, option="--format")
    levels = [one_of(Level, name, option="--level") for name in level or ()]
    if stage is not None and levels:
        raise InputError("A stage is written in its finest level.", mend="Leave --level away.")
    if stage is None and cut:
        raise InputError("--cut takes the planes of a stage.", mend="Name the stage with --stage.")
    case_store = CaseStore.open(store or default_store())
    case = case_store.case(case_id)
    with progress_bars() as progress:
        if stage is None:
            done = export_case(
                case, store=case_store, out=out, file_format=chosen, levels=levels, force=force, progress=progress
            )
        else:
            done = export_stage(
                case, stage, store=case_store, out=out, file_format=chosen, cut=cut, force=force, progress=progress
            )
    if as_json:
        print_json(done.document | {"folder": str(done.folder)})
        return
    if stage is not None:
        for finding in done.document["findings"]:
            console.print(finding["message"], soft_wrap=True, markup=False)
    files = counted(len(done.document["files"]), "file")
    console.print(f"In {done.folder}: {files} and case.json. {done.document['frame']}.", soft_wrap=True)
