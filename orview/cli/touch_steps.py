"""What `orview touch` does with each picture and says to who holds the pointer."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orview.cli.output import console
from orview.cli.pictures import pictures_of

if TYPE_CHECKING:
    from orview.edge.camera import Camera
    from orview.markers.board import Board
    from orview.markers.camera import CameraProfile
    from orview.register.touching import Touching
    from orview.track.follow import TrackedPose
    from orview.track.tip_sight import Tip, TipSight

UNSEEN_PICTURES = 30
"""So many in a row without the tip are told; a hand before a board for a moment is not."""

WRITE_EVERY = 20

Say = Callable[[dict[str, Any], str], None]
"""Called with an event as plain values, and its words."""


def say_with_json(event: dict[str, Any], words: str) -> None:
    """Print an event on stdout."""
    del words
    sys.stdout.write(json.dumps(event, allow_nan=False) + "\n")
    sys.stdout.flush()


def say_on_screen(event: dict[str, Any], words: str) -> None:
    """Print its words for who holds the pointer."""
    from rich.text import Text

    del event
    console.print(Text(words), soft_wrap=True)


class Steps:
    """Follows the board and the pointer and hands each sight of the tip on.

    Args:
        path: where the points go.
        say: tells what happens.
    """

    def __init__(self, path: Path, *, say: Say) -> None:
        self.path, self.say = path, say
        self._unseen = 0

    def run(
        self,
        opened: "Camera",
        source: str,
        profile: "CameraProfile",
        boards: tuple["Board", "Board"],
        tip: "Tip",
        *,
        resting: bool,
    ) -> str:
        """Go through the pictures of the patient's board and the pointer's until all is taken or they end.

        Returns why the camera is refused, or nothing.
        """
        from orview.edge.camera import Picture
        from orview.track.follow import Tracker
        from orview.track.tip import TipFinder, out_of_reach

        tracker = Tracker(boards, profile, resting=resting)
        finder = TipFinder(*boards, profile, tip)
        self.begin()
        try:
            for event in pictures_of(opened, source, profile):
                if not isinstance(event, Picture):
                    self.take(None)
                    self.say({"event": "unseen", "reason": event.words}, event.words)
                    continue
                on_patient, on_pointer = tracker.step(event.image, taken_ns=event.taken_ns)
                sight = finder.find(on_patient, on_pointer)
                if tracker.refusal:
                    break
                advice = out_of_reach(boards[1], profile, on_patient) if on_pointer.camera_from_board is None else ""
                self._tell_unseen(sight, on_patient, on_pointer, advice)
                if self.take(sight):
                    break
        finally:
            self.finish()
        return tracker.refusal

    def begin(self) -> None:
        """Say what to do first."""

    def take(self, sight: "TipSight | None") -> bool:
        """Take what a picture shows of the tip; returns whether all is taken."""
        raise NotImplementedError

    def finish(self) -> None:
        """Write what is left, and say where it is."""

    def _tell_unseen(
        self, sight: "TipSight | None", on_patient: "TrackedPose", on_pointer: "TrackedPose", advice: str
    ) -> None:
        self._unseen = 0 if sight is not None else self._unseen + 1
        if self._unseen == UNSEEN_PICTURES:
            for who, seen, why in (("The board on the patient", on_patient, ""), ("The pointer", on_pointer, advice)):
                if seen.camera_from_board is None:
                    words = f"{who} is not seen. {why or seen.reason}"
                    self.say({"event": "unseen", "reason": words}, words)


class TouchSteps(Steps):
    """Asks for landmarks and writes each touch at once; arguments as of `Steps`, and the landmarks."""

    def __init__(self, touching: "Touching", path: Path, *, say: Say) -> None:
        from orview.track.tip_rest import TipRest

        super().__init__(path, say=say)
        self._touching = touching
        self._rest = TipRest()

    def begin(self) -> None:
        """Ask for the first landmark."""
        self._ask()

    def take(self, sight: "TipSight | None") -> bool:
        """Take a sight of the tip; returns whether every landmark was touched."""
        rest = self._rest.take(sight)
        if rest is None:
            return False
        answer = self._touching.take(rest.position_board_mm, rest.covariance_mm2, shared_mm2=rest.shared_mm2)
        if answer is None:
            return False
        event: dict[str, Any] = {
            "event": "touch" if answer.taken else "doubt",
            "landmark": answer.touch.name,
            "t_ns": rest.taken_ns,
            "position_board_mm": rest.position_board_mm.tolist(),
            "tip_covariance_mm2": rest.covariance_mm2.tolist(),
            "sigma_mm": _sigma_mm(answer.touch.covariance_mm2),
            "shared_mm": _sigma_mm(answer.touch.shared_mm2),
            "pictures": rest.pictures,
            "reason": answer.reason,
            "forgotten": answer.forgotten,
        }
        if not answer.taken:
            self.say(event, f"  not taken: {answer.reason}")
            return False
        self._write()
        anew = f" {answer.forgotten} is to be touched anew." if answer.forgotten else ""
        tip_mm = _sigma_mm(rest.covariance_mm2)
        self.say(event, f"  taken: {answer.touch.name}, the tip is known to {tip_mm:.2f} mm (one sigma).{anew}")
        self._ask()
        return self._touching.next_name is None

    def finish(self) -> None:
        """Say where the touches are."""
        count = len(self._touching.touches)
        words = f"{count} landmarks touched: {self.path}" if count else "No landmark was touched; nothing was written."
        self.say({"event": "end", "touched": count, "file": str(self.path) if count else None}, words)

    def _ask(self) -> None:
        name = self._touching.next_name
        if name is not None:
            count = len(self._touching.touches)
            self.say({"event": "ask", "landmark": name, "touched": count}, f"Touch {name} and let the tip rest.")

    def _write(self) -> None:
        from orview.edge.board_points import BoardPoint, write_touched

        write_touched(
            self.path,
            [
                BoardPoint(
                    name=touch.name,
                    position_board_mm=touch.position_board_mm,
                    sigma_mm=_sigma_mm(touch.covariance_mm2),
                    shared_mm=_sigma_mm(touch.shared_mm2),
                    where="",
                )
                for touch in self._touching.touches
            ],
        )


class TraceSteps(Steps):
    """Records a trace; arguments as of `Steps`, and after how many points it ends."""

    def __init__(self, path: Path, *, most: int, say: Say) -> None:
        from orview.track.tip_trace import TipTrace

        super().__init__(path, say=say)
        self._most = most
        self._trace = TipTrace()
        self._recording = False
        self._written = 0

    def begin(self) -> None:
        """Say how to trace."""
        self.say(
            {"event": "ask", "points": 0},
            "Rest the tip on bare bone, then slide it slowly over ridges and ends; lift it fast to pause.",
        )

    def take(self, sight: "TipSight | None") -> bool:
        """Take a sight of the tip; returns whether there are points enough."""
        more = self._trace.take(sight)
        count = len(self._trace.points_board_mm)
        if self._trace.recording != self._recording:
            self._recording = self._trace.recording
            words = "  recording" if self._recording else f"  paused after {count} points: rest on bone to go on"
            self.say({"event": "recording" if self._recording else "paused", "points": count}, words)
        if more and count - self._written >= WRITE_EVERY:
            self._write()
            self.say({"event": "trace", "points": count}, f"  {count} points")
        return count >= self._most

    def finish(self) -> None:
        """Write the points that are not written yet."""
        count = len(self._trace.points_board_mm)
        if count > self._written:
            self._write()
        words = f"{count} points traced: {self.path}" if count else "No point was traced; nothing was written."
        self.say({"event": "end", "points": count, "file": str(self.path) if count else None}, words)

    def _write(self) -> None:
        from orview.edge.board_points import write_traced

        write_traced(self.path, self._trace.points_board_mm)
        self._written = len(self._trace.points_board_mm)


def _sigma_mm(covariance_mm2: Any) -> float:
    """Return the standard deviation along the worst axis: a file has room for one number."""
    import numpy as np

    return float(np.sqrt(np.linalg.eigvalsh(covariance_mm2)[-1]))
