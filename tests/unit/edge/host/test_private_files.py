"""An image and a report go to a nurse's token alone, whole, kept by nobody on the way; all others learn nothing."""

import asyncio
import hashlib
from http import HTTPStatus
from pathlib import Path

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.private_files import PrivateFiles
from orview.edge.host.reception import Reception
from orview.edge.host.site import Answer, Site, headers_of
from orview.edge.report.folder import FOLDER
from orview.protocol.messages import Role
from orview.protocol.pairing import ADMISSION_BYTES, Device, Doorkeeper
from tests.cases import BLOBS, a_case

SLICES = b"\x1f\x8b an image of somebody"
NAME = hashlib.sha256(SLICES).hexdigest()
REPORT = "20260101T100000Z"


class Forgets:
    def put_device(self, device: Device) -> None:
        """Remember nothing."""


class Room:
    """A site with an image and a report, and the tokens of who is in."""

    def __init__(self, folder: Path) -> None:
        self.store = CaseStore.open(folder)
        self.store.add(a_case(), BLOBS, slices=SLICES)
        (folder / FOLDER).mkdir()
        for kind in ("html", "pdf"):
            (folder / FOLDER / f"{REPORT}.{kind}").write_bytes(kind.encode())
        self.door = Doorkeeper(room_name="Theatre 1")
        admissions = {
            name: self.door.enrol(name=name, role=role, randomness=bytes([n]) * ADMISSION_BYTES)
            for n, (name, role) in enumerate(
                {"console": Role.NURSE, "tablet": Role.NURSE, "headset": Role.SURGEON, "viewer": Role.OBSERVER}.items()
            )
        }
        self.ids = {name: admission.device.device_id for name, admission in admissions.items()}
        self.tokens = {name: admission.token for name, admission in admissions.items()} | {"nobody": "x" * 43}
        reception = Reception(
            door=self.door,
            devices=Forgets(),
            host_id="h",
            host_name="host",
            room_name="Theatre 1",
            simulated=False,
            join_url="https://host/",
            fingerprint="0" * 64,
            local_devices=frozenset({self.ids["console"], self.ids["viewer"]}),
        )
        self.site = Site(
            pages=None, store=self.store, hosts=frozenset({"host"}), private=PrivateFiles(self.store, reception)
        )

    def get(self, target: str, who: str | None, *, local: bool = True, scheme: str = "Bearer") -> Answer:
        headers = {"host": "host"} | ({} if who is None else {"authorization": f"{scheme} {self.tokens[who]}"})
        return asyncio.run(self.site.answer(method="GET", target=target, headers=headers, local=local))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path / "store")


@pytest.mark.hazard("H31")
@pytest.mark.parametrize("target", [f"/s/{NAME}", f"/s/{'0' * 64}", f"/r/{REPORT}.pdf", "/r/none.html", "/s/x"])
@pytest.mark.parametrize("who", [None, "headset", "viewer", "nobody"])
def test_who_is_no_nurse_learns_not_even_whether_there_is_such_a_file(room: Room, target: str, who: str | None) -> None:
    answer = room.get(target, who)
    assert answer.status is HTTPStatus.FORBIDDEN
    assert bytes(answer.body) == b"This is for the nurse's console alone.\n"
    # Nor by the door of the models, which asks nobody who they are.
    assert room.get(f"/m/{NAME}", who).status is HTTPStatus.NOT_FOUND


def test_a_nurse_is_given_the_image_whole_and_nobody_keeps_it_on_the_way(room: Room) -> None:
    for who, local in (("console", True), ("tablet", False)):
        answer = room.get(f"/s/{NAME}", who, local=local)
        assert (answer.status, bytes(answer.body)) == (HTTPStatus.OK, SLICES)
        told = headers_of(answer)
        assert (told["Cache-Control"], told["Content-Type"]) == ("no-store", "application/gzip")
        assert "ETag" not in told
    # The console's token is good at the laptop's own port alone.
    assert room.get(f"/s/{NAME}", "console", local=False).status is HTTPStatus.FORBIDDEN
    assert room.get(f"/s/{NAME}", "console", scheme="Basic").status is HTTPStatus.FORBIDDEN
    room.door.revoke(room.ids["tablet"])
    assert room.get(f"/s/{NAME}", "tablet").status is HTTPStatus.FORBIDDEN


def test_an_image_that_was_changed_on_disk_is_not_handed_out(room: Room) -> None:
    room.store.slices_path(NAME).write_bytes(b"another patient")
    assert room.get(f"/s/{NAME}", "console").status is HTTPStatus.NOT_FOUND


def test_a_report_is_a_file_to_save_and_no_path_leads_elsewhere(room: Room) -> None:
    for kind, content in (("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")):
        answer = room.get(f"/r/{REPORT}.{kind}", "console")
        assert (answer.status, bytes(answer.body)) == (HTTPStatus.OK, kind.encode())
        told = headers_of(answer)
        assert (told["Content-Type"], told["Cache-Control"]) == (content, "no-store")
        assert told["Content-Disposition"] == f'attachment; filename="orview_{REPORT}.{kind}"'
    for target in ("/r/../orview.sqlite", "/r/%2e%2e/orview.sqlite", f"/r/{REPORT}.txt", "/r/", "/s/../orview.sqlite"):
        assert room.get(target, "console").status is HTTPStatus.NOT_FOUND


def test_a_host_without_private_files_has_none(room: Room) -> None:
    site = Site(pages=None, store=room.store, hosts=frozenset({"host"}))
    headers = {"host": "host", "authorization": f"Bearer {room.tokens['console']}"}
    answer = asyncio.run(site.answer(method="GET", target=f"/s/{NAME}", headers=headers, local=True))
    assert answer.status is HTTPStatus.NOT_FOUND
