"""Opens a page in this machine's own browser, where there is a screen for one."""

import os
import sys
import webbrowser

from orview.cli.output import console


def open_page(url: str) -> bool:
    """Open a page for the person at this machine; says so where that cannot be done, and returns whether it was."""
    # Without a screen Python falls back on browsers of the terminal, which would take it away from the host.
    opened = has_screen() and webbrowser.open(url)
    if not opened:
        console.print("No browser could be opened here: open the console's address above in one.", soft_wrap=True)
    return opened


def has_screen() -> bool:
    """Whether this machine shows windows to whoever started this process."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
