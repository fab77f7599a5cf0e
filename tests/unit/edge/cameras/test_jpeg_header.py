"""What a JPEG says of itself decides whether it is decoded at all."""

import struct

import cv2
import numpy as np
import pytest

from orview.edge.cameras.jpeg_header import check_jpeg, is_plain_jpeg, jpeg_frame
from orview.errors import InputError


def jpeg(shape: tuple[int, int] = (48, 64), *flags: int, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, np.full((*shape, 3), 90, np.uint8), list(flags))[1].tobytes()


def of_size(width: int, height: int) -> bytes:
    changed = bytearray(jpeg())
    at = changed.index(b"\xff\xc0")
    changed[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(changed)


def test_size_and_kind_are_read_from_the_beginning() -> None:
    assert jpeg_frame(jpeg()[:700]) == (0xC0, 64, 48)
    assert is_plain_jpeg(jpeg())
    assert not is_plain_jpeg(jpeg((48, 64), cv2.IMWRITE_JPEG_PROGRESSIVE, 1))
    assert not is_plain_jpeg(jpeg(suffix=".png"))


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (of_size(10_000, 10_000), "10000 x 10000 pixels, more than orview takes"),
        (of_size(65_535, 65_535), "more than orview takes"),
        (jpeg((48, 96)), "96 x 48 pixels where 64 x 48"),
        (jpeg((48, 64), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), "many passes"),
        (jpeg(suffix=".png"), "no JPEG"),
        (jpeg()[:40], "no JPEG"),
        (b"", "no JPEG"),
        (b"\xff\xd8" + b"\xff" * 90, "no JPEG"),
    ],
)
def test_what_is_no_plain_jpeg_of_the_size_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        check_jpeg(data, width=64, height=48, most_pixels=1_000_000)
    assert caught.value.mend


def test_a_whole_picture_passes() -> None:
    check_jpeg(jpeg(), width=64, height=48, most_pixels=48 * 64)
