"""Answers programs on the host's own machine that ask how it is: `/health` for people and watchers, `/metrics`."""

import json
from collections.abc import Callable
from http import HTTPStatus

from orview.edge.host.clock import now_ns
from orview.edge.host.instruments import Instruments, Readings
from orview.edge.host.metrics import CONTENT_TYPE, exposition
from orview.edge.host.site import Answer

_FRESH = {"Cache-Control": "no-store"}


class HostVitals:
    """What `Site` asks.

    Args:
        instruments: that count.
        read: returns what the parts of the host say of themselves.
    """

    def __init__(self, instruments: Instruments, read: Callable[[], Readings]) -> None:
        self._instruments = instruments
        self._read = read

    def health(self) -> Answer:
        """Return the health as JSON: 200, or 503 where something keeps the host from its work."""
        told = self._instruments.health(self._read(), now_ns=now_ns())
        return Answer(
            status=HTTPStatus.SERVICE_UNAVAILABLE if told["troubles"] else HTTPStatus.OK,
            headers={"Content-Type": "application/json; charset=utf-8", **_FRESH},
            body=json.dumps(told).encode(),
        )

    def metrics(self) -> Answer:
        """Return the metrics."""
        families = self._instruments.families(self._read(), now_ns=now_ns())
        return Answer(status=HTTPStatus.OK, headers={"Content-Type": CONTENT_TYPE, **_FRESH}, body=exposition(families))
