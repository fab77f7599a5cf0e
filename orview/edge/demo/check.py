"""The demonstration measured without a person: a reference headset follows it, and the simulation knows the truth."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.edge.demo.case import DemoCase
from orview.edge.demo.room import LOOPBACK, DemoRoom
from orview.edge.demo.simulated_eyes import SimulatedEyes
from orview.edge.demo.simulated_hand import SimulatedHand
from orview.edge.demo.simulated_nurse import go_to_stage, start_session
from orview.edge.headset.config import AppliedPose, HeadsetConfig
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.headset.report import HeadsetReport, Hidden
from orview.errors import NetworkError, OrviewError
from orview.protocol.messages import Session
from orview.units import ms_from_ns

SIGHT_TIMEOUT_S = 40.0
"""A headset is aligned by its pictures before it draws: on a busy machine that takes longer than to see the board."""
SETTLE_S = 1.0
HIDE_TIMEOUT_S = 5.0

MOST_FRE_MM = 1.0
MOST_TARGET_ERROR_MM = 2.0
LEAST_POSE_RATE_HZ = 10.0
MOST_MEDIAN_LATENCY_MS = 120.0
MOST_DISCOVERY_S = 5.0
MOST_HIDDEN_AFTER_MS = 200.0
LEAST_SHARE_WITHIN_CLAIM = 0.90
"""Of the drawn poses. The claim is 95 %; poses share one registration and one lens, so their errors hang together."""


@dataclass(frozen=True, kw_only=True)
class PoseErrors:
    """Distance between where the headset drew the tumour's centre and where it truly was then, mm."""

    p50: float
    p95: float
    worst: float
    count: int
    share_within_claim: float


@dataclass(frozen=True, kw_only=True)
class DemoReport:
    """What the demonstration measured.

    Attributes:
        prepare_s: from the CT's files to the models in the store.
        structures: of the case.
        calibration_rms_px: residual of the virtual camera's calibration.
        fre_mm: rms misfit of the beads; not an accuracy.
        predicted_tre_mm: expected error of the registration at the tumour, 95 %.
        true_tre_mm: its true error there.
        expected_error_mm: of the newest drawn pose at the tumour, 95 %, the whole chain.
        pose_rate_hz: live poses a second at the client.
        pose_latency_ms: p50 and p99 from the camera's exposure to the client.
        discovered_s: a fresh client finding the host by mDNS.
        headset_pose_error_mm: of the poses the client drew, at the tumour, against the truth of that moment.
        interruptions: times the overlay vanished while poses were measured: doubt, or a busy machine.
        hidden_after_ms: how long the overlay stood after the tracker was stopped.
        hidden_why: the client's reason.
        stages: of the plan, as the session was live in each of them after another; in words.
        connected_s, model_s, model_bytes: the client's way in, and its download of the model.
        simulated: always true.
        failed: what did not hold, in words; empty when all did.
    """

    prepare_s: float
    structures: int
    calibration_rms_px: float
    fre_mm: float
    predicted_tre_mm: float
    true_tre_mm: float
    expected_error_mm: float | None
    pose_rate_hz: float
    pose_latency_ms: dict[str, float] | None
    discovered_s: float | None
    headset_pose_error_mm: PoseErrors | None
    interruptions: int
    hidden_after_ms: float | None
    hidden_why: str | None
    stages: tuple[str, ...]
    connected_s: float
    model_s: float | None
    model_bytes: int
    simulated: bool
    failed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {**asdict(self), "ok": not self.failed, "failed": list(self.failed)}


