"""Hostile and damaged files: this process lives, each ends in a sentence or in an image (hazard H28).

A few hundred here, 2,000 with --faults-full; ten thousand with `python -m tests.faults.hostile_files --count 10000`.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.prepare import prepare
from orview.errors import OrviewError
from tests.faults.hostile.crafted_outlines import MADE
from tests.faults.hostile_files import Bench, Tally, bench, run_crafted, run_mutated
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the warm child forks and confines itself")

FEW_MUTATED, ALL_MUTATED = 100, 2000


@pytest.fixture(scope="module")
def warm_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("bench"), timeout_s=5.0) as made:
        yield made


@pytest.fixture
def on(warm_bench: Bench) -> Bench:
    warm_bench.tally = Tally()
    return warm_bench


@pytest.mark.hazard("H28")
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_sources_made_to_do_damage_do_none(on: Bench) -> None:
    run_crafted(on)
    assert on.tally.wrong == []
    assert on.tally.outcomes.total() == len(MADE)
    assert on.tally.outcomes["read: at another place"] == 0


@pytest.mark.hazard("H28")
@pytest.mark.timeout(900)
def test_damaged_sources_end_in_a_sentence_or_an_image(on: Bench, ledger: Ledger, full: bool) -> None:
    count = ALL_MUTATED if full else FEW_MUTATED
    run_mutated(on, count=count, seed=7)
    row = ledger.row("damaged image files")
    row.count, row.wrong = count, on.tally.wrong
    assert on.tally.wrong == []
    assert on.tally.outcomes.total() == count
    refused = sum(n for words, n in on.tally.outcomes.items() if not words.startswith("read"))
    assert count / 3 < refused < count


STORE_UNTOUCHED_BY = (
    "sequences nested without lengths",
    "a deflate bomb in DICOM",
    "a ZIP bomb",
    "a NRRD of 60000 x 60000 x 60000",
    "a MetaImage of 100 dimensions",
    "two billion frames",
)


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("name", STORE_UNTOUCHED_BY)
def test_a_refused_source_leaves_the_store_as_it_was(on: Bench, tmp_path: Path, name: str) -> None:
    store = CaseStore.open(tmp_path / "store")
    (tmp_path / "source").mkdir()
    source = MADE[name](tmp_path / "source", on.seeds)
    before = contents(store.folder)
    with pytest.raises(OrviewError):
        prepare([source], store=store, progress=lambda stage, fraction: None, today=date(2026, 1, 1))
    assert contents(store.folder) == before
    assert store.cases() == []
    assert list(on.scratch.iterdir()) == []


def contents(folder: Path) -> list[tuple[str, bytes]]:
    """Every file of a store, but for what SQLite keeps beside its database while it is open."""
    return sorted(
        (str(path.relative_to(folder)), path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    )
