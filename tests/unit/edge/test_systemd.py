"""What systemd is told, and that nobody else is."""

import socket

from orview.edge.systemd import notify


def test_systemd_is_told_at_its_socket(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify(READY="1", STATUS="LIVE")
        assert systemd.recv(1000) == b"READY=1\nSTATUS=LIVE"


def test_so_is_an_abstract_one(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0orview-test-notify")
        monkeypatch.setenv("NOTIFY_SOCKET", "@orview-test-notify")
        notify(WATCHDOG="1")
        assert systemd.recv(1000) == b"WATCHDOG=1"


def test_without_systemd_and_without_its_socket_nothing_happens(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify(READY="1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify(READY="1")
