"""A case: one patient image, the structures in it, the models made of them, and a digest over all of it.

Holds no identifier of a patient. Imports nothing heavy: the process that streams reads it.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError, InputError
from orview.findings import Finding
from orview.segment.anatomy import Color, Kind, Side

FORMAT = 2
"""Version of the JSON below; a higher one is refused. In format 1 the parts of structures were not counted: a case of
it is read without them and written as it was, because its digest is known elsewhere."""


class Level(StrEnum):
    """How fine a model is, coarsest first."""

    PREVIEW = "preview"
    HEADSET = "headset"
    FULL = "full"


@dataclass(frozen=True, kw_only=True)
class CaseSource:
    """The image a case was built from.

    Attributes:
        kind: what kind of file (`image.volume.SourceKind`).
        modality: DICOM modality, or empty.
        series_text: cleaned description of the series.
        acquired: day of the acquisition, ISO 8601, None where unknown.
        slices: number of slices.
        spacing_mm: distance of voxel centres along i, j, k.
        digest: sha256 (hex) of the image's bytes.
        labels_digest: sha256 (hex) of the label map's bytes; empty where a threshold was used.
        patient_key: keyed digest of the patient's identifiers, which stay in the store; empty where there are none.
        synthetic: made by a program, not a patient.
    """

    kind: str
    modality: str
    series_text: str
    acquired: str | None
    slices: int
    spacing_mm: tuple[float, float, float]
    digest: str
    labels_digest: str
    patient_key: str
    synthetic: bool


@dataclass(frozen=True, kw_only=True)
class CaseStructure:
    """One structure of a case; `segment.anatomy` explains key, colour, side, rigid and kind.

    Attributes:
        volume_ml: enclosed.
        centroid_patient_mm: centre of mass.
        parts: separate bodies it consists of, the walls of hollows not counted; None in a case of format 1.
    """

    key: str
    name: str
    color_srgb: Color
    side: Side
    rigid: bool
    kind: Kind
    volume_ml: float
    centroid_patient_mm: tuple[float, float, float]
    parts: int | None


@dataclass(frozen=True, kw_only=True)
class LevelError:
    """Two-way distance between a structure's surface in one level and its finest surface, mm."""

    rms_mm: float
    hausdorff_mm: float


