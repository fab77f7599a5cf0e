"""`orview touch`: landmarks touched and bone traced with a tracked pointer, as files for `orview register`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.touch_steps import Say, Steps, TouchSteps, TraceSteps, say_on_screen, say_with_json

if TYPE_CHECKING:
    from orview.register.touching import Touching

USUAL_POINTS = 300


def command(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A camera's number, a video, a folder of pictures, or slot:PATH.")
    ],
    board: Annotated[str, typer.Option(help="The board on the patient: a delivered name or a TOML file.")],
    pointer: Annotated[str, typer.Option(help="The board on the pointer, likewise.")],
    tip: Annotated[Path, typer.Option(metavar="FILE", help="Its tip: what `orview calibrate pivot --json` printed.")],
    camera: Annotated[Path, typer.Option(help="The camera's profile, made by `orview calibrate`.")],
    landmarks: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Landmarks marked in the CT: .mrk.json, .fcsv or .csv. They are asked for."),
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Trace bone instead of touching landmarks.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Where the points go: touched.csv, or trace.csv.")
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(help="Id of the case: its target decides the order, and landmarks must lie on its bones."),
    ] = None,
    frame: Annotated[
        str | None, typer.Option(metavar="LPS|RAS", help="Axes of a .csv from the CT that does not say.")
    ] = None,
    points: Annotated[int, typer.Option(min=60, max=5000, help="A trace ends after so many points.")] = USUAL_POINTS,
    moving_camera: Annotated[
        bool, typer.Option("--moving-camera", help="The camera does not rest in the room.")
    ] = False,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the cases.")] = None,
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Print one JSON object an event on stdout.")] = False,
) -> None:
    """Touch landmarks, or trace bone, with a pointer that the camera sees together with the board on the patient.

    Rest the tip on the landmark that is asked for; after 0.7 s it is taken. Each touch is in the file at once, so
    Ctrl+C ends without loss. Nothing is stored with a case: that does `orview register`.

    Example: orview touch 0 --board patient.toml --pointer pointer.toml --tip tip.json --camera camera.toml
    --landmarks landmarks.csv

    Bone: the same with --trace instead of --landmarks
    """
    from orview.edge.board_points import check_points_are_new
    from orview.edge.boards import load_boards
    from orview.edge.camera import open_camera
    from orview.edge.profiles import read_profile
    from orview.edge.tip_files import read_tip
    from orview.errors import InputError, RefusedError

    if trace == (landmarks is not None):
        raise InputError(
            "Either landmarks are touched or bone is traced.", mend="Give --landmarks FILE or --trace, one of them."
        )
    on_patient, on_pointer = load_boards(board, pointer)
    at_tip, profile = read_tip(tip, on_pointer), read_profile(camera)
    path = out or Path("trace.csv" if trace else "touched.csv")
    check_points_are_new(path)
    say: Say = say_with_json if json_lines else say_on_screen
    steps: Steps
    if landmarks is None:
        steps = TraceSteps(path, most=points, say=say)
    else:
        steps = TouchSteps(_touching(landmarks, case=case, frame=frame, store=store), path, say=say)

    from orview.track.warm import warm

    warm()
    opened = open_camera(source)
    resting = not (moving_camera or opened.moving)
    refusal = steps.run(opened, source, profile, (on_patient, on_pointer), at_tip, resting=resting)
    if refusal:
        raise RefusedError(refusal)


def _touching(landmarks: Path, *, case: str | None, frame: str | None, store: Path | None) -> "Touching":
    """Return the landmarks of a file in the order of touching: for the target of a case, else for their middle."""
    import numpy as np

    from orview.edge.case_store import CaseStore, default_store
    from orview.edge.registration_points import landmarks_of_file
    from orview.errors import InputError
    from orview.register.landmarks import FEWEST, suggest_order
    from orview.register.touching import TOUCH_SIGMA_MM, Touching

    found = None
    case_store = None
    if case is not None:
        case_store = CaseStore.open(store or default_store())
        found = case_store.case(case)
    known, _ = landmarks_of_file(landmarks, found, case_store, frame=frame)
    if len(known) < FEWEST:
        raise InputError(
            f"{landmarks.name} holds {len(known)} landmarks; {FEWEST} are needed to register.",
            mend="Mark more in the CT, on all sides of the target.",
        )
    middle = np.mean([landmark.position_patient_mm for landmark in known], axis=0)
    target = middle if found is None else np.array(found.structure(found.target_key).centroid_patient_mm)
    return Touching(known, suggest_order(known, target, touch_sigma_mm=TOUCH_SIGMA_MM))
