"""`orview calibrate`: pictures of a board become a camera profile."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orview.cli.output import console, print_json, progress_bars

if TYPE_CHECKING:
    from orview.calibrate.intrinsics import Calibration
    from orview.edge.calibration_pictures import Views


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
    views: Annotated[int, typer.Option(min=3, help="How many views to take from a video or live camera.")] = 40,
    name: Annotated[str, typer.Option(help="Name of the camera, where the pictures do not know it.")] = "",
    serial: Annotated[str, typer.Option(help="Serial number of the camera, likewise.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Calibrate a camera with a printed board.

    Example: orview calibrate photos/*.jpg --board calibration_a4 --out room_camera.toml
    """
    from orview.calibrate.intrinsics import calibrate_intrinsics
    from orview.edge.boards import load_board
    from orview.edge.calibration_pictures import collect_views
    from orview.edge.camera import open_camera, open_pictures
    from orview.edge.profiles import add_profile, check_profile_is_new

    if sum((bool(images), video is not None, camera is not None)) != 1:
        raise typer.BadParameter("give pictures, --video or --camera, one of the three")
    definition = load_board(board)
    check_profile_is_new(out)
    source = open_pictures(images) if images else open_camera(camera if camera is not None else str(video))
    with source, progress_bars() as progress:
        found = collect_views(source, definition, film=not images, views=views, progress=progress)
        progress("lens", 0.0)
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
        )
        progress("lens", 1.0)
    add_profile(out, result.profile)
    if as_json:
        print_json(_document(result, found, out))
    else:
        _show(result, found, out)


def _document(result: "Calibration", found: "Views", out: Path) -> dict[str, object]:
    lens = result.profile.lens
    return {
        "profile": str(out),
        "digest": result.profile.digest,
        "board_digest": result.profile.board_digest,
        "camera": result.profile.camera,
        "mode": result.profile.mode,
        "serial": result.profile.serial,
        "calibrated_on": result.profile.calibrated_on.isoformat(),
        "pictures": found.pictures,
        "pictures_with_board": len(found.sightings),
        "views": result.profile.views,
        "rms_px": result.profile.rms_px,
        "view_rms_px": {str(k): rms for k, rms in zip(found.picture_numbers, result.view_rms_px, strict=True)},
        "rejected_corners": result.rejected_corners,
        "focal_px": [lens.fx_px, lens.fy_px],
        "centre_px": [lens.cx_px, lens.cy_px],
        "distortion": list(lens.distortion),
        "sigmas": result.profile.sigmas,
        "findings": [finding.to_json() for finding in result.findings],
    }


def _show(result: "Calibration", found: "Views", out: Path) -> None:
    lens, sigmas = result.profile.lens, result.profile.sigmas
    console.print(f"[bold]{out}[/]: {lens.width_px} x {lens.height_px} px, {result.profile.views} views.")
    console.print(f"  focal length  {lens.fx_px:.1f} ± {sigmas['fx']:.1f}, {lens.fy_px:.1f} ± {sigmas['fy']:.1f} px")
    console.print(f"  centre        {lens.cx_px:.1f} ± {sigmas['cx']:.1f}, {lens.cy_px:.1f} ± {sigmas['cy']:.1f} px")
    console.print(f"  residual      {result.profile.rms_px:.3f} px (says how well the corners fit, not how good it is)")
    if found.pictures > len(found.sightings):
        console.print(f"  {found.pictures - len(found.sightings)} of {found.pictures} pictures were not used.")
    for finding in result.findings:
        console.print(f"  [yellow]{finding.message}[/]")
