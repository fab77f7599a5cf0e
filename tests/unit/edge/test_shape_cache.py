"""The cache gives back what was put in or nothing, keeps its size, and no entry names what it was made of."""

import os
from pathlib import Path

import pytest

from orview.edge.shape_cache import NotedCache, ShapeCache, entry_name


def test_what_was_put_comes_back_also_elsewhere(tmp_path: Path) -> None:
    cache = ShapeCache(tmp_path / "cache")
    assert cache.get("sacrum") is None
    cache.put("sacrum", b"surface")
    cache.put("empty", b"")
    assert (ShapeCache(tmp_path / "cache").get("sacrum"), cache.get("empty")) == (b"surface", b"")
    cache.put("sacrum", b"other")
    assert cache.get("sacrum") == b"other"
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {entry_name("sacrum"), entry_name("empty")}


@pytest.mark.parametrize("damaged", [b"", b"short", b"x" * 40])
def test_a_damaged_entry_is_as_good_as_none_and_goes(tmp_path: Path, damaged: bytes) -> None:
    cache = ShapeCache(tmp_path)
    cache.put("sacrum", b"surface")
    (tmp_path / entry_name("sacrum")).write_bytes(damaged)
    assert cache.get("sacrum") is None
    assert list(tmp_path.iterdir()) == []


def test_the_least_used_goes_first(tmp_path: Path) -> None:
    cache = ShapeCache(tmp_path, max_bytes=300)
    for age, key in enumerate(("a", "b", "c")):
        cache.put(key, bytes(60))
        os.utime(tmp_path / entry_name(key), (1000.0 + age, 1000.0 + age))
    assert cache.get("a") is not None
    cache.put("d", bytes(60))
    assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]
    cache.put("huge", bytes(400))
    assert cache.get("huge") is None


def test_what_a_killed_writer_left_goes_in_time(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".left", tmp_path / ".fresh"
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (1000.0, 1000.0))
    ShapeCache(tmp_path).put("a", b"1")
    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_disk_that_refuses_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = ShapeCache(tmp_path / "file")
    cache.put("a", b"1")
    assert cache.get("a") is None


def test_used_entries_are_noted_and_can_be_forgotten(tmp_path: Path) -> None:
    cache = ShapeCache(tmp_path)
    noted = NotedCache(cache)
    cache.put("other case", b"2")
    assert noted.get("a") is None
    noted.put("a", b"1")
    assert noted.get("a") == b"1"
    assert noted.names == {entry_name("a")}
    cache.forget({*noted.names, "../../elsewhere", entry_name("never there")})
    assert (cache.get("a"), cache.get("other case")) == (None, b"2")
