"""The host's certificate: made here by a CA of its own, or given by the hospital.

WebXR runs on https pages only, and headsets pin the certificate by its fingerprint, so the same one is used from
start to start until it expires. A machine that is called otherwise, on another network above all, gets another one,
and its first one again when it is back: a page that a headset still has open accepted that one and no other. Keys lie
in the store's `keys` folder, readable by the owner alone.
"""

import contextlib
import os
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from orview.edge.private_file import write_private
from orview.errors import InputError, StoreError

LEAF_LIFE = timedelta(days=396)
"""With the day before: 397 in all, the most browsers take (CA/Browser Forum ballot SC31)."""
LEAF_RENEWAL = timedelta(days=30)
"""A certificate that ends sooner is made anew at the next start, not during a session."""
CA_LIFE = timedelta(days=3650)
MOST_KEPT = 16
"""So many certificates are kept, of as many networks; the one used longest ago gives way."""
_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class ServerCertificate:
    """A certificate a server can use.

    Attributes:
        certificate_file: PEM chain, the server's own first.
        key_file: PEM private key.
        fingerprint: SHA-256 of the server's certificate, hex.
        names: host names and addresses it is good for.
        expires: when it ends.
        own: made by the host's CA, not given by somebody.
    """

    certificate_file: Path
    key_file: Path
    fingerprint: str
    names: tuple[str, ...]
    expires: datetime
    own: bool


def own_certificate(keys: Path, *, names: Sequence[str], now: datetime | None = None) -> ServerCertificate:
    """Return the host's certificate for these names and addresses: the first that was made for them and is good.

    Raises:
        StoreError: the folder of keys cannot be written.
    """
    now = now or datetime.now(UTC)
    wanted = tuple(dict.fromkeys(names))
    certificate_file, key_file = keys / "host.pem", keys / "host.key.pem"
    try:
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        used, kept = _bundle_in_use(keys), _kept_bundles(keys)
        good = [bundle for bundle in (used, *kept) if _is_good(bundle, wanted, authority=keys / "ca.pem", now=now)]
        first = min(good, key=_made_at, default=b"")
        if first != used:
            _keep(keys, used)
            _use(keys, first)
        if not first:
            _make_leaf(keys, wanted, now)
        return _read_server(certificate_file, key_file, own=True)
    except (OSError, ValueError) as error:
        raise StoreError(
            "The host's keys cannot be read or written.", mend="Check who owns the store's folder, and its free space."
        ) from error


def given_certificate(certificate: Path, key: Path, *, now: datetime | None = None) -> ServerCertificate:
    """Check a certificate (PEM, the server's own first) and private key that somebody gave, and return them.

    Raises:
        InputError: a file cannot be read, the two do not belong together, or the time is not right.
    """
    now = now or datetime.now(UTC)
    chain = _chain_of(_read_file(certificate, "certificate"), certificate)
    private_key = _private_key_of(_read_file(key, "key"), key)
    leaf = chain[0]
    if _public_bytes(private_key) != leaf.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ):
        raise InputError(
            "The certificate and the key do not belong together.",
            mend="Give the key the certificate was made for; the server's own certificate stands first in its file.",
        )
    if now > leaf.not_valid_after_utc:
        raise InputError(
            f"The certificate ended on {leaf.not_valid_after_utc:%Y-%m-%d}.", mend="Ask for a new one, or leave it out."
        )
    if now < leaf.not_valid_before_utc:
        raise InputError(
            f"The certificate is not valid before {leaf.not_valid_before_utc:%Y-%m-%d}.",
            mend="Check this machine's clock.",
        )
    if not _names_of(leaf):
        raise InputError(
            "The certificate names no host.",
            mend="Ask for one with subject alternative names: browsers read no others.",
        )
    return _read_server(certificate, key, own=False)


def machine_names(addresses: Sequence[str]) -> tuple[str, ...]:
    """Return what this machine may be called by: its name, its mDNS name, localhost, and these addresses."""
    name = socket.gethostname().split(".")[0].lower()
    # A name that is no host name cannot stand in a certificate; the addresses still do.
    own = (name, f"{name}.local") if re.fullmatch("[a-z0-9_-]{1,63}", name) else ()
    return tuple(dict.fromkeys((*own, "localhost", "127.0.0.1", *addresses)))


def server_context(certificate: ServerCertificate) -> ssl.SSLContext:
    """Return the TLS settings of a server with this certificate: TLS 1.3 only.

    Raises:
        InputError: the TLS library refuses the certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(certificate.certificate_file, certificate.key_file)
    except ssl.SSLError as error:
        raise InputError(
            "The certificate cannot be used for TLS.", mend="Give one with an RSA or P-256 key, or leave it out."
        ) from error
    return context


def pinning_context() -> ssl.SSLContext:
    """Return the TLS settings of a client that compares the fingerprint itself and trusts no CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def fingerprint_of(certificate_der: bytes) -> str:
    """Return the SHA-256 of a certificate, hex."""
    return sha256(certificate_der).hexdigest()


