"""What the host answers to a GET: pages, models by content hash, its health to its own machine. No sockets here.

Everything is read-only. Models and pictures name nothing of a patient and are immutable, so they may be cached for
ever, asked for in ranges and resumed after a cut. What is for a nurse alone `private_files` answers.
"""

import asyncio
import gzip
import mimetypes
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from orview.edge.case_store import CaseStore
from orview.errors import StoreError

SOCKET_PATH = "/ws"
HEALTH_PATH, METRICS_PATH = "/health", "/metrics"
_PAGES = {"/": "headset.html", "/console": "console.html"}
_PRIVATE = ("/s/", "/r/")
_IMMUTABLE = "public, max-age=31536000, immutable"
_PNG = b"\x89PNG\r\n\x1a\n"
_CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".glb": "model/gltf-binary",
}
_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self' blob:; worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Permissions-Policy": "xr-spatial-tracking=(self), camera=(), microphone=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HEADSET_POLICY = (
    _SECURITY_HEADERS["Permissions-Policy"]
    .replace("camera=()", "camera=(self)")
    .replace("microphone=()", "microphone=(self)")
)
"""The surgeon's page looks for the board with the headset's own camera, and listens for a few words where the browser
recognises speech on the device itself; both where its wearer allows it."""
_NOT_BUILT = "The pages are not built. Run `make install` in the project's folder, or install the wheel.\n"


@dataclass(frozen=True, kw_only=True)
class FilePart:
    """Bytes `start` to `stop` of a file, read only as they are sent."""

    path: Path
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __bytes__(self) -> bytes:
        with self.path.open("rb") as file:
            return os.pread(file.fileno(), len(self), self.start)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer: status, headers beside those of `headers_of`, and the body."""

    status: HTTPStatus
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | FilePart = b""


class Vitals(Protocol):
    """How the host is doing, for programs on its own machine; nothing of a patient."""

    def health(self) -> Answer:
        """Return its health: 200, or 503 where something keeps it from its work."""
        ...

    def metrics(self) -> Answer:
        """Return its metrics as Prometheus reads them."""
        ...


class Private(Protocol):
    """What is for a nurse's console alone."""

    async def answer(self, path: str, headers: Mapping[str, str], *, local: bool) -> Answer:
        """Answer for one path."""
        ...


def built_pages() -> Traversable | None:
    """Return the folder of the built client: package data, else the checkout's build, else None."""
    packaged = files("orview") / "client"
    checkout = Path(__file__).resolve().parents[3] / "headset_client" / "dist"
    return next((folder for folder in (packaged, checkout) if (folder / "headset.html").is_file()), None)


