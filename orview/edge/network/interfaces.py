"""The addresses of this machine."""

import ifaddr


def ipv4_addresses() -> list[str]:
    """Return every IPv4 address of every interface, the loopback's too."""
    return [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
