"""What a host remembers of itself outlives it; tokens are never stored as they are."""

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.store import HostStore
from orview.errors import StoreError
from orview.protocol.messages import Role
from orview.protocol.pairing import ADMISSION_BYTES, Doorkeeper


@pytest.fixture
def cases(tmp_path):
    return CaseStore.open(tmp_path / "store")


def test_host_id_is_made_once(cases):
    first = HostStore(cases).host_id()
    assert HostStore(cases).host_id() == first
    assert len(first) == 16


def test_devices_come_back_as_they_were_put(cases):
    door = Doorkeeper(room_name="OR 3")
    first = door.enrol(name="One", role=Role.SURGEON, randomness=bytes(range(ADMISSION_BYTES)))
    second = door.enrol(name="Two", role=Role.OBSERVER, randomness=bytes(range(1, ADMISSION_BYTES + 1)))
    store = HostStore(cases)
    for admission in (first, second):
        store.put_device(admission.device)
    door.revoke(first.device.device_id)
    for device in door.devices:
        store.put_device(device)
    assert set(HostStore(cases).devices()) == set(door.devices)


@pytest.mark.hazard("H19")
def test_token_is_nowhere_in_the_file(cases):
    admission = Doorkeeper(room_name="OR 3").enrol(name="One", role=Role.SURGEON, randomness=bytes(range(40)))
    HostStore(cases).put_device(admission.device)
    stored = b"".join(path.read_bytes() for path in cases.folder.iterdir() if path.is_file())
    assert admission.device.token_digest.encode() in stored
    assert admission.token.encode() not in stored


def test_last_session_record_wins(cases):
    store = HostStore(cases)
    assert store.session_record() is None
    store.put_session_record("one")
    store.put_session_record("two")
    assert HostStore(cases).session_record() == "two"


def test_file_that_is_no_database_is_said_in_words(cases):
    (cases.folder / "orview.sqlite").write_bytes(b"garbage" * 1000)
    for suffix in ("-wal", "-shm"):
        (cases.folder / f"orview.sqlite{suffix}").unlink(missing_ok=True)
    with pytest.raises(StoreError) as caught:
        HostStore(cases).host_id()
    assert "--store" in caught.value.mend


@pytest.mark.parametrize("what", ["wheel", "seen", "camera"])
def test_what_the_host_remembers_between_runs_is_the_newest(tmp_path, what):
    store = CaseStore.open(tmp_path)
    assert getattr(HostStore(store), what)() is None
    for text in ("first", "second"):
        getattr(HostStore(store), f"put_{what}")(text)
    assert getattr(HostStore(CaseStore.open(tmp_path)), what)() == "second"
