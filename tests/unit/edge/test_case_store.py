"""The store keeps whole cases or none, refuses what is newer or damaged, and keeps identifiers to itself."""

import hashlib
import json
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore, default_store
from orview.edge.shape_cache import entry_name
from orview.errors import StoreError
from orview.plan.plan import Plan, plan_of
from tests.cases import BLOBS, PACKED, PLAIN, a_case

IDENTIFIERS = {"PatientName": "Doe^Jane", "PatientID": "4711"}


def files_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs").iterdir()}


def test_a_case_comes_back_as_it_went_in(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path / "store")
    case = a_case()
    store.add(case, BLOBS, identifiers=IDENTIFIERS)
    again = CaseStore.open(tmp_path / "store")
    assert again.case(case.id).to_json() == case.to_json()
    assert [one.id for one in again.cases()] == [case.id]
    assert again.blob(PACKED) == b"packed"
    assert again.identifiers(case.id) == IDENTIFIERS
    assert files_of(store.folder) == {PACKED, PLAIN}


def test_blobs_are_shared_and_go_with_their_last_case(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS, identifiers=IDENTIFIERS)
    store.add(a_case(case_id="ba9876543210"), {})
    store.remove("0123456789ab")
    assert files_of(tmp_path) == {PACKED, PLAIN}
    assert store.identifiers("0123456789ab") == {}
    store.remove("ba9876543210")
    assert files_of(tmp_path) == set()
    with pytest.raises(StoreError, match="no case"):
        store.remove("ba9876543210")


