"""Everybody who is connected, and what each kind of message said last: newcomers are told it, and no news twice."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from orview.edge.host.client_link import ClientLink, binary_frame
from orview.edge.host.fan_out import FanOut
from orview.edge.host.time_out_items import WornHeadset
from orview.protocol import messages
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import encode, encode_binary
from orview.protocol.faults import CloseCode
from orview.protocol.slices import Gaze, Gazes
from orview.protocol.team import FLASH_S, Flashing

MOST_LISTED = 256
PUT_OUT_WORDS = "This device was put out of the room."


@dataclass(frozen=True, kw_only=True)
class CrowdCounts:
    """Who is in, and what was sent.

    Attributes:
        devices: that are in.
        roles: how many of each role.
        sent, skipped: poses of each client that is in, by the number of its connection.
        all_sent, all_skipped: of all clients there ever were.
    """

    devices: int
    roles: Mapping[str, int]
    sent: Mapping[str, int]
    skipped: Mapping[str, int]
    all_sent: int
    all_skipped: int


class Crowd:
    """The connections of a room."""

    def __init__(self) -> None:
        self._links: set[ClientLink] = set()
        self._fan_out = FanOut()
        self._told: dict[str, messages.HostMessage] = {}
        self._poses = 0
        self._gone_sent = self._gone_skipped = 0

    def add(self, link: ClientLink) -> None:
        """Somebody connected, admitted or not."""
        self._links.add(link)
        link.on_change = self._fan_out.settle
        self._fan_out.settle(link, link.direct)

    def remove(self, link: ClientLink) -> None:
        """A connection ended."""
        self._links.discard(link)
        # What its connection still says of itself as it ends concerns nobody.
        link.on_change = lambda link, direct: None
        self._fan_out.remove(link)
        if link.device is not None:
            self._gone_sent += self._sent_to(link)
            self._gone_skipped += link.poses_skipped

    def admitted(self, link: ClientLink) -> None:
        """A connection's device was let in: its poses are counted from here."""
        link.poses_before = self._poses

    def counts(self) -> CrowdCounts:
        """Return who is in, and what was sent."""
        admitted = [link for link in self._links if link.device is not None]
        roles = {link.device.device_id: link.device.role.value for link in admitted if link.device is not None}
        sent = {str(link.number): self._sent_to(link) for link in admitted}
        skipped = {str(link.number): link.poses_skipped for link in admitted}
        return CrowdCounts(
            devices=len(roles),
            roles={role.value: 0 for role in messages.Role} | Counter(roles.values()),
            sent=sent,
            skipped=skipped,
            all_sent=self._gone_sent + sum(sent.values()),
            all_skipped=self._gone_skipped + sum(skipped.values()),
        )

    def _sent_to(self, link: ClientLink) -> int:
        return self._poses - link.poses_before - link.poses_skipped

    @property
    def device_count(self) -> int:
        """Devices that are in."""
        return len(self.device_ids)

    def headsets(self) -> list[WornHeadset]:
        """Return the surgeons' headsets that are in."""
        surgeons = {
            link.device.device_id: WornHeadset(
                device_id=link.device.device_id, name=link.device.name, model_digest=link.model_digest
            )
            for link in self._links
            if link.device is not None and link.device.role is messages.Role.SURGEON
        }
        return [headset for _, headset in sorted(surgeons.items())]

    @property
    def watched(self) -> bool:
        """Whether anybody asked for pictures."""
        return any(link.watching for link in self._links)

    def tell(self, message: messages.HostMessage) -> None:
        """Tell everybody whom it concerns."""
        text = encode(message)
        for link in self._links:
            link.tell(message, text)

    def tell_news(self, message: messages.HostMessage) -> bool:
        """Tell everybody whom it concerns, unless it is what they were told last; returns whether it was news."""
        news = self._told.get(message.TYPE) != message
        if news:
            self._told[message.TYPE] = message
            self.tell(message)
        return news

    def told(self, kind: str) -> messages.HostMessage | None:
        """Return what everybody was told last of a type of message, None for nothing yet."""
        return self._told.get(kind)

    def tell_newcomer(self, link: ClientLink, kinds: tuple[type[messages.HostMessage], ...]) -> None:
        """Tell one client what everybody was told last of some kinds of messages, in their order."""
        for kind in kinds:
            if kind.TYPE in self._told:
                link.tell(self._told[kind.TYPE])

    def tell_clients(self, *, now_ns: int, model_digest: str | None) -> None:
        """Tell the nurse who is in, where that changed; `model_digest` is the session's."""
        newest = {link.device.device_id: link for link in self._links if link.device is not None}
        listed = sorted(newest.items())[:MOST_LISTED]
        entries = (link.entry(now_ns=now_ns, model_digest=model_digest) for _, link in listed)
        self.tell_news(messages.Clients(clients=tuple(entries)))

    @property
    def device_ids(self) -> frozenset[str]:
        """Of the devices that are in."""
        return frozenset(link.device.device_id for link in self._links if link.device is not None)

    def flash(self, device_id: str) -> bool:
        """Have a device show which one it is; returns whether it is in."""
        links = [link for link in self._links if link.device is not None and link.device.device_id == device_id]
        for link in links:
            assert link.device is not None
            link.tell(Flashing(name=link.device.name, seconds=FLASH_S))
        return bool(links)

    def tell_gazes(self, *, live: bool, now_ns: int) -> None:
        """Tell the nurse what headsets look at, where that changed; nothing while no overlay is shown."""
        found: dict[str, Gaze] = {}
        for link in self._links if live else ():
            said = link.looking_at
            if link.device is None or said is None or link.is_silent(now_ns=now_ns):
                continue
            if said.point_patient_m is not None:
                device_id = link.device.device_id
                found[device_id] = Gaze(
                    device_id=device_id, structure=said.structure, point_patient_m=said.point_patient_m
                )
        self.tell_news(Gazes(gazes=tuple(gaze for _, gaze in sorted(found.items()))[:MOST_LISTED]))

    def send_pose(self, pose: PoseMessage) -> bytes:
        """Send a pose to everybody who is in, and return it as it was sent."""
        payload = encode_binary(pose)
        frame = binary_frame(payload)
        self._poses += 1
        for link in self._fan_out.send(frame):
            if link.device is not None:
                link.send_pose(payload, frame)
        return payload

    def send_picture(self, payload: bytes) -> None:
        """Send a picture to everybody who watches."""
        for link in self._links:
            if link.watching:
                link.send_picture(payload)

    def flush(self, *, now_ns: int) -> None:
        """Write what waited for free transports; put out who takes nothing."""
        for link in self._fan_out.held:
            link.flush()
            link.put_out_if_stalled(now_ns=now_ns)

    def put_out(self, device_id: str) -> None:
        """End every connection of a device that is no longer let in."""
        for link in self._links:
            if link.device is not None and link.device.device_id == device_id:
                link.put_out(CloseCode.NOT_ALLOWED, PUT_OUT_WORDS)

    def put_all_out(self, code: CloseCode) -> None:
        """End every connection."""
        for link in self._links:
            link.put_out(code)

    def expire(self, *, now_ns: int) -> None:
        """Put out who does not say hello."""
        for link in self._links:
            link.expire(now_ns=now_ns)
