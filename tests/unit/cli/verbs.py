"""Runs one verb of the command line in this process."""

import importlib
import json
from dataclasses import dataclass
from typing import Any

import typer
from typer.testing import CliRunner

from orview.errors import OrviewError


@dataclass(frozen=True)
class Outcome:
    """What a verb left behind: exit code, stdout, and the words of a refusal."""

    code: int
    out: str
    words: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def run_verb(verb: str, *arguments: object) -> Outcome:
    """Run `orview VERB ARGUMENTS`; anything but an `OrviewError` that escapes is raised."""
    module = importlib.import_module(f"orview.cli.{verb}")
    app = typer.Typer()
    if hasattr(module, "group"):
        app = module.group
    else:
        app.command()(module.command)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, OrviewError):
        return Outcome(1, result.stdout, str(result.exception))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)
