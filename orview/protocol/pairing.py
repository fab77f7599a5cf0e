"""Who may come in: joining codes (single use, 120 s, 5 tries) and device tokens. Randomness is an argument.

A code lets a surgeon or an observer in; the nurse's console comes in by a token minted for this laptop. A token is
bound to device, role and room, and kept only as its SHA-256.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from orview.errors import ContractError
from orview.protocol.limits import CODE_LIFE_MS, CODE_TRIES
from orview.protocol.messages import Hello, Refused, Role
from orview.units import ns_from_ms

CODE_BYTES = 16
"""Randomness of a code: so much that the rest after a division by a million favours no code."""
ADMISSION_BYTES = 40
"""Randomness of an admission: 32 bytes of token and 8 of device id."""
ROLES_BY_CODE = frozenset({Role.SURGEON, Role.OBSERVER})


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device that was let in once.

    Attributes:
        device_id: random, told to everybody.
        name: what the device calls itself.
        role: what it may do.
        room_name: where it belongs.
        token_digest: SHA-256 of its token, hex.
        revoked: put out; its token is void.
    """

    device_id: str
    name: str
    role: Role
    room_name: str
    token_digest: str
    revoked: bool = False


@dataclass(frozen=True, kw_only=True)
class IssuedCode:
    """A joining code and when it ends, host clock."""

    code: str
    expires_ns: int


@dataclass(frozen=True, kw_only=True)
class Admission:
    """A device that is in, and the token to tell it. `new` says that the device must be stored."""

    device: Device
    token: str
    new: bool


class Doorkeeper:
    """The door of one room. Devices are what the store remembers; codes live here only."""

    def __init__(self, *, room_name: str, devices: Iterable[Device] = ()) -> None:
        self._room_name = room_name
        self._devices = {device.device_id: device for device in devices}
        self._code: IssuedCode | None = None
        self._tries_left = 0

    @property
    def devices(self) -> tuple[Device, ...]:
        """All devices known, revoked ones too."""
        return tuple(self._devices.values())

    def issue_code(self, *, randomness: bytes, now_ns: int) -> IssuedCode:
        """Make a code of six digits; the one before is void.

        Raises:
            ContractError: there are fewer than `CODE_BYTES` bytes of randomness.
        """
        if len(randomness) < CODE_BYTES:
            raise ContractError(f"A joining code needs {CODE_BYTES} bytes of randomness.")
        number = int.from_bytes(randomness[:CODE_BYTES]) % 1_000_000
        self._code = IssuedCode(code=f"{number:06d}", expires_ns=now_ns + ns_from_ms(CODE_LIFE_MS))
        self._tries_left = CODE_TRIES
        return self._code

    def standing_code(self, *, now_ns: int) -> IssuedCode | None:
        """Return the code that lets somebody in now, None when there is none."""
        return self._code if self._code is not None and now_ns < self._code.expires_ns else None

    def enrol(self, *, name: str, role: Role, randomness: bytes) -> Admission:
        """Let a device in without a code: the host's own console, for one.

        Raises:
            ContractError: there are fewer than `ADMISSION_BYTES` bytes of randomness.
        """
        if len(randomness) < ADMISSION_BYTES:
            raise ContractError(f"An admission needs {ADMISSION_BYTES} bytes of randomness.")
        token = urlsafe_b64encode(randomness[:32]).rstrip(b"=").decode()
        device = Device(
            device_id=randomness[32:40].hex(),
            name=name,
            role=role,
            room_name=self._room_name,
            token_digest=token_digest(token),
        )
        self._devices[device.device_id] = device
        return Admission(device=device, token=token, new=True)

    def admit(self, hello: Hello, *, randomness: bytes, now_ns: int) -> Admission | Refused:
        """Decide on a hello: by its token if it has one, else by its code.

        Raises:
            ContractError: there are fewer than `ADMISSION_BYTES` bytes of randomness.
        """
        if hello.token is not None:
            return self._admit_by_token(hello, hello.token)
        if hello.code is not None:
            return self._admit_by_code(hello, hello.code, randomness=randomness, now_ns=now_ns)
        return _refuse("NOT_PAIRED", "This device is not paired with the room.", "Scan the QR code or type the code.")

    def revoke(self, device_id: str) -> Device | None:
        """Put a device out for good; returns it as it is to be remembered, None where it was not known."""
        device = self._devices.get(device_id)
        if device is None:
            return None
        self._devices[device_id] = replace(device, revoked=True)
        return self._devices[device_id]

    def device_of(self, token: str) -> Device | None:
        """Return the device a token lets in now, None where it lets nobody in."""
        digest = token_digest(token)
        device = next((known for known in self._devices.values() if _same(known.token_digest, digest)), None)
        return None if device is None or device.revoked or device.room_name != self._room_name else device

    def _admit_by_token(self, hello: Hello, token: str) -> Admission | Refused:
        device = self.device_of(token)
        if device is None:
            return _refuse(
                "TOKEN_VOID", "This device was paired before, but is no longer.", "Pair it again with a new code."
            )
        if hello.role_wanted is not device.role:
            return _refuse("WRONG_ROLE", f"This device was paired as {device.role}.", "Pair it again for another role.")
        return Admission(device=device, token=token, new=False)

    def _admit_by_code(self, hello: Hello, code: str, *, randomness: bytes, now_ns: int) -> Admission | Refused:
        standing = self.standing_code(now_ns=now_ns)
        if standing is None:
            return _refuse("CODE_VOID", "No joining code is open.", "Ask the nurse for a new code.")
        if not _same(standing.code, code):
            self._tries_left -= 1
            if self._tries_left == 0:
                self._code = None
            return _refuse("CODE_WRONG", "The joining code is wrong.", "Look at the console and type it again.")
        if hello.role_wanted not in ROLES_BY_CODE:
            return _refuse("WRONG_ROLE", "The nurse's console runs on the host itself.", "Join as surgeon or observer.")
        admission = self.enrol(name=hello.device_name, role=hello.role_wanted, randomness=randomness)
        self._code = None
        return admission


def token_digest(token: str) -> str:
    """Return what is stored of a token: its SHA-256, hex."""
    return sha256(token.encode()).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refuse(code: str, message: str, mend: str) -> Refused:
    return Refused(code=code, message=message, mend=mend, about=Hello.TYPE)
