"""Files for their owner alone: whole or not at all, also where the disk refuses."""

import os
import stat
from pathlib import Path

import pytest

from orview.edge.private_file import write_private


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights elsewhere")
def test_only_the_owner_may_read_it_whoever_wrote_before(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_disk_that_refuses_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orview.edge.private_file.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"new")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("key", b"old")]
