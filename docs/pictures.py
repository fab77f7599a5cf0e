"""Makes the pictures of the documentation from the running demonstration: `python -m docs.pictures`.

Starts `orview demo` on this machine alone, opens its pages in Chromium and writes docs/demo.png and
docs/console.png.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

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


def main() -> None:
    """Run the demonstration and photograph it."""
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
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                page.goto(addresses["local_headset_url"])
                _photograph_live(page, FOLDER / "demo.png")
                console = browser.new_page(viewport={"width": 1366, "height": 768})
                console.goto(addresses["console_url"])
                _photograph_live(console, FOLDER / "console.png")
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


def _photograph_live(page: Page, path: Path) -> None:
    """Photograph a page that is LIVE; a browser without a graphics card may take the tracker's time for the shot."""
    live = page.locator('[data-word="LIVE"]').first
    live.wait_for(timeout=LIVE_TIMEOUT_MS)
    page.wait_for_timeout(SETTLE_MS)
    for _ in range(TRIES):
        live.wait_for(timeout=LIVE_TIMEOUT_MS)
        page.screenshot(path=path)
        if live.is_visible():
            return
        page.wait_for_timeout(PAUSE_MS)
    raise SystemExit(f"{path.name}: the page was not LIVE in any of {TRIES} pictures.")


if __name__ == "__main__":
    main()
