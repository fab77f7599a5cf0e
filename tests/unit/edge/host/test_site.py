"""What a GET is answered: pages, models in ranges, health, and nothing beside them."""

import asyncio
import gzip
import hashlib
from http import HTTPStatus

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.site import Answer, Site, accepts_gzip, built_pages, headers_of, parse_range

MODEL = bytes(range(256)) * 1000
NAME = hashlib.sha256(MODEL).hexdigest()
HOST = {"host": "orview.test:8443"}


class FakeVitals:
    def health(self) -> Answer:
        return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, body=b"health")

    def metrics(self) -> Answer:
        return Answer(status=HTTPStatus.OK, body=b"metrics")


@pytest.fixture
def store(tmp_path):
    store = CaseStore.open(tmp_path / "store")
    store.blob_path(NAME).write_bytes(MODEL)
    return store


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    (folder / "assets").mkdir(parents=True)
    (folder / "headset.html").write_text("headset")
    (folder / "console.html").write_text("console")
    (folder / "assets" / "headset-a1b2.js").write_text("code")
    (folder / ".secret").write_text("hidden")
    (tmp_path / "outside.html").write_text("outside")
    return folder


@pytest.fixture
def site(store, pages):
    return Site(pages=pages, store=store, hosts=frozenset({HOST["host"]}), vitals=FakeVitals())


