"""The addresses of this machine, and which of others are on its own networks."""

from ipaddress import ip_address, ip_interface
from pathlib import Path

import ifaddr

_IF_INET6 = Path("/proc/net/if_inet6")
_TEMPORARY, _DEPRECATED = 0x01, 0x20


def ipv4_addresses() -> list[str]:
    """Return every IPv4 address of every interface, the loopback's too."""
    return [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]


def lasting_ipv6_addresses() -> list[str]:
    """Return every IPv6 address that stays: none of a loopback, none a day's privacy address; link-local ones last.

    Without their interface (`%eth0`): so they stand in address records and certificates.
    """
    passing = _passing_addresses()
    found = {str(ip.ip[0]) for adapter in ifaddr.get_adapters() for ip in adapter.ips if not ip.is_IPv4}
    lasting = [address for address in found if address not in passing and not ip_address(address).is_loopback]
    return sorted(lasting, key=lambda address: (ip_address(address).is_link_local, address))


def interface_of(address: str) -> str:
    """Return the number of the interface that has an IPv4 address, as IPv6 addresses name it; empty where none has."""
    for adapter in ifaddr.get_adapters():
        if adapter.index is not None and any(ip.ip == address for ip in adapter.ips):
            return str(adapter.index)
    return ""


def is_on_own_network(address: str) -> bool:
    """Return whether an address belongs to a network that one of this machine's interfaces is on."""
    plain = ip_address(address.partition("%")[0])
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            own = ip.ip if ip.is_IPv4 else ip.ip[0]
            if plain in ip_interface(f"{own}/{ip.network_prefix}").network:
                return True
    return False


def _passing_addresses() -> set[str]:
    try:
        rows = [row.split() for row in _IF_INET6.read_text(encoding="ascii").splitlines()]
    except OSError:
        return set()
    return {str(ip_address(bytes.fromhex(row[0]))) for row in rows if int(row[4], 16) & (_TEMPORARY | _DEPRECATED)}
