"""Entries of the inbox are known by ids that say nothing, and their names reach no sentence."""

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.inbox import InboxFolder, files_in, without_names


@pytest.fixture
def inbox(tmp_path):
    inbox = InboxFolder(CaseStore.open(tmp_path / "store"))
    inbox.make()
    return inbox


def test_what_lies_there_is_told_newest_first(inbox):
    assert inbox.entries() == []
    (inbox.path / "Doe_Jane").mkdir()
    (inbox.path / "Doe_Jane" / "a.dcm").write_bytes(bytes(1000))
    (inbox.path / "Doe_Jane" / "sub").mkdir()
    (inbox.path / "Doe_Jane" / "sub" / "b.dcm").write_bytes(bytes(500))
    (inbox.path / "doe.ZIP").write_bytes(bytes(10))
    (inbox.path / "ct.nii.gz").write_bytes(bytes(20))
    for name in (".hidden", "coming.part", "coming.zip.crdownload"):
        (inbox.path / name).write_bytes(b"1")
    (inbox.path / "empty folder").mkdir()
    (inbox.path / "link").symlink_to(inbox.path / "ct.nii.gz")
    entries = inbox.entries()
    assert [entry.newest_ns for entry in entries] == sorted((e.newest_ns for e in entries), reverse=True)
    told = {entry.path.name: (entry.kind, entry.files, entry.bytes) for entry in entries}
    assert told == {"Doe_Jane": ("folder", 2, 1500), "doe.ZIP": ("archive", 1, 10), "ct.nii.gz": ("file", 1, 20)}
    assert all(len(entry.id) == 16 and entry.arrived_utc.endswith("+00:00") for entry in entries)


def test_ids_are_the_same_in_every_process_and_mean_nothing_elsewhere(inbox, tmp_path):
    (inbox.path / "Doe_Jane.zip").write_bytes(b"1")
    ((entry),) = inbox.entries()
    again = InboxFolder(CaseStore.open(tmp_path / "store"))
    assert again.entry(entry.id) == entry
    other = InboxFolder(CaseStore.open(tmp_path / "other"))
    other.make()
    (other.path / "Doe_Jane.zip").write_bytes(b"1")
    assert other.entries()[0].id != entry.id
    entry.path.write_bytes(b"22")
    assert again.entry(entry.id) != entry
    entry.path.unlink()
    assert again.entry(entry.id) is None


@pytest.mark.hazard("H21")
def test_names_reach_no_sentence(inbox):
    folder = inbox.path / "Doe_Jane_1970"
    folder.mkdir()
    (folder / "4711_Doe.dcm").write_bytes(b"1")
    (entry,) = inbox.entries()
    words = f"The file {folder}/4711_Doe.dcm of Doe_Jane_1970 is cut short (4711_Doe.dcm)."
    told = without_names(words, entry.path)
    assert "Doe" not in told
    assert "4711" not in told
    assert told.endswith("is cut short (a file).")
    assert without_names("A slice is missing.", entry.path) == "A slice is missing."


def test_endless_folders_end(inbox, monkeypatch):
    monkeypatch.setattr("orview.edge.host.inbox.MAX_FILES", 3)
    (inbox.path / "many").mkdir()
    for n in range(5):
        (inbox.path / "many" / f"{n}").write_bytes(b"1")
    assert len(list(files_in(inbox.path / "many"))) == 3
