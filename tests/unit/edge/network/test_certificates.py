"""The host's certificate: made once, kept, made anew when it must be; a given one is checked with words."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orview.edge.network.certificates import (
    LEAF_RENEWAL,
    MOST_KEPT,
    ServerCertificate,
    fingerprint_of,
    given_certificate,
    machine_names,
    own_certificate,
    pinning_context,
    server_context,
    spoken_fingerprint,
)
from orview.errors import InputError, StoreError

NAMES = ("room", "room.local", "localhost", "127.0.0.1", "192.0.2.10", "fd00::2")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def leaf_of(certificate: ServerCertificate) -> x509.Certificate:
    return x509.load_pem_x509_certificates(certificate.certificate_file.read_bytes())[0]


def test_leaf_is_signed_by_the_own_ca_for_every_name(tmp_path: Path) -> None:
    made = own_certificate(tmp_path / "keys", names=NAMES, now=NOW)
    leaf, authority = x509.load_pem_x509_certificates(made.certificate_file.read_bytes())
    leaf.verify_directly_issued_by(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["room", "room.local", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address(name) for name in NAMES[3:]]
    assert made.names == NAMES
    assert isinstance(leaf.public_key(), ec.EllipticCurvePublicKey)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.fingerprint == leaf.fingerprint(hashes.SHA256()).hex()
    assert made.own


def test_keys_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    own_certificate(tmp_path / "keys", names=NAMES, now=NOW)
    files = sorted((tmp_path / "keys").iterdir())
    assert [file.name for file in files] == ["ca.key.pem", "ca.pem", "host.key.pem", "host.pem"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_the_same_certificate_is_used_again(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, names=NAMES, now=NOW)
    assert own_certificate(tmp_path, names=NAMES, now=NOW + timedelta(days=300)) == first
    assert own_certificate(tmp_path, names=NAMES[:2], now=NOW) == first


@pytest.mark.parametrize(
    ("names", "later"),
    [((*NAMES, "192.0.2.99"), timedelta(0)), (NAMES, timedelta(days=396) - LEAF_RENEWAL + timedelta(hours=1))],
    ids=["another address", "soon to end"],
)
def test_a_new_leaf_is_made_by_the_same_ca(tmp_path: Path, names: tuple[str, ...], later: timedelta) -> None:
    first = own_certificate(tmp_path, names=NAMES, now=NOW)
    authority = (tmp_path / "ca.pem").read_bytes()
    second = own_certificate(tmp_path, names=names, now=NOW + later)
    assert second.fingerprint != first.fingerprint
    assert second.names == names
    assert second.expires > NOW + later + timedelta(days=390)
    assert (tmp_path / "ca.pem").read_bytes() == authority


def test_each_network_has_the_certificate_that_was_made_there_first(tmp_path: Path) -> None:
    """With both at once there is a third; of two that are good the older one is what headsets accepted."""
    home, room = (*NAMES[:4], "192.0.2.10"), (*NAMES[:4], "198.51.100.7")
    at_home = own_certificate(tmp_path, names=home, now=NOW)
    in_room = own_certificate(tmp_path, names=room, now=NOW + timedelta(hours=1))
    both = own_certificate(tmp_path, names=(*home, room[-1]), now=NOW + timedelta(hours=2))
    assert len({at_home.fingerprint, in_room.fingerprint, both.fingerprint}) == 3
    for names, first in ((home, at_home), (room, in_room), (home, at_home)):
        again = own_certificate(tmp_path, names=names, now=NOW + timedelta(hours=3))
        assert again == first
        server_context(again)
    kept = list((tmp_path / "kept").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700


def test_no_more_certificates_are_kept_than_there_are_networks_to_come_back_to(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 3):
        own_certificate(tmp_path, names=(*NAMES, f"203.0.113.{number}"), now=NOW)
    assert len(list((tmp_path / "kept").iterdir())) == MOST_KEPT


def test_what_is_kept_is_used_only_while_it_is_good(tmp_path: Path) -> None:
    keys, foreign = tmp_path / "keys", tmp_path / "foreign"
    first = own_certificate(keys, names=NAMES, now=NOW)
    elsewhere = ("elsewhere",)
    own_certificate(keys, names=elsewhere, now=NOW)
    later = NOW + timedelta(days=380)
    assert own_certificate(keys, names=NAMES, now=later).fingerprint != first.fingerprint, "soon to end"
    other = own_certificate(foreign, names=("third",), now=NOW)
    bundle = (foreign / "host.key.pem").read_bytes() + (foreign / "host.pem").read_bytes()
    (keys / "kept" / "foreign.pem").write_bytes(bundle)
    (keys / "kept" / "broken.pem").write_bytes(b"-----BEGIN NONSENSE-----")
    made = own_certificate(keys, names=("third",), now=later)
    server_context(made)
    assert made.fingerprint != other.fingerprint, "of another CA"


@pytest.mark.parametrize("broken", ["ca.pem", "ca.key.pem", "host.pem", "host.key.pem"])
def test_a_broken_file_is_made_anew(tmp_path: Path, broken: str) -> None:
    own_certificate(tmp_path, names=NAMES, now=NOW)
    (tmp_path / broken).write_bytes(b"-----BEGIN NONSENSE-----")
    made = own_certificate(tmp_path, names=(*NAMES, "one.more"), now=NOW)
    server_context(made)
    leaf, authority = x509.load_pem_x509_certificates(made.certificate_file.read_bytes())
    leaf.verify_directly_issued_by(authority)


def test_a_folder_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(StoreError, match="keys cannot be read or written"):
        own_certificate(tmp_path / "keys", names=NAMES)


def test_server_speaks_only_tls_1_3(tmp_path: Path) -> None:
    context = server_context(own_certificate(tmp_path, names=NAMES))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
    assert pinning_context().minimum_version is ssl.TLSVersion.TLSv1_3


def given(
    folder: Path,
    *,
    start: datetime = NOW - timedelta(days=1),
    end: datetime = NOW + timedelta(days=90),
    named: bool = True,
    password: bytes | None = None,
) -> tuple[Path, Path]:
    """A self-signed certificate as a hospital might give it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "or.example.org")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(end)
    if named:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("or.example.org")]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "given.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (folder / "given.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    return folder / "given.pem", folder / "given.key"