class Site:
    """Answers GETs for one host.

    Args:
        pages: folder of the built client, None where it was not built.
        store: where models come from.
        hosts: every `Host` header that is ours, lower case, with the port where it is not the scheme's own.
        vitals: for programs that watch the host, on this machine alone; None has none.
        private: for the nurse's console alone; None has none.

    Attributes:
        hosts: as given; another set where the host is reached as something else.
    """

    def __init__(
        self,
        *,
        pages: Traversable | None,
        store: CaseStore,
        hosts: frozenset[str],
        vitals: Vitals | None = None,
        private: Private | None = None,
    ) -> None:
        self._pages = pages
        self._store = store
        self.hosts = hosts
        self._vitals = vitals
        self._private = private
        self._verified: dict[str, tuple[int, int, int]] = {}

    def refuses_host(self, host: str | None) -> bool:
        """Return whether a request names another host than this one (a name rebound to our address)."""
        # A link-local address may come with the interface it is good on, which is the client's own affair.
        return host is None or re.sub(r"%[^\]]*\]", "]", host.lower()) not in self.hosts

    async def answer(self, *, method: str, target: str, headers: Mapping[str, str], local: bool = False) -> Answer:
        """Answer one request; `headers` has lower-case names, `local` came in by the loopback port."""
        if self.refuses_host(headers.get("host")):
            return _words(HTTPStatus.MISDIRECTED_REQUEST, "This host does not go by that name.\n")
        if method not in ("GET", "HEAD"):
            return _words(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET is answered here.\n", {"Allow": "GET, HEAD"})
        path = unquote(urlsplit(target).path)
        if local and self._vitals is not None and path in (HEALTH_PATH, METRICS_PATH):
            return self._vitals.health() if path == HEALTH_PATH else self._vitals.metrics()
        if path.startswith("/m/"):
            return await self._model(path.removeprefix("/m/"), headers)
        if path.startswith(_PRIVATE):
            return _not_found() if self._private is None else await self._private.answer(path, headers, local=local)
        return self._page(path, headers)

    def _page(self, path: str, headers: Mapping[str, str]) -> Answer:
        if self._pages is None:
            return _words(HTTPStatus.SERVICE_UNAVAILABLE, _NOT_BUILT)
        name = _PAGES.get(path, path.lstrip("/"))
        parts = name.split("/")
        # Every part must be a plain name: no empty part, no dots that climb, nothing hidden.
        if not all(re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", part) for part in parts):
            return _not_found()
        page, compressed = self._pages.joinpath(*parts), self._pages.joinpath(*parts[:-1], f"{parts[-1]}.gz")
        if not page.is_file() and not compressed.is_file():
            return _not_found()
        suffix = Path(name).suffix
        kind = _CONTENT_TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        hashed = parts[0] == "assets"
        fixed = {"Content-Type": kind, "Cache-Control": _IMMUTABLE if hashed else "no-cache", "Vary": "Accept-Encoding"}
        if name == _PAGES["/"]:
            fixed["Permissions-Policy"] = _HEADSET_POLICY
        if compressed.is_file() and accepts_gzip(headers.get("accept-encoding", "")):
            # Compressed when the client was built: a headset's first page is 180 kB on the air instead of 700.
            fixed["Content-Encoding"] = "gzip"
            return Answer(status=HTTPStatus.OK, headers=fixed, body=compressed.read_bytes())
        # A wheel carries scripts and styles in their compressed form alone.
        body = page.read_bytes() if page.is_file() else gzip.decompress(compressed.read_bytes())
        return Answer(status=HTTPStatus.OK, headers=fixed, body=body)

    async def _model(self, sha256: str, headers: Mapping[str, str]) -> Answer:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            return _not_found()
        tag = f'"{sha256}"'
        fixed = {
            "Cache-Control": _IMMUTABLE,
            "ETag": tag,
            "Accept-Ranges": "bytes",
        }
        if tag in headers.get("if-none-match", ""):
            return Answer(status=HTTPStatus.NOT_MODIFIED, headers=fixed)
        try:
            size, kind = await asyncio.to_thread(self._look_at_model, sha256)
        except StoreError:
            return _not_found()
        fixed["Content-Type"] = kind
        whole = FilePart(path=self._store.blob_path(sha256), start=0, stop=size)
        wanted = headers.get("range")
        if wanted is None or headers.get("if-range", tag) != tag:
            return Answer(status=HTTPStatus.OK, headers=fixed, body=whole)
        span = parse_range(wanted, size)
        if span is None:
            return Answer(status=HTTPStatus.OK, headers=fixed, body=whole)
        if span.start >= span.stop:
            return _words(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                "The range lies outside the model.\n",
                {"Content-Range": f"bytes */{size}"},
            )
        return Answer(
            status=HTTPStatus.PARTIAL_CONTENT,
            headers=fixed | {"Content-Range": f"bytes {span.start}-{span.stop - 1}/{size}"},
            body=replace(whole, start=span.start, stop=span.stop),
        )

    def _look_at_model(self, sha256: str) -> tuple[int, str]:
        """Return size and content type of a model whose bytes match its name; reads it once, in a thread.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        path = self._store.blob_path(sha256)
        try:
            with path.open("rb") as file:
                found, first = os.fstat(file.fileno()), file.read(len(_PNG))
        except OSError as error:
            raise StoreError("A model is missing from the case store.", mend="Prepare the case again.") from error
        seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        if self._verified.get(sha256) != seen:
            self._store.check_blob(sha256)
            self._verified[sha256] = seen
        return found.st_size, "image/png" if first == _PNG else _CONTENT_TYPES[".glb"]


def headers_of(answer: Answer) -> dict[str, str]:
    """Return every header of an answer, the security headers and the length included."""
    return {
        **_SECURITY_HEADERS,
        **answer.headers,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
    }


def accepts_gzip(value: str) -> bool:
    """Return whether an `Accept-Encoding` header takes gzip (RFC 9110 section 12.5.3)."""
    for coding in value.lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight) is None
    return False


def parse_range(value: str, size: int) -> range | None:
    """Return the bytes a `Range` header asks of a body of `size` bytes (RFC 9110 section 14.1.2).

    None where the header is to be ignored (another unit, several ranges, not a range at all);
    an empty range where it cannot be satisfied.
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", value.strip())
    if match is None or match.group(0).endswith("=-"):
        return None
    first, last = match.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _words(status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    fixed = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status=status, headers=fixed | dict(headers or {}), body=text.encode())


def _not_found() -> Answer:
    return _words(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
