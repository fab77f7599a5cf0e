"""The whole line, as a new user meets it: `orview demo --check` runs it and the numbers it prints are honest."""

import json
import subprocess
import sys

import pytest

ORVIEW = [sys.executable, "-m", "orview.cli.main"]


@pytest.fixture(scope="module")
def check() -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*ORVIEW, "demo", "--check", "--seconds", "6"], capture_output=True, text=True, check=False, timeout=280
    )


@pytest.fixture(scope="module")
def report(check: "subprocess.CompletedProcess[str]") -> dict:
    assert check.returncode == 0, check.stdout + check.stderr[-3000:]
    return json.loads(check.stdout)


@pytest.mark.slow
def test_everything_held(report: dict) -> None:
    assert report["ok"] is True
    assert report["failed"] == []
    assert report["simulated"] is True


@pytest.mark.slow
def test_the_case_has_every_structure_of_a_sacral_resection(report: dict) -> None:
    assert report["structures"] >= 20
    assert report["prepare_s"] > 0.0


@pytest.mark.slow
def test_the_registration_is_as_good_as_it_claims(report: dict) -> None:
    assert 0.0 < report["true_tre_mm"] <= report["predicted_tre_mm"] <= 2.0
    assert 0.0 < report["fre_mm"] <= 1.0


@pytest.mark.slow
def test_the_headset_stands_where_the_simulation_says(report: dict) -> None:
    errors = report["headset_pose_error_mm"]
    assert errors["count"] >= 30
    # Not zero: a check that compared a thing with itself would say so.
    assert 0.0 < errors["p50"] <= errors["p95"] <= 2.0
    assert errors["share_within_claim"] >= 0.9


@pytest.mark.slow
def test_the_plan_was_walked_through_stage_by_stage(report: dict) -> None:
    stages = report["stages"]
    assert [words.split(": ", 1)[1] for words in stages] == [
        "From in front, supine.",
        "From behind, prone.",
        "Rebuild, prone.",
    ]


@pytest.mark.slow
@pytest.mark.hazard("H01")
def test_the_overlay_falls_when_the_tracker_stops(report: dict) -> None:
    assert 0.0 < report["hidden_after_ms"] <= 200.0
    assert report["hidden_why"] in {"SIGHT_STALE", "LINK_STALE", "NOT_LIVE", "NO_POSE"}


@pytest.mark.slow
def test_stdout_is_one_json_document_and_progress_goes_to_stderr(check: "subprocess.CompletedProcess[str]") -> None:
    assert json.loads(check.stdout)["ok"] is True
    assert "Measuring poses" in check.stderr


def test_a_taken_port_is_told_before_any_work() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [*ORVIEW, "demo", "--local", "--port", str(port), "--loopback-port", "0"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert result.returncode == 1
    assert f"Port {port} is taken" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr
    assert "phantom" not in result.stderr.lower()
