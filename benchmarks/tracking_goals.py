"""What following a board is to reach, line by line, and what a run reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.flips import Flips
from benchmarks.tracking_run import Results
from benchmarks.tracking_score import Score, together

CALM = ("a4_calm", "p80_calm", "folded_calm", "raised_calm")
ELSEWHERE = ("near_far", "fast_pass", "p80_hard", "glare")
HARD = "p80_hard"

CALM_MEDIAN_FASTER, CALM_MEAN_FASTER, MEAN_FASTER = 20.0, 10.0, 3.0
OWN_SHARE, A4_OWN_MM, ABOVE_FLOOR_MM = 0.25, 0.05, 0.1
HARD_SHOWN, HARD_OWN_MM, HARD_BELOW = 0.90, 1.0, 0.60
LIMIT_MM = 2.0
FAST_BELOW = 0.80
LATE_FRAMES = 4
DISHONEST = 0.005
AVAILABLE = 0.90

Line = tuple[str, bool, str]
"""A goal, whether it was reached, and the number."""


@dataclass(kw_only=True)
class Goals:
    """The numbers of one run as they come in; what was not measured has no line.

    Attributes:
        results: scores by film and way.
        draws: more scores of ours alone, with other draws of lens, print and bow.
        flips: by board.
        others: lines that others measure.
    """

    results: Results = field(default_factory=dict)
    draws: list[Score] = field(default_factory=list)
    flips: dict[str, Flips] = field(default_factory=dict)
    others: list[Line] = field(default_factory=list)

    def lines(self) -> list[Line]:
        """Return each goal."""
        return [
            *self._speed(),
            *self._exact(),
            *self._hard(),
            *self._gamma(),
            *self._events(),
            *self._honest(),
            *self._available(),
            *self.others,
        ]

    def text(self) -> str:
        """Return each goal as a line, and how many were reached."""
        words = [f"  {'reached' if reached else 'NOT YET'}  {goal}: {number}" for goal, reached, number in self.lines()]
        return "\n".join([f"Goals: {self.reached}", *words])

    @property
    def reached(self) -> str:
        """How many goals were reached."""
        lines = self.lines()
        return f"{sum(reached for _, reached, _ in lines)} of {len(lines)}"

    def _ours(self, films: Sequence[str]) -> dict[str, Score]:
        return {film: self.results[film]["ours"] for film in films if film in self.results}

    def _raced(self, films: Sequence[str]) -> dict[str, tuple[Score, Score]]:
        """Return ours and ChArUco's scores of the films that both were shown."""
        return {
            film: (self.results[film]["ours"], self.results[film]["ChArUco"])
            for film in films
            if "ChArUco" in self.results.get(film, {})
        }

    def _speed(self) -> list[Line]:
        lines: list[Line] = []
        calm, elsewhere = self._raced(CALM), self._raced(ELSEWHERE)
        if calm:
            medians = {film: theirs.median_ms / ours.median_ms for film, (ours, theirs) in calm.items()}
            means = {film: theirs.mean_ms / ours.mean_ms for film, (ours, theirs) in calm.items()}
            p95 = {
                film: ours.percentile("own_mm", 95) / theirs.percentile("own_mm", 95)
                for film, (ours, theirs) in calm.items()
            }
            lines += [
                _at_least("calm: times as fast as full-frame ChArUco by median", CALM_MEDIAN_FASTER, medians),
                _at_least("calm: times as fast by mean", CALM_MEAN_FASTER, means),
                _at_most("calm: own p95 over ChArUco's", 1.0, p95, digits=2),
            ]
        if elsewhere:
            means = {film: theirs.mean_ms / ours.mean_ms for film, (ours, theirs) in elsewhere.items()}
            lines.append(_at_least("elsewhere: times as fast by mean", MEAN_FASTER, means))
        return lines

    def _exact(self) -> list[Line]:
        lines: list[Line] = []
        for film, (ours, theirs) in self._raced(["p80_calm"]).items():
            shares = {
                f"p{percent}": ours.percentile("own_mm", percent) / theirs.percentile("own_mm", percent)
                for percent in (50, 95)
            }
            lines.append(_at_most(f"{film}: own error over ChArUco's, median and p95", OWN_SHARE, shares, digits=2))
        for film, ours in self._ours(["a4_calm"]).items():
            lines.append(_at_most(f"{film}: own p95, mm", A4_OWN_MM, {film: ours.percentile("own_mm", 95)}, digits=3))
        above = {
            film: ours.percentile("error_mm", 95) - ours.percentile("floor_mm", 95)
            for film, ours in self._ours(["p80_calm", "a4_calm"]).items()
        }
        if above:
            lines.append(_at_most("calm: p95 of the error above the floor's, mm", ABOVE_FLOOR_MM, above, digits=3))
        return lines

    def _hard(self) -> list[Line]:
        lines: list[Line] = []
        for ours in self._ours([HARD]).values():
            silent = sum(mark.silently_wrong for mark in ours.marks)
            lines += [
                _at_least("hard: share shown", HARD_SHOWN, {HARD: ours.share("tracked")}, digits=2),
                _at_most("hard: own median, mm", HARD_OWN_MM, {HARD: ours.percentile("own_mm", 50)}, digits=2),
                _at_least("hard: share below 2 mm", HARD_BELOW, {HARD: ours.share_below(LIMIT_MM)}, digits=2),
                ("hard: none silently wrong", silent == 0, f"{silent} of {len(ours.marks)}"),
            ]
        for film, ours in self._ours(["fast_pass"]).items():
            unaware = self.results[film].get("ChArUco")
            goal = "fast pass: share below 2 mm"
            if unaware is not None:
                floor_mm = unaware.percentile("floor_mm", 50)
                goal += f" (floor of who ignores the readout: {floor_mm:.1f} mm)"
            lines.append(_at_least(goal, FAST_BELOW, {film: ours.share_below(LIMIT_MM)}, digits=2))
        return lines

    def _gamma(self) -> list[Line]:
        return [
            (
                "gamma, one marker: shown, and corrected to 2 mm or within 3 of its sigmas",
                ours.share("tracked") >= AVAILABLE
                and (ours.percentile("error_mm", 95) <= LIMIT_MM or ours.share("dishonest") <= DISHONEST),
                f"shown {ours.share('tracked'):.2f}, error median {ours.percentile('error_mm', 50):.1f} mm, sigma "
                f"{ours.percentile('sigma_mm', 50):.1f} mm, above 3 sigma {ours.share('dishonest'):.2f}",
            )
            for ours in self._ours(["gamma"]).values()
        ]

    def _events(self) -> list[Line]:
        lines: list[Line] = []
        for film, ours in self._ours(["refocus", "knock"]).items():
            before = [mark.tracked for mark in ours.marks if not mark.after_event]
            refused = [mark.reason for mark in ours.marks if mark.after_event and not mark.tracked]
            told = bool(refused) and all(refused)
            reached = ours.tracked_after_event <= LATE_FRAMES and told and sum(before) >= AVAILABLE * len(before)
            words = f"{ours.tracked_after_event} after, {sum(before)} of {len(before)} before; "
            words += f"{refused[-1]!r}" if told else "no reason given"
            lines.append(
                (f"{film}: at most {LATE_FRAMES} pictures shown after it, then refused with words", reached, words)
            )
        return lines

    def _honest(self) -> list[Line]:
        ours = [scores["ours"] for scores in self.results.values()] + self.draws
        if not ours:
            return []
        shown = [mark for mark in together(ours).marks if mark.tracked]
        above = sum(mark.dishonest for mark in shown)
        silent = sum(mark.silently_wrong for mark in shown)
        ratio = float(np.sqrt(np.mean([(mark.error_mm / mark.sigma_mm) ** 2 for mark in shown]))) if shown else 0.0
        words = f"{above} above 3 sigma, of these {silent} above 2 mm, of {len(shown)} shown; "
        words += f"error over sigma, rms over {len(ours)} films: {ratio:.2f}"
        return [("honest: at most 0.5 % of what is shown above 3 sigma", above <= DISHONEST * len(shown), words)]

    def _available(self) -> list[Line]:
        lines: list[Line] = []
        shown = {
            film: sum(mark.tracked for mark in scores["ours"].marks if not mark.after_event)
            / max(sum(not mark.after_event for mark in scores["ours"].marks), 1)
            for film, scores in self.results.items()
            if film != HARD
        }
        if shown:
            lines.append(_at_least("share shown in each film but the hard one", AVAILABLE, shown, digits=2))
        for board, flips in self.flips.items():
            words = (
                f"{flips.flipped} of {flips.poses}, shown {flips.shown}; "
                f"of {flips.easy} views not hard {100 * flips.availability:.1f} %"
            )
            reached = flips.flipped == 0 and flips.availability >= AVAILABLE
            lines.append(
                (f"{board}: no flipped pose shown, {100 * AVAILABLE:.0f} % of views not hard shown", reached, words)
            )
        return lines

    def row(self, version: str, machine: str) -> str:
        """Return the run as a row of the table of releases."""
        numbers = {goal: number for goal, _, number in self.lines()}

        def cell(start: str) -> str:
            return next((number for goal, number in numbers.items() if goal.startswith(start)), "-")

        cells = [version, machine, *(cell(start) for start in COLUMNS.values()), self.reached]
        return f"| {' | '.join(cells)} |\n"


