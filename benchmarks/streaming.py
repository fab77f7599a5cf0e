"""The road of the poses beside a C floor, `websockets.broadcast()` and foxglove-sdk, scene by scene, in one run.

    python -m benchmarks.streaming [--only SCENE ...] [--short] [--record]

Each scene is a goal or two; ratios are the result, the times are this machine's. The floor and the clients are small C
programs compiled for the run, so that no client is ever the limit. Scenes over bad links need Linux and root, for
network namespaces; what cannot be measured here is said and not counted.

| scene | what |
|---|---|
| fan | 256 clients beside the floor, 64 beside foxglove-sdk |
| saturation | clients are added until the slowest gets less than 90 Hz, plain and over TLS |
| stalled | one client that never reads, 1.8 MB/s |
| model | a 20 MB model beside the poses at 100 Mbit/s with a queue of 1 MB |
| clock | the host's clock 4 s after joining, +-15 ms jitter, 3 % lost |
| outages | the link breaks for 0.5 to 5 s, again and again |
| frame | the whole host: from the exposure to the pose in another process |
| found | mDNS |
| import | poses while a work process builds a case, beside none |
"""

import argparse
import time
from importlib import import_module
from pathlib import Path

from benchmarks.goal_table import record
from benchmarks.streaming_pieces import Goal, NotMeasuredError

SCENES = {
    "fan": ("streaming_fan", "fan"),
    "saturation": ("streaming_fan", "saturation"),
    "stalled": ("streaming_fan", "stalled"),
    "model": ("streaming_links", "model"),
    "clock": ("streaming_links", "clock"),
    "outages": ("streaming_links", "outages"),
    "frame": ("streaming_host", "frame"),
    "found": ("streaming_host", "found"),
    "import": ("streaming_import", "imported"),
}
"""Module and function of each. Loaded when it is played: a host's processes load this module again, and it is light."""
RESULTS = Path(__file__).resolve().parent / "results" / "streaming.md"


def play(name: str, *, short: bool) -> list[Goal]:
    """Play one scene and print what it came to."""
    begun_s = time.monotonic()
    print(f"{name}:", flush=True)
    try:
        module, function = SCENES[name]
        goals = getattr(import_module(f"benchmarks.{module}"), function)(short=short)
    except NotMeasuredError as reason:
        goals = [Goal(name=name, asked="", reached=str(reason), met=None)]
    for goal in goals:
        print(goal.line())
    print(f"  ({time.monotonic() - begun_s:.0f} s)", flush=True)
    return goals


def main() -> None:
    """Play the scenes that are asked for, all of them if none is."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", nargs="+", choices=SCENES, default=list(SCENES), metavar="SCENE")
    arguments.add_argument("--short", action="store_true", help="smaller samples: a look, not a result")
    arguments.add_argument("--record", action="store_true", help="write a table to results/streaming.md")
    given = arguments.parse_args()
    goals = [goal for name in given.only for goal in play(name, short=given.short)]
    if given.record:
        record(RESULTS, goals)
    met, counted = sum(goal.met is True for goal in goals), sum(goal.met is not None for goal in goals)
    print(f"{met} of {counted} goals met, {len(goals) - counted} not measured")


if __name__ == "__main__":
    main()
