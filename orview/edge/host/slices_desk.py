"""The desk of slices: which image is looked at beside the overlay. It shows a patient, so it is told to nurses only."""

import asyncio
from collections.abc import Callable

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.errors import StoreError
from orview.protocol.slices import SliceEntry, Slices
from orview.session.state import State


class SlicesDesk:
    """The image of the session's case.

    Args:
        keeper: knows the selected case, and whether a session is on.
        store: of the cases.
        drawn: whether the plan of the selected case is being drawn, which needs its image.
    """

    def __init__(self, keeper: Keeper, store: CaseStore, drawn: Callable[[], bool]) -> None:
        self._keeper = keeper
        self._store = store
        self._drawn = drawn
        self._image: SliceEntry | None = None

    async def look_up(self) -> None:
        """Find the image of the selected case; a case without one, or whose image is lost, has no slices."""
        case = self._keeper.case
        found = None if case is None else await asyncio.to_thread(self._found, case.id)
        # Another case may have been chosen while the disk was read: whoever chose it looks up its own.
        if self._keeper.case is case:
            self._image = found

    def message(self) -> Slices:
        """Return where the image is to be had; nowhere while no session is on and no plan is drawn."""
        case, on = self._keeper.case, self._keeper.session.state is not State.OFF or self._drawn()
        image = self._image if on and case is not None else None
        return Slices(image=image if image is not None and case is not None and image.case_id == case.id else None)

    def _found(self, case_id: str) -> SliceEntry | None:
        try:
            sha256 = self._store.slices(case_id)
            if sha256 is None:
                return None
            size = self._store.slices_path(sha256).stat().st_size
        except (OSError, StoreError):
            return None
        return SliceEntry(case_id=case_id, sha256=sha256, bytes=size, url=f"/s/{sha256}")