def spoken_fingerprint(fingerprint: str) -> str:
    """Return a fingerprint as browsers show it: AB:CD:..., to be compared by eye."""
    return ":".join(fingerprint[index : index + 2] for index in range(0, len(fingerprint), 2)).upper()


def _bundle_in_use(keys: Path) -> bytes:
    """Return the key in use and its chain in one PEM, empty where there is none."""
    try:
        return (keys / "host.key.pem").read_bytes() + (keys / "host.pem").read_bytes()
    except OSError:
        return b""


def _kept_bundles(keys: Path) -> list[bytes]:
    """Return the keys with their chains that were in use before, the one used last first."""
    files = sorted((keys / "kept").glob("*.pem"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.read_bytes() for file in files]


def _keep(keys: Path, bundle: bytes) -> None:
    """Keep what was in use until now, for when the machine is where it was then."""
    with contextlib.suppress(ValueError, TypeError, IndexError):
        leaf = x509.load_pem_x509_certificates(bundle)[0]
        kept = keys / "kept"
        kept.mkdir(exist_ok=True, mode=0o700)
        write_private(kept / f"{leaf.fingerprint(hashes.SHA256()).hex()[:16]}.pem", bundle)
        for file in sorted(kept.glob("*.pem"), key=lambda file: file.stat().st_mtime, reverse=True)[MOST_KEPT:]:
            file.unlink()


def _use(keys: Path, bundle: bytes) -> None:
    """Put a kept key and chain in use; nothing where there is none."""
    if bundle:
        begin = bundle.index(b"-----BEGIN CERTIFICATE-----")
        write_private(keys / "host.key.pem", bundle[:begin])
        write_private(keys / "host.pem", bundle[begin:])


def _made_at(bundle: bytes) -> datetime:
    return x509.load_pem_x509_certificates(bundle)[0].not_valid_before_utc


def _is_good(bundle: bytes, wanted: Sequence[str], *, authority: Path, now: datetime) -> bool:
    """Whether key and chain belong together and to this CA, last long enough, and name all that is wanted."""
    try:
        leaf = x509.load_pem_x509_certificates(bundle)[0]
        key = serialization.load_pem_private_key(bundle, password=None)
        leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.read_bytes()))
    except (OSError, ValueError, TypeError, IndexError, InvalidSignature):
        return False
    return (
        _public_bytes(key) == _public_bytes_of(leaf)
        and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - LEAF_RENEWAL
        and set(wanted) <= set(_names_of(leaf))
    )


def _make_leaf(keys: Path, names: Sequence[str], now: datetime) -> None:
    authority, authority_key = _authority(keys, now)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        x509.CertificateBuilder()
        .subject_name(_name("orview host"))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    write_private(keys / "host.key.pem", _key_pem(key))
    write_private(keys / "host.pem", _pem(leaf) + _pem(authority))


def _authority(keys: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return the host's own CA, made anew where it is missing, broken or would end before a new leaf."""
    try:
        certificate = x509.load_pem_x509_certificate((keys / "ca.pem").read_bytes())
        key = serialization.load_pem_private_key((keys / "ca.key.pem").read_bytes(), password=None)
        if (
            isinstance(key, ec.EllipticCurvePrivateKey)
            and _public_bytes(key) == _public_bytes_of(certificate)
            and now + LEAF_LIFE < certificate.not_valid_after_utc
        ):
            return certificate, key
    except (OSError, ValueError, TypeError):
        pass  # What cannot be read is made anew below; devices that trusted the old one ask again.
    made = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"orview local CA {os.urandom(4).hex()}")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(made.public_key()), critical=False)
        .sign(made, hashes.SHA256())
    )
    write_private(keys / "ca.key.pem", _key_pem(made))
    write_private(keys / "ca.pem", _pem(certificate))
    return certificate, made


def _read_server(certificate_file: Path, key_file: Path, *, own: bool) -> ServerCertificate:
    leaf = x509.load_pem_x509_certificates(certificate_file.read_bytes())[0]
    return ServerCertificate(
        certificate_file=certificate_file,
        key_file=key_file,
        fingerprint=fingerprint_of(leaf.public_bytes(serialization.Encoding.DER)),
        names=_names_of(leaf),
        expires=leaf.not_valid_after_utc,
        own=own,
    )


def _read_file(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"The {what} file cannot be read.", mend=f"Check the path and who may read it: {path}"
        ) from error


def _chain_of(data: bytes, path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise InputError("The certificate file holds no certificate in PEM.", mend=f"Look at {path}") from error


def _private_key_of(data: bytes, path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(data, password=None)
    except TypeError as error:
        raise InputError(
            "The private key is locked with a password.", mend=f"Give it unlocked, readable by you alone: {path}"
        ) from error
    except ValueError as error:
        raise InputError("The key file holds no private key in PEM.", mend=f"Look at {path}") from error


def _public_bytes(key: PrivateKeyTypes) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _public_bytes_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def _general_name(name: str) -> x509.GeneralName:
    address = _address_or_none(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _address_or_none(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
