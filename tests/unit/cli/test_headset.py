"""`orview headset`: its options are checked, and what it says is words or one JSON document."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.tiny_host import DIGEST, TinyHost

REPOSITORY = Path(__file__).parents[3]
RUN = [sys.executable, "-c", "from orview.cli.main import run; run()", "headset"]


def start(*options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([*RUN, *options], cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--code", "12345"), "six digits"),
        (("--code", "12345x"), "six digits"),
        (("--fingerprint", "ab"), "64 hexadecimal digits"),
        (("--seconds", "-1"), "seconds"),
    ],
)
def test_wrong_usage_exits_2(options: tuple[str, ...], words: str) -> None:
    run = start(*options)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert words in errors


def test_nobody_there_exits_1_with_words_and_no_traceback() -> None:
    run = start("--host", "127.0.0.1:1", "--json")
    out, errors = run.communicate(timeout=60)
    assert (run.returncode, out) == (1, "")
    assert "No orview host answers" in errors
    assert "Traceback" not in errors


def test_the_report_is_one_json_document(tmp_path: Path) -> None:
    async def run() -> tuple[str, str, int]:
        async with TinyHost(tmp_path) as host:
            headset = start(
                *("--host", f"https://127.0.0.1:{host.port}/#k={host.new_code()}"),
                *("--fingerprint", host.certificate.fingerprint.upper(), "--seconds", "1.5", "--json"),
            )
            out, errors = await asyncio.to_thread(headset.communicate, timeout=60)
            return out, errors, headset.returncode

    out, errors, code = asyncio.run(run())
    assert code == 0, errors
    report = json.loads(out)
    assert report["model_digest"] == DIGEST
    assert report["live_poses"] > 10
    assert report["shown_frames"] > 10
    assert report["room_name"] == "Room T"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a child alone")
def test_interrupted_it_still_reports(tmp_path: Path) -> None:
    async def run() -> tuple[str, int]:
        async with TinyHost(tmp_path) as host:
            headset = start(
                *("--host", f"127.0.0.1:{host.port}", "--code", host.new_code(), "--json"),
                *("--fingerprint", host.certificate.fingerprint),
            )
            try:
                deadline_s = time.monotonic() + 30.0
                while not any(type(message).TYPE == "report" for message in host.received):
                    assert headset.poll() is None
                    assert time.monotonic() < deadline_s
                    await asyncio.sleep(0.05)
                headset.send_signal(signal.SIGINT)
                out, _ = await asyncio.to_thread(headset.communicate, timeout=60)
            finally:
                headset.kill()
            return out, headset.returncode

    out, code = asyncio.run(run())
    assert code == 0
    assert json.loads(out)["poses"] > 0
