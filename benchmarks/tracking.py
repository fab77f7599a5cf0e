"""Board tracking: orview's follower beside what there is off the shelf, turn about in one run.

    python -m benchmarks.tracking [--scene NAME ...] [--ours-only] [--each] [--quick] [--poses 100000] [--record]

Films are rendered with the faults of a real camera and exact truth (`benchmarks.tracking_scenes`); everybody starts
from nothing and every picture counts. Own error, floor and silently wrong: `benchmarks.tracking_score`. Ratios are
the result; times are this machine's, CPU time of one thread.
"""

import argparse
import os
import platform
from dataclasses import replace
from pathlib import Path

import cv2

from benchmarks.flips import sweep
from benchmarks.tracking_calibration import calibration_lines
from benchmarks.tracking_goals import COLUMNS, Goals
from benchmarks.tracking_peers import peer_ways
from benchmarks.tracking_run import chosen, frames_of, play, table_of
from benchmarks.tracking_scenes import films
from benchmarks.tracking_ways import WAYS
from orview import __version__
from orview.edge.boards import load_board
from orview.track.warm import warm

BOARDS = ("patient_folded", "patient_raised", "patient_flat")
DRAWS = 3
"""How often the films are shown to ours with another error of lens, print and bow."""

RESULTS = Path(__file__).resolve().parent / "results" / "tracking.md"
HEADER = (
    "# Tracking: ours beside plain ChArUco, ArUco, AprilTag and scikit-surgeryarucotracker, made by "
    "`python -m benchmarks.tracking` (SYNTHETIC films with a real camera's faults)\n\n"
    f"| version | machine | {' | '.join(COLUMNS)} | goals reached |\n{'|---' * (len(COLUMNS) + 3)}|\n"
)


def show(goals: Goals, names: list[str], *, rivals: list[str], frames: int | None, each: bool) -> None:
    """Play films to ours and rivals and print what came out."""
    known = films()
    ways = WAYS | (peer_ways() if "sksurgery" in rivals else {})
    for name in names:
        film = known[name]
        goals.results[name] = play(
            film, chosen(ways, film, ["ours", *(way for way in rivals if way in ways)]), frames=frames
        )
        print(table_of(film, goals.results[name]), flush=True)
        if each:
            print(frames_of(goals.results[name]["ours"]))


def show_draws(goals: Goals, names: list[str], *, draws: int) -> None:
    """Play films to ours alone, with other errors of lens, print and bow, where nothing happens to the camera."""
    for draw in range(1, draws + 1):
        for name, film in films().items():
            if name in names and not film.eventful:
                again = replace(film, name=f"{name}, draw {draw}", seed=film.seed + 100 * draw)
                scores = play(again, {"ours": WAYS["ours"]})
                print(table_of(again, scores), flush=True)
                goals.draws.append(scores["ours"])


def main() -> None:
    """Measure, print each goal, and add a row to the results when asked."""
    known = list(films())
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scene", nargs="+", choices=known, help="films alone, of all if not said")
    arguments.add_argument("--ours-only", action="store_true", help="without the rivals")
    arguments.add_argument("--frames", type=int, help="only so many pictures of each film")
    arguments.add_argument("--each", action="store_true", help="print every picture of ours")
    arguments.add_argument(
        "--quick", action="store_true", help="two minutes: ChArUco is the only rival, few poses, no calibration"
    )
    arguments.add_argument("--poses", type=int, help="poses of the sweep for each board")
    arguments.add_argument("--seed", type=int, default=2026, help="of the sweep")
    arguments.add_argument("--record", action="store_true", help="add a row to results/tracking.md")
    options = arguments.parse_args()
    if options.record and (options.quick or options.scene or options.ours_only or options.frames):
        arguments.error("only a whole run is recorded")
    cv2.setNumThreads(1)
    warm()
    whole = not options.scene
    rivals = ["ChArUco"] if options.quick else ["ChArUco", "ArUco SUBPIX", "AprilTag", "sksurgery"]
    goals = Goals()
    show(
        goals,
        options.scene or known,
        rivals=[] if options.ours_only else rivals,
        frames=options.frames,
        each=options.each,
    )
    if whole:
        if not options.quick:
            show_draws(goals, known, draws=DRAWS)
        poses = options.poses or (300 if options.quick else 3000)
        for board in BOARDS:
            goals.flips[board] = sweep(load_board(board), poses, seed=options.seed)
        if not options.quick:
            goals.others = calibration_lines()
    print("\n" + goals.text())
    if options.record:
        row = goals.row(__version__, f"{platform.machine()}, {os.cpu_count()} cores")
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADER
        RESULTS.write_text(text + row, encoding="utf-8")


if __name__ == "__main__":
    main()
