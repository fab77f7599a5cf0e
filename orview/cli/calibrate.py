"""`orview calibrate`: pictures of a board become a camera profile; `hand-eye` and `pivot` calibrate what is held."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from orview.cli import calibrate_hand_eye, calibrate_pivot
from orview.cli.output import console, print_json, progress_bars

if TYPE_CHECKING:
    from orview.calibrate.intrinsics import Calibration
    from orview.edge.calibration_pictures import Views
    from orview.edge.camera import Camera
    from orview.markers.board import Board


def command(
    board: Annotated[str, typer.Option(help="The board in the pictures: a delivered name or a TOML file.")],
    out: Annotated[Path, typer.Option(help="The camera profile to add (.toml). Never overwritten.")],
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="[IMAGES]...", help="Pictures, or one folder of them.")
    ] = None,
    video: Annotated[Path | None, typer.Option(help="A video of the board instead of pictures.")] = None,
    camera: Annotated[
        str | None, typer.Option(metavar="N", help="A live camera instead: its number, or e.g. 0@1280x720.")
    ] = None,
    views: Annotated[
        int | None, typer.Option(min=3, help="Views taken at most: 25 of a live camera, 40 of a video.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the camera, where the pictures do not know it.")] = "",
    serial: Annotated[str, typer.Option(help="Serial number of the camera, likewise.")] = "",
    distance_mm: Annotated[
        float, typer.Option(min=50.0, max=5000.0, help="How far from the camera boards will be followed.")
    ] = 500.0,
    limit_mm: Annotated[
        float, typer.Option(min=0.05, max=20.0, help="Largest error at a target there, 95 %, that is accepted.")
    ] = 1.0,
    readout_ms: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Readout time of a rolling shutter, first row to last.")
    ] = 0.0,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw what the views cover (.svg).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Calibrate a camera with a printed board.

    Before a live camera it says where to hold the board and takes the views by itself. Exits 1, and adds no profile,
    where the error to be expected is above the limit.

    Example: orview calibrate photos/*.jpg --board calibration_a4 --out room_camera.toml
    """
    from orview.calibrate.intrinsics import calibrate_intrinsics
    from orview.edge.boards import load_board
    from orview.edge.camera import open_camera, open_pictures
    from orview.edge.profiles import add_profile, check_profile_is_new

    if sum((bool(images), video is not None, camera is not None)) != 1:
        raise typer.BadParameter("give pictures, --video or --camera, one of the three")
    if picture is not None and picture.suffix.lower() != ".svg":
        raise typer.BadParameter("the picture is drawn as .svg", param_hint="--picture")
    definition = load_board(board)
    check_profile_is_new(out)
    source = open_pictures(images) if images else open_camera(camera if camera is not None else str(video))
    with source:
        found = _look(source, definition, pictures=bool(images), views=views)
        width, _, height = source.mode.partition("x")
        result = calibrate_intrinsics(
            found.sightings,
            width_px=int(width),
            height_px=int(height),
            camera=name or source.name,
            mode=source.mode,
            serial=serial or source.serial,
            calibrated_on=datetime.now(tz=UTC).date(),
            board_digest=definition.digest,
            readout_ms=readout_ms,
            working_distance_mm=distance_mm,
            limit_mm=limit_mm,
        )
    if picture is not None:
        _draw(picture, result, found)
    if result.accepted:
        add_profile(out, result.profile)
    if as_json:
        print_json(_document(result, found, out))
    else:
        _show(result, found, out)
    if not result.accepted:
        raise typer.Exit(1)


