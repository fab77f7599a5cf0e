"""From a closed laptop lid to LIVE on a known room: what the machine takes of it, people left out.

    python -m benchmarks.console_start [--only SCENE ...] [--times N] [--record]

| scene | what |
|---|---|
| cold | `orview` started on a store that knows camera, board, case and registration, and its console, to LIVE |
| wake | the same host and browser, stopped for ten seconds while LIVE as by sleep, to LIVE again |

Whoever would act does so by code at once: choosing, comparing, touching and confirming cost nothing here. The camera is
a program, and the case lies in the store; starting the laptop itself is not counted.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.goal_table import record
from benchmarks.streaming_pieces import Goal
from orview.edge.case_store import CaseStore
from orview.edge.host.camera_choice import GIVEN, Choice
from orview.edge.host.running import RunningHost
from orview.edge.host.store import HostStore
from orview.model.case import Case
from orview.protocol.wheel import TakeWheel
from tests.browser.conftest import LAUNCH_FLAGS, chromium_path
from tests.integration.small_room import FilmedBoard, add_case, confirm, console, go_live, write_profile

RESULTS = Path(__file__).resolve().parent / "results" / "console_start.md"
ASKED_S = 60.0
ASLEEP_S = 10.0
WAIT_MS = 60_000


@dataclass(frozen=True, kw_only=True)
class Started:
    """A room that went LIVE: since when each stage took how long, s."""

    console_s: float
    page_s: float
    live_s: float


@contextmanager
def known_room(folder: Path) -> Iterator[Case]:
    """A store that knows camera, profile, case and registration, and the camera itself, which films the board."""
    store = CaseStore.open(folder / "store")
    case = add_case(store)
    calibrations = store.folder / "calibrations"
    calibrations.mkdir()
    write_profile(calibrations)
    with FilmedBoard(folder / "camera.slot") as film:
        camera = Choice(key=GIVEN, name="Filmed board", source=f"slot:{film.path}")
        HostStore(store).put_camera(camera.record())
        yield case


@contextmanager
def started_alone(store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`orview` as an icon starts it, in a group of its own."""
    code = "from orview.cli.main import run; run()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "--store", str(store), "--no-browser"],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def console_url(store: Path) -> str:
    """Where the console opens, once it does."""
    with RunningHost(store) as place:
        url = place.console_url(timeout_s=ASKED_S)
    assert url is not None
    return url


def act(url: str, acts: Callable[..., object]) -> None:
    """Let a nurse made by a program do something at the console, after she took the wheel."""
    parts = urlsplit(url)
    addresses = SimpleNamespace(loopback_port=parts.port, console_token=parts.fragment.removeprefix("t="))

    async def scene() -> None:
        async with console(addresses) as nurse:
            await nurse.say(TakeWheel())
            await acts(nurse)  # type: ignore[misc]

    # The page's own loop holds this thread.
    with ThreadPoolExecutor(1) as hand:
        hand.submit(asyncio.run, scene()).result()


def sleep_with(process: "subprocess.Popen[bytes]") -> float:
    """Stop host and browser for so long, as a machine that sleeps does; returns when they went on."""
    asleep = [pid for pid, name in descendants(os.getpid()) if "chrom" in name]
    os.killpg(process.pid, signal.SIGSTOP)
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(ASLEEP_S)
    woke_s = time.monotonic()
    os.killpg(process.pid, signal.SIGCONT)
    for pid in asleep:
        os.kill(pid, signal.SIGCONT)
    return woke_s


