"""Real clients at the far end of a link: the reference headset and its parts, which tell what they saw as JSON.

    python -m benchmarks.streaming_client poses|fetch|clock|headset|arrivals ADDRESS PORT FINGERPRINT [MODEL_BYTES|CODE]

`poses` follows the poses, `fetch` gets the model once for each line of the standard input, `clock` joins anew for each
line and tells how wrong its idea of the host's clock is (both ends share one), `headset` is a reference headset. Lines
are "begin" and "end" for `poses` and `headset`: what came in between is told at the end. `arrivals` is as bare as a
client of this language can be, a blocking socket and no loop; it tells (exposure, sending, arrival) of each live pose
of the seconds a line asks for.
"""

import asyncio
import json
import random
import socket
import sys
import time
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import numpy as np
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from orview.edge.headset.config import HeadsetConfig
from orview.edge.headset.link import Answer, Place, open_link
from orview.edge.headset.model_fetch import ModelFetch
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.network.certificates import pinning_context
from orview.protocol.binary import PoseMessage
from orview.protocol.clock import ClockEstimator, ping_pause_ns
from orview.protocol.codec import PROTOCOL_VERSION, decode_binary, encode
from orview.protocol.messages import Hello, ModelLevelEntry, ModelLevelName, OverlayState, Ping, Pong, Role
from orview.units import ns_from_s, s_from_ns

CLOCK_S = 4.0
HELLO = Hello(
    protocol=PROTOCOL_VERSION, role_wanted=Role.OBSERVER, device_name="C", token=None, code="123456", page=None
)


def tell(**answer: object) -> None:
    """Answer a line."""
    print(json.dumps(answer), flush=True)


def ages_ms(arrivals: list[tuple[int, int]]) -> tuple[float, float]:
    """Return p50 and p99 of the newest pose's age, looked at every 0.2 ms between the first arrival and the last."""
    looked = [np.arange(here_ns, next_ns, 200_000) - sent_ns for (here_ns, sent_ns), (next_ns, _) in pairwise(arrivals)]
    p50, p99 = np.percentile(np.concatenate(looked), (50, 99)) / 1e6
    return float(p50), float(p99)


async def poses(place: Place) -> None:
    """Follow the poses."""
    answer = await open_link(place, HELLO)
    arrivals: list[tuple[int, int]] = []
    newest_ns = 0

    async def read() -> None:
        nonlocal newest_ns
        async for message in answer.link.messages():
            if isinstance(message, PoseMessage):
                newest_ns = max(newest_ns, message.send_ns)
                arrivals.append((time.monotonic_ns(), newest_ns))

    reading = asyncio.create_task(read())
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "begin":
            arrivals.clear()
            tell()
            continue
        p50, p99 = ages_ms(arrivals)
        tell(p50_ms=p50, p99_ms=p99, poses=len(arrivals))
    reading.cancel()


def fetch(place: Place, model_bytes: int) -> None:
    """Get the model again and again."""
    digest = sha256(random.Random(1).randbytes(model_bytes)).hexdigest()
    level = ModelLevelEntry(
        level=ModelLevelName.HEADSET, sha256=digest, bytes=model_bytes, triangles=1, url=f"/m/{digest}"
    )
    for _ in sys.stdin:
        begun_s = time.monotonic()
        ModelFetch(level).run(place)
        tell(seconds=time.monotonic() - begun_s)


async def clock(place: Place) -> None:
    """Join anew and learn the clock, as a headset does."""
    while await asyncio.to_thread(sys.stdin.readline):
        answer = await open_link(place, HELLO)
        estimator, sent_ns = ClockEstimator(), {}

        async def read(answer: Answer = answer, estimator: ClockEstimator = estimator, sent: dict = sent_ns) -> None:
            async for message in answer.link.messages():
                if isinstance(message, Pong):
                    estimator.add(
                        client_sent_ns=sent[message.id],
                        host_ns=message.host_ns,
                        client_received_ns=time.monotonic_ns(),
                    )
                elif isinstance(message, PoseMessage):
                    estimator.add_pose(send_ns=message.send_ns, client_received_ns=time.monotonic_ns())

        reading = asyncio.create_task(read())
        until_s, pings = time.monotonic() + CLOCK_S, 0
        while time.monotonic() < until_s:
            pings += 1
            sent_ns[pings] = time.monotonic_ns()
            await answer.link.send(encode(Ping(id=pings, client_ns=sent_ns[pings])))
            await asyncio.sleep(s_from_ns(ping_pause_ns(pings)))
        estimate = estimator.estimate(time.monotonic_ns())
        reading.cancel()
        answer.link.abandon()
        assert estimate is not None
        tell(error_ms=abs(estimate.offset_ns) / 1e6, uncertainty_ms=estimate.uncertainty_ns / 1e6)


def arrivals(place: Place, code: str) -> None:
    """Take poses off a blocking socket."""
    protocol = ClientProtocol(parse_uri(f"wss://{place.authority}{place.path}"), max_size=1 << 20)
    with pinning_context().wrap_socket(socket.create_connection((place.address, place.port))) as link:

        def say() -> None:
            for data in protocol.data_to_send():
                link.sendall(data)

        protocol.send_request(protocol.connect())
        say()
        until_ns, told, lines = 0, [], iter(sys.stdin.readline, "")
        while True:
            protocol.receive_data(link.recv(1 << 16))
            arrived_ns = time.monotonic_ns()
            for event in protocol.events_received():
                if isinstance(event, Response):
                    protocol.send_text(encode(replace(HELLO, code=code)).encode())
                elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                    message = decode_binary(bytes(event.data))
                    if isinstance(message, PoseMessage) and message.state is OverlayState.LIVE:
                        told.append((message.capture_ns, message.send_ns, arrived_ns))
            say()
            if until_ns and arrived_ns > until_ns:
                tell(arrivals=told)
                until_ns = 0
            if not until_ns:
                seconds = next(lines, None)
                if seconds is None:
                    return
                until_ns = time.monotonic_ns() + ns_from_s(float(seconds))
                told = []


async def headset(place: Place) -> None:
    """Be a headset, and tell when it showed fresh poses and when it hid."""
    applied: list[tuple[int, int]] = []
    hidden: list[int] = []
    config = HeadsetConfig(
        host=place.authority, code="123456", fingerprint=place.fingerprint, role=Role.OBSERVER, frame_hz=90.0
    )
    one = ReferenceHeadset(
        config,
        on_applied=lambda drawn: applied.append((drawn.drawn_ns, drawn.pose.send_ns)),
        on_hidden=lambda what: hidden.append(what.at_ns),
    )
    running = asyncio.create_task(one.run())
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() == "begin":
            applied.clear()
            hidden.clear()
            tell(shown=one.status.shown)
        else:
            tell(applied=applied, hidden=hidden, shown=one.status.shown)
    running.cancel()


def main() -> None:
    """Be the client that is asked for."""
    what, address, port, fingerprint = sys.argv[1:5]
    place = Place(address=address, port=int(port), fingerprint=fingerprint)
    if what == "fetch":
        fetch(place, int(sys.argv[5]))
    elif what == "arrivals":
        arrivals(place, sys.argv[5])
    else:
        asyncio.run({"poses": poses, "clock": clock, "headset": headset}[what](place))


if __name__ == "__main__":
    main()
