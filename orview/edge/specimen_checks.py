"""The checks of specimens that are kept with their cases: among the moments of the store, as documents."""

from collections.abc import Mapping
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.host.store import HostStore, KeptMoment

KIND = "SPECIMEN"
"""Of the moments that are checks of a specimen."""


def keep_check(case_id: str, document: Mapping[str, Any], *, store: CaseStore) -> None:
    """Keep a check of a case's specimen: when it was made stands in it, as `utc`.

    Raises:
        StoreError: the disk refuses, or there is no such case.
    """
    HostStore(store).put_moment(KeptMoment(utc=str(document["utc"]), case_id=case_id, document=document))


def checks_of(case_id: str, *, store: CaseStore) -> list[Mapping[str, Any]]:
    """Return every check of a case's specimen, oldest first."""
    return [one.document for one in HostStore(store).moments(case_id) if one.document.get("kind") == KIND]
