"""Counters, gauges and histograms as Prometheus reads them (text exposition format 0.0.4).

Written by hand: the process that carries poses loads no library for this. A name and a label say what is counted,
never who: clients appear by the number of their connection.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from orview.errors import ContractError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile("orview_[a-z0-9_]+")
_LABEL = re.compile("[a-z][a-z_]*")
_VALUE = re.compile("[A-Za-z0-9_.+-]*")
"""Of labels: nothing a person wrote can be one, so that nobody's name gets here."""

Labels = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Family:
    """One metric: its name, what it is (counter, gauge, histogram), words for people, and its samples.

    Attributes:
        samples: what is added to the name (a histogram's `_bucket` and the like), labels and value of each.
    """

    name: str
    kind: str
    words: str
    samples: Sequence[tuple[str, Labels, float]]


class Histogram:
    """Counts values in buckets.

    Args:
        bounds: upper bounds of the buckets, ascending; values above the last are counted too.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def take(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def family(self, name: str, words: str) -> Family:
        """Return the histogram as it stands."""
        samples: list[tuple[str, Labels, float]] = []
        below = 0
        for bound, count in zip(self._bounds, self._counts, strict=False):
            below += count
            samples.append(("_bucket", {"le": f"{bound:g}"}, below))
        total = below + self._counts[-1]
        samples += [("_bucket", {"le": "+Inf"}, total), ("_sum", {}, self._sum), ("_count", {}, total)]
        return Family(name=name, kind="histogram", words=words, samples=samples)


def single(name: str, kind: str, words: str, value: float) -> Family:
    """Return a metric of one value."""
    return Family(name=name, kind=kind, words=words, samples=[("", {}, value)])


def by_label(name: str, kind: str, words: str, label: str, values: Mapping[str, float]) -> Family:
    """Return a metric with a value for each value of a label."""
    return Family(
        name=name, kind=kind, words=words, samples=[("", {label: key}, value) for key, value in values.items()]
    )


def exposition(families: Iterable[Family]) -> bytes:
    """Return metrics as a scraper is answered.

    Raises:
        ContractError: a name or a label is none that may be told.
    """
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.words}", f"# TYPE {family.name} {family.kind}"]
        for ending, labels, value in family.samples:
            told = ",".join(f'{key}="{text}"' for key, text in labels.items())
            named = all(_LABEL.fullmatch(key) and _VALUE.fullmatch(text) for key, text in labels.items())
            if not _NAME.fullmatch(family.name) or not named:
                raise ContractError(f"{family.name} cannot be told as a metric.")
            lines.append(f"{family.name}{ending}{'{' + told + '}' if told else ''} {value:.10g}")
    return ("\n".join(lines) + "\n").encode()
