"""What a TCP socket is told and asked beyond the usual: how little the kernel may hold, how fast it may send.

All of it is Linux's own (tcp(7), socket(7), include/uapi/linux/tcp.h). Elsewhere a socket stays as it is, and nothing
is known of its connection: slower to forget old poses, never wrong.
"""

import contextlib
import socket
import struct
import sys
from dataclasses import dataclass

UNSENT_BYTES = 16 * 1024
"""What the kernel may hold unsent per connection: old poses wait in our slot, where a newer one replaces them."""
SEND_BUFFER_BYTES = 64 * 1024
"""Of a socket of poses, unsent and unacknowledged together; the kernel doubles it for its own bookkeeping."""

_SO_MAX_PACING_RATE = 47
"""Of asm-generic, which x86, ARM and RISC-V have; Python does not name it."""
_MOST_PACED = 2**31 - 1
_TCP_INFO_BYTES = 192
_UNACKED_AT, _RTT_AT, _RTT_VARIATION_AT, _BYTES_ACKED_AT, _MIN_RTT_AT, _RECEIVER_LIMITED_AT = 24, 68, 72, 120, 148, 176
_LINUX = sys.platform == "linux"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a connection's sending has come.

    Attributes:
        acked_bytes: acknowledged by the other end since the beginning.
        packets_under_way: sent and not acknowledged.
        rtt_s: round trip as the kernel smooths it (RFC 6298).
        rtt_variation_s: how much round trips differ, likewise.
        min_rtt_s: the smallest one it saw in the last minutes.
        receiver_limited_s: how long the other end had no room for more, since the beginning.
    """

    acked_bytes: int
    packets_under_way: int
    rtt_s: float
    rtt_variation_s: float
    min_rtt_s: float
    receiver_limited_s: float


def hurry(sock: socket.socket) -> None:
    """Have every write sent at once (TCP_NODELAY): else a pose waits until what went before it is acknowledged.

    asyncio does so only for sockets whose protocol number is named, which those that a listening socket made by
    `socket.create_server` accepts are not.
    """
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def hold_little(sock: socket.socket) -> None:
    """Let the kernel hold little that is not sent yet (TCP_NOTSENT_LOWAT)."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def cap_send_buffer(sock: socket.socket) -> None:
    """Bound what the kernel holds of a connection that carries poses: a client that does not read costs no more."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)


def pace(sock: socket.socket, bytes_per_s: float) -> None:
    """Have the kernel spread what it sends evenly, at this rate at most (SO_MAX_PACING_RATE; needs no qdisc)."""
    if _LINUX:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_MAX_PACING_RATE, min(round(bytes_per_s), _MOST_PACED))


def progress_of(sock: socket.socket) -> Progress | None:
    """Return how far a connection's sending has come, None where the system does not tell."""
    if not (_LINUX and hasattr(socket, "TCP_INFO")):
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return None
    if len(info) < _TCP_INFO_BYTES:
        return None
    (acked,) = struct.unpack_from("=Q", info, _BYTES_ACKED_AT)
    (rtt_us,) = struct.unpack_from("=I", info, _RTT_AT)
    (variation_us,) = struct.unpack_from("=I", info, _RTT_VARIATION_AT)
    (min_rtt_us,) = struct.unpack_from("=I", info, _MIN_RTT_AT)
    (limited_us,) = struct.unpack_from("=Q", info, _RECEIVER_LIMITED_AT)
    (under_way,) = struct.unpack_from("=I", info, _UNACKED_AT)
    return Progress(
        acked_bytes=acked,
        packets_under_way=under_way,
        rtt_s=rtt_us / 1e6,
        rtt_variation_s=variation_us / 1e6,
        min_rtt_s=min_rtt_us / 1e6,
        receiver_limited_s=limited_us / 1e6,
    )
