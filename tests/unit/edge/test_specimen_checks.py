"""Checks of specimens are kept with their case, apart from what else is kept of it, and go with it."""

from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.store import HostStore, KeptMoment
from orview.edge.specimen_checks import KIND, checks_of, keep_check
from orview.errors import StoreError
from tests.cases import BLOBS, a_case


def test_checks_are_kept_in_their_order_and_go_with_their_case(tmp_path: Path) -> None:
    store, case = CaseStore.open(tmp_path), a_case()
    store.add(case, BLOBS)
    checks = [{"kind": KIND, "utc": f"2026-01-1{n}T10:00:00+00:00", "planes": [n]} for n in range(3)]
    for check in checks:
        keep_check(case.id, check, store=store)
        HostStore(store).put_moment(KeptMoment(utc=str(check["utc"]), case_id=case.id, document={"kind": "LIVE"}))
    assert checks_of(case.id, store=store) == checks
    store.remove(case.id)
    assert checks_of(case.id, store=store) == []
    with pytest.raises(StoreError):
        keep_check(case.id, checks[0], store=store)
