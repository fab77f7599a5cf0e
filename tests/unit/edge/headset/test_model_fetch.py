"""Downloads of a reference headset: resumed from the byte reached, and nothing counted whose bytes are wrong."""

import asyncio
import datetime
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from orview.edge.headset import model_keeper
from orview.edge.headset.link import Place, WrongHostError
from orview.edge.headset.model_fetch import ModelFetch
from orview.edge.headset.model_keeper import ModelKeeper, levels_to_fetch
from orview.edge.network.certificates import own_certificate, server_context
from orview.errors import NetworkError, ProtocolError
from orview.protocol.messages import ModelEntry, ModelLevelEntry, ModelLevelName

BODY = bytes(range(251)) * 1000
SHA256 = sha256(BODY).hexdigest()
PREVIEW = b"a few triangles"

Answering = Callable[[str], bytes]
"""Takes a request, returns everything that is sent before the connection is cut."""


def level(body: bytes, name: ModelLevelName = ModelLevelName.HEADSET) -> ModelLevelEntry:
    digest = sha256(body).hexdigest()
    return ModelLevelEntry(level=name, sha256=digest, bytes=len(body), triangles=1, url=f"/m/{digest}")


def answer(body: bytes, *, status: str = "200 OK", length: int | None = None, extra: str = "") -> bytes:
    told = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {told}\r\n{extra}\r\n".encode() + body


def part(begin: int, body: bytes = BODY) -> bytes:
    told = f"Content-Range: bytes {begin}-{len(body) - 1}/{len(body)}\r\n"
    return answer(body[begin:], status="206 Partial Content", extra=told)


@contextmanager
def host(folder: Path, answers: list[Answering]) -> Iterator[tuple[Place, list[str]]]:
    """A TLS server that answers one request after another and cuts each connection; the requests are kept."""
    certificate = own_certificate(folder, names=("127.0.0.1",), now=datetime.datetime.now(datetime.UTC))
    context, requests = server_context(certificate), []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for answering in answers:
                connection, _ = listening.accept()
                with connection, context.wrap_socket(connection, server_side=True) as secure:
                    try:
                        request = b""
                        while not request.endswith(b"\r\n\r\n"):
                            piece = secure.recv(4096)
                            if not piece:
                                break
                            request += piece
                        if request:
                            requests.append(request.decode())
                            secure.sendall(answering(request.decode()))
                    except (OSError, ssl.SSLError):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        port = listening.getsockname()[1]
        yield Place(address="127.0.0.1", port=port, fingerprint=certificate.fingerprint), requests


def header(request: str, name: str) -> str | None:
    found = re.search(rf"^{name}: (.*)\r$", request, re.MULTILINE)
    return None if found is None else found.group(1)


def test_cut_download_goes_on_from_the_byte_reached(tmp_path):
    cut = len(BODY) // 3
    with host(tmp_path, [lambda _: answer(BODY[:cut], length=len(BODY)), lambda _: part(cut)]) as (place, requests):
        fetch = ModelFetch(level(BODY))
        with pytest.raises(NetworkError):
            fetch.run(place)
        assert len(fetch.body) == cut
        assert fetch.run(place) == BODY
    assert header(requests[0], "Range") is None
    assert header(requests[1], "Range") == f"bytes={cut}-"
    assert header(requests[1], "If-Range") == f'"{SHA256}"'
    assert fetch.resumed == 1


@pytest.mark.parametrize(
    "second", [lambda _: answer(BODY), lambda _: part(0)], ids=["the whole", "a part from elsewhere"]
)
def test_host_that_does_not_go_on_from_there_is_not_believed_to(tmp_path, second):
    with host(tmp_path, [lambda _: answer(BODY[:1000], length=len(BODY)), second]) as (place, _):
        fetch = ModelFetch(level(BODY))
        with pytest.raises(NetworkError):
            fetch.run(place)
        if second("").startswith(b"HTTP/1.1 206"):
            with pytest.raises(NetworkError):
                fetch.run(place)
        else:
            assert fetch.run(place) == BODY
        assert fetch.resumed == 0


