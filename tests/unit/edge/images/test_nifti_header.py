"""A NIfTI header says where its voxels lie, in the same place as SimpleITK has them, or is refused (hazard H04)."""

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from orview.edge.images import files
from orview.edge.images.files import read_volume, write_volume
from orview.edge.images.nifti_header import read_nifti_header
from orview.errors import InputError, OrviewError, RefusedError
from tests.unit.edge.images.test_files import OBLIQUE, a_volume

AXES = [
    np.eye(3)[list(order)] * np.array(signs)[:, None]
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1.0, -1.0), repeat=3)
]


def by_simpleitk(path: Path) -> NDArray[np.float64]:
    image = SimpleITK.ReadImage(str(path))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def write_by_simpleitk(path: Path, axes: NDArray[np.float64]) -> None:
    image = SimpleITK.GetImageFromArray(a_volume().array)
    image.SetSpacing((0.8, 0.9, 2.5))
    image.SetOrigin((-31.0, 17.0, 250.0))
    image.SetDirection(axes.ravel().tolist())
    SimpleITK.WriteImage(image, str(path))


def changed(path: Path, form: str, at: int, *values: float) -> Path:
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, at, *values)
    path.write_bytes(data)
    return path


@pytest.mark.hazard("H04")
@pytest.mark.parametrize("codes", [(1, 1), (1, 0), (0, 1)], ids=["both", "qform", "sform"])
def test_the_place_is_where_simpleitk_has_it(tmp_path: Path, codes: tuple[int, int]) -> None:
    for n, axes in enumerate([*AXES, OBLIQUE, OBLIQUE @ AXES[5]]):
        path = tmp_path / f"{n}.nii"
        write_by_simpleitk(path, axes)
        changed(path, "<2h", 252, *codes)
        assert read_nifti_header(path).matrix == pytest.approx(by_simpleitk(path), abs=1e-3)


def test_byte_order_and_units_are_heeded(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    matrix = read_nifti_header(tmp_path / "ct.nii").matrix
    data = (tmp_path / "ct.nii").read_bytes()
    swapped = np.frombuffer(data[:348], files._NIFTI_HEADER).astype(files._NIFTI_HEADER.newbyteorder(">")).tobytes()
    big = np.frombuffer(data[352:], "<i2").astype(">i2").tobytes()
    (tmp_path / "big.nii").write_bytes(swapped + bytes(4) + big)
    assert read_nifti_header(tmp_path / "big.nii").matrix == pytest.approx(matrix)
    assert np.array_equal(read_volume(tmp_path / "big.nii").volume.array, a_volume().array)
    changed(tmp_path / "ct.nii", "<b", 123, 3)
    assert read_nifti_header(tmp_path / "ct.nii").matrix[:3] == pytest.approx(matrix[:3] / 1000.0)
    with pytest.raises(RefusedError, match="cannot be a patient's"):
        read_volume(tmp_path / "ct.nii")


def test_version_two_is_read(tmp_path: Path) -> None:
    volume = a_volume()
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.patient_from_voxel.matrix
    header = bytearray(544)
    struct.pack_into("<i8s2h", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16)
    struct.pack_into("<8q", header, 16, 3, *volume.array.shape[::-1], 1, 1, 1, 1)
    struct.pack_into("<8d", header, 104, 1, *volume.spacing_mm, 0, 0, 0, 0)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<80s", header, 240, b"SYNTHETIC")
    struct.pack_into("<2i", header, 344, 0, 1)
    struct.pack_into("<12d", header, 400, *ras[:3].ravel())
    struct.pack_into("<i", header, 500, 2)
    (tmp_path / "ct.nii").write_bytes(bytes(header) + volume.array.tobytes())
    found = read_nifti_header(tmp_path / "ct.nii")
    assert found.matrix == pytest.approx(volume.patient_from_voxel.matrix)
    assert (found.description, found.data_at, found.voxel_bytes) == ("SYNTHETIC", 544, volume.array.nbytes)


LIES: dict[str, tuple[str, int, tuple[float, ...], type[OrviewError], str]] = {
    "two sizes of voxels": ("<f", 280, (0.4,), RefusedError, "two different sizes"),
    "a size in metres": ("<4f", 280, (0.0008, 0, 0, 0), RefusedError, "two different sizes"),
    "two places": ("<2h3f", 252, (1, 1, 0.0, 0.0, 0.0), RefusedError, "two different places"),
    "axes that are not at right angles": ("<4f", 280, (0.8, 0.5, 0.0, 0.0), RefusedError, "two different|right angles"),
    "a place that is no number": ("<f", 292, (float("nan"),), InputError, "damaged"),
    "negative spacing": ("<f", 80, (-0.8,), InputError, "damaged"),
    "voxels before the header's end": ("<f", 108, (-352.0,), InputError, "damaged"),
    "voxels nowhere": ("<f", 108, (float("nan"),), InputError, "damaged"),
    "voxels between bytes": ("<f", 108, (352.5,), InputError, "damaged"),
    "no dimensions": ("<h", 40, (0,), InputError, "damaged"),
    "a negative size": ("<h", 42, (-16,), InputError, "damaged"),
    "a size beyond the file": ("<h", 42, (17,), InputError, "cut short"),
    "voxels in another file": ("<4s", 344, (b"ni1\0",), InputError, "one piece"),  # type: ignore[dict-item]
    "no orientation": ("<2h", 252, (0, 0), RefusedError, "left and right"),
}


@pytest.mark.hazard("H04")
@pytest.mark.hazard("H28")
@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_contradicts_itself_is_refused(tmp_path: Path, lie: str) -> None:
    form, at, values, kind, words = LIES[lie]
    write_volume(tmp_path / "ct.nii", a_volume())
    with pytest.raises(kind, match=words):
        read_volume(changed(tmp_path / "ct.nii", form, at, *values))
