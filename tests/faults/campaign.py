"""Injects faults into a room that is live, one after the other at random moments, and judges what headsets drew.

Every fault is measured by the frames of headsets in processes of their own and by the machine's monotonic clock. A
process is killed again no sooner than 5 s after it was killed last: the one that waits in its place has to load first.
"""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Sequence

from orview.protocol.limits import SIGHT_LIMIT_MS
from orview.units import ms_from_ns, ns_from_s
from tests.faults.fault_room import Nurse
from tests.faults.ledger import Ledger
from tests.faults.relay import Relay, Way
from tests.faults.worn_headset import WornHeadset

HIDDEN_WITHIN_MS = 200.0
KILLED_APART_S = 5.0
KILLED = {
    "stream killed": "stream",
    "track killed": "track",
    "look killed": "look",
    "work killed": "work",
    "plan killed": "plan",
}
ON_THE_ROAD = ("stream", "track")
"""Without one of these there are no poses."""
STOPPED = {
    "stream stopped": ("stream",),
    "track stopped": ("track",),
    "computer asleep": ("stream", "track", "look", "work", "plan"),
}
AT_THE_CAMERA = ("camera stalled", "board covered")
ON_THE_LINK = {"link cut": Way.CUT, "link half-open": Way.SILENT, "link far too slow": Way.TRICKLE}
AT_THE_HEADSET = ("headset's clock jumped", "headset stopped")
JUMPS_S = (0.3, 3.0, 3600.0, -0.3, -3.0, -3600.0)
_HELD_WHY = {
    "stream": "The host was restarted: confirm again.",
    "track": "The camera tracking was restarted: confirm again.",
}


