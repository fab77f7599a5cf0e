"""Percentiles of reports: of the last minute, and values that were really reported."""

from orview.edge.host.reports import KEPT_NS, MOST_KEPT, Reports, Spread
from orview.units import NS_PER_S
from tests.wire.messages import CLIENT_MESSAGES


def test_median_and_95_percent_are_of_the_values_taken():
    spread = Spread()
    assert spread.percentiles() == (None, None)
    spread.take(7.0, now_ns=0)
    assert spread.percentiles() == (7.0, 7.0)
    for value in range(1, 101):
        spread.take(float(value), now_ns=value)
    assert spread.percentiles() == (50.0, 95.0)


def test_what_is_older_than_a_minute_is_forgotten_and_no_more_than_some_are_kept():
    spread = Spread()
    spread.take(1000.0, now_ns=0)
    spread.take(5.0, now_ns=KEPT_NS + 1)
    assert spread.percentiles() == (5.0, 5.0)
    spread.take(None, now_ns=3 * KEPT_NS)
    assert spread.percentiles() == (None, None)
    for number in range(10 * MOST_KEPT):
        spread.take(float(number), now_ns=4 * KEPT_NS)
    assert spread.percentiles()[0] > 9 * MOST_KEPT


def test_reports_tell_the_newest_and_both_spreads():
    reports, report = Reports(), CLIENT_MESSAGES["report_shown"]
    reports.take(report, now_ns=NS_PER_S)
    assert reports.newest is report
    assert reports.pose_age_ms == (report.pose_age_ms, report.pose_age_ms)
    assert reports.latency_ms == (report.latency_ms, report.latency_ms)
    reports.take(CLIENT_MESSAGES["report_hidden"], now_ns=2 * NS_PER_S)
    assert reports.latency_ms == (report.latency_ms, report.latency_ms)