@dataclass(frozen=True, kw_only=True)
class ModelLevel:
    """One level of detail as two GLB blobs with the same triangles.

    Attributes:
        level: which.
        sha256, bytes: the GLB with EXT_meshopt_compression and KHR_mesh_quantization.
        plain_sha256, plain_bytes: the GLB without any extension, for clients that ask.
        triangles: in all.
        structure_triangles: per structure key.
        errors: per structure key.
    """

    level: Level
    sha256: str
    bytes: int
    plain_sha256: str
    plain_bytes: int
    triangles: int
    structure_triangles: Mapping[str, int]
    errors: Mapping[str, LevelError]


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseFiducial:
    """A radiopaque bead found in the image.

    Attributes:
        position_patient_mm: (3,) centre.
        covariance_mm2: (3, 3) of that centre.
        diameter_mm: as measured.
    """

    position_patient_mm: NDArray[np.float64]
    covariance_mm2: NDArray[np.float64]
    diameter_mm: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Everything the room needs to know of one prepared patient image.

    Attributes:
        id: random, lower-case hex; says nothing.
        name: what staff gave it; the only text a person chose.
        created_utc: ISO 8601, seconds, UTC.
        source: the image.
        findings: what looked doubtful.
        structures: most important first.
        levels: coarsest first.
        fiducials: beads found in the image, in no order.
    """

    id: str
    name: str
    created_utc: str
    source: CaseSource
    findings: tuple[Finding, ...]
    structures: tuple[CaseStructure, ...]
    levels: tuple[ModelLevel, ...]
    fiducials: tuple[CaseFiducial, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{8,32}", self.id):
            raise ContractError("A case id is 8 to 32 lower-case hex digits.")
        if not self.structures:
            raise ContractError("A case has at least one structure.")

    @property
    def digest(self) -> str:
        """The sha256 (hex) over the canonical JSON without id and time: the same input gives the same digest."""
        document = self._document()
        del document["id"], document["created_utc"]
        return hashlib.sha256(_canonical(document).encode()).hexdigest()

    @property
    def format(self) -> int:
        """The version of the JSON it is written as."""
        return FORMAT if all(structure.parts is not None for structure in self.structures) else 1

    @property
    def target_key(self) -> str:
        """The structure the accuracy is told at: the tumour, else the sacrum, else the largest bone or structure."""
        keys = {structure.key for structure in self.structures}
        for key in ("tumour", "sacrum"):
            if key in keys:
                return key
        bones = [structure for structure in self.structures if structure.kind is Kind.BONE]
        return max(bones or self.structures, key=lambda structure: structure.volume_ml).key

    def structure(self, key: str) -> CaseStructure:
        """Return one structure.

        Raises:
            ContractError: the case has none of that key.
        """
        for structure in self.structures:
            if structure.key == key:
                return structure
        raise ContractError(f"The case has no structure {key}.")

    def level(self, level: Level) -> ModelLevel:
        """Return one level of detail.

        Raises:
            ContractError: the case has none of that name.
        """
        for candidate in self.levels:
            if candidate.level is level:
                return candidate
        raise ContractError(f"The case has no level {level}.")

    def renamed(self, name: str) -> "Case":
        """Return the same case under another name."""
        return replace(self, name=name)

    def to_json(self) -> str:
        """Return the case as canonical JSON (keys sorted, no spaces), its digest inside."""
        return _canonical(self._document() | {"digest": self.digest})

    @classmethod
    def from_json(cls, text: str) -> "Case":
        """Rebuild a case written by `to_json`.

        Raises:
            InputError: not a case, made by a newer orview, or its digest does not match (hazard H23).
        """
        try:
            document = json.loads(text)
            digest = document["digest"]
            if document["format"] > FORMAT:
                raise InputError("The case was written by a newer orview.", mend="Update orview on this machine.")
            case = cls(
                id=document["id"],
                name=document["name"],
                created_utc=document["created_utc"],
                source=CaseSource(**document["source"] | {"spacing_mm": _triple(document["source"]["spacing_mm"])}),
                findings=tuple(Finding.from_json(finding) for finding in document["findings"]),
                structures=tuple(_structure_from(entry) for entry in document["structures"]),
                levels=tuple(_level_from(entry) for entry in document["levels"]),
                fiducials=tuple(_fiducial_from(entry) for entry in document["fiducials"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError, ContractError) as error:
            raise InputError("The case cannot be read: a field is missing or wrong.") from error
        if case.format != document["format"] or case.digest != digest:
            raise InputError("The case was changed after it was made: its digest does not match.")
        return case

    def _document(self) -> dict[str, Any]:
        counted = self.format > 1
        return {
            "format": self.format,
            "id": self.id,
            "name": self.name,
            "created_utc": self.created_utc,
            "source": vars(self.source) | {"spacing_mm": list(self.source.spacing_mm)},
            "findings": [finding.to_json() for finding in self.findings],
            "structures": [
                {name: value for name, value in vars(structure).items() if counted or name != "parts"}
                | {
                    "color_srgb": list(structure.color_srgb),
                    "centroid_patient_mm": list(structure.centroid_patient_mm),
                }
                for structure in self.structures
            ],
            "levels": [
                vars(level)
                | {
                    "structure_triangles": dict(level.structure_triangles),
                    "errors": {key: vars(error) for key, error in level.errors.items()},
                }
                for level in self.levels
            ],
            "fiducials": [
                {
                    "position_patient_mm": fiducial.position_patient_mm.tolist(),
                    "covariance_mm2": fiducial.covariance_mm2.tolist(),
                    "diameter_mm": fiducial.diameter_mm,
                }
                for fiducial in self.fiducials
            ],
        }


def _canonical(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _triple(values: Any) -> tuple[float, float, float]:
    a, b, c = values
    return float(a), float(b), float(c)


def _structure_from(entry: dict[str, Any]) -> CaseStructure:
    return CaseStructure(
        **entry
        | {
            "color_srgb": _triple(entry["color_srgb"]),
            "centroid_patient_mm": _triple(entry["centroid_patient_mm"]),
            "side": Side(entry["side"]),
            "kind": Kind(entry["kind"]),
            "parts": entry.get("parts"),
        }
    )


def _level_from(entry: dict[str, Any]) -> ModelLevel:
    errors = {key: LevelError(**error) for key, error in entry["errors"].items()}
    triangles = dict(entry["structure_triangles"])
    return ModelLevel(**entry | {"level": Level(entry["level"]), "errors": errors, "structure_triangles": triangles})


def _fiducial_from(entry: dict[str, Any]) -> CaseFiducial:
    return CaseFiducial(
        position_patient_mm=np.array(entry["position_patient_mm"], dtype=np.float64),
        covariance_mm2=np.array(entry["covariance_mm2"], dtype=np.float64),
        diameter_mm=float(entry["diameter_mm"]),
    )
