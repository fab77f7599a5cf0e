"""Sources made to do damage, each by a known trick: a function writes one into a folder and returns its path."""

import gzip
import io
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from tests.faults.hostile.seeds import (
    SHAPE,
    TABLE,
    Seed,
    as_files,
    classic_slices,
    enhanced,
    to_bytes,
    with_label_table,
)

Maker = Callable[[Path, Mapping[str, Seed]], Path]
MADE: dict[str, Maker] = {}
"""Every hostile source by what it tries; names with "outlines" are given as outlines."""

DEEP = 6800
"""Nested sequences in a 136 kB file, which crash SimpleITK."""

BOMB_BYTES = 100 * 1024**2


def makes(name: str) -> Callable[[Maker], Maker]:
    """Enter a function into `MADE`."""

    def enter(maker: Maker) -> Maker:
        MADE[name] = maker
        return maker

    return enter


def _write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def _series(folder: Path, change: Callable[[Dataset, int], None]) -> Path:
    slices = classic_slices()
    for k, dataset in enumerate(slices):
        change(dataset, k)
    return _write(folder, as_files(slices, ExplicitVRLittleEndian))


def with_raw(data: bytes, element: bytes) -> bytes:
    """A DICOM file with raw bytes put in front of its pixels."""
    at = data.rindex(b"\xe0\x7f\x10\x00")
    return data[:at] + element + data[at:]


def _one_raw(folder: Path, seeds: Mapping[str, Seed], element: bytes) -> Path:
    files = dict(seeds["explicit"].files)
    name = sorted(files)[2]
    files[name] = with_raw(files[name], element)
    return _write(folder, files)


def nested_sequences(depth: int, *, known_lengths: bool) -> bytes:
    """Sequences in sequences, explicit VR little endian, in a private group before the pixels."""
    sequence, item = b"\xdf\x7f\x10\x00SQ\0\0", b"\xfe\xff\x00\xe0"
    if not known_lengths:
        close = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
        return (sequence + b"\xff" * 4 + item + b"\xff" * 4) * depth + close * depth
    data = b""
    for _ in range(depth):
        data = item + struct.pack("<I", len(data)) + data
        data = sequence + struct.pack("<I", len(data)) + data
    return data


@makes("sequences nested without lengths")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    return _one_raw(folder, seeds, nested_sequences(DEEP, known_lengths=False))


@makes("sequences nested with lengths")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    return _one_raw(folder, seeds, nested_sequences(DEEP, known_lengths=True))


@makes("sequences nested in a known tag")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    raw = nested_sequences(DEEP, known_lengths=False).replace(b"\xdf\x7f\x10\x00", b"\x08\x00\x40\x11")
    files = dict(seeds["explicit"].files)
    name = sorted(files)[2]
    at = files[name].index(b"\x10\x00\x10\x00PN")
    files[name] = files[name][:at] + raw + files[name][at:]
    return _write(folder, files)


@makes("an element of four gigabytes")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    return _one_raw(folder, seeds, b"\xdf\x7f\x10\x00OB\0\0" + struct.pack("<I", 0xFFFFFFFE))


@makes("a deflate bomb in DICOM")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    data = to_bytes(classic_slices()[0], ExplicitVRLittleEndian)
    start = 144 + struct.unpack_from("<I", data, 140)[0]
    meta, body = data[:start], data[start:]
    bomb = b"\x99\x00\x10\x00LO\x04\x00EVIL\x99\x00\x00\x10OB\0\0" + struct.pack("<I", BOMB_BYTES) + bytes(BOMB_BYTES)
    body = body[: body.rindex(b"\xe0\x7f\x10\x00")] + bomb
    packer = zlib.compressobj(9, wbits=-15)
    old, new = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    at = meta.index(old)
    meta = meta[: at - 2] + struct.pack("<H", len(new)) + new + meta[at + len(old) :]
    meta = meta[:140] + struct.pack("<I", len(meta) - 144) + meta[144:]
    (folder / "a.dcm").write_bytes(meta + packer.compress(body) + packer.flush())
    return folder


