"""What `orview doctor` says of the network, on machines that are as the test says."""

import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orview.edge.host import checkup_network as network
from orview.edge.network.certificates import own_certificate
from orview.edge.network.discovery import Announcement, FoundHost

ADDRESS = "192.0.2.7"


def test_who_holds_a_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check = network.check_port("port", "127.0.0.1", port, "--port")
        if not Path("/proc/net/tcp").exists():
            pytest.skip("only Linux tells who holds a port")
        assert not check.passed
        assert f"(process {os.getpid()}) has it" in check.words
        assert "--port" in check.mend
    assert network.check_port("port", "127.0.0.1", port, "--port").passed
    assert network.holder_of(port) == ""


class Adapter:
    def __init__(self, name: str, *addresses: object) -> None:
        self.nice_name = name
        self.ips = [
            type("Ip", (), {"ip": address, "is_IPv4": isinstance(address, str)})()  # as ifaddr has them
            for address in addresses
        ]


@pytest.mark.parametrize(
    ("flags", "passed", "words"),
    [
        ("0x1003", True, "eth9 up (192.0.2.7, fe80::7)"),
        ("0x1002", False, "eth9 down (192.0.2.7, fe80::7)"),
        ("0x3", False, "eth9 up without multicast (192.0.2.7, fe80::7)"),
    ],
)
def test_interfaces_are_told_with_their_state(tmp_path, monkeypatch, flags, passed, words):
    for name, value in (("eth9", flags), ("lo", "0x9")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "flags").write_text(value + "\n")
    monkeypatch.setattr(network, "_SYS_NET", tmp_path)
    adapters = [Adapter("eth9", ADDRESS, ("fe80::7", 0, 2)), Adapter("lo", "127.0.0.1"), Adapter("lo", ("::1", 0, 1))]
    monkeypatch.setattr(network.ifaddr, "get_adapters", lambda: adapters)
    check = network.check_interfaces()
    assert (check.passed, check.words) == (passed, f"Interfaces: {words}.")
    assert bool(check.mend) is not passed


UFW_RULES = "Status: active\n\nTo   Action  From\n8443/tcp  ALLOW  Anywhere\n5353/udp  ALLOW  Anywhere\n"


@pytest.mark.parametrize(
    ("ufw", "told", "passed", "words"),
    [
        ("ENABLED=yes", {}, False, "for an administrator's eyes"),
        ("ENABLED=yes", {"ufw status": UFW_RULES}, True, "has rules for 8443/tcp and 5353/udp"),
        ("ENABLED=yes", {"ufw status": UFW_RULES.replace("8443", "22")}, False, "has no rule"),
        (
            "ENABLED=no",
            {
                "firewall-cmd --state": "running\n",
                "firewall-cmd --list-ports": "8443/tcp",
                "firewall-cmd --list-services": "mdns",
            },
            True,
            "firewalld is on and lets",
        ),
        ("", {"firewall-cmd --state": "running\n"}, False, "does not name"),
        ("", {"nft list ruleset": "chain input { type filter hook input priority 0; policy drop; }"}, False, "drops"),
        ("", {"nft list ruleset": ""}, True, "No firewall of this machine"),
        ("", {}, True, "administrator can see"),
    ],
)
def test_the_firewall_is_told_in_words(tmp_path, monkeypatch, ufw, told, passed, words):
    (tmp_path / "ufw.conf").write_text(f"# comment\n{ufw}\n")
    monkeypatch.setattr(network, "_UFW", tmp_path / "ufw.conf")
    monkeypatch.setattr(network, "_told_by", lambda *command: told.get(" ".join(command)))
    monkeypatch.setattr(network.shutil, "which", lambda name: name)
    check = network.check_firewall(8443)
    assert (check.passed, words in check.words) == (passed, True), check.words
    assert bool(check.mend) is not passed


def test_a_certificate_is_told_with_its_end_and_its_names(tmp_path):
    now = datetime(2026, 5, 1, tzinfo=UTC)
    keys = tmp_path / "keys"

    def check(after: timedelta = timedelta(), addresses: tuple[str, ...] = (ADDRESS,)) -> network.Check:
        return network.check_certificate(keys, given=None, addresses=addresses, now=now + after)

    assert "makes its own" in check().words
    certificate = own_certificate(keys, names=("localhost", ADDRESS), now=now)
    assert check().passed
    assert ADDRESS in check().words
    moved = check(addresses=("198.51.100.3",))
    assert not moved.passed
    assert "was not made for 198.51.100.3" in moved.words
    soon = certificate.expires - now - timedelta(days=2)
    assert "is soon" in check(soon).words
    ended = check(soon + timedelta(days=3))
    assert not ended.passed
    assert "ended on" in ended.words


def test_another_host_is_told_and_ones_own_is_not(monkeypatch):
    def found(**_: object) -> tuple[FoundHost, ...]:
        return tuple(
            FoundHost(
                announcement=Announcement(
                    name=f"OR {host_id}",
                    host_id=host_id,
                    addresses=(ADDRESS,),
                    port=8443,
                    protocol="x",
                    path="/ws",
                    fingerprint="00" * 32,
                ),
                found_after_s=0.1,
            )
            for host_id in ("aa", "bb")
        )

    monkeypatch.setattr(network, "find_hosts", found)
    check = network.check_other_hosts(own_id="aa")
    assert not check.passed
    assert check.words == f"Another host answers on this network: OR bb at {ADDRESS}."
    monkeypatch.setattr(network, "find_hosts", lambda **_: found()[:1])
    assert network.check_other_hosts(own_id="aa").passed
