"""What a host would meet of the network: its ports, interfaces, firewall, certificate and other hosts."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ifaddr

from orview.edge.host.check import Check
from orview.edge.host.doors import served_addresses
from orview.edge.network.certificates import ServerCertificate, given_certificate
from orview.edge.network.discovery import find_hosts
from orview.errors import NetworkError, OrviewError

MDNS_PORT = 5353
RENEW_BEFORE = timedelta(days=14)
BROWSE_S = 1.5
_PROC = Path("/proc")
_SYS_NET = Path("/sys/class/net")
_UFW = Path("/etc/ufw/ufw.conf")
_IFF_UP, _IFF_LOOPBACK, _IFF_MULTICAST = 0x1, 0x8, 0x1000
_LISTEN = "0A"


def check_port(key: str, address: str, port: int, option: str) -> Check:
    """Try to open a port; where it is taken, say by whom as far as this user may know."""
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        holder = holder_of(port)
        why = f"{holder} has it" if holder else (error.strerror or str(error)).lower()
        mend = f"End the program that holds it, or choose another port with {option}."
        return Check(key=key, passed=False, needed=True, words=f"Port {port} cannot be opened: {why}.", mend=mend)
    return Check(key=key, passed=True, needed=True, words=f"Port {port} is free.")


def holder_of(port: int) -> str:
    """Return "name (process 123)" of whoever listens on a TCP port, empty where that cannot be known."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return ""
    for process in filter(lambda path: path.name.isdigit(), _PROC.iterdir()):
        # Processes of other users do not show their files, and any may end while it is looked at.
        with contextlib.suppress(OSError):
            if any(str(file.readlink()) in inodes for file in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"{name} (process {process.name})"
    return "a program of another user"


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for row in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = row.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def check_interfaces() -> Check:
    """Look which interfaces are up, with which addresses, and whether they carry multicast."""
    shown, able = [], []
    for adapter in ifaddr.get_adapters():
        flags = _flags_of(str(adapter.nice_name))
        addresses = [str(ip.ip) if ip.is_IPv4 else str(ip.ip[0]) for ip in adapter.ips]
        if flags & _IFF_LOOPBACK or not addresses or addresses[0].startswith("127."):
            continue
        up, multicast = bool(flags & _IFF_UP), bool(flags & _IFF_MULTICAST)
        state = "up" if up else "down"
        shown.append(f"{adapter.nice_name} {state}{'' if multicast else ' without multicast'} ({', '.join(addresses)})")
        if up and multicast:
            able.append(addresses)
    if not able:
        words = "; ".join(shown) or "There is none but the loopback"
        mend = "Plug in the cable or join the room's wireless network. Without multicast headsets join by QR code."
        return Check(key="interfaces", passed=False, needed=False, words=f"Interfaces: {words}.", mend=mend)
    return Check(key="interfaces", passed=True, needed=False, words=f"Interfaces: {'; '.join(shown)}.")


def _flags_of(interface: str) -> int:
    try:
        return int((_SYS_NET / interface / "flags").read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        # No Linux: what has an address is taken for usable.
        return _IFF_UP | _IFF_MULTICAST


def check_addresses() -> Check:
    """Say under which addresses headsets reach this machine."""
    try:
        addresses = served_addresses("0.0.0.0")  # noqa: S104
    except OrviewError as error:
        return Check(key="network", passed=False, needed=False, words=error.message, mend=error.mend)
    words = f"Headsets reach this machine at {', '.join(addresses)}."
    return Check(key="network", passed=True, needed=False, words=words)


def check_firewall(port: int) -> Check:
    """Say which firewall stands before the ports, as far as this user may look."""
    wanted = f"{port}/tcp and {MDNS_PORT}/udp"
    if _ufw_is_on():
        mend = f"If headsets do not come in: sudo ufw allow {port}/tcp && sudo ufw allow {MDNS_PORT}/udp"
        rules = _told_by("ufw", "status")
        if rules is None:
            words = (
                f"ufw is on, and its rules are for an administrator's eyes: whether it lets {wanted} in is not known."
            )
            return Check(key="firewall", passed=False, needed=False, words=words, mend=mend)
        if _lets_in(rules, port) and _lets_in(rules, MDNS_PORT):
            return Check(key="firewall", passed=True, needed=False, words=f"ufw is on and has rules for {wanted}.")
        words = f"ufw is on and has no rule for {wanted}."
        return Check(key="firewall", passed=False, needed=False, words=words, mend=mend)
    if (_told_by("firewall-cmd", "--state") or "").strip() == "running":
        ports, services = (
            _told_by("firewall-cmd", "--list-ports") or "",
            _told_by("firewall-cmd", "--list-services") or "",
        )
        if f"{port}/tcp" in ports.split() and ("mdns" in services.split() or f"{MDNS_PORT}/udp" in ports.split()):
            return Check(key="firewall", passed=True, needed=False, words=f"firewalld is on and lets {wanted} in.")
        mend = f"sudo firewall-cmd --add-port={port}/tcp --add-service=mdns (and the same with --permanent)"
        words = f"firewalld is on and does not name {wanted}."
        return Check(key="firewall", passed=False, needed=False, words=words, mend=mend)
    rules = _told_by("nft", "list", "ruleset")
    if rules is None:
        if shutil.which("nft") is None:
            words = "No firewall program is on this machine (ufw, firewalld, nft)."
            return Check(key="firewall", passed=True, needed=False, words=words)
        words = "Neither ufw nor firewalld is on; whether nftables has rules of its own only an administrator can see."
        return Check(key="firewall", passed=True, needed=False, words=words)
    if "hook input" in rules and "policy drop" in rules:
        words = f"nftables drops what no rule lets in; whether {wanted} is let in was not worked out."
        mend = f"Look at `sudo nft list ruleset` for tcp dport {port} and udp dport {MDNS_PORT}."
        return Check(key="firewall", passed=False, needed=False, words=words, mend=mend)
    return Check(key="firewall", passed=True, needed=False, words="No firewall of this machine keeps headsets out.")


def _ufw_is_on() -> bool:
    try:
        return "enabled=yes" in _UFW.read_text(encoding="utf-8").lower()
    except OSError:
        return False


def _lets_in(rules: str, port: int) -> bool:
    rows = [row.split() for row in rules.splitlines()]
    return any(row and row[0].partition("/")[0] == str(port) and "ALLOW" in row for row in rows)


def _told_by(*command: str) -> str | None:
    """Return what a program says, None where it is not there or not for this user."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5.0, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def check_certificate(
    keys: Path, *, given: tuple[Path, Path] | None, addresses: Sequence[str], now: datetime | None = None
) -> Check:
    """Look at the certificate headsets would be shown: until when, and for which of the present addresses.

    Args:
        keys: folder of the host's own.
        given: certificate and key that somebody gave instead.
        addresses: at which headsets reach this machine.
        now: the time.
    """
    now = now or datetime.now(UTC)
    if given is None and not (keys / "host.pem").exists():
        words = "There is no certificate yet: the host makes its own when it starts first."
        return Check(key="certificate", passed=True, needed=False, words=words)
    try:
        certificate = given_certificate(*(given or (keys / "host.pem", keys / "host.key.pem")), now=now)
    except OrviewError as error:
        own = "The host makes itself a new one; headsets must be paired with its new fingerprint."
        mend = own if given is None else error.mend
        return Check(key="certificate", passed=False, needed=given is not None, words=error.message, mend=mend)
    return _of_certificate(certificate, given is not None, addresses, now)


def _of_certificate(certificate: ServerCertificate, given: bool, addresses: Sequence[str], now: datetime) -> Check:
    until = f"The certificate is good until {certificate.expires:%Y-%m-%d}"
    if certificate.expires - now < RENEW_BEFORE:
        mend = "Ask the hospital for the next one." if given else "The host renews it by itself when it starts."
        return Check(key="certificate", passed=not given, needed=False, words=f"{until}, which is soon.", mend=mend)
    foreign = [address for address in addresses if address not in certificate.names]
    if foreign and not given:
        words = f"{until}, but was not made for {', '.join(foreign)}: the host makes another when it starts."
        mend = "Pair headsets that keep the old fingerprint again, by QR code."
        return Check(key="certificate", passed=False, needed=False, words=words, mend=mend)
    names = ", ".join(certificate.names)
    if foreign:
        words = f"{until}, for {names}; not for {', '.join(foreign)}."
        mend = (
            f"Headsets must come by a name it is good for; see that the room's network resolves {certificate.names[0]}."
        )
        return Check(key="certificate", passed=True, needed=False, words=words, mend=mend)
    return Check(key="certificate", passed=True, needed=False, words=f"{until}, for {names}.")


def check_other_hosts(*, own_id: str | None) -> Check:
    """Look for other hosts on the network: a headset could join the wrong one.

    Args:
        own_id: of the host of this store, which may be running; None before its first start.
    """
    try:
        found = find_hosts(seconds=BROWSE_S)
    except NetworkError as error:
        return Check(key="other_hosts", passed=False, needed=False, words=error.message, mend=error.mend)
    others = [host.announcement for host in found if host.announcement.host_id != own_id]
    if not others:
        return Check(key="other_hosts", passed=True, needed=False, words="No other host answers on this network.")
    named = ", ".join(f"{other.name} at {other.addresses[0]}" for other in others)
    return Check(
        key="other_hosts",
        passed=False,
        needed=False,
        words=f"Another host answers on this network: {named}.",
        mend="Give each room a name of its own with --room, and join headsets by QR code: it holds the fingerprint.",
    )