class _Watch:
    """Collects what the headset draws, and when it hides."""

    def __init__(self, room: DemoRoom, target_patient_mm: NDArray[np.float64]) -> None:
        self._room = room
        self._target = target_patient_mm
        self.shown = asyncio.Event()
        self.hidden = asyncio.Event()
        self.hides: list[Hidden] = []
        self.measuring = False
        self.interruptions = 0
        self.errors_mm: list[float] = []
        self.claims_mm: list[float] = []
        self.newest_claim_mm: float | None = None

    def take_applied(self, applied: AppliedPose) -> None:
        """Compare one drawn pose with the truth of the moment in which it was drawn."""
        self.shown.set()
        self.hidden.clear()
        self.newest_claim_mm = applied.expected_error_mm
        if not self.measuring:
            return
        truth = self._room.world_from_room @ self._room.truth.room_from_patient(applied.drawn_ns)
        drawn = applied.world_from_patient.apply(self._target)
        self.errors_mm.append(float(np.linalg.norm(drawn - truth.apply(self._target))))
        self.claims_mm.append(applied.expected_error_mm)

    def take_hidden(self, hidden: Hidden) -> None:
        """Note that the overlay vanished."""
        self.hides.append(hidden)
        self.interruptions += self.measuring
        self.shown.clear()
        self.hidden.set()

    def pose_errors(self) -> PoseErrors | None:
        """Return the errors of the poses drawn while measuring."""
        if not self.errors_mm:
            return None
        errors = np.array(self.errors_mm)
        p50, p95 = np.percentile(errors, (50, 95))
        return PoseErrors(
            p50=float(p50),
            p95=float(p95),
            worst=float(errors.max()),
            count=len(errors),
            share_within_claim=float((errors <= np.array(self.claims_mm)).mean()),
        )


def check_demo(demo: DemoCase, room: DemoRoom, *, seconds: float, progress: Callable[[str, float], None]) -> DemoReport:
    """Let a headset find, join and follow the room, stop the tracker, and say what held.

    Args:
        demo: what was prepared.
        room: running.
        seconds: how long poses are measured.
        progress: told a stage and how much of it is done.

    Raises:
        OrviewError: the headset cannot join, or the session does not become live.
    """
    watch = _Watch(room, demo.phantom.tumour_centre_patient_mm)
    report, stages, stopped_ns = asyncio.run(_follow(demo, room, watch, seconds=seconds, progress=progress))
    return _judged(demo, report, watch, stages=stages, stopped_ns=stopped_ns)


async def _follow(
    demo: DemoCase, room: DemoRoom, watch: _Watch, *, seconds: float, progress: Callable[[str, float], None]
) -> tuple[HeadsetReport, tuple[str, ...], int]:
    # The headset is not told where the room is: it finds it by what it sees of the board.
    eyes = SimulatedEyes(room.truth, room.world_from_room)
    headset = ReferenceHeadset(
        HeadsetConfig(code=room.addresses.code, interfaces=(LOOPBACK,), device_name="Demo check", pictures=eyes),
        on_applied=watch.take_applied,
        on_hidden=watch.take_hidden,
    )
    limit_s = 2 * SIGHT_TIMEOUT_S + SETTLE_S + seconds + HIDE_TIMEOUT_S
    following = asyncio.create_task(headset.run(seconds=limit_s))
    try:
        progress("Going live", 0.0)
        hand = SimulatedHand(room.truth)
        session = await start_session(room.addresses, demo.case.id, hand=hand)
        await _sight(watch, following)
        progress("Going live", 1.0)
        await asyncio.sleep(SETTLE_S)
        watch.measuring = True
        for tenth in range(10):
            progress("Measuring poses", tenth / 10)
            await asyncio.sleep(seconds / 10)
        watch.measuring = False
        progress("Measuring poses", 1.0)
        stages = [_stage_words(session)]
        for stage in range(2, demo.stages + 1):
            progress("Going through the stages", stage / demo.stages)
            session = await go_to_stage(room.addresses, demo.case.id, stage=stage, hand=hand)
            await _sight(watch, following)
            stages.append(_stage_words(session))
        # What is hidden already cannot be seen to fall.
        await _sight(watch, following)
        with _stopped_tracker(room):
            stopped_ns = time.monotonic_ns()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(watch.hidden.wait(), HIDE_TIMEOUT_S)
        headset.stop()
        return await following, tuple(stages), stopped_ns
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError, OrviewError):
            await following


def _stage_words(session: Session) -> str:
    return next(condition.words for condition in session.conditions if condition.key == "plan")


