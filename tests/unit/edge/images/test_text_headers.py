"""NRRD and MetaImage files say plainly where their voxels lie, or are refused (hazard H04)."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from orview.edge.images.files import read_volume
from orview.edge.images.text_headers import check_metaimage, check_nrrd
from orview.errors import InputError, OrviewError, RefusedError


def written(path: Path) -> Path:
    array = np.random.default_rng(2).integers(0, 999, (8, 9, 10)).astype(np.int16)
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((2.0, 2.5, 3.0))
    SimpleITK.WriteImage(image, str(path))
    return path


def changed(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


NRRD_LIES = [
    (b"data file: x", b"encoding: raw\n", b"encoding: raw\ndata file: other.raw\n", InputError, "one piece"),
    (b"datafile: x", b"encoding: raw\n", b"encoding: raw\nDataFile: /etc/passwd\n", InputError, "one piece"),
    (b"no space", b"space: left-posterior-superior\n", b"", RefusedError, "left and right"),
    (b"a room", b"space: left-posterior-superior", b"space: scanner-xyz", RefusedError, "left and right"),
    (b"no axes", b"space directions: (2,0,0) (0,2.5,0) (0,0,3)", b"spacings: 2 2.5 3", RefusedError, "left and right"),
    (b"a long one", b"encoding: raw\n", b"encoding: raw\n" + b"a:=b\n" * 10_000, RefusedError, "longer than"),
    (b"no NRRD", b"NRRD0004", b"NRRX0004", InputError, "no image"),
]
META_LIES = [
    (b"elsewhere", b"ElementDataFile = LOCAL", b"ElementDataFile = /etc/passwd", InputError, "one piece"),
    (b"mirrored", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = -2 2.5 3", InputError, "spacing is damaged"),
    (b"flat", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = 2 0 3", InputError, "spacing is damaged"),
    (b"no number", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = 2 nan 3", InputError, "spacing is damaged"),
    (b"no word", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = 2 x 3", InputError, "spacing is damaged"),
    (b"no axes", b"TransformMatrix = 1 0 0 0 1 0 0 0 1\n", b"", RefusedError, "left and right"),
]


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    ("name", "old", "new", "kind", "words"),
    [("ct.nrrd", *lie[1:]) for lie in NRRD_LIES] + [("ct.mha", *lie[1:]) for lie in META_LIES],
    ids=[lie[0].decode() for lie in NRRD_LIES + META_LIES],
)
def test_what_is_not_said_plainly_is_refused(
    tmp_path: Path, name: str, old: bytes, new: bytes, kind: type[OrviewError], words: str
) -> None:
    check = check_nrrd if name.endswith("nrrd") else check_metaimage
    check(written(tmp_path / name))
    with pytest.raises(kind, match=words):
        check(changed(tmp_path / name, old, new))


@pytest.mark.hazard("H04")
def test_the_reader_heeds_them(tmp_path: Path) -> None:
    for name, (_, old, new, kind, words) in (("ct.nrrd", NRRD_LIES[2]), ("ct.mha", META_LIES[1])):
        with pytest.raises(kind, match=words):
            read_volume(changed(written(tmp_path / name), old, new))
