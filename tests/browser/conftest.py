"""A real Chromium, the production pages, and an emulated headset that only the test brings."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.room_server import RoomServer

CLIENT = Path(__file__).resolve().parents[2] / "headset_client"
VIEWPORT = {"width": 1280, "height": 720}
FOVY_RAD = 1.2
HALF_IPD_M = 0.0315
"""The emulator draws the left eye, which stands half the distance of the eyes beside the head."""
LAUNCH_FLAGS = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    # Without it newer versions have no WebGL at all on a machine without a graphics card.
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",
)


def emulated_headset(*, stereo: bool = False) -> str:
    """Return the script that puts an emulated Quest 3 on the page; in mono it draws the left eye alone."""
    options = f"{{ stereoEnabled: {str(stereo).lower()}, fovy: {FOVY_RAD} }}"
    return f"""
window.__xr = new IWER.XRDevice(IWER.metaQuest3, {options});
window.__xr.installRuntime({{ forceInstall: true }});
"""


FRESH_FRAMES = """
{
  const ask = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (draw) => ask(() => setTimeout(() => draw(performance.now()), 4));
}
"""
"""A frame begins when what has arrived is heard. Without a graphics card frames take so long that poses pile up behind
them: the next one would begin before they are heard, and rightly be drawn as outlines or not at all."""


Open = Callable[..., Page]


def chromium_path() -> str:
    """Where Debian's or another Chromium is; skips without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    pytest.skip("there is no Chromium: sudo apt-get install chromium")


@pytest.fixture(scope="session")
def client() -> Path:
    """headset_client/ with `dist/` built from the sources as they are, and the emulator beside it."""
    sys.path.insert(0, str(CLIENT))
    try:
        import hatch_build
    finally:
        sys.path.remove(str(CLIENT))
    if hatch_build.node_folder() is None and not hatch_build.is_fresh():
        pytest.skip("the pages are not built and there is no Node to build them")
    hatch_build.build()
    if not (CLIENT / "node_modules" / "iwer").is_dir():
        if hatch_build.node_folder() is None:
            pytest.skip("the emulated headset (npm package iwer) is not there, nor Node to get it")
        hatch_build.npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    return CLIENT


# Not for the whole session: while Playwright runs, no other test of this process may run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder; each gets a context of its own."""
    executable = chromium_path()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(LAUNCH_FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def axe(client: Path) -> str:
    """The accessibility checker's source."""
    return (client / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def host(client: Path, tmp_path: Path) -> Iterator[RoomServer]:
    """A host that serves the built pages and says what the test says."""
    with RoomServer(pages=client / "dist", store=tmp_path / "store") as server:
        yield server


@pytest.fixture(scope="module")
def shared_host(client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RoomServer]:
    """The same for all tests of a file, each of which says anew how things stand."""
    with RoomServer(pages=client / "dist", store=tmp_path_factory.mktemp("host") / "store") as server:
        yield server


@contextmanager
def opening(browser: Browser, client: Path) -> Iterator[Open]:
    """Yield a function that opens an address; afterwards no page may have complained."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        # A cut socket and a refused connection are what some tests are about; browsers log both as errors.
        if message.type in ("error", "warning") and "WebSocket connection to" not in message.text:
            complaints.append(f"{message.type}: {message.text}")

    def open_it(
        address: str, *, headset: bool = False, stereo: bool = False, changes: str = "{}", **screen: Any
    ) -> Page:
        """`changes`: what is other than about a Quest 3, as JavaScript; `screen`: as Playwright has it."""
        context = browser.new_context(**{"viewport": VIEWPORT, **screen})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(f"pageerror: {error}"))
        if headset:
            page.add_init_script(FRESH_FRAMES)
            page.add_init_script(path=client / "node_modules" / "iwer" / "build" / "iwer.min.js")
            page.add_init_script(f"Object.assign(IWER.metaQuest3, {changes});{emulated_headset(stereo=stereo)}")
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(browser: Browser, client: Path) -> Iterator[Open]:
    """Return a function that opens an address; afterwards no page may have complained."""
    with opening(browser, client) as open_it:
        yield open_it


@pytest.fixture(scope="module")
def open_shared(browser: Browser, client: Path) -> Iterator[Open]:
    """The same, of pages that stay for all tests of a file."""
    with opening(browser, client) as open_it:
        yield open_it


def violations(page: Page, axe: str) -> list[str]:
    """What the checker finds against WCAG 2.2 A and AA on the page as it is."""
    # Evaluated, not added as a script: the page's content security policy would rightly refuse that.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe)
    found = page.evaluate(
        """async () => (await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }))
            .violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.target).join(", ")}`)"""
    )
    assert isinstance(found, list)
    return found