def test_a_given_certificate_is_taken_as_it_is(tmp_path: Path) -> None:
    certificate, key = given(tmp_path)
    taken = given_certificate(certificate, key, now=NOW)
    assert (taken.names, taken.own, taken.certificate_file) == (("or.example.org",), False, certificate)
    assert taken.fingerprint == fingerprint_of(leaf_of(taken).public_bytes(serialization.Encoding.DER))
    server_context(taken)


def test_a_given_certificate_that_cannot_serve_is_refused_with_words(tmp_path: Path) -> None:
    def refused(words: str, certificate: Path, key: Path) -> None:
        with pytest.raises(InputError, match=words) as caught:
            given_certificate(certificate, key, now=NOW)
        assert caught.value.mend

    certificate, key = given(tmp_path)
    refused("certificate file cannot be read", tmp_path / "absent.pem", key)
    refused("key file cannot be read", certificate, tmp_path / "absent.key")
    refused("no certificate in PEM", key, key)
    refused("no private key in PEM", certificate, certificate)
    (tmp_path / "other").mkdir()
    refused("do not belong together", certificate, given(tmp_path / "other")[1])
    refused("ended on 2026-02-01", *given(tmp_path, end=datetime(2026, 2, 1, tzinfo=UTC), start=datetime(2026, 1, 1)))
    refused("not valid before 2026-04-01", *given(tmp_path, start=datetime(2026, 4, 1)))
    refused("names no host", *given(tmp_path, named=False))
    refused("locked with a password", *given(tmp_path, password=b"secret"))


def test_names_of_this_machine_hold_the_addresses_given() -> None:
    names = machine_names(["192.0.2.7", "127.0.0.1"])
    assert {"localhost", "127.0.0.1", "192.0.2.7"} <= set(names)
    assert len(names) == len(set(names))


def test_fingerprint_is_spoken_as_browsers_show_it() -> None:
    assert spoken_fingerprint("00ab" + "ff" * 30) == "00:AB:" + ":".join(["FF"] * 30)
