"""A ZIP unpacked into files named by us, within bounds. Runs in the confined child only.

What a member is called decides nothing: no folder is made, no path is followed, no link is set. So a name cannot
lead out of the scratch folder, cannot name a device, and two names that differ in capitals cannot collide.
"""

import errno
import shutil
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from orview.edge.images.confined.progress import Stage, report
from orview.edge.images.meshes.files import mesh_suffix
from orview.edge.images.single_image import image_suffix
from orview.errors import InputError, RefusedError

MAX_MEMBERS = 20_000
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 100
SMALL_BYTES = 64 * 1024**2
"""Up to this size an archive may unpack to more than `MAX_RATIO` times its own: outlines are mostly empty."""

MAX_DEPTH = 2
"""An archive and one inside it."""

_PIECE_BYTES = 1 << 20
_ENCRYPTED = 0x1 | 0x40
_UNPACK_IT = "Unpack it and give the folder."

_OTHER_ARCHIVES = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (257, b"ustar", "a tar archive"),
    (32769, b"CD001", "the image of a disc"),
)
"""Offset, bytes and words of what is known but not opened."""


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP, by its first bytes or its name."""
    return _head(path).startswith((b"PK\3\4", b"PK\5\6", b"PK\7\x08")) or path.name.lower().endswith(".zip")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is to be read of a source.

    Attributes:
        path: the folder or the one image file: the source itself, or what it unpacks to.
        folder: where the files of an archive lie; `path` itself for what is none.
        meshes: surfaces that lie in an archive beside the image: each file's name in `folder` and its stem in the
            archive, which may name a structure and nothing else.
    """

    path: Path
    folder: Path
    meshes: Mapping[str, str] = field(default_factory=dict)


def open_source(source: Path, scratch: Path) -> Opened:
    """Return the folder or the one image file that is to be read, and the surfaces beside it in an archive.

    Args:
        source: what was given.
        scratch: where archives are unpacked to, in a folder of its own.

    Raises:
        InputError: an archive that is damaged, empty, locked, or holds several images beside each other.
        RefusedError: an archive of a kind that is not opened, or beyond its bounds.
    """
    if source.is_dir():
        return Opened(path=source, folder=source)
    if not source.is_file():
        raise InputError("What was given is neither a file nor a folder.", mend="Give a file or a folder.")
    if is_archive(source):
        folder = scratch / "unpacked"
        folder.mkdir()
        unpacking = _Unpacking(folder=folder, packed_bytes=source.stat().st_size)
        unpacking.unpack(source, depth=1)
        return Opened(path=_what_to_read(folder), folder=folder, meshes=unpacking.meshes)
    if _head(source)[128:132] == b"DICM":
        # One file may hold a whole series (enhanced CT); series are read from folders.
        folder = scratch / "unpacked"
        folder.mkdir()
        shutil.copyfile(source, folder / "000001")
        return Opened(path=folder, folder=folder)
    refuse_other_archives(source)
    return Opened(path=source, folder=source)


def refuse_other_archives(path: Path) -> None:
    """Say what to do with an archive that is known but not opened.

    Raises:
        RefusedError: it is one.
    """
    head = _head(path)
    for offset, mark, words in _OTHER_ARCHIVES:
        if head[offset : offset + len(mark)] == mark:
            raise RefusedError(f"The file is {words}, which is not opened.", mend=_UNPACK_IT)
    if head.startswith(b"\x1f\x8b") and image_suffix(path) is None:
        raise RefusedError("The file is a gzip archive, which is not opened.", mend=_UNPACK_IT)


