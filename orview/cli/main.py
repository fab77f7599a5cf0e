"""`orview`: picks the verb, or starts the room without one, and turns every error into a sentence and an exit code."""

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orview import __version__
from orview.cli import alone
from orview.cli.output import console
from orview.errors import OrviewError

VERBS = (
    *("prepare", "cases", "export", "plan", "board", "calibrate", "register", "landmarks", "checkpoints", "specimen"),
    *("track", "touch", "serve", "headset", "audit", "recording", "report", "replay", "demo", "doctor"),
)
"""Each is a module of this folder with a function `command`, or a `group` of several."""

app = typer.Typer(
    name="orview",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"orview {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    store: Annotated[Path | None, typer.Option(metavar="DIR", help="Without a verb: folder of the cases.")] = None,
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Without a verb: open the console in this machine's browser."),
    ] = True,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Patient models on the patient: CT to headset overlay. Research use only, not a medical device.

    Without a verb the room's host is started and the nurse's console opens in the browser.
    """
    if context.invoked_subcommand is None:
        alone.command(store, browser=browser)
    elif store is not None or not browser:
        raise typer.BadParameter(f"Give --store and --browser behind {context.invoked_subcommand}.")


for _verb in VERBS:
    _module = importlib.import_module(f"orview.cli.{_verb}")
    if hasattr(_module, "group"):
        app.add_typer(_module.group, name=_verb)
    else:
        app.command(name=_verb)(_module.command)


def run() -> None:
    """Run the command line. Exits 0 done, 1 refused or failed with words, 2 wrong usage, 130 interrupted."""
    try:
        app(standalone_mode=True)
    except OrviewError as error:
        console.print(f"[bold red]orview:[/] {error.message}", soft_wrap=True)
        if error.mend:
            console.print(f"        {error.mend}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`orview ... | head`); nothing is wrong and nothing can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    run()