def get(site: Site, target: str, *, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(site.answer(method=method, target=target, headers=HOST | named))


@pytest.mark.parametrize("plain_too", [True, False])
def test_compressed_pages_go_to_who_takes_them(site, pages, plain_too):
    (pages / "assets" / "headset-a1b2.js.gz").write_bytes(gzip.compress(b"code", mtime=0))
    if not plain_too:
        # As a wheel carries them.
        (pages / "assets" / "headset-a1b2.js").unlink()
    target = "/assets/headset-a1b2.js"
    packed, plain = get(site, target, accept_encoding="br, gzip;q=0.5"), get(site, target, accept_encoding="br")
    assert (gzip.decompress(bytes(packed.body)), packed.headers["Content-Encoding"]) == (b"code", "gzip")
    assert (plain.body, plain.headers.get("Content-Encoding")) == (b"code", None)
    assert packed.headers["Content-Type"] == plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    # A cache between must keep the two apart.
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in get(site, "/", accept_encoding="gzip").headers


@pytest.mark.parametrize(
    ("value", "takes"),
    [
        ("gzip", True),
        ("deflate, GZIP ; q=1.0, br", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("", False),
        ("identity, br", False),
    ],
)
def test_whether_a_client_takes_gzip_is_read_from_its_header(value, takes):
    assert accepts_gzip(value) is takes


@pytest.mark.parametrize(
    ("target", "kind", "cache", "body"),
    [
        ("/", "text/html; charset=utf-8", "no-cache", b"headset"),
        ("/?x=1", "text/html; charset=utf-8", "no-cache", b"headset"),
        ("/console", "text/html; charset=utf-8", "no-cache", b"console"),
        (
            "/assets/headset-a1b2.js",
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable",
            b"code",
        ),
    ],
)
def test_pages_are_served_with_their_kind_and_cache(site, target, kind, cache, body):
    answer = get(site, target)
    assert answer.status is HTTPStatus.OK
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Cache-Control"] == cache
    assert bytes(answer.body) == body


@pytest.mark.parametrize(
    "target",
    [
        "/nothing.html",
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/assets/../../outside.html",
        "/assets/..%2f..%2foutside.html",
        "/.secret",
        "//",
        "/assets",
        "/assets/",
        "/m/",
        "/m/" + "0" * 64,
        "/m/" + NAME.upper(),
        "/m/../orview.sqlite",
    ],
)
def test_nothing_else_is_to_be_had(site, target):
    assert get(site, target).status is HTTPStatus.NOT_FOUND


def test_the_surgeons_page_alone_may_ask_for_the_headsets_camera(site):
    assert "camera=(self), microphone=(self)" in headers_of(get(site, "/"))["Permissions-Policy"]
    for target in ("/console", "/assets/headset-a1b2.js"):
        assert "camera=(), microphone=()" in headers_of(get(site, target))["Permissions-Policy"]


def test_every_page_carries_a_strict_policy(site):
    headers = headers_of(get(site, "/"))
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert "unsafe-inline" not in policy
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", "")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Length"] == "7"


@pytest.mark.parametrize("host", [None, "", "evil.test", "orview.test", "orview.test:8444"])
@pytest.mark.parametrize("target", ["/", "/health", "/m/" + NAME])
def test_another_name_for_our_address_gets_nothing(site, target, host):
    headers = {} if host is None else {"host": host}
    answer = asyncio.run(site.answer(method="GET", target=target, headers=headers))
    assert answer.status is HTTPStatus.MISDIRECTED_REQUEST


def test_host_names_have_no_case(site):
    answer = asyncio.run(site.answer(method="GET", target="/", headers={"host": "ORVIEW.test:8443"}))
    assert answer.status is HTTPStatus.OK


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_get_is_answered(site, method):
    assert get(site, "/", method=method).status is HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.parametrize(("target", "status"), [("/health", 503), ("/metrics", 200)])
def test_vitals_are_for_this_machine_alone(site, target, status):
    inside = asyncio.run(site.answer(method="GET", target=target, headers=HOST, local=True))
    assert (inside.status, bytes(inside.body)) == (status, target.removeprefix("/").encode())
    assert get(site, target).status is HTTPStatus.NOT_FOUND


def test_pages_that_were_not_built_say_how(store):
    site = Site(pages=None, store=store, hosts=frozenset({HOST["host"]}))
    answer = get(site, "/")
    assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert b"make install" in answer.body
    assert get(site, "/m/" + NAME).status is HTTPStatus.OK


def test_built_pages_are_found_or_absent_as_a_whole():
    folder = built_pages()
    assert folder is None or (folder / "headset.html").is_file()


def test_model_is_whole_tagged_and_immutable(site):
    answer = get(site, "/m/" + NAME)
    assert answer.status is HTTPStatus.OK
    assert bytes(answer.body) == MODEL
    assert answer.headers["ETag"] == f'"{NAME}"'
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_model_the_client_has_is_not_sent_again(site):
    answer = get(site, "/m/" + NAME, if_none_match=f'"{NAME}"')
    assert answer.status is HTTPStatus.NOT_MODIFIED
    assert len(answer.body) == 0


@pytest.mark.parametrize(
    ("wanted", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=1000-", 1000, len(MODEL)), ("bytes=-6", len(MODEL) - 6, len(MODEL))],
)
def test_model_is_resumed_by_range(site, wanted, start, stop):
    answer = get(site, "/m/" + NAME, range=wanted)
    assert answer.status is HTTPStatus.PARTIAL_CONTENT
    assert bytes(answer.body) == MODEL[start:stop]
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(MODEL)}"


def test_range_of_another_version_gets_the_whole_model(site):
    answer = get(site, "/m/" + NAME, range="bytes=5-", if_range='"another"')
    assert answer.status is HTTPStatus.OK
    assert len(answer.body) == len(MODEL)


def test_range_outside_the_model_is_refused(site):
    answer = get(site, "/m/" + NAME, range=f"bytes={len(MODEL)}-")
    assert answer.status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert answer.headers["Content-Range"] == f"bytes */{len(MODEL)}"


def test_damaged_model_is_never_served(site, store):
    store.blob_path(NAME).write_bytes(MODEL[:-1] + b"x")
    assert get(site, "/m/" + NAME).status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=0-1000", range(10)),
        ("bytes=5-", range(5, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-30", range(10)),
        ("bytes=-0", range(10, 10)),
        ("bytes=10-", range(10, 10)),
        ("bytes=3-2", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("bytes=a-b", None),
        ("", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_ranges_are_read_as_the_rfc_says(value, expected):
    found = parse_range(value, 10)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert list(found) == list(expected)
