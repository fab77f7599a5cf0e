"""Faults for a page in a live room: each breaks something for a while, and mends it again."""

import contextlib
import os
import random
import signal
import time

from tests.browser.live_room import LiveRoom
from tests.faults.relay import Way

FAULTS = (
    "stream killed",
    "track killed",
    "stream stopped",
    "track stopped",
    "link cut",
    "link silent",
    "link far too slow",
    "camera stalled",
    "board covered",
)
_WAYS = {"link cut": Way.CUT, "link silent": Way.SILENT, "link far too slow": Way.TRICKLE}


def inject(kind: str, room: LiveRoom, rng: random.Random) -> None:
    """Let one fault happen at a moment nobody can foresee, and last for 0.3 to 2 s."""
    time.sleep(rng.uniform(0.0, 0.2))
    seconds = rng.uniform(0.3, 2.0)
    if kind in _WAYS:

        async def set_way(way: Way) -> None:
            room.relay.set(way)

        room.do(set_way(_WAYS[kind]))
        time.sleep(seconds)
        room.do(set_way(Way.OPEN))
        return
    film = room.room.film
    if kind in ("camera stalled", "board covered"):
        film.covered, film.filming = kind == "board covered", kind != "camera stalled"
        time.sleep(seconds)
        film.covered, film.filming = False, True
        return
    part, _, what = kind.partition(" ")
    pid = room.room.pids(part)[part]
    os.kill(pid, signal.SIGKILL if what == "killed" else signal.SIGSTOP)
    time.sleep(seconds)
    if what == "stopped":
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
