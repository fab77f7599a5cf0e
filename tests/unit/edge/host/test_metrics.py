"""Metrics as Prometheus reads them, and no words of people among them."""

import math
import re

import pytest

from orview.edge.host.metrics import Histogram, by_label, exposition, single
from orview.errors import ContractError

_SAMPLE = re.compile(r'(\w+)(?:\{(\w+)="([^"]*)"\})? (\S+)')


def read(text: str) -> dict[tuple[str, str], float]:
    """The samples of an exposition by name and value of the label."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[3] or ""] = float(match[4])
    return found


def test_what_is_told_is_read_again():
    text = exposition(
        [
            single("orview_up_seconds", "gauge", "Since the start.", 12.5),
            by_label("orview_clients", "gauge", "Who is in.", "role", {"nurse": 1, "surgeon": 3}),
            single("orview_disk_free_bytes", "gauge", "Room.", 123456789.0),
        ]
    ).decode()
    assert "# HELP orview_clients Who is in.\n# TYPE orview_clients gauge\n" in text
    assert text.endswith("\n")
    told = read(text)
    assert told["orview_up_seconds", ""] == 12.5
    assert told["orview_clients", "surgeon"] == 3
    assert told["orview_disk_free_bytes", ""] == 123456789


def test_a_histogram_counts_up_to_each_bound():
    histogram = Histogram([0.01, 0.02, 0.05])
    for value in (0.005, 0.01, 0.015, 0.049, 0.2):
        histogram.take(value)
    told = read(exposition([histogram.family("orview_pose_age_seconds", "Age.")]).decode())
    assert [told["orview_pose_age_seconds_bucket", le] for le in ("0.01", "0.02", "0.05", "+Inf")] == [2, 3, 4, 5]
    assert told["orview_pose_age_seconds_count", ""] == 5
    assert math.isclose(told["orview_pose_age_seconds_sum", ""], 0.279)


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("words", ["Anna Example", 'a"b', "a\nb", "Ünï"])
def test_words_of_people_are_no_labels(words):
    with pytest.raises(ContractError):
        exposition([by_label("orview_clients", "gauge", "Who is in.", "role", {words: 1})])
