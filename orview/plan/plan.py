"""The plan of a staged resection as data of a case, with a version and a digest over all of it."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from orview.errors import InputError
from orview.plan.cut_plane import CutPlane
from orview.plan.roots import ROOT_OF_KEY, Fate, Root
from orview.plan.stages import Look, Position, Stage

FORMAT = 1
DEFAULT_MARGIN_MM = 10.0
LARGEST_MARGIN_MM = 100.0
MOST_STAGES, MOST_PLANES = 12, 16
LONGEST_NAME, LONGEST_NOTES = 60, 400
_FIELDS = frozenset({"case_digest", "version", "margin_mm", "stages", "planes", "roots", "specimen"})
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """The plan of one case.

    Attributes:
        case_digest: of the case it was drawn on; on another it means nothing.
        version: from 1; a change after the plan was locked makes a new one.
        margin_mm: of healthy tissue asked for round the tumour.
        stages: in their order, at least one.
        planes: all osteotomies.
        roots: what becomes of nerve roots; one that is not named is kept.
        specimen: keys of structures that leave the patient.
    """

    case_digest: str
    version: int = 1
    margin_mm: float = DEFAULT_MARGIN_MM
    stages: tuple[Stage, ...]
    planes: tuple[CutPlane, ...] = ()
    roots: Mapping[Root, Fate] = field(default_factory=lambda: MappingProxyType({}))
    specimen: frozenset[str] = frozenset({"tumour"})

    def __post_init__(self) -> None:
        check_margin(self.margin_mm)
        if not 1 <= len(self.stages) <= MOST_STAGES or len(self.planes) > MOST_PLANES:
            raise InputError(
                f"The plan has {len(self.stages)} stages and {len(self.planes)} planes.",
                mend=f"A plan has 1 to {MOST_STAGES} stages and at most {MOST_PLANES} planes.",
            )
        check_names("stage", [(stage.key, stage.name) for stage in self.stages])
        check_names("plane", [(plane.key, plane.name) for plane in self.planes])
        known = {plane.key for plane in self.planes}
        for stage in self.stages:
            if not any(look is not Look.HIDDEN for look in stage.looks.values()):
                raise InputError(
                    f"The stage {stage.name} shows no structure.", mend="Say in `looks` what is seen in it."
                )
            if len(stage.notes) > LONGEST_NOTES:
                raise InputError(
                    f"The notes of the stage {stage.name} are too long.", mend=f"Use up to {LONGEST_NOTES} letters."
                )
            unknown = next((key for key in stage.planes if key not in known), None)
            if unknown is not None:
                raise InputError(
                    f"The stage {stage.name} shows a plane {unknown[:40]!r} that the plan has not.",
                    mend=f"The plan has: {', '.join(sorted(known)) or 'none'}.",
                )

    @property
    def digest(self) -> str:
        """The sha256 (hex) over the canonical JSON: equal plans have equal ones."""
        return hashlib.sha256(_canonical(self._document()).encode()).hexdigest()

    def plane(self, key: str) -> CutPlane:
        """Return one plane.

        Raises:
            InputError: the plan has none of that key.
        """
        for plane in self.planes:
            if plane.key == key:
                return plane
        raise InputError(f"The plan has no plane {key[:40]!r}.", mend="Look at its list of planes.")

    def to_json(self) -> str:
        """Return the plan as canonical JSON, its digest inside."""
        return _canonical(self._document() | {"digest": self.digest})

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Rebuild a plan written by `to_json`.

        Raises:
            InputError: not a plan, made by a newer orview, or its digest does not match (hazard H23).
        """
        try:
            document = json.loads(text)
            digest = document.pop("digest")
            if document.pop("format") > FORMAT:
                raise InputError("The plan was written by a newer orview.", mend="Update orview on this machine.")
            if set(document) != _FIELDS:
                raise KeyError(*_FIELDS.symmetric_difference(document))
            plan = plan_of(document)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError("The plan cannot be read: a field is missing or wrong.", mend="Plan it anew.") from error
        if plan.digest != digest:
            raise InputError("The plan was changed after it was made: its digest does not match.", mend="Plan it anew.")
        return plan

    def _document(self) -> dict[str, Any]:
        return {"format": FORMAT} | document_of(self)


class Drawn(Protocol):
    """What is drawn of a plan, whole or not."""

    @property
    def margin_mm(self) -> float:
        """Healthy tissue asked for."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """In their order."""

    @property
    def planes(self) -> tuple[CutPlane, ...]:
        """All osteotomies."""

    @property
    def roots(self) -> Mapping[Root, Fate]:
        """What becomes of nerve roots."""

    @property
    def specimen(self) -> frozenset[str]:
        """Keys of what leaves the patient."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain values, as `plan_of` reads them."""
    return {"case_digest": plan.case_digest, "version": plan.version, **drawn_document(plan)}


