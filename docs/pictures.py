"""Makes the pictures of the documentation from the running demonstration: `python -m docs.pictures`.

Starts `orview demo` on this machine alone, opens its pages in Chromium and writes docs/demo.png, and for the nurse's
page (docs/nurse.html) one picture of each step into docs/nurse, and docs/plan_page.jpg of docs/planning.md. `python -m
docs.pictures nurse` makes only the steps, `plan` only the last.
"""

import io
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from orview.edge.demo.nurse_acts import SYNTHETIC
from orview.protocol.identifying import IdentifierKind

FOLDER = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LIVE_TIMEOUT_MS = 60_000
SETTLE_MS = 6_000
PAUSE_MS = 1_500
TRIES = 10
LAPTOP: ViewportSize = {"width": 1366, "height": 768}
HIDE_STRIP = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(".strip { display: none; }");
    document.adoptedStyleSheets = [sheet];
}"""
"""What this very machine lacks is no part of a step."""
NURSE_WIDTH = 1024
"""Pixels of a step's picture: 290 to the inch at the size it is printed in."""
NURSE_QUALITIES = (85, 75, 65, 55, 45, 35, 25)
NURSE_MOST_BYTES = 60_000


def main() -> None:
    """Run the demonstration and photograph it."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    command = [
        sys.executable,
        "-m",
        "orview.cli.main",
        "demo",
        "--local",
        "--json",
        "--port",
        "0",
        "--loopback-port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        try:
            addresses = _first_document(demo)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                if wanted == "all":
                    page = browser.new_page(viewport={"width": 1280, "height": 720})
                    page.goto(addresses["local_headset_url"])
                    (FOLDER / "demo.png").write_bytes(_photograph_live(page))
                    page.close()
                if wanted in ("all", "plan"):
                    _photograph_plan(browser, addresses)
                if wanted in ("all", "nurse"):
                    # Last, as it ends the session.
                    _photograph_steps(browser, addresses)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)


def _first_document(demo: "subprocess.Popen[str]") -> dict[str, str]:
    """Return the addresses the demonstration prints when it is ready."""
    assert demo.stdout is not None
    lines: list[str] = []
    for line in demo.stdout:
        lines.append(line)
        if line.rstrip() == "}":
            break
    document: dict[str, str] = json.loads("".join(lines))
    return document


def _photograph_live(page: Page) -> bytes:
    """Photograph a page that is LIVE; a browser without a graphics card may take the tracker's time for the shot."""
    live = page.locator('[data-word="LIVE"]').first
    live.wait_for(timeout=LIVE_TIMEOUT_MS)
    page.wait_for_timeout(SETTLE_MS)
    for _ in range(TRIES):
        live.wait_for(timeout=LIVE_TIMEOUT_MS)
        picture = page.screenshot()
        if live.is_visible():
            return picture
        page.wait_for_timeout(PAUSE_MS)
    raise SystemExit(f"{page.url}: the page was not LIVE in any of {TRIES} pictures.")


def _photograph_steps(browser: Browser, addresses: dict[str, str]) -> None:
    """Photograph each step of the console in English and in light, as a nurse meets it who does one after the other."""
    folder = FOLDER / "nurse"
    folder.mkdir(exist_ok=True)
    page = browser.new_page(viewport=LAPTOP, locale="en-GB", timezone_id="UTC", color_scheme="light")
    page.goto(addresses["console_url"])
    page.locator('[data-word="LIVE"]').first.wait_for(timeout=LIVE_TIMEOUT_MS)
    page.evaluate(HIDE_STRIP)
    # The session of the simulated nurse: with its end all is void that a person vouches for.
    _step(page, "live")
    _press(page, "END")
    page.get_by_role("button", name="End the session").click()
    page.locator('[data-word="OFF"]').first.wait_for()

    _step(page, "patient")
    page.get_by_label("Name", exact=True).fill(SYNTHETIC[IdentifierKind.NAME])
    page.get_by_label("Date of birth").fill(SYNTHETIC[IdentifierKind.BIRTH_DATE])
    _photograph(page, folder / "patient.jpg")
    page.get_by_role("button", name="COMPARE").click()
    _press(page, "THIS IS THE PATIENT")
    page.locator('[data-word="HOLD"]').first.wait_for()

    # Where a code still stands, the big button is another one.
    page.get_by_role("button", name=re.compile("NEW CODE|Another code")).first.click()
    guest = browser.new_page(viewport={"width": 320, "height": 180})
    guest.goto(addresses["local_headset_url"])
    _photograph(page, folder / "team.jpg")
    guest.close()
    _step(page, "camera")
    _photograph(page, folder / "camera.jpg")
    _step(page, "register")
    _photograph(page, folder / "register.jpg")
    _press(page, "ACCEPT")
    _step(page, "check")
    _press(page, "LOCK THIS PLAN")
    page.get_by_role("button", name=re.compile("^Touch .* with the pointer$")).first.click()
    page.locator(".checks").get_by_text("AGREES").first.wait_for(timeout=LIVE_TIMEOUT_MS)
    for box in page.locator(".time-out").get_by_role("checkbox").all():
        box.click()
    page.locator("#step-title").scroll_into_view_if_needed()
    _photograph(page, folder / "check.jpg")
    _step(page, "live")
    _press(page, "START")
    _keep_small(_photograph_live(page), folder / "live.jpg")
    page.close()


def _photograph_plan(browser: Browser, addresses: dict[str, str]) -> None:
    """Photograph the page that draws the plan of the phantom's resection."""
    page = browser.new_page(viewport=LAPTOP, locale="en-GB", timezone_id="UTC", color_scheme="dark")
    page.goto(addresses["console_url"])
    page.locator('[data-word="LIVE"]').first.wait_for(timeout=LIVE_TIMEOUT_MS)
    page.wait_for_timeout(PAUSE_MS)
    # Until now the simulated nurse may have had it.
    for wheel in page.get_by_role("button", name="Take the wheel").all():
        wheel.click()
    page.evaluate(HIDE_STRIP)
    # Plans are not drawn while the overlay is on.
    _step(page, "check")
    page.get_by_role("button", name="Patient or table was moved").click()
    page.locator('[data-word="HOLD"]').first.wait_for(timeout=LIVE_TIMEOUT_MS)
    page.get_by_role("button", name="Open the plan").click()
    page.locator(".cut canvas").first.wait_for(timeout=LIVE_TIMEOUT_MS)
    _photograph(page, FOLDER / "plan_page.jpg")
    page.close()


def _step(page: Page, step: str) -> None:
    """Go to a step by the rail."""
    page.locator(f'.rail [data-step="{step}"]').click()
    page.locator(".big").wait_for()


def _press(page: Page, label: str) -> None:
    """Press the big button once it does something."""
    page.locator(f'.big:not([aria-disabled="true"]):has-text("{label}")').click()


def _photograph(page: Page, path: Path) -> None:
    """Let pictures and words come, and photograph the page."""
    page.wait_for_timeout(SETTLE_MS)
    _keep_small(page.screenshot(), path)


def _keep_small(png: bytes, path: Path) -> None:
    """Store a picture of a page smaller, as well as there is room for: paper needs no more."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    height = round(picture.height * NURSE_WIDTH / picture.width)
    smaller = picture.resize((NURSE_WIDTH, height), Image.Resampling.LANCZOS)
    for quality in NURSE_QUALITIES:
        smaller.save(path, quality=quality, optimize=True)
        if path.stat().st_size < NURSE_MOST_BYTES:
            return
    raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {NURSE_MOST_BYTES}: make it narrower.")


if __name__ == "__main__":
    main()
