"""The model of a reference headset: fetched beside the poses, coarsest level first, each verified before it counts.

A cut costs what was not there yet, and nothing else: the next try goes on from the byte reached.
"""

import asyncio
from collections.abc import Callable

from orview.edge.headset.link import Place
from orview.edge.headset.model_fetch import ModelFetch
from orview.errors import NetworkError
from orview.protocol.messages import ModelEntry, ModelLevelEntry, ModelLevelName
from orview.units import s_from_ns

LOAD_AGAIN_S = 0.5


class ModelKeeper:
    """Fetches the model a session names.

    Args:
        level: which level of detail.
        now_ns: the headset's clock.
        on_model: told the digest of a model at each level of it that is here and verified.

    Attributes:
        body: the GLB, the finest that is here; empty before there is one.
        digest: of the model it belongs to.
        first_s: from asking until a level could be shown.
        took_s: until the level that was asked for was here; None before.
        resumed: how often a fetch went on after a cut.
    """

    def __init__(self, level: ModelLevelName, now_ns: Callable[[], int], on_model: Callable[[str], None]) -> None:
        self.body = b""
        self.digest: str | None = None
        self.first_s: float | None = None
        self.took_s: float | None = None
        self.resumed = 0
        self._level, self._now_ns, self._on_model = level, now_ns, on_model
        self._wanted: ModelEntry | None = None
        self._asked: tuple[str, int] | None = None
        self._here: set[str] = set()
        self._fetch: ModelFetch | None = None
        self._loading: asyncio.Task[None] | None = None

    def want(self, model: ModelEntry | None, place: Place) -> None:
        """A session names this model, to be fetched from there; None: none."""
        self._wanted = model
        if model is not None and (self._asked is None or self._asked[0] != model.digest):
            self._asked = (model.digest, self._now_ns())
        if self._loading is None and self._missing() is not None:
            self._loading = asyncio.create_task(self._load(place))

    def raise_failure(self) -> None:
        """Let what went wrong while loading end the run.

        Raises:
            ProtocolError: the host gave another model than it announced.
        """
        if self._loading is not None and self._loading.done() and not self._loading.cancelled():
            self._loading.result()

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The loading under way, for who ends it."""
        return self._loading

    async def _load(self, place: Place) -> None:
        try:
            while (missing := self._missing()) is not None:
                model, level = missing
                # The link may have been lost and won meanwhile: what came of this level is kept.
                if self._fetch is None or self._fetch.level != level:
                    self._fetch = ModelFetch(level)
                try:
                    body = await asyncio.to_thread(self._fetch.run, place)
                except NetworkError:
                    await asyncio.sleep(LOAD_AGAIN_S)
                    continue
                self._take(model, self._fetch, body)
        finally:
            if self._missing() is None:
                self._loading = None

    def _take(self, model: ModelEntry, fetch: ModelFetch, body: bytes) -> None:
        """Count a verified level as here."""
        assert self._asked is not None
        took_s = s_from_ns(self._now_ns() - self._asked[1])
        if self.digest != model.digest:
            self._here.clear()
            self.first_s, self.took_s = took_s, None
        self._here.add(fetch.level.sha256)
        self.resumed += fetch.resumed
        self.body, self.digest, self._fetch = body, model.digest, None
        if len(self._here) == len(levels_to_fetch(model, self._level)):
            self.took_s = took_s
        self._on_model(model.digest)

    def _missing(self) -> tuple[ModelEntry, ModelLevelEntry] | None:
        """Return the model that is wanted and the next level of it that is not here; None where all is."""
        model = self._wanted
        if model is None:
            return None
        here = self._here if model.digest == self.digest else set()
        return next(((model, level) for level in levels_to_fetch(model, self._level) if level.sha256 not in here), None)


def levels_to_fetch(model: ModelEntry, wanted: ModelLevelName) -> tuple[ModelLevelEntry, ...]:
    """Return the coarsest level, which is soon there, and the one that is wanted."""
    levels = {level.level: level for level in model.levels}
    finest = levels.get(wanted, model.levels[0])
    preview = levels.get(ModelLevelName.PREVIEW, finest)
    return (finest,) if preview.sha256 == finest.sha256 else (preview, finest)
