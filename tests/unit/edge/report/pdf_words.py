"""What a PDF says, as any reader would find it: the texts of each page, by the fonts' own tables."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"(.*?)stream\n(.*?)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.DOTALL)
_BLOCK = re.compile(rb"(q )?BT (.*?) ET", re.DOTALL)
_ESCAPED = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of_pdf(pdf: bytes) -> list[list[str]]:
    """Return the texts of each page, in the order in which they are drawn."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    letters = {name: _letters(objects, int(at)) for name, at in _fonts(objects)}
    drawn = (re.search(rb"/Contents (\d+) 0 R", body) for body in objects.values())
    return [_texts(_stream(objects[int(match.group(1))]), letters) for match in drawn if match]


def words_of_pdf(pdf: bytes) -> str:
    """Return all texts, each on a line."""
    return "\n".join(text for page in pages_of_pdf(pdf) for text in page)


def _fonts(objects: dict[int, bytes]) -> set[tuple[bytes, bytes]]:
    return {found for body in objects.values() for found in re.findall(rb"/(F\d+) (\d+) 0 R", body)}


def _letters(objects: dict[int, bytes], font: int) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", objects[font])
    assert table is not None
    pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", _stream(objects[int(table.group(1))]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _stream(body: bytes) -> bytes:
    match = _STREAM.search(body)
    assert match is not None
    return zlib.decompress(match.group(2)) if b"FlateDecode" in match.group(1) else match.group(2)


def _texts(drawn: bytes, letters: dict[bytes, dict[int, str]]) -> list[str]:
    texts, font, saved = [], b"", b""
    for kept, block in _BLOCK.findall(drawn):
        # What is between q and Q leaves the font as it was.
        saved, text = font, ""
        for named, shown in _SHOWN.findall(block):
            font = named or font
            codes = re.sub(rb"\\(.)", lambda one: _ESCAPED.get(one.group(1), one.group(1)), shown, flags=re.DOTALL)
            text += "".join(letters[font][256 * codes[n] + codes[n + 1]] for n in range(0, len(codes), 2))
        font = saved if kept else font
        texts += [text] if text else []
    return texts
