"""The reception: who is let in and told what first, and the code the next device joins with."""

import asyncio
import json
import secrets
from collections.abc import Callable, Collection
from typing import Protocol

from orview.edge.host.client_link import ClientLink
from orview.protocol import messages
from orview.protocol.codec import PROTOCOL_VERSION
from orview.protocol.pairing import ADMISSION_BYTES, CODE_BYTES, Admission, Device, Doorkeeper, IssuedCode
from orview.protocol.team import DeviceEntry, Devices

RESEARCH_USE = "For research use only. Not a medical device. Never rely on the overlay alone."
"""What every client shows."""


MOST_DEVICES = 64


class DeviceBook(Protocol):
    """Remembers devices."""

    def put_device(self, device: Device) -> None:
        """Remember a device, or what became of it."""
        ...


class Reception:
    """Lets clients in.

    Attributes:
        local_devices: as given.
        keep_seen: keeps the record of when devices were last in (`seen`).

    Args:
        door: who may come in.
        devices: remembers devices.
        host_id, host_name, room_name: what newcomers are told.
        simulated: likewise.
        join_url: address of the headset page as other machines reach it; the code follows as its fragment.
        fingerprint: SHA-256 of the host's certificate, hex.
        local_devices: ids of the devices that are this machine's own browser, the nurse's console above all.
        research_use: what every client must show.
        seen: record of when devices were last in, None where there is none.
    """

    def __init__(
        self,
        *,
        door: Doorkeeper,
        devices: DeviceBook,
        host_id: str,
        host_name: str,
        room_name: str,
        simulated: bool,
        join_url: str,
        fingerprint: str,
        local_devices: frozenset[str],
        research_use: str = RESEARCH_USE,
        seen: str | None = None,
    ) -> None:
        self._door = door
        self._devices = devices
        self._host_id, self._host_name, self._room_name = host_id, host_name, room_name
        self._simulated = simulated
        self._join_url, self._fingerprint = join_url, fingerprint
        self.local_devices = local_devices
        self._research_use = research_use
        self._seen = _times_of(seen)
        self.keep_seen: Callable[[str], None] = lambda record: None

    def standing_code(self, *, now_ns: int) -> IssuedCode | None:
        """Return the joining code that stands, None when there is none."""
        return self._door.standing_code(now_ns=now_ns)

    def issue_code(self, *, now_ns: int) -> None:
        """Make a new joining code."""
        self._door.issue_code(randomness=secrets.token_bytes(CODE_BYTES), now_ns=now_ns)

    def reached_at(self, join_url: str, *, fingerprint: str) -> None:
        """The headset page has another address, or the host another certificate."""
        self._join_url, self._fingerprint = join_url, fingerprint

    def is_nurse(self, token: str, *, local: bool) -> bool:
        """Whether a token lets a nurse in, at the port it came by."""
        device = self._door.device_of(token)
        if device is None or device.role is not messages.Role.NURSE:
            return False
        return local or device.device_id not in self.local_devices

    def name_of(self, device_id: str) -> str:
        """Return what a device calls itself, empty where nobody knows it."""
        return next((device.name for device in self._door.devices if device.device_id == device_id), "")

    async def admit(self, link: ClientLink, hello: messages.Hello, *, now_ns: int) -> bool:
        """Let a client in, or refuse it in words; returns whether it is in.

        Raises:
            StoreError: the device cannot be remembered.
        """
        answer = self._door.admit(hello, randomness=secrets.token_bytes(ADMISSION_BYTES), now_ns=now_ns)
        if isinstance(answer, Admission) and answer.device.device_id in self.local_devices and not link.local:
            answer = messages.Refused(
                code="WRONG_PLACE",
                message="This address is for the host's own screen only.",
                mend="Open it on the host, or pair this device with a code.",
                about=hello.TYPE,
            )
        if isinstance(answer, messages.Refused):
            link.refuse(answer)
            return False
        if answer.new:
            await asyncio.to_thread(self._devices.put_device, answer.device)
        link.admit(
            messages.Welcome(
                protocol=PROTOCOL_VERSION,
                device_id=answer.device.device_id,
                role=answer.device.role,
                token=answer.token,
                host_id=self._host_id,
                host_name=self._host_name,
                room_name=self._room_name,
                host_ns=now_ns,
                simulated=self._simulated,
                research_use=self._research_use,
            ),
            answer.device,
        )
        return True

    async def put_out(self, device_id: str) -> str:
        """Let a device in no more; returns why not, or nothing.

        Raises:
            StoreError: that cannot be remembered; the device is out all the same until the host starts again.
        """
        if device_id in self.local_devices:
            return "This is the host's own screen."
        device = self._door.revoke(device_id)
        if device is None:
            return "No such device was ever let in."
        await asyncio.to_thread(self._devices.put_device, device)
        return ""

    def left(self, device_id: str, *, utc: str) -> None:
        """A device that was in is gone."""
        if device_id not in self.local_devices:
            self._seen[device_id] = utc
            self.keep_seen(json.dumps(self._seen, sort_keys=True))

    def absent(self, present: Collection[str]) -> Devices:
        """Return the devices that are paired with this room and not `present`, the one seen last first."""
        absent = [
            DeviceEntry(
                device_id=device.device_id,
                name=device.name,
                role=device.role,
                last_seen_utc=self._seen.get(device.device_id),
            )
            for device in self._door.devices
            if device.device_id not in present
            and device.device_id not in self.local_devices
            and device.room_name == self._room_name
            and not device.revoked
        ]
        absent.sort(key=lambda entry: (entry.last_seen_utc or "", entry.device_id), reverse=True)
        return Devices(devices=tuple(absent[:MOST_DEVICES]))

    def message(self, *, now_ns: int) -> messages.Joining:
        """Return how the next device joins."""
        code = self.standing_code(now_ns=now_ns)
        return messages.Joining(
            code=None if code is None else code.code,
            expires_ns=None if code is None else code.expires_ns,
            url=self._join_url if code is None else f"{self._join_url}#k={code.code}",
            fingerprint=self._fingerprint,
        )


def _times_of(record: str | None) -> dict[str, str]:
    try:
        times = json.loads(record or "{}")
    except ValueError:
        return {}
    return {str(key): str(value)[:40] for key, value in times.items()} if isinstance(times, dict) else {}
