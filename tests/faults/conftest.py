"""Faults: a short set in `make test`, all of them with --faults-full (`make faults`), kept with --record."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.fault_room import FaultRoom
from tests.faults.ledger import RESULTS, Ledger

_LEDGER = Ledger()
_BEGUN_S = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults-full", action="store_true", help="inject every fault as often as the goals say")
    parser.addoption("--record", action="store_true", help=f"write the table to {RESULTS.name}")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--faults-full", default=False))


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return _LEDGER


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultRoom]:
    with FaultRoom(tmp_path_factory.mktemp("room")) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _LEDGER:
        terminalreporter.write_sep("=", "faults")
        terminalreporter.write(_LEDGER.table())
        if config.getoption("--record", default=False):
            _LEDGER.write(seconds=time.monotonic() - _BEGUN_S)
