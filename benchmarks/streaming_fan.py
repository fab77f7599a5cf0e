"""Many clients on loopback: what a message costs, how many clients there can be, and what one that stalls costs."""

from statistics import median

from benchmarks.streaming_pieces import (
    BROADCAST,
    FLOOR,
    FOXGLOVE,
    OURS,
    OURS_TLS,
    Goal,
    NotMeasuredError,
    Pair,
    Run,
    pair,
)
from orview.protocol.binary import POSE_BYTES

RATE_HZ = 90.0
HELD = 0.99
"""Of the rate: a slowest client that gets less of it has fallen behind."""
FALLEN = 0.95
"""Of the rate: where the scene of ever more clients ends."""
CPU_ASKED, P50_ASKED = 1.6, 0.45
PLAIN_ASKED, TLS_ASKED = 900, 300
PLAIN_STEPS = (600, 750, 900, 960, 1020)
TLS_STEPS = (150, 200, 250, 300, 350, 400, 450, 500, 600, 700)
STALLED_BYTES = 20_000
STALLED_LIVE = 4
STALLED_MIB_ASKED = 1.0


def rounds(ways: tuple[str, ...], *, clients: int, count: int, seconds: float) -> dict[str, list[Run]]:
    """Run ways turn about, each round with fresh processes; a way that is not there is left out."""
    runs: dict[str, list[Run]] = {}
    for _ in range(count):
        for way in ways:
            try:
                with pair(way, clients=clients, payload_bytes=POSE_BYTES) as both:
                    both.run(0.5)
                    runs.setdefault(way, []).append(both.run(seconds))
            except NotMeasuredError as reason:
                print(f"  {way}: not measured, {reason}")
    for way, several in runs.items():
        print(
            f"  {clients:4} clients {way:<24} CPU {median(r.cpu_us for r in several):5.1f} us per message   "
            f"p50 {median(r.p50_us for r in several):6.0f} us   p99 {min(r.p99_us for r in several):6.0f} us   "
            f"{median(r.rate_hz for r in several):4.0f} Hz",
            flush=True,
        )
    return runs


def ratio(runs: dict[str, list[Run]], of: str, to: str, what: str) -> float:
    """Return the median over rounds of what one way needs to what another needs in the same round."""
    return median(getattr(a, what) / getattr(b, what) for a, b in zip(runs[of], runs[to], strict=True))


def fan(*, short: bool) -> list[Goal]:
    """256 clients beside the floor, 64 beside foxglove-sdk."""
    count, seconds = (2, 1.5) if short else (5, 3.0)
    many = rounds((FLOOR, OURS, BROADCAST, FOXGLOVE), clients=256, count=count, seconds=seconds)
    cost = ratio(many, OURS, FLOOR, "cpu_us")
    theirs = ratio(many, BROADCAST, FLOOR, "cpu_us")
    rate = median(run.rate_hz for run in many[OURS])
    goals = [
        Goal(
            name="256 clients at 90 Hz on one core: CPU per message",
            asked=f"at most {CPU_ASKED} x the C floor",
            reached=f"{cost:.2f} x, {rate:.0f} Hz (websockets.broadcast() {theirs:.2f} x)",
            met=cost <= CPU_ASKED and rate >= HELD * RATE_HZ,
        )
    ]
    some = rounds((FLOOR, OURS, BROADCAST, FOXGLOVE), clients=64, count=count, seconds=seconds)
    name, asked = "64 clients: p50 from sending to parsed", f"at most {P50_ASKED} x foxglove-sdk's"
    if FOXGLOVE not in some:
        return [*goals, Goal(name=name, asked=asked, reached="foxglove-sdk is not there", met=None)]
    beside = ratio(some, OURS, FOXGLOVE, "p50_us")
    floor = ratio(some, OURS, FLOOR, "p50_us")
    reached = f"{beside:.2f} x ({floor:.2f} x the C floor's)"
    return [*goals, Goal(name=name, asked=asked, reached=reached, met=beside <= P50_ASKED)]


def saturation(*, short: bool) -> list[Goal]:
    """Add clients until the slowest of them gets less than 90 Hz."""
    goals = []
    for way, steps, asked, kind in (
        (OURS, PLAIN_STEPS, PLAIN_ASKED, "plain"),
        (OURS_TLS, TLS_STEPS, TLS_ASKED, "over TLS"),
    ):
        both = Pair(way, POSE_BYTES)
        held, fell = 0, ""
        try:
            for clients in steps[::2] if short else steps:
                both.add(clients - both.clients)
                both.run(1.0)
                # One hiccup of the machine is no limit: of three runs the middle one counts.
                runs = [both.run(2.0) for _ in range(1 if short else 3)]
                rate = median(run.rate_hz for run in runs)
                cpu = median(run.cpu_us for run in runs) * clients * RATE_HZ / 1e4
                print(f"  {clients} clients {kind}: {rate:.1f} Hz, {cpu:.0f} % of the core", flush=True)
                if rate >= HELD * RATE_HZ and not runs[-1].lost:
                    # What more clients get, fewer get too: a step before it that did not was the machine's.
                    held, fell = clients, ""
                    continue
                fell = fell or f", {clients} get {rate:.0f} Hz"
                if rate < FALLEN * RATE_HZ or runs[-1].lost:
                    break
        finally:
            both.end()
        more = fell or f" (the port's limit of connections ends the scene{'' if way == OURS else ' or its steps do'})"
        goals.append(
            Goal(
                name=f"clients at 90 Hz on one core, {kind}, driven to saturation",
                asked=f"at least {asked}",
                reached=f"{held}{more}",
                met=held >= asked,
            )
        )
    return goals


def stalled(*, short: bool) -> list[Goal]:
    """One client that never reads among four that do, 1.8 MB a second."""
    seconds = 6.0 if short else 60.0
    results = {}
    for way, how_long in ((OURS, seconds), (BROADCAST, min(seconds, 5.0)), (FOXGLOVE, min(seconds, 5.0))):
        try:
            both = Pair(way, STALLED_BYTES)
        except NotMeasuredError as reason:
            print(f"  {way}: not measured, {reason}")
            continue
        try:
            both.add(STALLED_LIVE)
            both.run(1.0)
            both.add(1, stuck=True)
            results[way] = both.run(how_long)
        finally:
            both.end()
        run = results[way]
        print(f"  one stalled, {how_long:.0f} s, {way:<24} {run.grown_mib:+5.1f} MiB   the others {run.rate_hz:.1f} Hz")
    ours = results[OURS]
    return [
        Goal(
            name=f"a client stalls for {seconds:.0f} s at 1.8 MB/s: host memory, the others' rate",
            asked=f"at most +{STALLED_MIB_ASKED:.0f} MB, 90 Hz",
            reached=f"{ours.grown_mib:+.1f} MiB, {ours.rate_hz:.1f} Hz",
            met=ours.grown_mib <= STALLED_MIB_ASKED and ours.rate_hz >= HELD * RATE_HZ and not ours.lost,
        )
    ]
