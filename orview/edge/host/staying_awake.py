"""Keeps the machine from going to sleep while the overlay is live, by asking the system, and says whether it agreed.

The system's own program holds the lock as long as a child of it lives, and that child (`cat`) lives as long as its
input is open here: however this process ends, the lock ends with it. The child's echo is the proof that the lock holds.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Sequence

from orview.protocol.machine import Awake

WHO, WHY = "orview", "The overlay is live."
COMMANDS = (
    ("systemd-inhibit", "--what=sleep:idle:handle-lid-switch", f"--who={WHO}", f"--why={WHY}", "--mode=block", "cat"),
    ("systemd-inhibit", "--what=sleep:idle", f"--who={WHO}", f"--why={WHY}", "--mode=block", "cat"),
    ("caffeinate", "-i", "-s", "cat"),
)
"""Asked one after the other: logind with the lid (not every user may), logind without, macOS."""

WORDS = {
    Awake.FREE: "This machine may go to sleep: nothing is live.",
    Awake.KEPT: "This machine does not go to sleep while the overlay is live.",
    Awake.UNABLE: "This system does not let orview keep it awake: switch sleep off, and leave the lid open.",
}
_SIGN = b"awake\n"


class StayingAwake:
    """Asks the system to stay awake while that is wanted.

    Args:
        commands: to ask with, the best first; each must end by running something that echoes its input.
    """

    def __init__(self, commands: Sequence[Sequence[str]] = COMMANDS) -> None:
        self._commands = [command for command in commands if shutil.which(command[0]) is not None]
        self._untried: list[Sequence[str]] = []
        self._wanted = False
        self._child: subprocess.Popen[bytes] | None = None
        self._leaving: list[subprocess.Popen[bytes]] = []
        self._proven = False

    def want(self, wanted: bool) -> None:
        """Say whether the machine must stay awake; to be called again and again, which also finds out how it went."""
        if wanted and not self._wanted:
            self._untried = list(self._commands)
        self._wanted = wanted
        if not wanted:
            self.close()
        elif self._child is None or self._child.poll() is not None:
            self._try_next()
        else:
            self._listen(self._child)

    @property
    def state(self) -> Awake:
        """Whether the machine stays awake now."""
        if not self._wanted:
            return Awake.FREE
        if self._proven:
            return Awake.KEPT
        return Awake.FREE if self._child is not None else Awake.UNABLE

    @property
    def words(self) -> str:
        """The same in a sentence."""
        return WORDS[self.state]

    def close(self) -> None:
        """Let the machine sleep again."""
        child, self._child, self._proven = self._child, None, False
        # Nobody waits for a child that leaves: this may be called on the road of the poses.
        self._leaving = [one for one in self._leaving if one.poll() is None]
        if child is None:
            return
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(OSError):
            child.stdin.close()
        child.stdout.close()
        self._leaving.append(child)

    def _try_next(self) -> None:
        """Ask in the next way: the one before was refused, or ended although nobody asked it to."""
        self.close()
        while self._untried and self._child is None:
            command = self._untried.pop(0)
            with contextlib.suppress(OSError):
                self._child = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
                assert self._child.stdin is not None
                assert self._child.stdout is not None
                os.set_blocking(self._child.stdout.fileno(), False)
                self._child.stdin.write(_SIGN)
                self._child.stdin.flush()

    def _listen(self, child: "subprocess.Popen[bytes]") -> None:
        assert child.stdout is not None
        if not self._proven:
            self._proven = child.stdout.read(len(_SIGN)) == _SIGN
