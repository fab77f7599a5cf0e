"""A changed address is noticed, said, and named by a certificate; back where it was, the first one is shown again."""

from pathlib import Path

from orview.edge.host.config import HostConfig
from orview.edge.host.doors import EVERYWHERE, certificate_of, doors_of
from orview.edge.host.network_watch import NO_NETWORK, NetworkWatch, Reached
from orview.errors import NetworkError

HOME, ROOM = "192.0.2.10", "198.51.100.7"


class Machine:
    """A machine that is carried from network to network."""

    def __init__(self, tmp_path: Path, *addresses: str) -> None:
        self.addresses = addresses
        self.config = HostConfig(
            store=tmp_path, camera="0", profile=tmp_path, board="patient_flat", room_name="OR", address=EVERYWHERE
        )
        certificate = certificate_of(self.config, "0" * 16, addresses)
        self.watch = NetworkWatch(
            EVERYWHERE,
            reached=Reached(addresses=addresses, certificate=certificate),
            certify=lambda addresses: certificate_of(self.config, "0" * 16, addresses),
            look=self.look,
        )

    def look(self, address: str) -> tuple[str, ...]:
        assert address == EVERYWHERE
        if not self.addresses:
            raise NetworkError("This machine is on no network.")
        return self.addresses


def test_what_stays_is_no_news(tmp_path: Path) -> None:
    machine = Machine(tmp_path, HOME)
    assert machine.watch.look() is None
    assert machine.watch.words == f"Headsets reach this machine at {HOME}."
    assert machine.watch.missing == ()


def test_another_address_is_said_and_named_and_going_back_brings_the_first_certificate_back(tmp_path: Path) -> None:
    machine = Machine(tmp_path, HOME)
    first = machine.watch.reached.certificate
    machine.addresses = (ROOM,)
    moved = machine.watch.look()
    assert moved is not None
    assert machine.watch.words == f"The network changed: the address is now {ROOM}."
    assert ROOM in moved.certificate.names
    assert moved.certificate.fingerprint != first.fingerprint
    doors = doors_of(moved.certificate, moved.addresses, port=8443, loopback_port=8080)
    assert doors.join_url == f"https://{ROOM}:8443/"
    assert f"{ROOM}:8443" in doors.hosts
    machine.addresses = (HOME,)
    back = machine.watch.look()
    assert back is not None
    assert back.certificate.fingerprint == first.fingerprint, "what a headset that stayed here accepted"
    assert doors_of(back.certificate, back.addresses, port=8443, loopback_port=8080).join_url == f"https://{HOME}:8443/"


def test_a_network_that_goes_and_comes_back_is_said_each_time(tmp_path: Path) -> None:
    machine = Machine(tmp_path, HOME)
    before = machine.watch.reached.certificate
    machine.addresses = ()
    gone = machine.watch.look()
    assert gone is not None
    assert (gone.addresses, gone.certificate) == ((), before)
    assert (machine.watch.words, machine.watch.missing) == ("The network is gone.", (NO_NETWORK,))
    assert machine.watch.look() is None
    machine.addresses = (HOME,)
    back = machine.watch.look()
    assert back is not None
    assert back.certificate.fingerprint == before.fingerprint
    assert machine.watch.missing == ()


def test_a_machine_that_began_without_a_network_is_reached_once_it_has_one(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.watch.words == NO_NETWORK
    machine.addresses = (ROOM,)
    assert machine.watch.look() is not None
    assert machine.watch.words == f"Headsets reach this machine at {ROOM}."


def test_a_host_without_a_network_has_a_door_to_its_own_screen(tmp_path: Path) -> None:
    certificate = Machine(tmp_path).watch.reached.certificate
    doors = doors_of(certificate, (), port=8443, loopback_port=8080)
    assert "127.0.0.1:8080" in doors.hosts
    assert doors.join_url.startswith("https://")
