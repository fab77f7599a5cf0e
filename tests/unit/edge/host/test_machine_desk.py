"""The desk of the machine: awake while something stands or comes back by itself, and each lack in a sentence."""

from types import SimpleNamespace

import pytest

from orview.edge.host.machine_desk import MachineDesk
from orview.edge.recording.writer import LEAST_FREE_BYTES
from orview.protocol.codec import encode
from orview.protocol.machine import Awake
from orview.session.state import State

NETWORK = SimpleNamespace(words="Headsets reach this machine at 192.0.2.1.", missing=())


class Asked:
    """Remembers whether the machine was to stay awake."""

    state, words = Awake.FREE, "It may sleep."

    def __init__(self) -> None:
        self.wanted: list[bool] = []

    def want(self, wanted: bool) -> None:
        self.wanted.append(wanted)


@pytest.mark.hazard("H24")
@pytest.mark.parametrize(
    ("state", "wanted"), [(State.OFF, False), (State.HOLD, False), (State.LIVE, True), (State.LOST, True)]
)
def test_it_stays_awake_while_the_overlay_stands_or_comes_back_by_itself(state: State, wanted: bool) -> None:
    asked = Asked()
    MachineDesk(NETWORK, asked).watch(state=state, disk_free_bytes=None)
    assert asked.wanted == [wanted]


def test_a_full_disk_and_no_network_are_said() -> None:
    desk = MachineDesk(SimpleNamespace(words="Gone.", missing=("No network.",)), Asked())
    desk.watch(state=State.OFF, disk_free_bytes=LEAST_FREE_BYTES)
    assert desk.message().missing == ("No network.",)
    desk.watch(state=State.OFF, disk_free_bytes=LEAST_FREE_BYTES - 1)
    told = desk.message()
    assert len(told.missing) == 2
    assert "disk is full" in told.missing[1]
    assert encode(told)