@pytest.mark.hazard("H17")
@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: answer(BODY[:-1] + b"x"),
        lambda _: answer(BODY + b"x"),
        lambda _: answer(BODY[:-1]),
        lambda _: answer(b""),
    ],
    ids=["one byte", "too long", "too short", "nothing"],
)
def test_wrong_bytes_are_refused_and_not_kept(tmp_path, wrong):
    with host(tmp_path, [wrong]) as (place, _):
        fetch = ModelFetch(level(BODY))
        with pytest.raises(ProtocolError, match="not the one"):
            fetch.run(place)
        assert not fetch.body


@pytest.mark.hazard("H17")
def test_wrong_bytes_before_the_cut_are_found_after_it(tmp_path):
    bad = b"x" + BODY[1:1000]
    with host(tmp_path, [lambda _: answer(bad, length=len(BODY)), lambda _: part(1000)]) as (place, _):
        fetch = ModelFetch(level(BODY))
        with pytest.raises(NetworkError):
            fetch.run(place)
        with pytest.raises(ProtocolError):
            fetch.run(place)


@pytest.mark.parametrize("status", ["404 Not Found", "416 Range Not Satisfiable", "503 Service Unavailable"])
def test_host_that_does_not_give_it_is_told(tmp_path, status):
    with (
        host(tmp_path, [lambda _: answer(b"no", status=status)]) as (place, _),
        pytest.raises(NetworkError, match=status[:3]),
    ):
        ModelFetch(level(BODY)).run(place)


@pytest.mark.hazard("H20")
def test_another_certificate_is_asked_for_nothing(tmp_path):
    with host(tmp_path, [lambda _: answer(BODY)]) as (place, requests):
        other = Place(address=place.address, port=place.port, fingerprint="00" * 32)
        with pytest.raises(WrongHostError):
            ModelFetch(level(BODY)).run(other)
    assert requests == []


def test_preview_is_here_first_and_a_cut_of_the_finer_level_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setattr(model_keeper, "LOAD_AGAIN_S", 0.01)
    told = []
    model = ModelEntry(
        digest="5a" * 32, levels=(level(BODY), level(PREVIEW, ModelLevelName.PREVIEW), level(b"x", ModelLevelName.FULL))
    )
    answers = [
        lambda _: answer(PREVIEW),
        lambda _: answer(BODY[:5000], length=len(BODY)),
        lambda _: part(5000),
    ]

    async def scene() -> ModelKeeper:
        with host(tmp_path, answers) as (place, _):
            keeper = ModelKeeper(ModelLevelName.HEADSET, lambda: 0, lambda digest: told.append(keeper.body))
            keeper.want(model, place)
            # A new socket says all anew: what is under way is not begun again.
            keeper.want(None, place)
            keeper.want(model, place)
            async with asyncio.timeout(10):
                while keeper.task is not None:
                    await asyncio.sleep(0.01)
            return keeper

    keeper = asyncio.run(scene())
    assert told == [PREVIEW, BODY]
    assert (keeper.body, keeper.digest, keeper.resumed) == (BODY, model.digest, 1)
    assert keeper.first_s is not None
    assert keeper.took_s is not None


def test_levels_are_fetched_coarsest_first_and_none_twice():
    coarse, fine = level(PREVIEW, ModelLevelName.PREVIEW), level(BODY)
    model = ModelEntry(digest="5a" * 32, levels=(fine, coarse))
    assert levels_to_fetch(model, ModelLevelName.HEADSET) == (coarse, fine)
    assert levels_to_fetch(model, ModelLevelName.PREVIEW) == (coarse,)
    assert levels_to_fetch(ModelEntry(digest="5a" * 32, levels=(fine,)), ModelLevelName.FULL) == (fine,)
