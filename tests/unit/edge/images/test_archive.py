"""A ZIP is unpacked within bounds, and no name in it means anything (hazard H28)."""

import io
import random
import stat
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import pytest

from orview.edge.images import archive
from orview.edge.images.archive import Opened, open_source
from orview.edge.images.files import read_volume, write_volume
from orview.edge.images.sources import sort_sources
from orview.errors import InputError, RefusedError
from tests.shapes import trunk, write_dicom
from tests.unit.edge.images.test_files import a_volume


def zipped(path: Path, members: Mapping[str, bytes], *, compression: int = ZIP_DEFLATED) -> Path:
    with ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def unpacked(path: Path, tmp_path: Path) -> list[bytes]:
    """The contents of what a ZIP unpacks to; the names are checked here."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    folder = open_source(path, scratch).path
    assert folder == scratch / "unpacked"
    files = sorted(folder.iterdir())
    assert all(file.is_file() and not file.is_symlink() and file.stem.isdigit() for file in files)
    assert list(scratch.iterdir()) == [folder]
    return [file.read_bytes() for file in files]


def test_a_zip_reads_as_its_folder_does(tmp_path: Path) -> None:
    paths = write_dicom(tmp_path / "series", trunk((12, 64, 64)))
    whole = read_volume(tmp_path / "series")
    path = zipped(tmp_path / "disc.zip", {f"DICOM/PAT 1/{file.name}": file.read_bytes() for file in paths})
    heard: list[str] = []
    read = read_volume(path, progress=lambda words, _: heard.append(words))
    assert (read.volume.array == whole.volume.array).all()
    assert read.volume.provenance == whole.volume.provenance
    assert (read.volume.patient_from_voxel.matrix == whole.volume.patient_from_voxel.matrix).all()
    assert "Unpacking the archive" in heard


@pytest.mark.parametrize("name", ["ct.nii", "ct.nii.gz"])
def test_an_image_file_is_read_out_of_a_zip_in_a_zip(tmp_path: Path, name: str) -> None:
    write_volume(tmp_path / name, a_volume())
    inner = zipped(tmp_path / "inner.zip", {f"x/{name}": (tmp_path / name).read_bytes(), "x/readme.txt": b"hello"})
    outer = zipped(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    assert (read_volume(outer).volume.array == a_volume().array).all()


EVIL_NAMES = [
    "../../../evil.dcm",
    "/etc/evil.dcm",
    "C:\\Windows\\evil.dcm",
    "\\\\server\\share\\evil",
    "a/../../evil",
    "CON",
    "nul.dcm",
    "evil\0.dcm",
    "Same.dcm",
    "same.DCM",
    "x" * 5000,
    "\u202egpj.exe",
    "-rf",
    "~/evil",
]


@pytest.mark.hazard("H28")
def test_names_are_never_used_as_paths(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {name: name.encode() for name in EVIL_NAMES})
    before = set(tmp_path.rglob("*"))
    assert unpacked(path, tmp_path) == [name.encode() for name in EVIL_NAMES]
    made = {file for file in tmp_path.rglob("*") if file not in before and file.is_file()}
    assert {file.parent for file in made} == {tmp_path / "scratch" / "unpacked"}


@pytest.mark.hazard("H28")
def test_two_members_of_one_name_are_two_files(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("one", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("one", b"2")
    assert unpacked(tmp_path / "a.zip", tmp_path) == [b"1", b"2"]


@pytest.mark.hazard("H28")
def test_links_devices_and_bookkeeping_are_left_out(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        for name, kind in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR), ("pipe", stat.S_IFIFO)):
            info = ZipInfo(name)
            info.external_attr = (kind | 0o777) << 16
            file.writestr(info, "/etc/passwd")
        file.mkdir("folder")
        file.writestr("__MACOSX/._ct.nii", b"x")
        file.writestr("folder/.DS_Store", b"x")
        file.writestr("folder/kept", b"kept")
    assert unpacked(tmp_path / "a.zip", tmp_path) == [b"kept"]


@pytest.mark.hazard("H28")
def test_a_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"zeros": bytes(archive.SMALL_BYTES + 1)})
    with pytest.raises(RefusedError, match="100 times its size"):
        open_source(path, tmp_path)
    assert (tmp_path / "unpacked" / "000001").stat().st_size <= archive.SMALL_BYTES + 2**20


@pytest.mark.hazard("H28")
def test_a_bomb_whose_members_lie_on_each_other_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many names for one piece of data: the archive is small however it is counted."""
    monkeypatch.setattr(archive, "SMALL_BYTES", 2**20)
    zipped(tmp_path / "one.zip", {"a": bytes(2**18)})
    data = (tmp_path / "one.zip").read_bytes()
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    entry = data[start:end]
    count = 40
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, start, 0)
    (tmp_path / "many.zip").write_bytes(data[:start] + entry * count + tail)
    with pytest.raises((RefusedError, InputError), match=r"100 times|damaged"):
        open_source(tmp_path / "many.zip", tmp_path)


@pytest.mark.hazard("H28")
def test_sizes_are_counted_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "SMALL_BYTES", 2**16)
    data = bytearray(zipped(tmp_path / "a.zip", {"zeros": bytes(2**20)}).read_bytes())
    entry = data.index(b"PK\1\2")
    data[entry + 24 : entry + 28] = struct.pack("<L", 10)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises((RefusedError, InputError), match=r"100 times|damaged"):
        open_source(tmp_path / "a.zip", tmp_path)
    assert (tmp_path / "unpacked" / "000001").stat().st_size <= 2**21


