"""What somebody might send who means harm or whose program is broken: bytes, WebSocket frames, protocol messages."""

import copy
import json
import random
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

_VECTORS = Path(__file__).resolve().parents[1] / "wire" / "messages.json"
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**70), 1e308, 0.1, float("nan"), float("inf")),
    *(
        "",
        "x",
        "\x00",
        "\ud800",
        "é" * 3000,
        "../../orview.sqlite",
        "' OR 1=1 --",
        "LIVE",
        [],
        {},
        [[]],
        {"type": "stop"},
    ),
    *([0.0] * 400, [float("nan")] * 3, [1e300] * 4, ["1"] * 7),
)


def upgrade(port: int) -> bytes:
    """Return the request that opens a WebSocket on the loopback port."""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


def frame(opcode: int, payload: bytes, *, bits: int = 0x80, masked: bool = True, length: int | None = None) -> bytes:
    """Return one frame as a client sends it; `bits` are FIN and RSV, `length` is told instead of the true one."""
    told = len(payload) if length is None else length
    mask = 0x80 if masked else 0
    if told < 126:
        head = struct.pack(">BB", bits | opcode, mask | told)
    elif told < 65536:
        head = struct.pack(">BBH", bits | opcode, mask | 126, told)
    else:
        head = struct.pack(">BBQ", bits | opcode, mask | 127, told)
    return head + (bytes(4) if masked else b"") + payload


def bad_frame(rng: random.Random) -> bytes:
    """Return a frame no client should send, or one that is allowed and means nothing here."""
    body = rng.randbytes(rng.choice((0, 1, 5, 50, 125, 126, 1000)))
    text = rng.choice((b"{}", b"[" * 2000, b'{"type":"hello"}', b"\xff\xfe", b'{"type":"stop"}', b"null", body))
    return rng.choice(
        (
            frame(rng.randrange(16), body, bits=rng.choice((0x80, 0x00, 0xC0, 0xF0))),
            frame(1, text),
            frame(2, body),
            frame(1, text, masked=False),
            frame(0, body),
            frame(1, b"", bits=0x00) + frame(2, body),
            frame(9, bytes(200)),
            frame(10, body[:125]),
            frame(8, rng.choice((b"", b"\x03", b"\xff\xff", b"\x03\xe8\xff\xfe"))),
            frame(1, b"x", length=rng.choice((2**63, 2**32, 65536, 64))),
            frame(2, bytes(rng.choice((4097, 60_000)))),
            deflate_bomb(),
            body,
        )
    )


@cache
def deflate_bomb() -> bytes:
    """Return a frame that says it is deflated, of a thousand times its size."""
    deflate = zlib.compressobj(9, wbits=-15)
    return frame(1, deflate.compress(bytes(10_000_000)) + deflate.flush(zlib.Z_SYNC_FLUSH), bits=0xC0)


class Mutations:
    """Messages of clients, each changed in one or two places so that it is none any more.

    Args:
        rng: says where and how.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        vectors = json.loads(_VECTORS.read_text(encoding="utf-8"))
        self._good = [one["message"] for one in vectors["good"] if one["from"] == "client"]
        self._bad = [one["text"] for one in vectors["bad"] if one["from"] == "client"]

    def next(self) -> str | bytes:
        """Return one."""
        rng = self._rng
        if rng.random() < 0.05:
            return str(rng.choice(self._bad))
        message = copy.deepcopy(rng.choice(self._good))
        for _ in range(rng.choice((1, 1, 2))):
            self._change(message)
        text = json.dumps(message)
        if rng.random() < 0.2:
            data = bytearray(text.encode())
            data[rng.randrange(len(data))] = rng.randrange(256)
            return data.decode("utf-8", "replace") if rng.random() < 0.5 else bytes(data)
        return text

    def _change(self, message: dict[str, Any]) -> None:
        rng = self._rng
        # Never a clean message of another kind: those are told from each other by their fields.
        key = rng.choice(sorted(message))
        match rng.randrange(5):
            case 0:
                del message[key]
                message.setdefault("extra", 1)
            case 1:
                message[key + rng.choice(("", " ", "\u0000", "_"))] = rng.choice(_ODD_VALUES)
            case 2:
                message[f"x{rng.randrange(10**6)}"] = rng.choice(_ODD_VALUES)
            case 3:
                deep: Any = 1
                for _ in range(rng.choice((9, 50, 900))):
                    deep = [deep]
                message[key] = deep
            case _:
                message[key] = rng.choice(_ODD_VALUES)
