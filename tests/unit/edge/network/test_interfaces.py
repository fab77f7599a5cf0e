"""Which addresses of this machine last, and which of others are near."""

import pytest

from orview.edge.network import interfaces
from orview.edge.network.interfaces import ipv4_addresses, is_on_own_network, lasting_ipv6_addresses


class Adapter:
    def __init__(self, *ips: tuple[object, int]) -> None:
        self.ips = [
            type("Ip", (), {"ip": ip, "network_prefix": prefix, "is_IPv4": isinstance(ip, str)})() for ip, prefix in ips
        ]


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    adapters = [
        Adapter(("127.0.0.1", 8), (("::1", 0, 1), 128)),
        Adapter(
            ("192.0.2.5", 24),
            (("fe80::5", 0, 2), 64),
            (("2001:db8::5", 0, 0), 64),
            (("2001:db8::aaaa", 0, 0), 64),
            (("2001:db8::bbbb", 0, 0), 64),
        ),
    ]
    monkeypatch.setattr(interfaces.ifaddr, "get_adapters", lambda: adapters)
    table = tmp_path / "if_inet6"
    table.write_text(
        "20010db8000000000000000000000005 02 40 00 00     eth0\n"
        "20010db800000000000000000000aaaa 02 40 00 01     eth0\n"
        "20010db800000000000000000000bbbb 02 40 00 20     eth0\n"
        "fe800000000000000000000000000005 02 40 20 80     eth0\n"
    )
    monkeypatch.setattr(interfaces, "_IF_INET6", table)


def test_private_and_outgoing_addresses_do_not_last():
    assert ipv4_addresses() == ["127.0.0.1", "192.0.2.5"]
    assert lasting_ipv6_addresses() == ["2001:db8::5", "fe80::5"]


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("192.0.2.200", True),
        ("198.51.100.1", False),
        ("fe80::99%eth0", True),
        ("2001:db8::77", True),
        ("2001:db8:1::7", False),
    ],
)
def test_what_is_on_a_network_of_ones_own_is_near(address, near):
    assert is_on_own_network(address) is near


def test_elsewhere_than_on_linux_all_that_is_no_loopback_lasts(monkeypatch, tmp_path):
    monkeypatch.setattr(interfaces, "_IF_INET6", tmp_path / "none")
    assert lasting_ipv6_addresses() == ["2001:db8::5", "2001:db8::aaaa", "2001:db8::bbbb", "fe80::5"]