class _CameraByDefault(TyperGroup):
    """`orview calibrate photos/*.jpg` means `orview calibrate camera photos/*.jpg`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["camera", *args]
        return super().parse_args(ctx, args)


group = typer.Typer(
    cls=_CameraByDefault,
    no_args_is_help=True,
    help="Calibrate a camera with a printed board (`orview calibrate IMAGES... | --video FILE | --camera N`), "
    "the place of a camera on a headset, or the tip of a pointer.\n\n"
    "Example: orview calibrate photos/*.jpg --board calibration_a4 --out room_camera.toml",
)
group.command("camera")(command)
group.command("hand-eye")(calibrate_hand_eye.command)
group.command("pivot")(calibrate_pivot.command)


def _look(source: "Camera", board: "Board", *, pictures: bool, views: int | None) -> "Views":
    from orview.calibrate.guide import MOST_VIEWS
    from orview.cli.guide_panel import guide_panel
    from orview.edge.calibration_pictures import FILM_VIEWS, views_of_film, views_of_person, views_of_pictures

    if source.live:
        with guide_panel() as show:
            return views_of_person(source, board, views=views or MOST_VIEWS, show=show)
    with progress_bars() as progress:
        if pictures:
            return views_of_pictures(source, board, progress=progress)
        return views_of_film(source, board, views=views or FILM_VIEWS, progress=progress)


def _draw(path: Path, result: "Calibration", found: "Views") -> None:
    from orview.calibrate.coverage_svg import coverage_svg
    from orview.errors import InputError

    lens = result.profile.lens
    caption = f"{result.verdict}: {_expected(result)}"
    text = coverage_svg(found.sightings, width_px=lens.width_px, height_px=lens.height_px, caption=caption)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"The picture cannot be written ({error.strerror}).", mend=f"Check {path}.") from error


def _expected(result: "Calibration") -> str:
    profile = result.profile
    return (
        f"95 % of targets 150 mm behind a board {profile.expected_at_mm or 0.0:.0f} mm away stay within "
        f"{profile.expected_error_mm or 0.0:.2f} mm (limit {result.limit_mm:.2f} mm)"
    )


def _document(result: "Calibration", found: "Views", out: Path) -> dict[str, object]:
    profile = result.profile
    lens = profile.lens
    return {
        "profile": str(out) if result.accepted else None,
        "verdict": result.verdict,
        "expected_error_mm": profile.expected_error_mm,
        "expected_at_mm": profile.expected_at_mm,
        "limit_mm": result.limit_mm,
        "expected": [{"distance_mm": e.distance_mm, "error_mm": e.error_mm} for e in result.expected],
        "board_bow_mm": profile.board_bow_mm,
        "digest": profile.digest,
        "board_digest": profile.board_digest,
        "camera": profile.camera,
        "mode": profile.mode,
        "serial": profile.serial,
        "calibrated_on": profile.calibrated_on.isoformat(),
        "pictures": found.pictures,
        "pictures_with_board": len(found.sightings),
        "views": profile.views,
        "rms_px": profile.rms_px,
        "view_rms_px": {str(k): rms for k, rms in zip(found.picture_numbers, result.view_rms_px, strict=True)},
        "rejected_corners": result.rejected_corners,
        "focal_px": [lens.fx_px, lens.fy_px],
        "centre_px": [lens.cx_px, lens.cy_px],
        "distortion": list(lens.distortion),
        "sigmas": profile.sigmas,
        "findings": [finding.to_json() for finding in (*found.findings, *result.findings)],
    }


def _show(result: "Calibration", found: "Views", out: Path) -> None:
    profile = result.profile
    lens, sigmas = profile.lens, profile.sigmas
    if result.accepted:
        console.print(f"[bold green]Accepted[/]: {_expected(result)}.", soft_wrap=True)
        console.print(f"  [bold]{out}[/]: {lens.width_px} x {lens.height_px} px, {profile.views} views.")
    else:
        console.print(f"[bold red]Refused[/], no profile added: {_expected(result)}.", soft_wrap=True)
    others = ", ".join(f"{e.error_mm:.2f} mm at {e.distance_mm / 1000.0:.1f} m" for e in result.expected)
    console.print(f"  by distance   {others}")
    console.print(f"  focal length  {lens.fx_px:.1f} ± {sigmas['fx']:.1f}, {lens.fy_px:.1f} ± {sigmas['fy']:.1f} px")
    console.print(f"  centre        {lens.cx_px:.1f} ± {sigmas['cx']:.1f}, {lens.cy_px:.1f} ± {sigmas['cy']:.1f} px")
    console.print(f"  board         out of flat by {profile.board_bow_mm or 0.0:.2f} mm")
    console.print(f"  residual      {profile.rms_px:.3f} px (says how well the corners fit, not how good it is)")
    if found.pictures > len(found.sightings):
        console.print(f"  {found.pictures - len(found.sightings)} of {found.pictures} pictures were not used.")
    for finding in (*found.findings, *result.findings):
        console.print(f"  [yellow]{finding.message}[/]", soft_wrap=True)
