"""Where a host is reached: its addresses, the certificate that names them, and the names it lets clients in under."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from orview.edge.host.config import HostConfig
from orview.edge.network.certificates import ServerCertificate, given_certificate, machine_names, own_certificate
from orview.edge.network.interfaces import ipv4_addresses, lasting_ipv6_addresses
from orview.errors import InputError, NetworkError

EVERYWHERE = "0.0.0.0"  # noqa: S104
LOOPBACK = "127.0.0.1"


def certificate_of(config: HostConfig, host_id: str, addresses: Sequence[str]) -> ServerCertificate:
    """Return the certificate somebody gave, or the host's own for these addresses.

    Raises:
        InputError: only one of certificate and key was given, or they cannot be used.
        StoreError: the folder of keys cannot be written.
    """
    if config.certificate is None and config.key is None:
        names = (*machine_names(addresses), f"orview-{host_id}.local", *config.names)
        return own_certificate(config.store / "keys", names=names)
    if config.certificate is None or config.key is None:
        raise InputError("A certificate needs its key, and a key its certificate.", mend="Give --cert and --key.")
    return given_certificate(config.certificate, config.key)


def served_addresses(address: str) -> tuple[str, ...]:
    """Return the addresses other machines reach a listener by, the likeliest first, IPv6 after IPv4.

    Raises:
        NetworkError: it listens on the whole network, but there is none.
    """
    if address != EVERYWHERE:
        return (address,)
    found = [found for found in ipv4_addresses() if not found.startswith("127.")]
    ipv6 = lasting_ipv6_addresses() if socket.has_dualstack_ipv6() else []
    if not found and not ipv6:
        raise NetworkError(
            "This machine is on no network.", mend="Connect it to the room's network, or use --local to serve it alone."
        )
    preferred = _address_of_default_route()
    return (*sorted(found, key=lambda one: one != preferred), *ipv6)


def _address_of_default_route() -> str:
    """Return this machine's address on the way to other networks, empty where there is no such way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only looks up the route (to TEST-NET-1, RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Under which names a host lets clients in.

    Attributes:
        hosts: `Host` headers that are its own; `origins` the pages that may open the socket.
        join_url: the headset page as other machines reach it.
        host_name: what people call this machine.
    """

    hosts: frozenset[str]
    origins: tuple[str, ...]
    join_url: str
    host_name: str


def doors_of(certificate: ServerCertificate, addresses: Sequence[str], *, port: int, loopback_port: int) -> Doors:
    """Return the doors of a host with this certificate, at these addresses and ports."""
    names = {f"[{name}]" if ":" in name else name.lower() for name in certificate.names}
    secure_hosts = {f"{name}:{port}" for name in names} | (names if port == 443 else set())
    plain_hosts = {f"{name}:{loopback_port}" for name in (LOOPBACK, "localhost")}
    reached = reached_as(certificate, addresses)
    return Doors(
        hosts=frozenset(secure_hosts | plain_hosts),
        origins=tuple(
            sorted({f"https://{host}" for host in secure_hosts} | {f"http://{host}" for host in plain_hosts})
        ),
        join_url=f"https://{f'[{reached}]' if ':' in reached else reached}:{port}/",
        host_name=socket.gethostname().split(".")[0] or "host",
    )


def reached_as(certificate: ServerCertificate, addresses: Sequence[str]) -> str:
    """Return the address or name other machines reach the host by that its certificate is good for."""
    good = [address for address in addresses if address in certificate.names]
    named = [name for name in certificate.names if not name.startswith("*") and name not in (LOOPBACK, "localhost")]
    return next(iter((*good, *named, *addresses)), LOOPBACK)
