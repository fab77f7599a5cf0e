"""orview and other programs find each other by mDNS: avahi, and Node's bonjour-service; IPv4, IPv6, several interfaces.

In network namespaces, where an administrator's rights and the programs are there; skipped elsewhere, with the reason.
The other programs, and IPv6 alone, are met with --faults-full.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.faults.other_responders import (
    OUR_ADDRESS,
    OUR_SECOND,
    OURS,
    ROOT,
    THEIR_ADDRESS,
    THEIRS,
    avahi,
    inside,
    python,
    require,
    run,
    two_networks,
)

HOST_ID = "0123456789abcdef"
FINGERPRINT = "ab" * 32
ANNOUNCE = f"""
import asyncio, sys
from orview.edge.host.doors import served_addresses
from orview.edge.network.discovery import Announcement, host_announcer
async def main():
    announcer = host_announcer(Announcement(name="OR 3", host_id="{HOST_ID}", addresses=served_addresses("0.0.0.0"),
        port=8443, protocol="0123456789ab", path="/ws", fingerprint="{FINGERPRINT}"))
    print(await announcer.start(), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await announcer.stop()
asyncio.run(main())
"""
BROWSE = """
import json, sys
from orview.edge.network.discovery import find_hosts
found = [host.announcement for host in find_hosts(seconds=1.5)]
print(json.dumps([[host.name, list(host.addresses), host.port, host.fingerprint] for host in found]))
sys.stdin.read()
"""
BONJOUR = ROOT / "headset_client" / "node_modules" / "bonjour-service"


@pytest.fixture(scope="module")
def networks() -> Iterator[None]:
    """The networks, and a host that is announced on ours."""
    require()
    with two_networks(), python(OURS, ANNOUNCE) as host:
        assert host.stdout is not None
        assert host.stdout.readline().strip() == "OR 3"
        yield


@pytest.fixture
def in_full(full: bool) -> None:
    if not full:
        pytest.skip("met with --faults-full (make faults)")


def browsed(namespace: str) -> list[tuple[str, list[str], int, str]]:
    with python(namespace, BROWSE) as browsing:
        assert browsing.stdout is not None
        return [tuple(row) for row in json.loads(browsing.stdout.readline())]


def test_a_host_is_found_by_link_local_ipv6_and_on_the_right_interface(networks):
    """Their machine hears of both interfaces' addresses; the near one comes first, IPv6 with its interface."""
    (found,) = browsed(THEIRS)
    name, addresses, port, fingerprint = found
    assert (name, port, fingerprint) == ("OR 3", 8443, FINGERPRINT)
    assert addresses[0] == OUR_ADDRESS
    assert OUR_SECOND in addresses
    scoped = [address for address in addresses if address.startswith("fe80::")]
    assert scoped
    assert all("%" in address for address in scoped)


def test_avahi_and_orview_find_each_other(in_full, networks, tmp_path):
    require("avahi-daemon", "avahi-browse", "avahi-publish", "dbus-daemon", "unshare")
    with avahi(tmp_path) as environment:
        rows = until_said(("avahi-browse", "-rpt", "_orview._tcp"), environment, lambda text: text.count("=;") >= 2)
        resolved = [row.split(";") for row in rows.splitlines() if row.startswith("=")]
        assert {row[2] for row in resolved} == {"IPv4", "IPv6"}
        for row in resolved:
            assert (row[3], row[4], row[6], row[8]) == (r"OR\0323", "_orview._tcp", f"orview-{HOST_ID}.local", "8443")
            assert f'"fp={FINGERPRINT}"' in row[9]
        # Avahi names one address of each family, whichever record it heard first.
        assert {row[7] for row in resolved if row[2] == "IPv4"} <= {OUR_ADDRESS, OUR_SECOND}
        for family in ("-4", "-6"):
            said = until_said(("avahi-resolve", family, "-n", f"orview-{HOST_ID}.local"), environment, bool)
            assert said.split()[0] == f"orview-{HOST_ID}.local"
        texts = ("v=0123456789ab", "path=/ws", "tls=1", f"fp={FINGERPRINT}", "id=feedfeed")
        publishing = subprocess.Popen(
            inside(THEIRS, "avahi-publish", "-s", "OR 9", "_orview._tcp", "9443", *texts),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            found = {row[0]: row for row in browsed(OURS)}
            deadline = time.monotonic() + 10
            while "OR 9" not in found and time.monotonic() < deadline:
                found = {row[0]: row for row in browsed(OURS)}
            assert found["OR 9"][1][0] == THEIR_ADDRESS
            assert found["OR 9"][2] == 9443
        finally:
            publishing.terminate()
            publishing.wait()


def until_said(command: tuple[str, ...], environment: dict[str, str], enough) -> str:
    """Ask again until enough is said: the daemon needs a moment to begin."""
    said, deadline = "", time.monotonic() + 15
    while not enough(said) and time.monotonic() < deadline:
        done = subprocess.run(
            inside(THEIRS, *command), env=environment, capture_output=True, text=True, timeout=20, check=False
        )
        said = done.stdout
    return said


def test_nodes_bonjour_service_and_orview_find_each_other(in_full, networks, tmp_path):
    node = shutil.which("node")
    if node is None or not BONJOUR.is_dir():
        pytest.skip("Node or its package bonjour-service is not there (npm ci in headset_client)")
    script = tmp_path / "bonjour.cjs"
    script.write_text(
        f"""
const {{ Bonjour }} = require({json.dumps(str(BONJOUR))});
const bonjour = new Bonjour();
bonjour.publish({{ name: "OR 8", type: "orview", port: 8443, txt: {{ v: "0", path: "/ws", tls: "1",
  fp: "{FINGERPRINT}", id: "cafecafe" }} }});
bonjour.find({{ type: "orview" }}, (service) => {{
  if (service.name.startsWith("OR 3"))
    console.log(JSON.stringify([service.name, service.port, service.txt, service.addresses, service.host]));
}});
setTimeout(() => process.exit(1), 20000);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
""",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        inside(THEIRS, node, str(script)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        name, port, text, addresses, host_name = json.loads(process.stdout.readline())
        assert (name, port, host_name) == ("OR 3", 8443, f"orview-{HOST_ID}.local")
        assert (text["fp"], text["id"]) == (FINGERPRINT, HOST_ID)
        assert OUR_ADDRESS in addresses
        assert any(address.startswith("fe80::") for address in addresses)
        found = {row[0]: row for row in browsed(OURS)}
        assert found["OR 8"][1][0] == THEIR_ADDRESS
    finally:
        process.communicate(timeout=10)


def test_with_ipv6_alone_it_is_found_too(in_full, networks):
    """The last of this file: it takes the IPv4 addresses away."""
    places = ((OURS, "v0", OUR_ADDRESS), (OURS, "v1", OUR_SECOND), (THEIRS, "v0", THEIR_ADDRESS))
    for namespace, interface, address in places:
        run("ip", "-n", namespace, "address", "delete", f"{address}/24", "dev", interface)
    with python(OURS, ANNOUNCE.replace("OR 3", "OR 6").replace(HOST_ID, "fedcba9876543210")) as host:
        assert host.stdout is not None
        assert host.stdout.readline().strip() == "OR 6"
        found = {row[0]: row for row in browsed(THEIRS)}
    assert found["OR 6"][1]
    assert all(address.startswith("fe80::") for address in found["OR 6"][1])
