"""Playing a film to several ways, picture by picture and turn about, and telling what came out."""

from collections.abc import Mapping, Sequence

from benchmarks.tracking_scenes import Film
from benchmarks.tracking_score import Score, Truth, mark_of, truth_of
from benchmarks.tracking_ways import Way

Results = dict[str, dict[str, Score]]
"""Scores by film and way."""


def play(film: Film, ways: Mapping[str, Way], *, frames: int | None = None) -> dict[str, Score]:
    """Show a film to each way and return their scores."""
    looks = {name: way.start(film) for name, way in ways.items()}
    scores = {name: Score() for name in ways}
    for frame in range(min(frames or film.frames, film.frames)):
        shots = {kind: film.shoot(kind, frame) for kind in {way.kind for way in ways.values()}}
        truths: dict[str, Truth] = {kind: truth_of(film, kind, frame) for kind in shots}
        for name, way in ways.items():
            shot = shots[way.kind]
            answer = looks[name](shot.image, shot.taken_ns)
            mark = mark_of(answer, truths[way.kind], film, way.kind, frame, aware=way.aware)
            scores[name].marks.append(mark)
    return scores


def table_of(film: Film, scores: Mapping[str, Score]) -> str:
    """Return a film's results, a line for each way."""
    lines = [
        f"\n{film.name}: {film.boards.name}, {len(next(iter(scores.values())).marks)} pictures",
        "                   shown  <2 mm   error mm: median    p95   own: median    p95  floor p95   "
        ">3 sigma  silent   ms: median    mean",
    ]
    for name, score in scores.items():
        lines.append(
            f"  {name:16s} {100 * score.share('tracked'):5.0f} % {100 * score.share_below(2.0):4.0f} %"
            f"{score.percentile('error_mm', 50):17.3f} {score.percentile('error_mm', 95):6.3f}"
            f"{score.percentile('own_mm', 50):14.3f} {score.percentile('own_mm', 95):6.3f}"
            f"{score.percentile('floor_mm', 95):11.3f}{100 * score.share('dishonest'):9.0f} %"
            f"{100 * score.share('silently_wrong'):6.0f} %{score.median_ms:13.1f} {score.mean_ms:7.1f}"
            + (f"   shown after the event: {score.tracked_after_event}" if film.eventful else "")
        )
    return "\n".join(lines)


def frames_of(score: Score) -> str:
    """Return every picture of one way as a line."""
    return "\n".join(
        f"    {number:3d} error {mark.error_mm:7.3f} own {mark.own_mm:7.3f} floor {mark.floor_mm:6.3f} "
        f"sigma {mark.sigma_mm:6.3f} mm, turn {mark.turn_deg:6.3f} deg, {mark.ms:6.1f} ms {mark.reason}"
        for number, mark in enumerate(score.marks)
    )


def chosen(ways: Mapping[str, Way], film: Film, names: Sequence[str]) -> dict[str, Way]:
    """Return the ways of these names that can look for something in a film."""
    has_chessboard = film.boards.by_kind["ours"].charuco is not None
    return {name: ways[name] for name in names if name != "ChArUco" or has_chessboard}
