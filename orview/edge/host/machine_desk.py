"""The desk of the machine the host runs on: kept awake while the overlay is live, and what it lacks, in words."""

from orview.edge.host.network_watch import NetworkWatch
from orview.edge.host.staying_awake import StayingAwake
from orview.edge.recording.writer import LEAST_FREE_BYTES
from orview.protocol.machine import Machine
from orview.session.state import State

STANDS = (State.LIVE, State.LOST)


class MachineDesk:
    """Watches over the machine.

    Args:
        network: looks where it is reached.
        awake: keeps it from sleeping.
    """

    def __init__(self, network: NetworkWatch, awake: StayingAwake) -> None:
        self._network, self._awake = network, awake
        self._disk_free_bytes: int | None = None

    def watch(self, *, state: State, disk_free_bytes: int | None) -> None:
        """Take how the session and the store's disk stand; to be called about once a second."""
        # LOST comes back to LIVE by itself: the machine must not fall asleep meanwhile.
        self._awake.want(state in STANDS)
        self._disk_free_bytes = disk_free_bytes

    def message(self) -> Machine:
        """Return what the nurse is to know now."""
        return Machine(
            awake=self._awake.state,
            awake_words=self._awake.words,
            network_words=self._network.words,
            missing=(*self._network.missing, *self._full_disk()),
        )

    def close(self) -> None:
        """Let the machine sleep again."""
        self._awake.close()

    def _full_disk(self) -> tuple[str, ...]:
        free_bytes = self._disk_free_bytes
        if free_bytes is None or free_bytes >= LEAST_FREE_BYTES:
            return ()
        return ("The disk is full: no session is recorded and no case is made. Delete what nobody needs.",)