def test_a_passing_picture_is_no_cases_and_goes_when_told_or_swept(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    picture = store.put_passing(b"a picture")
    assert (picture, store.blob(picture)) == (hashlib.sha256(b"a picture").hexdigest(), b"a picture")
    for _ in range(2):
        store.drop_passing(picture)
        assert files_of(tmp_path) == {PACKED, PLAIN}
    # What a case names stays, whoever else showed it.
    assert store.put_passing(b"packed") == PACKED
    store.drop_passing(PACKED)
    store.put_passing(b"a picture")
    store.sweep()
    assert files_of(tmp_path) == {PACKED, PLAIN}


def test_slices_lie_apart_from_models_and_go_with_their_last_case(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    name = hashlib.sha256(b"slices").hexdigest()
    store.add(a_case(), BLOBS, slices=b"slices")
    store.add_twin(replace(a_case(case_id="ba9876543210"), name="Twin"), of="0123456789ab")
    store.add(a_case(case_id="cccccccccccc"), BLOBS)
    assert [store.slices(one) for one in ("0123456789ab", "ba9876543210", "cccccccccccc")] == [name, name, None]
    # Whoever may have models by their names finds no image among them.
    assert files_of(tmp_path) == {PACKED, PLAIN}
    with pytest.raises(StoreError, match="missing"):
        store.check_blob(name)
    store.check_slices(name)
    store.remove("0123456789ab")
    store.check_slices(name)
    store.slices_path(name).write_bytes(b"other")
    with pytest.raises(StoreError, match="damaged"):
        store.check_slices(name)
    store.remove("ba9876543210")
    assert list((tmp_path / "slices").iterdir()) == []
    with pytest.raises(StoreError, match="64 hex"):
        store.slices_path("../orview.sqlite")


def test_nothing_half_written_stays_when_adding_fails(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    with pytest.raises(StoreError, match="missing"):
        store.add(a_case(), {PACKED: b"packed"})
    with pytest.raises(StoreError, match="digest"):
        store.add(a_case(), BLOBS | {PLAIN: b"other"})
    assert (files_of(tmp_path), store.cases()) == (set(), [])
    store.add(a_case(), BLOBS)
    extra = hashlib.sha256(b"extra").hexdigest()
    with pytest.raises(StoreError):
        store.add(a_case(), BLOBS | {extra: b"extra"})
    assert files_of(tmp_path) == {PACKED, PLAIN}
    assert len(store.cases()) == 1


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CaseStore.open(tmp_path)
    written: list[int] = []

    def full_disk(handle: int) -> None:
        written.append(handle)
        if len(written) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("orview.edge.case_store.os.fsync", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        store.add(a_case(), BLOBS)
    monkeypatch.undo()
    assert (files_of(tmp_path), store.cases()) == (set(), [])


def test_a_damaged_or_missing_blob_is_refused(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    store.blob_path(PACKED).write_bytes(b"pacced")
    with pytest.raises(StoreError, match="damaged"):
        store.blob(PACKED)
    store.blob_path(PACKED).unlink()
    with pytest.raises(StoreError, match="missing"):
        store.blob(PACKED)
    with pytest.raises(StoreError, match="hex"):
        store.blob_path("../orview.sqlite")


@pytest.mark.hazard("H23")
def test_a_case_changed_in_the_file_is_refused(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    changed = a_case().to_json().replace("-300.5", "-200.5")
    with sqlite3.connect(tmp_path / "orview.sqlite") as connection:
        connection.execute("UPDATE cases SET document = ?", (changed,))
    with pytest.raises(StoreError, match="damaged"):
        store.case("0123456789ab")


def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        CaseStore.open(tmp_path / "file")
    (tmp_path / "orview.sqlite").write_text("this is no database, but long enough to be taken for one" * 40)
    with pytest.raises(StoreError, match="damaged"):
        CaseStore.open(tmp_path)


def test_registrations_are_kept_per_board_and_need_their_case(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    store.put_registration("0123456789ab", "board1", '{"a": 1}', "2026-01-01T00:00:00+00:00")
    store.put_registration("0123456789ab", "board1", '{"a": 2}', "2026-01-02T00:00:00+00:00")
    assert store.registration("0123456789ab", "board1") == '{"a": 2}'
    assert store.registration("0123456789ab", "board2") is None
    with pytest.raises(StoreError):
        store.put_registration("ffffffffffff", "board1", "{}", "2026-01-01T00:00:00+00:00")
    store.remove("0123456789ab")
    assert store.registration("0123456789ab", "board1") is None


@pytest.mark.hazard("H03")
def test_the_patient_key_is_alike_for_one_patient_and_unlike_for_others_and_elsewhere(tmp_path: Path) -> None:
    store, elsewhere = CaseStore.open(tmp_path / "a"), CaseStore.open(tmp_path / "b")
    key = store.patient_key(IDENTIFIERS)
    assert key == CaseStore.open(tmp_path / "a").patient_key(dict(reversed(IDENTIFIERS.items())))
    assert len({key, store.patient_key(IDENTIFIERS | {"PatientID": "4712"}), elsewhere.patient_key(IDENTIFIERS)}) == 3
    assert key != hashlib.sha256(json.dumps(IDENTIFIERS, sort_keys=True).encode()).hexdigest()
    assert store.patient_key({}) == ""


def test_several_threads_may_open_and_add_at_once(tmp_path: Path) -> None:
    faults: list[BaseException] = []

    def work(n: int) -> None:
        try:
            CaseStore.open(tmp_path).add(replace(a_case(), id=f"{n:012x}"), BLOBS)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(CaseStore.open(tmp_path).cases()) == 8


def test_the_streaming_process_can_read_it_without_heavy_libraries() -> None:
    script = (
        "import sys, orview.edge.case_store; print([m for m in ('open3d', 'cv2', 'SimpleITK') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_default_store_is_the_users_own() -> None:
    assert default_store().name == "orview"


def test_a_twin_shares_everything_but_its_name(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS, identifiers=IDENTIFIERS, thumbnail=b"png", source_key="key", shapes={entry_name("a")})
    twin = replace(a_case(), id="ba9876543210", name="Second stage", created_utc="2027-01-01T00:00:00+00:00")
    store.add_twin(twin, of=a_case().id)
    assert [case.name for case in store.prepared_from("key")] == ["Second stage", "Case 12"]
    assert store.prepared_from("other") == []
    assert store.identifiers(twin.id) == IDENTIFIERS
    picture = store.thumbnail(twin.id)
    assert picture == store.thumbnail(a_case().id)
    store.shapes.put("a", b"shape")
    store.remove(a_case().id)
    assert picture is not None
    assert (store.blob(picture), store.blob(PACKED), store.shapes.get("a")) == (b"png", b"packed", b"shape")
    store.remove(twin.id)
    assert (files_of(tmp_path), store.shapes.get("a"), store.prepared_from("key")) == (set(), None, [])
    with pytest.raises(StoreError, match="no case"):
        store.add_twin(twin, of="ffffffffffff")
    assert store.cases() == []


def test_a_damaged_blob_is_mended_by_the_next_case_that_has_it(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    store.blob_path(PACKED).write_bytes(b"damaged")
    store.add(a_case(case_id="ba9876543210"), BLOBS)
    assert store.blob(PACKED) == b"packed"


def test_what_a_killed_writer_left_is_swept_away(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    for name in ("f" * 64, f".{'e' * 64}.12345678"):
        (tmp_path / "blobs" / name).write_bytes(b"half")
    store.sweep()
    assert files_of(tmp_path) == {PACKED, PLAIN}


def a_plan(*, version: int = 1, name: str = "Front", case_digest: str | None = None) -> Plan:
    return plan_of(
        {
            "case_digest": case_digest or a_case().digest,
            "version": version,
            "stages": [{"key": "front", "name": name, "position": "supine", "looks": {"sacrum": "solid"}}],
        }
    )


def test_each_version_of_a_plan_is_kept_with_its_model_and_what_it_means(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    assert store.stored_plan(a_case().id) is None
    first, second = a_plan(), a_plan(version=2)
    store.put_plan(a_case().id, first, model=b"glb 1", told={"margin_mm": 10.0})
    store.put_plan(a_case().id, second, model=b"glb 2", told={"margin_mm": 12.0})
    newest, older = store.stored_plan(a_case().id), store.stored_plan(a_case().id, digest=first.digest)
    assert newest is not None
    assert older is not None
    assert (newest.plan.version, newest.told, older.told) == (2, {"margin_mm": 12.0}, {"margin_mm": 10.0})
    assert (store.blob(str(newest.model)), store.blob(str(older.model))) == (b"glb 2", b"glb 1")
    assert store.stored_plan(a_case().id, digest="0" * 64) is None
    store.sweep()
    assert store.blob(str(older.model)) == b"glb 1"
    store.remove(a_case().id)
    assert files_of(tmp_path) == set()


def test_a_version_is_given_once_and_may_get_its_model_anew(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    store.put_plan(a_case().id, a_plan(), model=b"glb", told={})
    with pytest.raises(StoreError, match="another plan of version 1 already"):
        store.put_plan(a_case().id, a_plan(name="Behind"), model=b"other", told={})
    store.put_plan(a_case().id, a_plan(), model=b"better", told={"planes": []})
    stored = store.stored_plan(a_case().id)
    assert stored is not None
    assert (stored.told, store.blob(str(stored.model))) == ({"planes": []}, b"better")
    with pytest.raises(StoreError):
        store.put_plan("ffffffffffff", a_plan(), model=b"glb", told={})


def test_a_plan_of_an_earlier_orview_has_no_model(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    with store.file.transaction() as connection:
        connection.execute("INSERT INTO case_plans VALUES (?, 1, ?)", (a_case().id, a_plan().to_json()))
    stored = store.stored_plan(a_case().id)
    assert stored is not None
    assert (stored.plan.digest, stored.told, stored.model) == (a_plan().digest, None, None)


def test_a_twin_has_the_plans_too_made_over_to_it(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path)
    store.add(a_case(), BLOBS)
    store.put_plan(a_case().id, a_plan(), model=b"glb", told={"digest": a_plan().digest, "version": 1})
    twin = replace(a_case(), id="ba9876543210", name="Second stage")
    store.add_twin(twin, of=a_case().id)
    expected = a_plan(case_digest=twin.digest)
    store.remove(a_case().id)
    stored = store.stored_plan(twin.id, digest=expected.digest)
    assert stored is not None
    assert (stored.plan.case_digest, stored.told) == (twin.digest, {"digest": expected.digest, "version": 1})
    assert store.blob(str(stored.model)) == b"glb"
