"""What is drawn of a plan while nobody has finished it: changed piece by piece, and not yet all that a plan must be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from orview.errors import InputError
from orview.plan.cut_plane import CutPlane
from orview.plan.plan import (
    DEFAULT_MARGIN_MM,
    LONGEST_NOTES,
    MOST_PLANES,
    MOST_STAGES,
    Plan,
    check_margin,
    check_names,
    drawn_document,
    parts_of,
)
from orview.plan.roots import Fate, Root
from orview.plan.stages import Look, Position, Stage

Keyed = TypeVar("Keyed", CutPlane, Stage)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sketch:
    """Everything a plan draws. Each change gives another sketch; what it leaves alone are the same objects.

    Attributes:
        margin_mm, stages, planes, roots, specimen: as in `plan.Plan`; there may be no stage, and stages that show
            nothing.
    """

    margin_mm: float = DEFAULT_MARGIN_MM
    stages: tuple[Stage, ...] = ()
    planes: tuple[CutPlane, ...] = ()
    roots: Mapping[Root, Fate] = field(default_factory=lambda: MappingProxyType({}))
    specimen: frozenset[str] = frozenset({"tumour"})

    @classmethod
    def of_plan(cls, plan: Plan) -> "Sketch":
        """Return what a plan draws."""
        return cls(
            margin_mm=plan.margin_mm,
            stages=plan.stages,
            planes=plan.planes,
            roots=plan.roots,
            specimen=plan.specimen,
        )

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "Sketch":
        """Rebuild a sketch of what `document` returned.

        Raises:
            InputError, KeyError, TypeError, ValueError, AttributeError: it is not of that kind.
        """
        return cls(**parts_of(document))

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return drawn_document(self)

    def plan(self, *, case_digest: str, version: int) -> Plan:
        """Return it as a plan.

        Raises:
            InputError: it is none yet; the words say what is missing.
        """
        return Plan(
            case_digest=case_digest,
            version=version,
            margin_mm=self.margin_mm,
            stages=self.stages,
            planes=self.planes,
            roots=self.roots,
            specimen=self.specimen,
        )

    def with_plane(self, plane: CutPlane) -> "Sketch":
        """Return it with a plane that is new, or takes the place of the one of its key.

        Raises:
            InputError: its key or name cannot be used, or there are too many.
        """
        planes = _with(self.planes, plane)
        check_names("plane", [(one.key, one.name) for one in planes])
        if len(planes) > MOST_PLANES:
            raise InputError(f"The plan has {MOST_PLANES} planes already.", mend="Take one away first.")
        return replace(self, planes=planes)

    def without_plane(self, key: str) -> "Sketch":
        """Return it without a plane, which no stage shows any more.

        Raises:
            InputError: there is no such plane.
        """
        _need(key, self.planes, "plane")
        return replace(
            self,
            planes=tuple(plane for plane in self.planes if plane.key != key),
            stages=tuple(
                replace(stage, planes=tuple(shown for shown in stage.planes if shown != key)) for stage in self.stages
            ),
        )

    def with_root(self, root: Root, *, kept: bool) -> "Sketch":
        """Return it with another fate of a nerve root."""
        fates = {other: fate for other, fate in self.roots.items() if other != root}
        return replace(self, roots=MappingProxyType(fates if kept else {**fates, root: Fate.SACRIFICE}))

    def with_margin(self, margin_mm: float) -> "Sketch":
        """Return it with another margin asked for.

        Raises:
            InputError: nobody can ask for that.
        """
        check_margin(margin_mm)
        return replace(self, margin_mm=margin_mm)

    def with_stage(
        self,
        *,
        key: str,
        name: str,
        position: Position,
        planes: Iterable[str],
        notes: str,
        releases_specimen: bool,
    ) -> "Sketch":
        """Return it with a stage in the place of the one of its key, or one that comes last and looks like that before.

        Raises:
            InputError: something of it cannot be used, or there are too many.
        """
        before = next((stage for stage in self.stages if stage.key == key), None)
        like = before or (self.stages[-1] if self.stages else None)
        stage = Stage(
            key=key,
            name=name,
            position=position,
            looks=MappingProxyType({}) if like is None else like.looks,
            planes=tuple(planes),
            mobilises=frozenset() if before is None else before.mobilises,
            releases_specimen=releases_specimen,
            notes=notes,
        )
        stages = _with(self.stages, stage)
        check_names("stage", [(one.key, one.name) for one in stages])
        if len(stages) > MOST_STAGES:
            raise InputError(f"The plan has {MOST_STAGES} stages already.", mend="Take one away first.")
        if len(notes) > LONGEST_NOTES:
            raise InputError("The notes are too long.", mend=f"Use up to {LONGEST_NOTES} letters.")
        for shown in stage.planes:
            _need(shown, self.planes, "plane")
        return replace(self, stages=stages)

    def with_look(self, key: str, structure: str, look: Look, *, mobilised: bool) -> "Sketch":
        """Return it with another look of a structure in a stage.

        Args:
            key: of the stage.
            structure: key of the structure.
            look: how it is drawn; not a ghost, which it becomes by being mobilised.
            mobilised: the stage takes it from its place.

        Raises:
            InputError: there is no such stage, or the look is not one to choose.
        """
        before = _need(key, self.stages, "stage")
        if look is Look.GHOST:
            raise InputError("A ghost is not chosen: a structure becomes one when it is mobilised.")
        looks = {other: drawn for other, drawn in before.looks.items() if other != structure}
        if look is not Look.HIDDEN:
            looks[structure] = look
        mobilises = before.mobilises - {structure} | ({structure} if mobilised else set())
        stage = replace(before, looks=MappingProxyType(looks), mobilises=mobilises)
        return replace(self, stages=_with(self.stages, stage))

    def without_stage(self, key: str) -> "Sketch":
        """Return it without a stage.

        Raises:
            InputError: there is no such stage.
        """
        _need(key, self.stages, "stage")
        return replace(self, stages=tuple(stage for stage in self.stages if stage.key != key))


def _with(row: tuple[Keyed, ...], one: Keyed) -> tuple[Keyed, ...]:
    """Return a row in which one takes the place of its namesake, or comes last."""
    if any(other.key == one.key for other in row):
        return tuple(one if other.key == one.key else other for other in row)
    return row + (one,)  # noqa: RUF005 - unpacked, a tuple loses its type variable


def _need(key: str, row: tuple[Keyed, ...], kind: str) -> Keyed:
    for one in row:
        if one.key == key:
            return one
    missing = f"The plan has no plane {key[:40]!r}." if kind == "plane" else f"The plan has no stage {key[:40]!r}."
    raise InputError(missing, mend=f"It has: {', '.join(one.key for one in row) or 'none'}.")
