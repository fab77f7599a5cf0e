"""Whether this machine is reached where it was: asked every few seconds, since nobody tells a program.

A laptop that is carried to another room, or wakes there, has another address: headsets need another QR code, and the
certificate must name the address they see. Back where it was, it shows the certificate it had there: a page that stayed
open in a headset accepted that one, and comes back by its token without a code.
"""

from collections.abc import Callable
from dataclasses import dataclass

from orview.edge.host.doors import EVERYWHERE, served_addresses
from orview.edge.network.certificates import ServerCertificate
from orview.errors import NetworkError

NO_NETWORK = "This machine is on no network: headsets cannot come in. Connect it to the room's network."
GONE = "The network is gone."
ALONE = "Only this machine itself is served."


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Where the host is reached now: its addresses, none without a network, and the certificate that names them."""

    addresses: tuple[str, ...]
    certificate: ServerCertificate


class NetworkWatch:
    """Looks where the host is reached.

    Args:
        address: interface it listens on.
        reached: as it was when its certificate was made.
        certify: returns the certificate for addresses.
        look: returns the addresses of an interface; raises `NetworkError` where there is no network.
    """

    def __init__(
        self,
        address: str,
        *,
        reached: Reached,
        certify: Callable[[tuple[str, ...]], ServerCertificate],
        look: Callable[[str], tuple[str, ...]] = served_addresses,
    ) -> None:
        self._address = address
        self._certify = certify
        self._look = look
        self.reached = reached
        self.changed = False

    def look(self) -> Reached | None:
        """Return where the host is reached from now on, None where nothing changed. Waits for the disk.

        Raises:
            StoreError: a new certificate cannot be written; it is tried again.
        """
        try:
            addresses = self._look(self._address)
        except NetworkError:
            addresses = ()
        if addresses == self.reached.addresses:
            return None
        before = self.reached.certificate
        # Without a network there is nothing to name: the old certificate may be right again in a moment.
        certificate = self._certify(addresses) if addresses else before
        self.changed = bool(self.reached.addresses) or self.changed
        self.reached = Reached(addresses=addresses, certificate=certificate)
        return self.reached

    @property
    def words(self) -> str:
        """Where headsets reach the host, and whether that changed, in a sentence."""
        if self._address != EVERYWHERE:
            return ALONE
        if not self.reached.addresses:
            return GONE if self.changed else NO_NETWORK
        address = self.reached.addresses[0]
        if self.changed:
            return f"The network changed: the address is now {address}."
        return f"Headsets reach this machine at {address}."

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, and what to do; nothing while there is a network."""
        return () if self.reached.addresses else (NO_NETWORK,)
