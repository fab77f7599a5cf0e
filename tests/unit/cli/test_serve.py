"""`orview serve` in a process of its own: addresses, Ctrl-C, and words for what is wrong."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from orview.cli import serve
from orview.edge.boards import load_board
from tests.integration.small_room import write_profile
from tests.pointing import TIP_FILE
from tests.unit.cli.verbs import run_verb

SERVE = "import typer; from orview.cli.serve import command; typer.run(command)"


def options(tmp_path: Path) -> list[str]:
    return [
        *("--store", str(tmp_path / "store"), "--camera", "slot:none", "--profile", str(write_profile(tmp_path))),
        *("--local", "--port", "0", "--loopback-port", "0", "--room", "OR 3"),
    ]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_interrupted_and_ends_cleanly(tmp_path, how):
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, *options(tmp_path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        text = ""
        while not text.endswith("}\n"):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            text += line
        told = json.loads(text)
        assert told["headset_url"] == f"https://127.0.0.1:{told['port']}/#k={told['code']}"
        with urllib.request.urlopen(f"http://127.0.0.1:{told['loopback_port']}/health", timeout=10) as answer:
            assert json.load(answer)["state"] == "OFF"
        process.send_signal(how)
        _, words = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Stopped." in words
        assert "Traceback" not in words
    finally:
        process.kill()
        process.wait()


def test_terminal_shows_code_addresses_and_a_readable_qr_code(tmp_path, capsys):
    from orview.edge.host.host import HostAddresses

    serve.show_addresses(
        HostAddresses(
            headset_url="https://192.0.2.7:8443/#k=123456",
            local_headset_url="http://127.0.0.1:8080/#k=123456",
            console_url="http://127.0.0.1:8080/console#t=abc",
            code="123456",
            console_token="abc",
            fingerprint="00" * 32,
            port=8443,
            loopback_port=8080,
            addresses=("192.0.2.7",),
        )
    )
    shown = capsys.readouterr().err
    for part in ("https://192.0.2.7:8443/#k=123456", "123 456", "http://127.0.0.1:8080/console#t=abc", "research"):
        assert part in shown
    assert sum("█" in line for line in shown.splitlines()) > 10


def test_wrong_usage_exits_with_two():
    app = typer.Typer()
    app.command()(serve.command)
    assert CliRunner().invoke(app, ["--port", "99999"]).exit_code == 2


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--second-board", "patient_flat"), "both have marker 0"),
        (("--pointer", "patient_flat", "--tip", "tip.json"), "both have marker 0"),
        (("--headset-board", "headset", "--headset-board", "headset"), "both have marker 50"),
        (("--pointer", "headset", "--tip", "tip.json"), "tip of another pointer"),
        (("--pointer", "pointer", "--tip", "none.json"), "cannot be read from none.json"),
        (("--pointer", "pointer"), "Give its file with --tip"),
        (("--tip", "tip.json"), "Name the board on the pointer with --pointer"),
    ],
)
def test_boards_that_cannot_be_told_apart_and_a_wrong_tip_are_refused(tmp_path, monkeypatch, given, words):
    monkeypatch.chdir(tmp_path)
    Path("tip.json").write_text(json.dumps(TIP_FILE | {"board_digest": load_board("pointer").digest}))
    outcome = run_verb("serve", *options(tmp_path), *given)
    assert outcome.code == 1
    assert words in outcome.words
