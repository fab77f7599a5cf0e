"""Keeps the touches that are to register a case on disk, so that a restart of this process does not ask for them anew.

They are good for as long as nothing was moved, which nobody vouches for over a night: the record says of which run of
the host it is, and another run passes it over. A board that is seen to have moved voids them like those in memory.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import numpy as np

from orview.edge.host.store import HostStore
from orview.errors import ContractError
from orview.register.landmarks import Touch

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class TouchesOf:
    """What touches belong to: a run of the host, a case, its landmarks as JSON text, and the board they are told in."""

    run: int
    case_id: str
    landmarks: str
    board_digest: str


@dataclass(frozen=True, kw_only=True)
class KeptTouches:
    """Touches, and what they belong to."""

    touches: tuple[Touch, ...]
    of: TouchesOf


class TouchKeeper:
    """Writes touches down whenever they changed.

    Args:
        host_store: where they lie.
        write: lets something be written off the poses' road (`Recorder.write`).
    """

    def __init__(self, host_store: HostStore, write: Callable[[Coroutine[None, None, None]], None]) -> None:
        self._host_store, self._write = host_store, write
        self._kept: KeptTouches | None = None
        self._saved: KeptTouches | None = None
        self._one_at_a_time = asyncio.Lock()

    def take(self, kept: "KeptTouches | None") -> None:
        """Keep touches, where they are news; None keeps what is on disk."""
        if kept is not None and kept != self._kept:
            self._kept = kept
            self._write(self._save())

    async def _save(self) -> None:
        async with self._one_at_a_time:
            kept = self._kept
            if kept is not None and kept != self._saved:
                await asyncio.to_thread(self._host_store.put_touches, encode_touches(kept))
                self._saved = kept


def encode_touches(kept: KeptTouches) -> str:
    """Return the record of touches as JSON text."""
    of = kept.of
    return json.dumps(
        {
            "version": _VERSION,
            "of": [of.run, of.case_id, of.landmarks, of.board_digest],
            "touches": [
                {
                    "name": touch.name,
                    "position_board_mm": touch.position_board_mm.tolist(),
                    "covariance_mm2": touch.covariance_mm2.tolist(),
                    "shared_mm2": touch.shared_mm2.tolist(),
                }
                for touch in kept.touches
            ],
        }
    )


def decode_touches(text: str | None, of: TouchesOf) -> tuple[Touch, ...]:
    """Return the touches of a record; none where it is of something else, of another version, or cannot be read."""
    if text is None:
        return ()
    try:
        document = json.loads(text)
        if document["version"] != _VERSION or document["of"] != [of.run, of.case_id, of.landmarks, of.board_digest]:
            return ()
        return tuple(
            Touch(
                name=str(touch["name"]),
                position_board_mm=np.array(touch["position_board_mm"], dtype=np.float64).reshape(3),
                covariance_mm2=np.array(touch["covariance_mm2"], dtype=np.float64).reshape(3, 3),
                shared_mm2=np.array(touch["shared_mm2"], dtype=np.float64).reshape(3, 3),
            )
            for touch in document["touches"]
        )
    except (ValueError, TypeError, KeyError, ContractError):
        return ()
