"""`orview doctor` says what is missing and what to do, and exits accordingly."""

import json
import socket

import pytest
import typer
from typer.testing import CliRunner

from orview.cli import doctor
from orview.edge.host import checkup, checkup_network


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(checkup_network, "find_hosts", lambda **_: ())
    app = typer.Typer()
    app.command()(doctor.command)

    def invoke(*options: str):
        return CliRunner().invoke(app, ["--store", str(tmp_path / "store"), "--camera", "slot:none", *options])

    return invoke


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def checks_of(result) -> dict[str, dict]:
    return {check["key"]: check for check in json.loads(result.stdout)["checks"]}


def test_every_failed_check_says_what_to_do(run, monkeypatch):
    monkeypatch.setattr(checkup, "PYTHON_PACKAGES", ("numpy", "no_such_package"))
    monkeypatch.setattr(checkup, "SYSTEM_LIBRARIES", {"no-such-library": "libnone1"})
    monkeypatch.setattr(checkup, "built_pages", lambda: None)
    monkeypatch.setattr(checkup, "WANTED_FREE_BYTES", 1 << 60)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--json", "--port", str(free_port()), "--loopback-port", str(port))
    checks = checks_of(result)
    for key in ("python_packages", "system_libraries", "pages", "disk", "loopback_port", "camera", "profiles"):
        assert not checks[key]["passed"], key
        assert checks[key]["mend"], key
    assert "libnone1" in checks["system_libraries"]["mend"]
    assert "--loopback-port" in checks["loopback_port"]["mend"]
    assert checks["store"]["passed"]
    assert result.exit_code == 1


def test_machine_without_a_camera_can_still_be_a_host(run, monkeypatch):
    monkeypatch.setattr(checkup, "SYSTEM_LIBRARIES", {})
    monkeypatch.setattr(checkup, "built_pages", lambda: object())
    result = run("--json", "--port", str(free_port()), "--loopback-port", str(free_port()))
    assert not checks_of(result)["camera"]["passed"]
    assert json.loads(result.stdout)["fit"]
    assert result.exit_code == 0


def test_words_are_for_people(run):
    result = run("--port", str(free_port()), "--loopback-port", str(free_port()))
    assert "Traceback" not in result.output
    assert "This machine can" in result.output
