"""One frame to many sockets at the kernel's own price: a loop of writes over the descriptors that are free.

Whether a socket is free is not asked at each pose but kept up to date by what happens to it: its transport holds
something back or is rid of it, its outbox fills or empties, it closes. So nothing of a client is touched while all is
well, and the loop costs little more than the same in C.
"""

import os
from collections.abc import Collection

from orview.edge.host.client_link import ClientLink


class FanOut:
    """Which clients poses may be written to directly, and which they have to wait for."""

    def __init__(self) -> None:
        self._descriptors: dict[ClientLink, int] = {}
        self._held: set[ClientLink] = set()

    @property
    def held(self) -> Collection[ClientLink]:
        """Those whose sockets are not free now: a copy, good to go through while they become so."""
        return tuple(self._held)

    def settle(self, link: ClientLink, descriptor: int | None) -> None:
        """A client's socket is free, or is not any more (None)."""
        if descriptor is None:
            self._descriptors.pop(link, None)
            self._held.add(link)
        else:
            self._descriptors[link] = descriptor
            self._held.discard(link)

    def remove(self, link: ClientLink) -> None:
        """A client is gone."""
        self._descriptors.pop(link, None)
        self._held.discard(link)

    def send(self, frame: bytes) -> Collection[ClientLink]:
        """Write a frame to every free socket; returns the links whose sockets were not, which have to be served."""
        held = self.held
        size, write, short = len(frame), os.write, []
        for link, descriptor in self._descriptors.items():
            try:
                written = write(descriptor, frame)
            except OSError:
                # Full, or broken: the transport meets the same and knows what to do.
                written = 0
            if written != size:
                short.append((link, frame[written:]))
        for link, rest in short:
            link.finish(rest)
        return held