COLUMNS: Mapping[str, str] = {
    "calm: times faster, median": "calm: times as fast as",
    "calm: times faster, mean": "calm: times as fast by mean",
    "elsewhere: times faster, mean": "elsewhere",
    "80 mm: own error / ChArUco's": "p80_calm: own",
    "A4: own p95 mm": "a4_calm: own",
    "above the floor, mm": "calm: p95 of the error",
    "hard: shown": "hard: share shown",
    "hard: own median mm": "hard: own median",
    "hard: below 2 mm": "hard: share below",
    "fast: below 2 mm": "fast pass",
    "one marker": "gamma",
    "refocus": "refocus",
    "knock": "knock",
    "honest": "honest",
    "flips, folded": "patient_folded",
    "flips, raised": "patient_raised",
    "flips, flat": "patient_flat",
}
"""Columns of the table of releases, and how the lines they show begin."""


def _at_least(goal: str, limit: float, values: Mapping[str, float], *, digits: int = 1) -> Line:
    film = min(values, key=lambda name: _low(values[name]))
    return f"{goal}, at least {limit:g}", values[film] >= limit, _named(values, film, digits)


def _at_most(goal: str, limit: float, values: Mapping[str, float], *, digits: int) -> Line:
    film = max(values, key=lambda name: -_low(-values[name]))
    return f"{goal}, at most {limit:g}", values[film] <= limit, _named(values, film, digits)


def _low(value: float) -> float:
    """Return a value to compare by; what was never shown is worst."""
    return value if value == value else -float("inf")


def _named(values: Mapping[str, float], worst: str, digits: int) -> str:
    if len(values) == 1:
        return f"{values[worst]:.{digits}f}"
    return (
        f"{values[worst]:.{digits}f} ({worst}; "
        + ", ".join(f"{name} {value:.{digits}f}" for name, value in values.items() if name != worst)
        + ")"
    )