async def _sight(watch: _Watch, following: "asyncio.Task[HeadsetReport]") -> None:
    waiting = asyncio.create_task(watch.shown.wait())
    done, _ = await asyncio.wait((waiting, following), timeout=SIGHT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
    if following in done:
        waiting.cancel()
        # Ended without drawing: its own error says why.
        await following
    if waiting not in done:
        waiting.cancel()
        raise NetworkError("The headset joined but draws nothing.", mend="Run the demonstration again.")


@contextlib.contextmanager
def _stopped_tracker(room: DemoRoom) -> Iterator[None]:
    """Freeze the tracker as a hung camera driver would; where a system cannot freeze, end it."""
    pid = room.host.pid("track")
    if pid is None:
        raise NetworkError("The tracker is not running.", mend="Look at the messages above.")
    os.kill(pid, getattr(signal, "SIGSTOP", signal.SIGTERM))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, getattr(signal, "SIGCONT", signal.SIGTERM))


def _judged(
    demo: DemoCase, report: HeadsetReport, watch: _Watch, *, stages: tuple[str, ...], stopped_ns: int
) -> DemoReport:
    verdict = demo.verdict
    pose = verdict.board_from_patient
    assert pose is not None
    assert verdict.fre_mm is not None
    target = demo.phantom.tumour_centre_patient_mm
    truth = demo.phantom.patient_from_board.inverse()
    true_tre_mm = float(np.linalg.norm(pose.transform.apply(target) - truth.apply(target)))
    predicted_mm = verdict.expected_error_mm[verdict.target_key]
    after = [hidden for hidden in watch.hides if hidden.at_ns >= stopped_ns]
    hidden_after_ms = ms_from_ns(after[0].at_ns - stopped_ns) if after else None
    errors = watch.pose_errors()
    latency = report.latency_ms
    held = {
        f"The beads' misfit is at most {MOST_FRE_MM} mm.": verdict.fre_mm <= MOST_FRE_MM,
        f"The registration's expected error at the tumour is at most {MOST_TARGET_ERROR_MM} mm.": predicted_mm
        <= MOST_TARGET_ERROR_MM,
        "The registration's true error at the tumour is within the expected one.": true_tre_mm <= predicted_mm,
        f"A fresh client finds the host within {MOST_DISCOVERY_S:.0f} s.": report.discovered_s is not None
        and report.discovered_s <= MOST_DISCOVERY_S,
        f"At least {LEAST_POSE_RATE_HZ:.0f} poses a second arrive.": report.pose_rate_hz >= LEAST_POSE_RATE_HZ,
        f"Half of the poses arrive within {MOST_MEDIAN_LATENCY_MS:.0f} ms of the exposure.": latency is not None
        and latency.p50 <= MOST_MEDIAN_LATENCY_MS,
        f"19 of 20 drawn poses are within {MOST_TARGET_ERROR_MM} mm of the truth at the tumour.": errors is not None
        and errors.p95 <= MOST_TARGET_ERROR_MM,
        "The drawn poses are as good as they claim.": errors is not None
        and errors.share_within_claim >= LEAST_SHARE_WITHIN_CLAIM,
        f"The overlay is hidden within {MOST_HIDDEN_AFTER_MS:.0f} ms of the tracker's stop.": hidden_after_ms
        is not None
        and hidden_after_ms <= MOST_HIDDEN_AFTER_MS,
        "The overlay is live in every stage of the plan.": len(set(stages)) == demo.stages,
        "The host says that the room is simulated.": report.simulated,
    }
    return DemoReport(
        prepare_s=demo.prepare_s,
        structures=len(demo.case.structures),
        calibration_rms_px=demo.calibration_rms_px,
        fre_mm=verdict.fre_mm,
        predicted_tre_mm=predicted_mm,
        true_tre_mm=true_tre_mm,
        expected_error_mm=watch.newest_claim_mm,
        pose_rate_hz=report.pose_rate_hz,
        pose_latency_ms=None if latency is None else {"p50": latency.p50, "p99": latency.p99},
        discovered_s=report.discovered_s,
        headset_pose_error_mm=errors,
        interruptions=watch.interruptions,
        hidden_after_ms=hidden_after_ms,
        hidden_why=after[0].why.value if after else None,
        stages=stages,
        connected_s=report.connected_s,
        model_s=report.model_s,
        model_bytes=report.model_bytes,
        simulated=report.simulated,
        failed=tuple(words for words, holds in held.items() if not holds),
    )
