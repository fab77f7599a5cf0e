"""Writes the vectors: `python -m tests.wire.generate`. tests/unit/protocol/test_vectors.py compares what stands."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orview.protocol.codec import PROTOCOL_VERSION, encode
from tests.wire import identifiers, messages, places, rules, slices

FOLDER = Path(__file__).resolve().parent


def vectors() -> Iterator[tuple[str, Any]]:
    """Yield file name and content of each vector file."""
    yield (
        "messages.json",
        {
            "protocol": PROTOCOL_VERSION,
            "good": [
                {"name": name, "from": sender, "text": encode(message), "message": json.loads(encode(message))}
                for sender, all_messages in (("client", messages.CLIENT_MESSAGES), ("host", messages.HOST_MESSAGES))
                for name, message in all_messages.items()
            ],
            "bad": [
                {"name": name, "from": sender, "text": text, "fault": fault, "where": where}
                for sender, texts in (("client", messages.BAD_CLIENT_TEXTS), ("host", messages.BAD_HOST_TEXTS))
                for name, (text, fault, where) in texts.items()
            ],
        },
    )
    yield (
        "binary.json",
        {
            "good": [
                {"name": name, "hex": data.hex(), "message": message}
                for name, (data, message) in messages.GOOD_BINARY.items()
            ],
            "bad": [
                {"name": name, "hex": data.hex(), "fault": fault, "where": where}
                for name, (data, fault, where) in messages.BAD_BINARY.items()
            ],
        },
    )
    yield (
        "looks.json",
        {
            "good": [
                {"name": name, "hex": data.hex(), "message": message}
                for name, (data, message) in messages.GOOD_LOOKS.items()
            ],
            "bad": [
                # Half a megabyte is told by its beginning and its length.
                {"name": name, "hex": data[:4096].hex(), "bytes": len(data), "fault": fault, "where": where}
                for name, (data, fault, where) in messages.BAD_LOOKS.items()
            ],
        },
    )
    yield (
        "overlay.json",
        {
            "host_ahead_ms": rules.HOST_AHEAD_MS,
            "scripts": [{"name": name, "steps": steps} for name, steps in rules.OVERLAY.items()],
        },
    )
    yield "places.json", places.document()
    yield "slices.json", slices.document()
    yield "identity.json", identifiers.document()
    yield "clock.json", {"scripts": [{"name": name, "steps": steps} for name, steps in rules.CLOCK.items()]}


def text_of(content: Any) -> str:
    """Return the text of a vector file: one vector a line, so that differences can be read."""
    lines = []
    for key, value in content.items():
        if isinstance(value, list):
            rows = ",\n".join(f"    {json.dumps(row)}" for row in value)
            lines.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    for file_name, file_content in vectors():
        (FOLDER / file_name).write_text(text_of(file_content), encoding="utf-8")
