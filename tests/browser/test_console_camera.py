"""The camera's page: choosing one, its profile, and the live picture with crosses that are never of another frame."""

from dataclasses import replace

import cv2
import numpy as np
from playwright.sync_api import expect

from orview.protocol.binary import PictureMessage
from orview.protocol.camera import Camera, CameraChoice, CameraState, ChooseCamera, ProfileEntry
from orview.protocol.messages import Watch
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, go, light_of
from tests.browser.console_room import LIVE, picture
from tests.browser.room_server import TOKEN, RoomServer

PROFILE = ProfileEntry(name="cam 1280x720", calibrated_on="2026-05-28", age_days=63, error_mm=0.75, limit_mm=1.0)
CAMERA = Camera(
    state=CameraState.FITS,
    words="The profile belongs to cam at 1280x720.",
    cameras=(CameraChoice(key="video0", name="Laptop camera"), CameraChoice(key="video2", name="Room camera")),
    chosen="video2",
    profile=PROFILE,
    boards=("calibration_a4",),
    calibration=None,
)
WIDE, NARROW = (64, 48), (32, 24)
BOXES = """() => [".seen img", ".seen path.under"].map((name) => {
  const { x, width, height } = document.querySelector(name).getBoundingClientRect();
  return { x, width, height };
})"""
"""Both in one look: what scrolls into view moves the page."""
WATCH_FRAMES = """() => {
  window.__frames = [];
  const look = () => {
    const img = document.querySelector(".seen img");
    if (img !== null) {
      const crosses = (document.querySelector(".seen path:not(.under)")?.getAttribute("d") ?? "").split("M").length - 1;
      window.__frames.push([img.naturalWidth, crosses / 2]);
    }
    window.requestAnimationFrame(look);
  };
  look();
}"""


def sized(size: tuple[int, int], corners: int) -> PictureMessage:
    """A picture of a size, with so many corners."""
    _, jpeg = cv2.imencode(".jpg", np.full((size[1], size[0], 3), 90, dtype=np.uint8))
    return replace(
        picture(),
        width_px=size[0],
        height_px=size[1],
        corners_px=(5.0, 7.0) * corners,
        jpeg=jpeg.tobytes(),
    )


def test_a_camera_is_chosen_and_its_profile_told(host: RoomServer, open_page: Open, axe: str) -> None:
    host.tell(CAMERA)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    panel = go(page, "camera").locator(".camera")
    expect(panel).to_contain_text("63 days ago")
    expect(panel).to_contain_text("0.75 mm at a target (limit 1.00 mm)")
    expect(panel.locator(".cameras li").nth(1)).to_contain_text("IN USE")
    assert violations(page, axe) == []
    assert_large_targets(page)
    take = panel.get_by_role("button", name="Use Laptop camera")
    take.focus()
    page.keyboard.press("Enter")
    assert host.wait_for(ChooseCamera) == ChooseCamera(key="video0")
    host.tell(
        replace(
            CAMERA,
            state=CameraState.UNFIT,
            words="There is no profile of Laptop camera at 640x480.",
            chosen="video0",
            profile=None,
        )
    )
    expect(panel).to_contain_text("No profile belongs to this camera")
    expect(light_of(page, "camera")).to_have_text("FAULT")
    host.tell(replace(CAMERA, state=CameraState.AWAY, words="The camera is gone.", cameras=CAMERA.cameras[:1]))
    expect(panel).to_contain_text("The camera is gone.")
    expect(panel.get_by_role("button", name="Use Laptop camera")).to_be_visible()
    host.tell(CAMERA)
    expect(light_of(page, "camera")).to_have_text("OK")
    assert violations(page, axe) == []


def test_another_camera_is_asked_about_once_while_it_would_end_live(
    host: RoomServer, open_page: Open, axe: str
) -> None:
    host.tell(CAMERA)
    host.tell(LIVE)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    panel = go(page, "camera").locator(".camera")
    expect(panel).to_contain_text("Another camera ends LIVE")
    panel.get_by_role("button", name="Use Laptop camera").click()
    expect(panel.get_by_role("alert")).to_contain_text("Use Laptop camera? LIVE ends")
    assert violations(page, axe) == []
    assert_large_targets(page)
    panel.get_by_role("button", name="Keep the camera").click()
    expect(panel.get_by_role("alert")).to_have_count(0)
    panel.get_by_role("button", name="Use Laptop camera").click()
    assert not [message for _, message in host.received if isinstance(message, ChooseCamera)], "before she meant it"
    panel.get_by_role("button", name="End LIVE and use Laptop camera").click()
    assert host.wait_for(ChooseCamera) == ChooseCamera(key="video0")
    expect(panel.get_by_role("alert")).to_have_count(0)


def test_crosses_lie_on_the_corners_of_their_own_picture(host: RoomServer, open_page: Open) -> None:
    host.tell(CAMERA)
    page = open_page(f"{host.url}/console#t={TOKEN}")
    panel = go(page, "camera").locator(".camera")
    assert host.wait_for(Watch) == Watch(pictures=True)
    seen = replace(picture(), corners_px=(180.0, 90.0, 300.0, 190.0))
    host.show_picture(seen)
    expect(panel.locator(".seen figcaption")).to_have_text("2 corners found")
    image, crosses = page.evaluate(BOXES)
    # In CSS pixels: the picture keeps its shape within the space it has.
    scale = min(image["width"] / seen.width_px, image["height"] / seen.height_px)
    left = image["x"] + (image["width"] - scale * seen.width_px) / 2
    assert abs(crosses["x"] - (left + (180.0 + 0.5 - 4) * scale)) < 4
    assert abs(crosses["width"] - (120 + 8) * scale) < 8

    page.evaluate(WATCH_FRAMES)
    for number in range(30):
        host.show_picture(sized(WIDE, 1) if number % 2 == 0 else sized(NARROW, 3))
        page.wait_for_timeout(40)
    frames = page.evaluate("() => window.__frames")
    told = {width: {crosses for size, crosses in frames if size == width} for width in (WIDE[0], NARROW[0])}
    assert told == {WIDE[0]: {1}, NARROW[0]: {3}}
