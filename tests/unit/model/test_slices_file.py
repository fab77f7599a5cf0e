"""Slices come back from their bytes as they were; other bytes are refused in words."""

import gzip
import json

import numpy as np
import pytest

from orview.errors import InputError
from orview.model.slices_file import read_slices, write_slices
from orview.segment.slices import Slices
from tests.wire import slices

SLICES = Slices(
    grey=np.arange(24, dtype=np.uint8).reshape(2, 3, 4),
    labels=(np.arange(24, dtype=np.uint8) % 3).reshape(2, 3, 4),
    keys=("tumour", "sacrum"),
    origin_patient_mm=(-1.5, 2.0, 3.25),
    spacing_mm=0.9,
    window=(-250.0, 770.0),
)


def test_slices_come_back_as_they_were() -> None:
    data = write_slices(SLICES)
    again = read_slices(data)
    assert np.array_equal(again.grey, SLICES.grey)
    assert np.array_equal(again.labels, SLICES.labels)
    assert (again.keys, again.origin_patient_mm, again.spacing_mm, again.window) == (
        SLICES.keys,
        SLICES.origin_patient_mm,
        SLICES.spacing_mm,
        SLICES.window,
    )
    assert write_slices(again) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nothing packed",
        write_slices(SLICES)[:-9],
        gzip.compress(b"no head"),
        gzip.compress(b'{"format":1}\n'),
        gzip.compress(gzip.decompress(write_slices(SLICES))[:-1]),
    ],
    ids=["empty", "other bytes", "cut", "no head", "half a head", "a voxel short"],
)
def test_what_are_no_slices_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        read_slices(data)


def test_slices_of_a_newer_orview_are_refused_in_words() -> None:
    line, _, rest = gzip.decompress(write_slices(SLICES)).partition(b"\n")
    newer = json.dumps(json.loads(line) | {"format": 2}).encode() + b"\n" + rest
    with pytest.raises(InputError, match="newer"):
        read_slices(gzip.compress(newer))


def test_the_vector_both_languages_read_is_read_here() -> None:
    vector = slices.document()
    again = read_slices(gzip.compress(bytes.fromhex(vector["hex"])))
    voxel_from_patient = again.patient_from_voxel.inverse()
    for point in vector["points"]:
        i, j, k = (round(float(n)) for n in voxel_from_patient.apply(point["patient_mm"]))
        label = int(again.labels[k, j, i])
        assert int(again.grey[k, j, i]) == point["grey"]
        assert (again.keys[label - 1] if label else None) == point["structure"]