def descendants(parent: int) -> list[tuple[int, str]]:
    """Every process that this one started, directly or not, with its name."""
    children: dict[int, list[tuple[int, str]]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue
        pid, _, name = head.partition(" (")
        children.setdefault(int(rest.split()[1]), []).append((int(pid), name))
    found, left = [], [parent]
    while left:
        for pid, name in children.get(left.pop(), []):
            found.append((pid, name))
            left.append(pid)
    return found


def shows_live(page: Page) -> None:
    """Wait until the page says LIVE."""
    expect(page.locator(".banner .word")).to_have_text("LIVE", timeout=WAIT_MS)


def start(browser: Browser, case: Case, store: Path, began_s: float) -> tuple[Page, str, Started]:
    """From the start of the host to LIVE on the page."""
    url = console_url(store)
    console_s = time.monotonic() - began_s
    page = browser.new_page()
    page.goto(url)
    expect(page.locator(".banner .word")).to_be_visible(timeout=WAIT_MS)
    page_s = time.monotonic() - began_s
    act(url, lambda nurse: go_live(nurse, case))
    shows_live(page)
    return page, url, Started(console_s=console_s, page_s=page_s, live_s=time.monotonic() - began_s)


def rooms(times: int, scene: Callable[[Browser, Case, Path, float, subprocess.Popen[bytes]], None]) -> None:
    """Run a scene so often, each in a room and a browser of its own that were not there before."""
    for _ in range(times):
        with tempfile.TemporaryDirectory() as folder, known_room(Path(folder)) as case:
            store = Path(folder) / "store"
            began_s = time.monotonic()
            with started_alone(store) as process, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(LAUNCH_FLAGS))
                scene(browser, case, store, began_s, process)
                browser.close()


def cold(times: int) -> list[Goal]:
    """Start everything, and go LIVE."""
    found: list[Started] = []

    def scene(browser: Browser, case: Case, store: Path, began_s: float, process: "subprocess.Popen[bytes]") -> None:
        _, _, started = start(browser, case, store, began_s)
        found.append(started)
        print(
            f"  console {started.console_s:.2f} s, page {started.page_s:.2f} s, LIVE {started.live_s:.2f} s", flush=True
        )

    rooms(times, scene)
    worst = max(one.live_s for one in found)
    stages = f"console opens {max(one.console_s for one in found):.1f} s, page {max(one.page_s for one in found):.1f} s"
    return [
        Goal(
            name="`orview` started cold on a known room, to LIVE on the console's page",
            asked=f"within {ASKED_S:.0f} s of machine time",
            reached=f"worst {worst:.1f} s of {times} ({stages})",
            met=worst <= ASKED_S,
        )
    ]


def wake(times: int) -> list[Goal]:
    """Let the machine sleep while LIVE, and go LIVE again."""
    found: list[float] = []

    def scene(browser: Browser, case: Case, store: Path, began_s: float, process: "subprocess.Popen[bytes]") -> None:
        page, url, _ = start(browser, case, store, began_s)
        woke_s = sleep_with(process)
        expect(page.locator(".banner .word")).to_have_text("HOLD", timeout=WAIT_MS)
        held_s = time.monotonic() - woke_s
        act(url, confirm)
        shows_live(page)
        found.append(time.monotonic() - woke_s)
        print(f"  HOLD {held_s:.2f} s, LIVE {found[-1]:.2f} s", flush=True)

    rooms(times, scene)
    return [
        Goal(
            name=f"woken after {ASLEEP_S:.0f} s, to LIVE on the console's page",
            asked=f"within {ASKED_S:.0f} s of machine time, never LIVE by itself",
            reached=f"worst {max(found):.1f} s of {times}, by way of HOLD each time",
            met=max(found) <= ASKED_S,
        )
    ]


SCENES = {"cold": cold, "wake": wake}


def main() -> None:
    """Run the scenes, and say how far the goals are met."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES))
    arguments.add_argument("--times", type=int, default=5, help="of each scene (default 5)")
    arguments.add_argument("--record", action="store_true", help="write a table to results/console_start.md")
    given = arguments.parse_args()
    goals = []
    for name in given.only:
        print(f"{name}:", flush=True)
        of_scene = SCENES[name](given.times)
        for goal in of_scene:
            print(goal.line(), flush=True)
        goals += of_scene
    if given.record:
        record(RESULTS, goals)
    print(f"{sum(goal.met is True for goal in goals)} of {len(goals)} goals met")


if __name__ == "__main__":
    main()