@makes("a gzip bomb as NIfTI")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    path = folder / "ct.nii.gz"
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(seeds["nifti"].files["ct.nii"][:352])
        file.write(bytes(BOMB_BYTES))
    return path


@makes("outlines: a gzip bomb of labels")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    return MADE["a gzip bomb as NIfTI"](folder, seeds)


@makes("a gzip bomb as NRRD")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    head, _, _ = seeds["nrrd packed"].files["ct.nrrd"].partition(b"\n\n")
    (folder / "ct.nrrd").write_bytes(head + b"\n\n" + gzip.compress(bytes(BOMB_BYTES)))
    return folder / "ct.nrrd"


@makes("a zlib bomb as MetaImage")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    data = seeds["mha packed"].files["ct.mha"]
    at = data.index(b"ElementDataFile = LOCAL") + len(b"ElementDataFile = LOCAL\n")
    (folder / "ct.mha").write_bytes(data[:at] + zlib.compress(bytes(BOMB_BYTES), 9))
    return folder / "ct.mha"


@makes("a ZIP bomb")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    with ZipFile(folder / "a.zip", "w", ZIP_DEFLATED) as file:
        file.writestr("slice.dcm", bytes(BOMB_BYTES))
    return folder / "a.zip"


@makes("ZIPs in ZIPs")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    data = seeds["zip"].files["disc.zip"]
    for _ in range(20):
        buffer = io.BytesIO()
        with ZipFile(buffer, "w", ZIP_DEFLATED) as file:
            file.writestr("a.zip", data)
        data = buffer.getvalue()
    (folder / "a.zip").write_bytes(data)
    return folder / "a.zip"


@makes("a ZIP of very many files")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    with ZipFile(folder / "a.zip", "w") as file:
        for n in range(20_001):
            file.writestr(f"{n}", b"")
    return folder / "a.zip"