def nested(depth: int) -> bytes:
    data = b"innermost"
    for _ in range(depth):
        file = io.BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as inner:
            inner.writestr("inner.zip", data)
        data = file.getvalue()
    return data


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("depth", [4, 40])
def test_nesting_is_bounded(tmp_path: Path, depth: int) -> None:
    (tmp_path / "a.zip").write_bytes(nested(depth))
    with pytest.raises(RefusedError, match="archives in archives"):
        open_source(tmp_path / "a.zip", tmp_path)


@pytest.mark.hazard("H28")
def test_several_archives_inside_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"one.zip": nested(1), "two.zip": nested(1)})
    with pytest.raises((RefusedError, InputError), match=r"several of them|damaged"):
        open_source(path, tmp_path)


@pytest.mark.hazard("H28")
def test_too_many_members_and_too_much_of_them_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "a.zip", {str(n): bytes(200) for n in range(30)})
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1000)
    (tmp_path / "one").mkdir()
    with pytest.raises(RefusedError, match="unpacks to more than"):
        open_source(path, tmp_path / "one")
    monkeypatch.setattr(archive, "MAX_MEMBERS", 20)
    with pytest.raises(RefusedError, match="more than 20 files"):
        open_source(path, tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize("compression", [ZIP_BZIP2, ZIP_LZMA])
def test_unusual_packing_is_refused(tmp_path: Path, compression: int) -> None:
    path = zipped(tmp_path / "a.zip", {"a": bytes(1000)}, compression=compression)
    with pytest.raises(RefusedError, match="packed in a way"):
        open_source(path, tmp_path)


def test_a_locked_zip_says_so(tmp_path: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", {"a": b"hello"}).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="password"):
        open_source(tmp_path / "a.zip", tmp_path)


@pytest.mark.hazard("H28")
def test_damage_anywhere_is_told(tmp_path: Path) -> None:
    """Every cut and many flipped bytes: told as damage, or all of the data is right."""
    content = bytes(random.Random(3).randbytes(300))
    whole = zipped(tmp_path / "whole.zip", {"a": content, "b": content[::-1]}).read_bytes()
    rng = random.Random(4)
    cases = [whole[:n] for n in range(4, len(whole), 5)]
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(4, len(data))] = rng.randrange(256)
        cases.append(bytes(data))
    told = 0
    for n, case in enumerate(cases):
        scratch = tmp_path / str(n)
        scratch.mkdir()
        (scratch / "a.zip").write_bytes(case)
        try:
            folder = open_source(scratch / "a.zip", scratch).path
        except (InputError, RefusedError):
            told += 1
            continue
        assert {zlib.crc32(file.read_bytes()) for file in folder.iterdir()} <= {
            zlib.crc32(content),
            zlib.crc32(content[::-1]),
            0,
        }
    assert told > len(cases) / 2


def test_what_is_in_it_decides_what_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        open_source(zipped(tmp_path / "a.zip", {}), tmp_path)
    (tmp_path / "two").mkdir()
    with pytest.raises(InputError, match="2 image files"):
        open_source(zipped(tmp_path / "b.zip", {"ct.nii.gz": b"1", "seg.nrrd": b"2"}), tmp_path / "two")
    path = zipped(tmp_path / "c.zip", {"a.txt": b"hello"})
    with pytest.raises(InputError, match="no DICOM image"):
        read_volume(path)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50), "a 7z archive"),
        ("a.rar", b"Rar!\x1a\x07\x01\0" + bytes(50), "a RAR archive"),
        ("a.tar", bytes(257) + b"ustar\x0000" + bytes(500), "a tar archive"),
        ("a.tar.gz", b"\x1f\x8b\x08" + bytes(50), "a gzip archive"),
        ("a.iso", bytes(32769) + b"CD001" + bytes(500), "image of a disc"),
    ],
)
def test_other_archives_are_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RefusedError, match=words) as caught:
        read_volume(tmp_path / name)
    assert "Unpack it" in caught.value.mend
    with pytest.raises(RefusedError, match=words):
        sort_sources([tmp_path / name])


def test_a_zip_is_an_image_whatever_it_is_called(tmp_path: Path) -> None:
    path = zipped(tmp_path / "export from portal", {"a.txt": b"hello"})
    assert sort_sources([path]).image == path


def test_one_dicom_file_is_read_as_a_folder_of_one(tmp_path: Path) -> None:
    path, *_ = write_dicom(tmp_path / "series", trunk((12, 64, 64)))
    assert unpacked(path, tmp_path) == [path.read_bytes()]
    with pytest.raises(RefusedError, match="at least 3 slices"):
        read_volume(path)


@pytest.mark.hazard("H28")
def test_surfaces_are_told_with_what_they_were_called_and_lie_under_names_of_ours(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii", a_volume())
    path = zipped(
        tmp_path / "a.zip",
        {
            "../Tumor.STL": b"1",
            "x/ct.nii": (tmp_path / "ct.nii").read_bytes(),
            "read me.txt": b"2",
            "x/y/a.b.ply": b"3",
        },
    )
    (tmp_path / "scratch").mkdir()
    opened = open_source(path, tmp_path / "scratch")
    assert opened.folder == tmp_path / "scratch" / "unpacked"
    assert opened.path == opened.folder / "000002.nii"
    assert dict(opened.meshes) == {"000001.stl": "Tumor", "000004.ply": "a.b"}
    assert (opened.folder / "000001.stl").read_bytes() == b"1"


def test_what_is_no_archive_is_left_alone(tmp_path: Path) -> None:
    write_volume(tmp_path / "ct.nii.gz", a_volume())
    for source in (tmp_path, tmp_path / "ct.nii.gz"):
        assert open_source(source, tmp_path / "scratch") == Opened(path=source, folder=source)
    assert not (tmp_path / "scratch").exists()


def test_a_file_called_zip_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive at all")
    with pytest.raises(InputError, match="damaged"):
        open_source(tmp_path / "a.zip", tmp_path)