@dataclass
class _Unpacking:
    """Counts what all archives inside each other unpack to.

    Attributes:
        folder: where every member goes.
        packed_bytes: size of the outermost archive.
        written_bytes: unpacked so far.
        members: unpacked so far.
        inner: archives found inside.
    """

    folder: Path
    packed_bytes: int
    written_bytes: int = 0
    members: int = 0
    inner: int = 0
    meshes: dict[str, str] = field(default_factory=dict)

    def unpack(self, path: Path, *, depth: int) -> None:
        """Unpack every regular member of one archive."""
        damaged = InputError("The ZIP is damaged or cut short.", mend="Copy or export it again.")
        try:
            with ZipFile(path) as archive:
                infos = [info for info in archive.infolist() if _is_wanted(info)]
                if len(infos) + self.members > MAX_MEMBERS:
                    raise RefusedError(
                        f"The ZIP holds more than {MAX_MEMBERS} files.", mend="Give one patient's series, unpacked."
                    )
                for n, info in enumerate(infos):
                    self._unpack_member(archive, info, depth=depth)
                    report(Stage.UNPACKING, (n + 1) / len(infos))
        except (BadZipFile, zlib.error, struct.error, EOFError, ValueError, LookupError, OverflowError) as error:
            raise damaged from error
        except OSError as error:
            if error.errno != errno.EINVAL:  # a place before the start of the file
                raise
            raise damaged from error
        except NotImplementedError as error:
            raise _packed_otherwise() from error

    def _unpack_member(self, archive: ZipFile, info: ZipInfo, *, depth: int) -> None:
        if info.flag_bits & _ENCRYPTED:
            raise InputError(
                "The ZIP is locked with a password.", mend="Unpack it with its password and give the folder."
            )
        # The others unpack without a bound on memory, and no scanner or portal uses them.
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise _packed_otherwise()
        self.members += 1
        named = Path(info.filename)
        path = self.folder / f"{self.members:06d}{image_suffix(named) or mesh_suffix(named) or ''}"
        if mesh_suffix(named):
            self.meshes[path.name] = named.stem
        with archive.open(info) as member, path.open("xb") as file:
            while piece := member.read(_PIECE_BYTES):
                self.written_bytes += file.write(piece)
                self._check_size()
        if is_archive(path):
            self.inner += 1
            if depth >= MAX_DEPTH or self.inner > 1:
                raise RefusedError("The ZIP holds archives in archives or several of them.", mend=_UNPACK_IT)
            self.unpack(path, depth=depth + 1)
            path.unlink()

    def _check_size(self) -> None:
        if self.written_bytes > max(SMALL_BYTES, MAX_RATIO * self.packed_bytes):
            raise RefusedError(
                f"The ZIP unpacks to more than {MAX_RATIO} times its size, as no image does.",
                mend="If you know where it comes from, unpack it and give the folder.",
            )
        if self.written_bytes > MAX_UNPACKED_BYTES:
            raise RefusedError(
                f"The ZIP unpacks to more than {MAX_UNPACKED_BYTES // 1024**3} GB.",
                mend="Give one patient's series, unpacked.",
            )


def _is_wanted(info: ZipInfo) -> bool:
    """Whether a member is an ordinary file and not a system's own bookkeeping."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    parts = info.filename.replace("\\", "/").split("/")
    bookkeeping = "__MACOSX" in parts or parts[-1].startswith(".")
    return not (info.is_dir() or bookkeeping or kind not in (0, stat.S_IFREG))


def _what_to_read(folder: Path) -> Path:
    """Return the folder where it holds DICOM files, else the one image file in it."""
    files = sorted(folder.iterdir())
    if not files:
        raise InputError("The ZIP is empty.", mend="Export it again.")
    if any(_head(path)[128:132] == b"DICM" for path in files):
        return folder
    images = [path for path in files if image_suffix(path) is not None]
    if len(images) > 1:
        raise InputError(
            f"The ZIP holds {len(images)} image files.", mend="Unpack it and give the image; outlines with --labels."
        )
    return images[0] if images else folder


def _packed_otherwise() -> RefusedError:
    return RefusedError("The ZIP is packed in a way that is not opened.", mend=_UNPACK_IT)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(32774)
