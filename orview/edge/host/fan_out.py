"""One frame to many sockets at the kernel's own price: a loop of writes over the descriptors that are free.

Whether a socket is free is not asked at each pose but kept up to date by what happens to it: its transport holds
something back or is rid of it, its outbox fills or empties, it closes. So nothing of a client is touched while all is
well, and the loop costs little more than the same in C.
"""

import os
from collections.abc import Set

from orview.edge.host.client_link import ClientLink


class FanOut:
    """The clients that poses may be written to directly."""

    def __init__(self) -> None:
        self._descriptors: dict[ClientLink, int] = {}

    @property
    def free(self) -> Set[ClientLink]:
        """Those whose sockets are free now."""
        return self._descriptors.keys()

    def settle(self, link: ClientLink, descriptor: int | None) -> None:
        """A client's socket is free, or is not any more (None)."""
        if descriptor is None:
            self._descriptors.pop(link, None)
        else:
            self._descriptors[link] = descriptor

    def send(self, frame: bytes) -> Set[ClientLink]:
        """Write a frame to every free socket; returns whose those were."""
        served = set(self._descriptors)
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
        return served
