"""The model of a reference headset: fetched beside the poses, verified, and kept until another one is named."""

import asyncio
from collections.abc import Callable

from orview.edge.headset.link import Place, fetch_model
from orview.errors import NetworkError
from orview.protocol.messages import ModelEntry, ModelLevelName
from orview.units import s_from_ns

LOAD_AGAIN_S = 0.5


class ModelKeeper:
    """Fetches the model a session names.

    Args:
        level: which level of detail.
        now_ns: the headset's clock.
        on_model: told the digest of each model that is here and verified.

    Attributes:
        body: the GLB, empty before there is one.
        digest: of the model it belongs to.
        took_s: how long it took to fetch.
    """

    def __init__(self, level: ModelLevelName, now_ns: Callable[[], int], on_model: Callable[[str], None]) -> None:
        self.body = b""
        self.digest: str | None = None
        self.took_s: float | None = None
        self._level, self._now_ns, self._on_model = level, now_ns, on_model
        self._wanted: ModelEntry | None = None
        self._loading: asyncio.Task[None] | None = None

    def want(self, model: ModelEntry | None, place: Place) -> None:
        """A session names this model, to be fetched from there; None: none."""
        self._wanted = model
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
            while (model := self._missing()) is not None:
                levels = {level.level: level for level in model.levels}
                level = levels.get(self._level, model.levels[0])
                started_ns = self._now_ns()
                try:
                    body = await asyncio.to_thread(fetch_model, place, level)
                except NetworkError:
                    await asyncio.sleep(LOAD_AGAIN_S)
                    continue
                self.body, self.digest = body, model.digest
                self.took_s = s_from_ns(self._now_ns() - started_ns)
                self._on_model(model.digest)
        finally:
            if self._missing() is None:
                self._loading = None

    def _missing(self) -> ModelEntry | None:
        """Return the model that is wanted where it is not the one that is here."""
        model = self._wanted
        return None if model is None or model.digest == self.digest else model
