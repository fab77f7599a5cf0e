"""A whole host beside a browser: a filmed board, a nurse who confirms and a relay, on a thread of their own.

Playwright holds the thread of a test; what answers the page meanwhile has to live on another.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self, TypeVar

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.model.case import Case, Level
from tests.faults.fault_room import RELAYS, FaultRoom, Nurse, nursed
from tests.faults.relay import Relay
from tests.integration.small_room import BOARD, PLAN, ROOM_FROM_PATIENT, add_case, verdict

T = TypeVar("T")
VIEW_FROM_PATIENT_M = (0.0, 0.0, -0.6)
"""Where the wearer of an emulated headset, who looks along -z, has the patient's origin."""


def case_of(models: dict[Level, tuple[bytes, int]]) -> Callable[..., Case]:
    """Return what stores a case of one tumour with these levels: their GLB and its triangles."""

    def add(store: CaseStore, *, name: str) -> Case:
        plain = add_case(store, name=f"{name} without a model", registered=False)
        levels = tuple(
            replace(
                plain.levels[0],
                level=level,
                sha256=sha256(glb).hexdigest(),
                bytes=len(glb),
                plain_sha256=sha256(glb).hexdigest(),
                plain_bytes=len(glb),
                triangles=triangles,
                structure_triangles={"tumour": triangles},
            )
            for level, (glb, triangles) in models.items()
        )
        case = replace(
            plain,
            id=sha256(name.encode()).hexdigest()[:16],
            name=name,
            structures=(replace(plain.structures[0], color_srgb=(1.0, 0.0, 1.0)),),
            levels=levels,
        )
        store.add(case, {sha256(glb).hexdigest(): glb for glb, _ in models.values()})
        digest = load_board(BOARD).digest
        store.put_registration(case.id, digest, verdict(digest).to_json(), "2026-01-01T00:00:01+00:00")
        store.put_check_plan(case.id, PLAN)
        return case

    return add


class LiveRoom:
    """The room; a context manager.

    Attributes:
        room: the host and its camera.
        nurse: at her console.
        relay: between the page and the host.

    Args:
        folder: of everything.
        models: of the case, by level: the GLB and its triangles.
        mbit_s: what the relay carries at most.
    """

    def __init__(self, folder: Path, models: dict[Level, tuple[bytes, int]], *, mbit_s: float | None = None) -> None:
        in_room_m = ROOM_FROM_PATIENT.translation_mm / 1000.0
        place_m = [float(view - room) for view, room in zip(VIEW_FROM_PATIENT_M, in_room_m, strict=True)]
        self.room = FaultRoom(folder, add=case_of(models), world_from_room=(*place_m, 0.0, 0.0, 0.0, 1.0))
        self.nurse: Nurse
        self.relay: Relay
        self._mbit_s = mbit_s
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._live()), daemon=True)

    def __enter__(self) -> Self:
        self.room.__enter__()
        self._thread.start()
        if not self._ready.wait(60.0):
            raise TimeoutError("the nurse did not come")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20.0)
        self._loop.close()
        self.room.__exit__()

    async def _live(self) -> None:
        room = self.room
        port = room.addresses.port
        async with nursed(room) as self.nurse, Relay(RELAYS[0], ("127.0.0.1", port), mbit_s=self._mbit_s) as self.relay:
            await self.nurse.until(lambda: self.nurse.session is not None)
            self._ready.set()
            await self._over.wait()

    def do(self, work: Coroutine[Any, Any, T], *, timeout_s: float = 60.0) -> T:
        """Let somebody in the room do something, and wait for it."""
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(timeout_s)

    def page_url(self) -> str:
        """Return the joining link of a headset behind the relay."""
        return f"https://{RELAYS[0]}:{self.room.addresses.port}/#k={self.do(self.nurse.new_code())}"


def clock_offset_ms(read_ms: Callable[[], float], *, looks: int = 200) -> tuple[float, float]:
    """Return this machine's monotonic clock less a page's, and how far that may be off, ms; by the quickest look."""
    best_ms, offset_ms = float("inf"), 0.0
    for _ in range(looks):
        before_ms = time.monotonic_ns() / 1e6
        page_ms = read_ms()
        after_ms = time.monotonic_ns() / 1e6
        if after_ms - before_ms < best_ms:
            best_ms, offset_ms = after_ms - before_ms, (before_ms + after_ms) / 2 - page_ms
    return offset_ms, best_ms / 2