def drawn_document(drawn: Drawn) -> dict[str, Any]:
    """Return what is drawn as plain values, as `parts_of` reads them."""
    return {
        "margin_mm": drawn.margin_mm,
        "stages": [
            {
                "key": stage.key,
                "name": stage.name,
                "position": stage.position.value,
                "looks": {key: look.value for key, look in sorted(stage.looks.items())},
                "planes": list(stage.planes),
                "mobilises": sorted(stage.mobilises),
                "releases_specimen": stage.releases_specimen,
                "notes": stage.notes,
            }
            for stage in drawn.stages
        ],
        "planes": [
            {
                "key": plane.key,
                "name": plane.name,
                "center_mm": plane.center_mm.tolist(),
                "kept_normal": plane.kept_normal.tolist(),
                "along": plane.along.tolist(),
                "width_mm": plane.width_mm,
                "height_mm": plane.height_mm,
            }
            for plane in drawn.planes
        ],
        "roots": {root.key: fate.value for root, fate in sorted(drawn.roots.items())},
        "specimen": sorted(drawn.specimen),
    }


def plan_of(document: Mapping[str, Any]) -> Plan:
    """Return the plan of plain values; what a person may leave out has a default.

    Raises:
        InputError: a value that makes no plan.
        KeyError, TypeError, ValueError, AttributeError: a field is missing or of another kind.
    """
    unknown = sorted(set(document) - _FIELDS)
    if unknown:
        raise InputError(f"A plan has no {str(unknown[0])[:40]!r}.", mend="Take it out, or mend its spelling.")
    return Plan(case_digest=str(document["case_digest"]), version=int(document.get("version", 1)), **parts_of(document))


def parts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is drawn, by the names of `Drawn`, of plain values; fails as `plan_of` does."""
    return {
        "margin_mm": float(document.get("margin_mm", DEFAULT_MARGIN_MM)),
        "stages": tuple(_stage_of(entry) for entry in document["stages"]),
        "planes": tuple(CutPlane.of(**entry) for entry in document.get("planes", ())),
        "roots": MappingProxyType({root_of(key): Fate(fate) for key, fate in document.get("roots", {}).items()}),
        "specimen": frozenset(document.get("specimen", ("tumour",))),
    }


def _stage_of(entry: Mapping[str, Any]) -> Stage:
    looks = {str(key): Look(look) for key, look in entry["looks"].items()}
    if Look.GHOST in looks.values():
        raise InputError(
            "A structure cannot be planned as a ghost: it becomes one when it is mobilised.",
            mend="Choose solid, see_through, outline or hidden.",
        )
    return Stage(
        key=str(entry["key"]),
        name=str(entry["name"]),
        position=Position(entry["position"]),
        looks=MappingProxyType(looks),
        planes=tuple(str(key) for key in entry.get("planes", ())),
        mobilises=frozenset(str(key) for key in entry.get("mobilises", ())),
        releases_specimen=bool(entry.get("releases_specimen", False)),
        notes=str(entry.get("notes", "")),
    )


def root_of(key: str) -> Root:
    """Return the nerve root of a structure's key.

    Raises:
        InputError: it is none.
    """
    if key not in ROOT_OF_KEY:
        raise InputError(f"{key[:40]!r} is no nerve root.", mend=f"Use one of {', '.join(ROOT_OF_KEY)}.")
    return ROOT_OF_KEY[key]


def check_margin(margin_mm: float) -> None:
    """Refuse a margin nobody can ask for.

    Raises:
        InputError: it is none, or too large.
    """
    if not math.isfinite(margin_mm) or not 0.0 <= margin_mm <= LARGEST_MARGIN_MM:
        raise InputError(f"The margin asked for is {margin_mm:g} mm.", mend=f"Ask for 0 to {LARGEST_MARGIN_MM:g} mm.")


def check_names(kind: str, names: list[tuple[str, str]]) -> None:
    """Refuse keys and names (each of one stage or plane) that cannot be used.

    Raises:
        InputError: with the first that cannot.
    """
    keys = [key for key, _ in names]
    for key, name in names:
        if not _KEY.fullmatch(key):
            raise InputError(
                f"The key {key[:40]!r} of a {kind} cannot be used.", mend="Use a to z, 0 to 9 and _, up to 40 of them."
            )
        if not name.strip() or len(name) > LONGEST_NAME:
            raise InputError(
                f"The {kind} {key} has no name, or one too long.", mend=f"Use 1 to {LONGEST_NAME} letters."
            )
        if not name.isprintable():
            # Headsets take no such text: they would be without a plan.
            raise InputError(
                f"The name of the {kind} {key} holds what cannot be shown.", mend="Write it in one line, without tabs."
            )
        if keys.count(key) > 1:
            raise InputError(f"Two {kind}s have the key {key}.", mend="Give each a key of its own.")


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