@makes("a NIfTI-2 of 60000 x 60000 x 60000")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    header = bytearray(544)
    struct.pack_into("<i8s2h", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16)
    struct.pack_into("<8q", header, 16, 3, 60_000, 60_000, 60_000, 1, 1, 1, 1)
    struct.pack_into("<8d", header, 104, 1, 1, 1, 1, 0, 0, 0, 0)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<2i", header, 344, 0, 1)
    struct.pack_into("<12d", header, 400, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    (folder / "ct.nii").write_bytes(bytes(header) + bytes(1000))
    return folder / "ct.nii"


def _text_header(folder: Path, data: bytes, name: str, old: bytes, new: bytes) -> Path:
    assert old in data
    (folder / name).write_bytes(data.replace(old, new, 1))
    return folder / name


NRRD_SIZES = " ".join(map(str, SHAPE[::-1])).encode()

for _name, _old, _new in (
    ("of 60000 x 60000 x 60000", b"sizes: " + NRRD_SIZES, b"sizes: 60000 60000 60000"),
    ("of a negative size", b"sizes: " + NRRD_SIZES, b"sizes: -32 -36 5"),
    ("of NaN spacing", b"space directions: (2,0,0)", b"space directions: (nan,0,0)"),
    ("of endless spacing", b"space directions: (2,0,0)", b"space directions: (1e400,0,0)"),
    ("of no spacing", b"space directions: (2,0,0)", b"space directions: (0,0,0)"),
    ("whose axes lie in a plane", b"space directions: (2,0,0)", b"space directions: (0,2.5,0)"),
    ("of a NaN place", b"space origin: (-12", b"space origin: (nan"),
    ("with its data in another file", b"encoding: raw\n", b"encoding: raw\ndata file: /etc/passwd\n"),
    ("with its data in a list of files", b"encoding: raw\n", b"encoding: raw\ndata file: LIST\n/etc/passwd\n"),
    ("with its data in numbered files", b"encoding: raw\n", b"encoding: raw\ndata file: /etc/%d 1 5 1 2\n"),
    ("with a line skip without end", b"encoding: raw\n", b"encoding: raw\nline skip: 2147483647\n"),
    ("with a negative byte skip", b"encoding: raw\n", b"encoding: raw\nbyte skip: -2147483648\n"),
    ("of 16 dimensions", b"dimension: 3", b"dimension: 16"),
    ("of no dimensions", b"dimension: 3", b"dimension: 0"),
    ("with a key of a megabyte", b"encoding: raw\n", b"encoding: raw\nkey:=" + b"x" * 2**20 + b"\n"),
):
    MADE[f"a NRRD {_name}"] = lambda folder, seeds, old=_old, new=_new: _text_header(  # type: ignore[misc]
        folder, seeds["nrrd"].files["ct.nrrd"], "ct.nrrd", old, new
    )

for _name, _old, _new in (
    ("of 60000 x 60000 x 60000", b"DimSize = " + NRRD_SIZES, b"DimSize = 60000 60000 60000"),
    ("of a negative size", b"DimSize = " + NRRD_SIZES, b"DimSize = -32 -36 -5"),
    ("of NaN spacing", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = nan 2.5 3"),
    ("of negative spacing", b"ElementSpacing = 2 2.5 3", b"ElementSpacing = -2 2.5 3"),
    ("with its data in another file", b"ElementDataFile = LOCAL", b"ElementDataFile = /etc/passwd"),
    ("with its data in a list of files", b"ElementDataFile = LOCAL", b"ElementDataFile = LIST\n/etc/passwd"),
    ("with its data in numbered files", b"ElementDataFile = LOCAL", b"ElementDataFile = /etc/%d 1 5 1"),
    ("of 100 dimensions", b"NDims = 3", b"NDims = 100"),
    ("with four thousand channels", b"NDims = 3", b"NDims = 3\nElementNumberOfChannels = 4096"),
):
    MADE[f"a MetaImage {_name}"] = lambda folder, seeds, old=_old, new=_new: _text_header(  # type: ignore[misc]
        folder, seeds["mha"].files["ct.mha"], "ct.mha", old, new
    )

_NIFTI_LIES: dict[str, tuple[str, int, tuple[float, ...]]] = {
    "of a NaN offset": ("<f", 108, (float("nan"),)),
    "of a negative offset": ("<f", 108, (-352.0,)),
    "of a huge offset": ("<f", 108, (1e30,)),
    "of no dimensions": ("<h", 40, (0,)),
    "of 77 dimensions": ("<h", 40, (77,)),
    "of a negative size": ("<4h", 40, (3, -32, -36, 5)),
    "of colours": ("<2h", 70, (128, 24)),
    "of complex numbers": ("<2h", 70, (32, 64)),
    "of a type nobody knows": ("<2h", 70, (999, 16)),
    "scaled by NaN": ("<2f", 112, (float("nan"), float("inf"))),
    "of NaN spacing": ("<4f", 280, (float("nan"),) * 4),
    "whose axes are all one": ("<12f", 280, (1.0, 0.0, 0.0, 0.0) * 3),
    "in metres": ("<12f", 280, (0.002, 0, 0, 0, 0, 0.0025, 0, 0, 0, 0, 0.003, 0)),
}
for _name, (_form, _at, _values) in _NIFTI_LIES.items():

    def _lie(
        folder: Path,
        seeds: Mapping[str, Seed],
        form: str = _form,
        at: int = _at,
        values: tuple[float, ...] = _values,
    ) -> Path:
        data = bytearray(seeds["nifti"].files["ct.nii"])
        struct.pack_into(form, data, at, *values)
        (folder / "ct.nii").write_bytes(data)
        return folder / "ct.nii"

    MADE[f"a NIfTI {_name}"] = _lie


@makes("DICOM slices of NaN spacing")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    files = {name: data.replace(b"2.5\\2.0", b"nan\\2.0") for name, data in seeds["explicit"].files.items()}
    assert files != seeds["explicit"].files
    return _write(folder, files)


@makes("DICOM slices of 65535 x 65535")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    def enlarge(dataset: Dataset, k: int) -> None:
        dataset.Rows = dataset.Columns = 65535

    return _series(folder, enlarge)


@makes("packed DICOM slices of 65535 x 65535")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    files = {}
    for name, data in as_files(classic_slices(), RLELossless).items():
        dataset = pydicom.dcmread(io.BytesIO(data))
        dataset.Rows = dataset.Columns = 65535
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        files[name] = buffer.getvalue()
    return _write(folder, files)


@makes("a JPEG 2000 code stream of 2 gigapixels")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    files = {}
    for name, data in as_files(classic_slices(), JPEG2000Lossless).items():
        at = data.index(b"\xff\x4f\xff\x51")
        size = struct.pack(">8I", 46341, 46341, 0, 0, 46341, 46341, 0, 0)
        files[name] = data[: at + 8] + size + data[at + 40 :]
    return _write(folder, files)


@makes("two billion frames")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    dataset = enhanced()
    dataset.NumberOfFrames = 2**31 - 1
    (folder / "a.dcm").write_bytes(to_bytes(dataset))
    return folder / "a.dcm"


@makes("a disc's index that leads out of the disc")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    index = Dataset()
    record = Dataset()
    record.DirectoryRecordType = "IMAGE"
    record.ReferencedFileID = ["..", "..", "..", "etc", "passwd"]
    index.DirectoryRecordSequence = [record] * 1000
    index.file_meta = classic_slices()[0].file_meta
    index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    index.preamble = bytes(128)
    index.SOPClassUID, index.SOPInstanceUID = "1.2.840.10008.1.3.10", "1.2.3"
    buffer = io.BytesIO()
    index.save_as(buffer, enforce_file_format=True)
    files = dict(seeds["explicit"].files) | {"DICOMDIR": buffer.getvalue()}
    return _write(folder, files)


@makes("links that lead out, in a circle and to a pipe")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "circle").symlink_to(folder)
    (folder / "broken").symlink_to(folder / "nothing")
    os.mkfifo(folder / "pipe")
    (folder / "zero").symlink_to("/dev/zero")
    return _write(folder, seeds["explicit"].files)


@makes("names that are commands")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    names = ("\x1b[31mred\n", "$(reboot)", "-rf", "\udcff\udcfe", "a" * 250)
    files = dict(zip(names, seeds["explicit"].files.values(), strict=True))
    return _write(folder, files)


@makes("a character set nobody knows")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    def scramble(dataset: Dataset, k: int) -> None:
        dataset.SpecificCharacterSet = ["ISO 2022 IR 87", "\\..\\evil", "ISO_IR 999"]

    return _series(folder, scramble)


@makes("nothing behind the first bytes")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    return _write(folder, {"a.dcm": bytes(128) + b"DICM", "b.dcm": bytes(128) + b"DICM\x02\0", "c.dcm": b""})


@makes("outlines: a table of entities that grow without end")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    entities = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    laughs = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + entities + b"]>"
    table = TABLE.replace(b"?>", b"?>" + laughs, 1).replace(b"<![CDATA[sacrum]]>", b"&a9;")
    (folder / "seg.nii").write_bytes(with_label_table(gzip.decompress(seeds["labels"].files["seg.nii.gz"]), table))
    return folder / "seg.nii"


@makes("outlines: a table nested a hundred thousand deep")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    table = b"<LabelTable>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</LabelTable>"
    (folder / "seg.nii").write_bytes(with_label_table(gzip.decompress(seeds["labels"].files["seg.nii.gz"]), table))
    return folder / "seg.nii"


@makes("outlines: a hundred thousand segments")
def _(folder: Path, seeds: Mapping[str, Seed]) -> Path:
    data = seeds["seg.nrrd"].files["seg.seg.nrrd"]
    head, _, body = data.partition(b"\n\n")
    extra = b"".join(b"\nSegment%d_LabelValue:=%d\nSegment%d_Name:=x%d" % (n, n, n, n) for n in range(2, 100_000))
    (folder / "a.seg.nrrd").write_bytes(head + extra + b"\n\n" + body)
    return folder / "a.seg.nrrd"
