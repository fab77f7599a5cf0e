"""Which cameras there are: those that capture video, by the system's own answers."""

import struct
import sys
from pathlib import Path

import pytest

from orview.edge.cameras import listing
from orview.edge.cameras.listing import ListedCamera, capabilities_of, captures, device_names, listed_cameras


def plug_in(system: Path, number: int, *, name: str, serial: str = "", index: int = 0) -> None:
    device = system / f"video{number}"
    (device / "usb" / "interface").mkdir(parents=True)
    (device / "name").write_text(f"{name}\n")
    (device / "index").write_text(f"{index}\n")
    (device / "device").symlink_to(device / "usb" / "interface")
    if serial:
        (device / "usb" / "serial").write_text(f"{serial}\n")


def test_cameras_are_listed_by_number_without_what_only_tells_of_them(tmp_path: Path) -> None:
    plug_in(tmp_path, 10, name="Laptop camera")
    plug_in(tmp_path, 2, name="Room camera", serial="A17")
    plug_in(tmp_path, 3, name="Room camera", serial="A17", index=1)
    (tmp_path / "v4l-subdev0").mkdir()
    found = listed_cameras(system=tmp_path, devices=tmp_path / "nowhere")
    assert found == (
        ListedCamera(number=2, name="Room camera", serial="A17"),
        ListedCamera(number=10, name="Laptop camera"),
    )


def test_a_machine_without_cameras_lists_none(tmp_path: Path) -> None:
    assert listed_cameras(system=tmp_path / "nowhere", devices=tmp_path) == ()
    assert device_names(7, system=tmp_path) == ("camera 7", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="V4L2 is Linux's")
def test_what_is_no_video_device_is_judged_by_its_place(tmp_path: Path) -> None:
    plug_in(tmp_path / "system", 0, name="cam")
    (tmp_path / "video0").write_bytes(b"no device")
    assert captures(0, system=tmp_path / "system", devices=tmp_path)
    assert not captures(1, system=tmp_path / "system", devices=tmp_path)


@pytest.mark.parametrize(
    ("whole", "own", "said"),
    [(0x84A00001, 0x04200001, 0x04200001), (0x84A00001, 0x04A00000, 0x04A00000), (0x00000001, 0, 0x00000001)],
    ids=["the camera", "its metadata", "an old driver"],
)
def test_the_device_s_own_capabilities_count_where_it_tells_them(whole: int, own: int, said: int) -> None:
    answer = struct.pack("<16s32s32sIII12x", b"uvcvideo", b"cam", b"usb-1", 0x060100, whole, own)
    assert len(answer) == 104
    assert capabilities_of(answer) == said


def test_a_camera_is_asked_once_and_again_where_it_is_plugged_in_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(listing, "_ask", lambda device: asked.append(device))
    plug_in(tmp_path / "port1", 0, name="cam")
    (tmp_path / "video0").symlink_to(tmp_path / "port1" / "video0")
    for _ in range(3):
        assert len(listed_cameras(system=tmp_path, devices=tmp_path / "dev")) == 1
    assert len(asked) == 1
    (tmp_path / "video0").unlink()
    plug_in(tmp_path / "port2", 0, name="cam")
    (tmp_path / "video0").symlink_to(tmp_path / "port2" / "video0")
    assert len(listed_cameras(system=tmp_path, devices=tmp_path / "dev")) == 1
    assert len(asked) == 2
