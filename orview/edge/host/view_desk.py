"""The desk of the view: what is drawn of the model, and how, as nurse and surgeons last said it.

A change touches only what it names: whoever makes the tumour fainter does not bring back what somebody else cleared.
"""

import json
import math
from dataclasses import replace

from orview.edge.host.keeper import Keeper
from orview.protocol.codec import decode_from_host, encode
from orview.protocol.faults import WireError
from orview.protocol.roles import Role
from orview.protocol.viewing import FIRST_VIEW, ClipPlane, SetView, StructureStyle, View, ViewPreset, ViewStyle

NORMAL_TOLERANCE = 1e-3
"""How far the length of a plane's normal may stand from 1."""


class ViewDesk:
    """The view everybody shares.

    Args:
        keeper: knows the selected case.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._view = FIRST_VIEW

    def message(self) -> View:
        """Return the view as it stands."""
        return self._view

    def reset(self) -> None:
        """A case was chosen, or the session ended: the view is the first one again."""
        self._view = FIRST_VIEW

    def show_stage(self, *, by: Role) -> None:
        """Show the stage as it is planned: what was said of single structures before is over."""
        self._view = replace(self._view, preset=ViewPreset.STAGE, styles=(), by=by)

    def record(self) -> str:
        """Return the view and whose it is as JSON text, for `restore`."""
        case = self._keeper.case
        return json.dumps({"case_id": None if case is None else case.id, "view": encode(self._view)})

    def restore(self, record: str | None) -> None:
        """Take up the view of a record, where it is of the selected case: what was cleared stays so over a restart."""
        case = self._keeper.case
        if record is None or case is None:
            return
        try:
            document = json.loads(record)
            case_id, view = document["case_id"], decode_from_host(document["view"])
        except (ValueError, TypeError, KeyError, WireError):
            return
        if case_id == case.id and isinstance(view, View):
            self._view = view

    def change(self, message: SetView, *, by: Role) -> str:
        """Take a change of the view; returns why it is not made, or nothing. It is made whole or not at all."""
        refusal = self._refusal(message)
        if refusal:
            return refusal
        view = self._view
        # A preset speaks for every structure: what was said of single ones before it is over.
        styles = {} if message.preset is not None else {style.key: style for style in view.styles}
        styles |= {style.key: style for style in message.styles}
        self._view = replace(
            view,
            preset=view.preset if message.preset is None else message.preset,
            styles=tuple(styles.values()),
            cleared=view.cleared if message.cleared is None else message.cleared,
            window=view.window if message.window is None else message.window,
            clip=None if message.clip_off else view.clip if message.clip is None else message.clip,
            twin=view.twin if message.twin is None else message.twin,
            by=by,
        )
        return ""

    def _refusal(self, message: SetView) -> str:
        for style in message.styles:
            if refusal := self._refusal_of_style(style):
                return refusal
        if message.clip is not None:
            if message.clip_off:
                return "A clipping plane cannot be set and taken away at once."
            return _refusal_of_plane(message.clip)
        return ""

    def _refusal_of_style(self, style: StructureStyle) -> str:
        case = self._keeper.case
        structure = None
        if case is not None:
            structure = next((one for one in case.structures if one.key == style.key), None)
        if structure is None:
            return f"The chosen case has no structure {style.key}."
        if style.style is ViewStyle.SOLID and not structure.rigid:
            return f"{structure.name} moves with the tissue and is never drawn solid."
        return ""


def _refusal_of_plane(plane: ClipPlane) -> str:
    length = math.hypot(*plane.normal_patient)
    if abs(length - 1.0) > NORMAL_TOLERANCE:
        return "The normal of a clipping plane must have the length 1."
    return ""
