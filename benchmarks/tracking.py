"""Board tracking: orview's follower beside what OpenCV offers off the shelf, turn about in one run.

    python -m benchmarks.tracking [--scene NAME ...] [--ours-only] [--frames N] [--each]

Films are rendered with the faults of a real camera and exact truth (`benchmarks.tracking_scenes`); everybody starts
from nothing and every picture counts. Ratios are the result, times are this machine's, CPU time of one thread.
"""

import argparse

import cv2

from benchmarks.tracking_peers import peer_ways
from benchmarks.tracking_run import Results, chosen, frames_of, play, table_of
from benchmarks.tracking_scenes import films
from benchmarks.tracking_ways import WAYS


def main() -> None:
    """Play the films and print what came out."""
    known = films()
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "--scene", nargs="+", choices=list(known), default=list(known), help="films, all if not said"
    )
    arguments.add_argument("--ours-only", action="store_true", help="without the rivals")
    arguments.add_argument("--frames", type=int, help="only so many pictures of each film")
    arguments.add_argument("--each", action="store_true", help="print every picture of ours")
    options = arguments.parse_args()
    cv2.setNumThreads(1)
    all_ways = {**WAYS} if options.ours_only else WAYS | peer_ways()
    results: Results = {}
    for name in options.scene:
        film = known[name]
        ways = chosen(all_ways, film, ["ours"] if options.ours_only else list(all_ways))
        results[name] = play(film, ways, frames=options.frames)
        print(table_of(film, results[name]), flush=True)
        if options.each:
            print(frames_of(results[name]["ours"]))


if __name__ == "__main__":
    main()