class Campaign:
    """Faults in one room.

    Args:
        nurse: of the room.
        headsets: that are worn, with the relay of each.
        ledger: where what came of it is written.
        rng: says when and how long.
    """

    def __init__(
        self, nurse: Nurse, headsets: Sequence[WornHeadset], relays: Sequence[Relay], ledger: Ledger, rng: random.Random
    ) -> None:
        self._nurse, self._headsets, self._relays = nurse, headsets, relays
        self._ledger, self._rng = ledger, rng
        self._killed_s: dict[str, float] = {}

    async def run(self, counts: dict[str, int]) -> None:
        """Inject each kind of fault so often, in a random order."""
        waiting = [kind for kind, count in counts.items() for _ in range(count)]
        self._rng.shuffle(waiting)
        while waiting:
            # Those of single headsets go together, each with a headset of its own.
            kind = next((kind for kind in waiting if self._may(kind)), None)
            if kind is None:
                await asyncio.sleep(0.05)
                continue
            waiting.remove(kind)
            if kind not in ON_THE_LINK and kind not in AT_THE_HEADSET:
                await self._one(kind)
                continue
            kinds = [kind]
            for other in [kind for kind in waiting if kind in ON_THE_LINK or kind in AT_THE_HEADSET][:2]:
                waiting.remove(other)
                kinds.append(other)
            await self._live()
            await asyncio.gather(*(self._at_headset(kind, number) for number, kind in enumerate(kinds)))

    def judge_frames(self) -> None:
        """Look through every frame that was drawn: none may show what is too old."""
        row = self._ledger.row("frames drawn in all of it")
        oldest_ms, shown = 0.0, 0
        for headset in self._headsets:
            frames = headset.look()
            row.count += len(frames)
            ages_ms = [ms_from_ns(frame.at_ns - frame.capture_ns) for frame in frames if frame.shown]
            shown += len(ages_ms)
            oldest_ms = max([oldest_ms, *ages_ms])
            row.wrong += [f"a pose {age_ms:.1f} ms old was drawn" for age_ms in ages_ms if age_ms > SIGHT_LIMIT_MS]
        row.words = f"{shown} with the overlay, the oldest pose in one {oldest_ms:.1f} ms old"

    def _may(self, kind: str) -> bool:
        part = KILLED.get(kind)
        return part is None or time.monotonic() - self._killed_s.get(part, 0.0) >= KILLED_APART_S

    async def _live(self) -> None:
        """Wait until every headset shows the overlay, and a moment nobody can foresee."""
        nurse = self._nurse

        def all_show() -> bool:
            live = nurse.session is not None and nurse.session.state == "LIVE"
            return live and all(headset.shows for headset in self._headsets)

        while not all_show():
            # She confirms until they show it: what was stopped may end the session a moment after it goes on.
            nurse.confirms = True
            try:
                await nurse.until(all_show, timeout_s=60.0)
            except TimeoutError:
                shows = [headset.shows for headset in self._headsets]
                raise AssertionError(f"not shown again: headsets {shows}, session {nurse.session}") from None
            nurse.confirms = False
            await asyncio.sleep(self._rng.uniform(0.0, 0.15))

    async def _one(self, kind: str) -> None:
        await self._live()
        if kind in KILLED:
            await self._kill(kind, KILLED[kind])
        elif kind in STOPPED:
            await self._stop(kind)
        else:
            await self._at_camera(kind)

    async def _kill(self, kind: str, part: str) -> None:
        row, nurse = self._ledger.row(kind), self._nurse
        before, recorded = nurse.session, nurse.room.record
        pids, told = nurse.room.pids(), len(nurse.told)
        killed_ns = time.monotonic_ns()
        os.kill(pids[part], signal.SIGKILL)
        self._killed_s[part] = time.monotonic()
        row.count += 1
        if part not in ON_THE_ROAD:
            await nurse.until(lambda: nurse.room.pids(part).get(part) not in (None, pids[part]))
            row.restored_ms.append(ms_from_ns(time.monotonic_ns() - killed_ns))
            await asyncio.sleep(0.2)
            if len(nurse.told) != told and nurse.told[-1][1].state != "LIVE":
                row.wrong.append(f"the session was {nurse.told[-1][1].state}")
            return
        row.restored_ms.append(ms_from_ns(await self._back(part, killed_ns) - killed_ns))
        # Nobody confirms for a while: it must not become live by itself.
        await asyncio.sleep(max(0.35 - (time.monotonic_ns() - killed_ns) / 1e9, 0.1))
        self._judge(kind, self._headsets, killed_ns, time.monotonic_ns())
        since = [session for at_ns, session in nurse.told[told:] if at_ns > killed_ns]
        held, states = nurse.session, [session.state for session in since]
        if held is None or held.state != "HOLD" or held.why != _HELD_WHY[part] or before is None:
            row.wrong.append(f"it came back as {states}")
            return
        if "LIVE" in states[states.index("HOLD") :]:
            row.wrong.append("it was live before anybody confirmed")
        if (held.case_id, held.model) != (before.case_id, before.model) or nurse.room.record != recorded:
            row.wrong.append("the state that came back is not the one that was recorded")
        if words_of(held, "registration") != words_of(before, "registration"):
            row.wrong.append("the registration that came back is another")
        running = nurse.room.pids()
        if any(running.get(name) != pid for name, pid in pids.items() if name != part):
            row.wrong.append("another process ended too")

    async def _back(self, part: str, killed_ns: int) -> int:
        """Wait for the first fresh state after a kill; returns when it came."""
        nurse = self._nurse

        def back() -> bool:
            held = any(at_ns > killed_ns and session.state == "HOLD" for at_ns, session in reversed(nurse.told[-20:]))
            if nurse.pose is None or not held:
                return False
            pose = nurse.pose[1]
            return pose.send_ns > killed_ns if part == "stream" else pose.capture_ns > killed_ns

        await nurse.until(back)
        first_held_ns = next(at_ns for at_ns, told in nurse.told if at_ns > killed_ns and told.state == "HOLD")
        assert nurse.pose is not None
        return max(first_held_ns, nurse.pose[0])

    async def _stop(self, kind: str) -> None:
        self._ledger.row(kind).count += 1
        pids = self._nurse.room.pids(*STOPPED[kind]).values()
        begun_ns = time.monotonic_ns()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._rng.uniform(0.3, 1.3))
            self._judge(kind, self._headsets, begun_ns, time.monotonic_ns())
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    async def _at_camera(self, kind: str) -> None:
        self._ledger.row(kind).count += 1
        film = self._nurse.room.film
        begun_ns = time.monotonic_ns()
        film.covered, film.filming = kind == "board covered", kind != "camera stalled"
        await asyncio.sleep(self._rng.uniform(0.3, 0.8))
        self._judge(kind, self._headsets, begun_ns, time.monotonic_ns())
        film.covered, film.filming = False, True

    async def _at_headset(self, kind: str, number: int) -> None:
        headset, relay = self._headsets[number], self._relays[number]
        await asyncio.sleep(self._rng.uniform(0.0, 0.1))
        self._ledger.row(kind).count += 1
        begun_ns = time.monotonic_ns()
        if kind in ON_THE_LINK:
            relay.set(ON_THE_LINK[kind])
            await asyncio.sleep(self._rng.uniform(0.3, 1.0))
            self._judge(kind, [headset], begun_ns, time.monotonic_ns())
            relay.set(Way.OPEN)
        elif kind == "headset stopped":
            # Nothing is drawn meanwhile; what it draws first afterwards is judged with all other frames.
            os.kill(headset.pid, signal.SIGSTOP)
            await asyncio.sleep(self._rng.uniform(0.3, 1.0))
            os.kill(headset.pid, signal.SIGCONT)
        else:
            # A jump alone makes no pose old: the same holds for each frame afterwards as for all others.
            headset.shift_clock(ns_from_s(self._rng.choice(JUMPS_S)))
            await asyncio.sleep(0.3)

    def _judge(self, kind: str, headsets: Sequence[WornHeadset], begun_ns: int, ended_ns: int) -> None:
        """Write down how long after a fault each headset showed the overlay, and that it stayed hidden."""
        row = self._ledger.row(kind)
        for headset in headsets:
            frames = [frame for frame in headset.look() if begun_ns <= frame.at_ns < ended_ns]
            last_ns = max((frame.at_ns for frame in frames if frame.shown), default=begun_ns)
            row.hidden_ms.append(ms_from_ns(last_ns - begun_ns))
            if row.hidden_ms[-1] > HIDDEN_WITHIN_MS:
                row.wrong.append(f"shown {row.hidden_ms[-1]:.0f} ms after it")


def words_of(session: object, key: str) -> list[str]:
    """Return what a session says of one condition."""
    return [condition.words for condition in session.conditions if condition.key == key]  # type: ignore[attr-defined]
