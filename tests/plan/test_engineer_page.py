"""The engineer's page can be copied as it stands: its verbs are there and have the options it writes."""

import re
from pathlib import Path

import pytest
import typer

from orview.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "engineer.md").read_text(encoding="utf-8")
_CALL = re.compile(r"^ {4}\.venv/bin/orview (.+)|`orview ([a-z][^`]*)`", re.MULTILINE)
CALLS = sorted({(block or inline).split("  #")[0].strip() for block, inline in _CALL.findall(PAGE)})


def test_it_calls_much():
    assert len(CALLS) > 15


@pytest.mark.parametrize("call", CALLS)
def test_the_command_has_what_it_is_called_with(call: str):
    command = root = typer.main.get_command(app)
    for word in call.split():
        commands = getattr(command, "commands", {})
        if word not in commands:
            break
        command = commands[word]
    assert command is not root, "there is no such verb"
    known = {option for one in command.params for option in one.opts}
    assert set(re.findall(r"(?<!\S)--[a-z-]+", call)) <= known
