"""A plan that is being drawn: the sketch as it stands, what it was before, and the version it began from."""

import json
from collections.abc import Sequence

from orview.errors import InputError
from orview.plan.sketch import Sketch

MOST_KEPT = 100
"""So many changes can be undone."""


class Draft:
    """A sketch with its past, and with its future where changes were undone.

    Args:
        sketch: as it stands.
        base_version: of the stored plan it began from, or was stored as; 0 where there was none.

    Attributes:
        base_version: likewise.
    """

    def __init__(self, sketch: Sketch, *, base_version: int) -> None:
        self.base_version = base_version
        self._now = sketch
        self._past: list[Sketch] = []
        self._future: list[Sketch] = []
        self._stored = sketch.document()

    @property
    def sketch(self) -> Sketch:
        """As it stands."""
        return self._now

    @property
    def changed(self) -> bool:
        """Whether it differs from the stored plan."""
        return self._now.document() != self._stored

    @property
    def can_undo(self) -> bool:
        """Whether there was a change."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether a change was undone, and none made since."""
        return bool(self._future)

    def change(self, sketch: Sketch) -> None:
        """Draw something else; what changes nothing is no change."""
        if sketch.document() != self._now.document():
            self._past = [*self._past, self._now][-MOST_KEPT:]
            self._now, self._future = sketch, []

    def undo(self) -> None:
        """Take the last change back.

        Raises:
            InputError: there is none.
        """
        if not self._past:
            raise InputError("There is nothing to undo.")
        self._future.append(self._now)
        self._now = self._past.pop()

    def redo(self) -> None:
        """Make the change that was undone last once more.

        Raises:
            InputError: there is none.
        """
        if not self._future:
            raise InputError("There is nothing to redo.")
        self._past.append(self._now)
        self._now = self._future.pop()

    def stored_as(self, version: int) -> None:
        """It was stored as it stands; what was before can still be gone back to."""
        self.base_version, self._stored = version, self._now.document()

    def to_json(self) -> str:
        """Return all of it as text."""
        return json.dumps(
            {
                "base_version": self.base_version,
                "stored": self._stored,
                "now": self._now.document(),
                "past": [sketch.document() for sketch in self._past],
                "future": [sketch.document() for sketch in self._future],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Draft":
        """Rebuild a draft written by `to_json`.

        Raises:
            InputError: it is none.
        """
        try:
            document = json.loads(text)
            draft = cls(Sketch.of_document(document["now"]), base_version=int(document["base_version"]))
            draft._stored = document["stored"]
            draft._past, draft._future = _sketches(document["past"]), _sketches(document["future"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError("The draft of the plan cannot be read.", mend="Open the plan anew.") from error
        return draft


def _sketches(documents: Sequence[dict[str, object]]) -> list[Sketch]:
    return [Sketch.of_document(document) for document in documents]
