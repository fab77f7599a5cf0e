"""What a GLB shows: named structures as surfaces in the patient frame, each with its error."""

from dataclasses import dataclass

from orview.mesh.measure import joined
from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.segment.anatomy import Anatomy, Kind

MAX_DRAWS = {Level.PREVIEW: 24, Level.HEADSET: 40}
"""Draw calls of one model in a headset; structures beyond are drawn together. Each call costs a file 400 bytes of JSON,
which in a preview of sixty structures is more than their triangles."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScenePart:
    """One structure at one level of detail.

    Attributes:
        anatomy: its names and colour.
        surface: closed, patient mm.
        error: estimate of its distance to the true surface.
    """

    anatomy: Anatomy
    surface: Surface
    error: LevelError


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """All structures of a case at one level of detail, most important first.

    Attributes:
        level: which.
        parts: the structures.
        synthetic: the case is no patient.
        provisional: a first look until the level itself is made (`model.preview`), never for measuring.
    """

    level: Level
    parts: tuple[ScenePart, ...]
    synthetic: bool
    provisional: bool = False

    @property
    def triangles(self) -> int:
        """Triangles of all parts together."""
        return sum(len(part.surface.triangles) for part in self.parts)


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """Parts drawn by one call.

    Attributes:
        name: the structure's key, or "others_rigid", "others_moving" where several share the call.
        parts: at least one.
        surface: of all parts, in their order.
    """

    name: str
    parts: tuple[ScenePart, ...]
    surface: Surface


def draws(scene: Scene) -> list[Draw]:
    """Return what is drawn, one call each: every structure by itself as far as `MAX_DRAWS` reaches.

    The rest, least important by their order, shares two calls: what is rigid with the sacrum and what moves. Skin never
    shares: it is mostly hidden, and who draws a shared call draws all of it. The full level is for desktops and never
    shares.
    """
    skin = [part for part in scene.parts if part.anatomy.kind is Kind.SKIN]
    inside = [part for part in scene.parts if part.anatomy.kind is not Kind.SKIN]
    own, most = len(inside), MAX_DRAWS.get(scene.level)
    if most is not None and len(scene.parts) > most:
        own = most - 2 - len(skin)
    result = [Draw(name=part.anatomy.key, parts=(part,), surface=part.surface) for part in (*inside[:own], *skin)]
    for name, rigid in (("others_rigid", True), ("others_moving", False)):
        rest = tuple(part for part in inside[own:] if part.anatomy.rigid is rigid)
        if rest:
            result.append(Draw(name=name, parts=rest, surface=joined([part.surface for part in rest])))
    return result
