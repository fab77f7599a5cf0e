"""What a JPEG says of itself before anything is decoded; loads no picture library, so the stream process may ask."""

import struct

from orview.errors import InputError

_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}


def check_jpeg(encoded: bytes, *, width: int, height: int, most_pixels: int) -> None:
    """Refuse what is no plain JPEG of a size, before it costs anything (hazard H28).

    Raises:
        InputError: it is none, of another size, or has more pixels than are decoded.
    """
    frame = jpeg_frame(encoded)
    if frame is None:
        raise InputError("The picture is no JPEG, or it is cut off.", mend="Send whole JPEG pictures.")
    if frame[1] * frame[2] > most_pixels:
        raise InputError(
            f"The picture has {frame[1]} x {frame[2]} pixels, more than orview takes of a headset.",
            mend=f"Send pictures of at most {most_pixels / 1e6:g} megapixels.",
        )
    if frame[1:] != (width, height):
        raise InputError(
            f"The picture has {frame[1]} x {frame[2]} pixels where {width} x {height} were told.",
            mend="Tell the size of the pictures as they are sent.",
        )
    if not is_plain_jpeg(encoded):
        raise InputError(
            "The picture is a JPEG of a kind that takes many passes to decode.", mend="Send baseline JPEG pictures."
        )


def is_plain_jpeg(encoded: bytes) -> bool:
    """Return whether this is a JPEG that is decoded in one pass; a progressive one may ask for any number of them."""
    frame = jpeg_frame(encoded)
    return frame is not None and frame[0] in (_BASELINE, _EXTENDED)


def jpeg_frame(encoded: bytes) -> tuple[int, int, int] | None:
    """Return the kind of frame, width and height of a JPEG (ITU-T T.81, B.2.2), None where there is none."""
    if not encoded.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(encoded) and encoded[at] == 0xFF:
        marker = encoded[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _WITHOUT_LENGTH:
            at += 2
        elif marker in {_BASELINE, _EXTENDED, _PROGRESSIVE} | _OTHER_FRAMES:
            height, width = struct.unpack(">HH", encoded[at + 5 : at + 9])
            return marker, width, height
        else:
            at += 2 + int(struct.unpack(">H", encoded[at + 2 : at + 4])[0])
    return None
