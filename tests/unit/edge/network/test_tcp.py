"""What the kernel is told of a socket arrives there, and what it tells is true."""

import socket
import sys
from contextlib import closing

import pytest

from orview.edge.network import tcp

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these options are Linux's")
PACING_RATE = 47


@pytest.fixture
def pair():
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        client = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    with client, server:
        yield server, client


@linux_only
def test_options_are_set(pair):
    server, _ = pair
    tcp.hold_little(server)
    tcp.cap_send_buffer(server)
    tcp.pace(server, 1e6)
    assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == tcp.UNSENT_BYTES
    # The kernel doubles it.
    assert server.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * tcp.SEND_BUFFER_BYTES
    assert server.getsockopt(socket.SOL_SOCKET, PACING_RATE) == 1_000_000
    tcp.pace(server, 1e12)
    assert server.getsockopt(socket.SOL_SOCKET, PACING_RATE) == 2**31 - 1


@linux_only
def test_what_is_acknowledged_and_how_long_the_reader_had_no_room_is_told(pair):
    server, client = pair
    server.sendall(bytes(100_000))
    while len(client.recv(100_000, socket.MSG_WAITALL)) < 100_000:
        pass
    progress = tcp.progress_of(server)
    # Linux counts the SYN too.
    assert progress.acked_bytes in (100_000, 100_001)
    assert 0.0 < progress.min_rtt_s <= progress.rtt_s < 1.0
    assert progress.receiver_limited_s == 0.0


def test_systems_without_these_options_are_left_as_they_are(pair, monkeypatch):
    server, _ = pair
    monkeypatch.setattr(tcp, "_LINUX", False)
    monkeypatch.delattr(socket, "TCP_NOTSENT_LOWAT", raising=False)
    before = server.getsockopt(socket.SOL_SOCKET, PACING_RATE) if sys.platform == "linux" else None
    tcp.hold_little(server)
    tcp.pace(server, 5.0)
    if before is not None:
        assert server.getsockopt(socket.SOL_SOCKET, PACING_RATE) == before
    assert tcp.progress_of(server) is None


def test_closed_socket_is_no_trouble(pair):
    server, _ = pair
    server.close()
    tcp.hold_little(server)
    tcp.cap_send_buffer(server)
    tcp.pace(server, 1e6)
    assert tcp.progress_of(server) is None
