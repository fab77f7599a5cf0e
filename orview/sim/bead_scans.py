"""Scans of a back with beads on it and all that could be taken for beads, each with the true centres.

A piece of a patient lying prone: skin, fat, muscle, bone, vessels; a plate on posts 10 to 40 mm above the skin. Beads
of 2 to 6 mm of one material sit in plastic on the plate's posts or on the skin. Around them is what bright small
things a CT shows: bolts, electrode snaps, calcified vessels, screws and rods in bone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Provenance, SourceKind, Volume
from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Box, Ellipsoid, Floats, Tube

SIZE_MM = (130.0, 104.0, 112.0)
SKIN_Y_MM = 48.0
BODY_RADIUS_MM = 150.0
MATERIALS_HU = {
    "ceramic": (2300.0, 2900.0),
    "titanium": (4500.0, 8000.0),
    "steel": (9000.0, 14000.0),
    "tantalum": (15000.0, 24000.0),
}
CLEAR_MM = 13.0
"""Between the centre of a bead and any other bead or decoy."""


class Decoy(StrEnum):
    """What is bright and small and no bead."""

    BOLT = "bolt"
    SNAP = "snap"
    CALCIFICATION = "calcification"
    SCREW = "screw"
    ROD = "rod"
    WIRE = "wire"


@dataclass(frozen=True, eq=False)
class Cylinder:
    """A round bar with flat ends, from one point (3,) mm to another."""

    start_mm: NDArray[np.float64]
    end_mm: NDArray[np.float64]
    radius_mm: float

    @property
    def box(self) -> Box:
        """Where the solid lies."""
        return Box.around([self.start_mm, self.end_mm], self.radius_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the signed distance, mm."""
        middle = 0.5 * (self.start_mm + self.end_mm)
        axis = self.end_mm - self.start_mm
        length = float(np.linalg.norm(axis))
        px, py, pz = (value - float(m) for value, m in zip((x, y, z), middle, strict=True))
        ax, ay, az = (float(value) / length for value in axis)
        along = px * ax + py * ay + pz * az
        around = np.sqrt(np.maximum(px * px + py * py + pz * pz - along * along, 0.0)) - self.radius_mm
        beyond = np.abs(along) - 0.5 * length
        outside = np.hypot(np.maximum(around, 0.0), np.maximum(beyond, 0.0))
        return np.asarray(outside + np.minimum(np.maximum(around, beyond), 0.0))


@dataclass(frozen=True, kw_only=True, eq=False)
class BeadScan:
    """A scan and what is in it.

    Attributes:
        volume: the CT.
        beads_patient_mm: (N, 3) true centres.
        on_skin: (N,) whether a bead sits on the skin; else on the board.
        diameter_mm: of the beads.
        material: of the beads, a key of `MATERIALS_HU`.
        decoys: what else is there, with its place (3,), patient mm.
        scanner: how it was scanned.
    """

    volume: Volume
    beads_patient_mm: NDArray[np.float64]
    on_skin: NDArray[np.bool_]
    diameter_mm: float
    material: str
    decoys: tuple[tuple[Decoy, NDArray[np.float64]], ...]
    scanner: Scanner


def random_scanner(rng: np.random.Generator, *, thickness_mm: float) -> Scanner:
    """Draw a protocol of some slice thickness; half of them with overlapping slices."""
    return Scanner(
        spacing_mm=rng.uniform(0.5, 0.98),
        increment_mm=thickness_mm * (1.0 if rng.random() < 0.5 else rng.uniform(0.5, 0.85)),
        thickness_mm=thickness_mm,
        blur_mm=rng.uniform(0.38, 0.65),
        blur_across_mm=rng.uniform(0.15, 0.35),
        edge=0.0 if rng.random() < 0.6 else rng.uniform(0.03, 0.12),
        noise_hu=rng.uniform(10.0, 45.0),
    )


def bead_scan(
    seed: int, *, thickness_mm: float, beads: int = 8, diameter_mm: float | None = None, material: str | None = None
) -> BeadScan:
    """Draw a scan: equal arguments give equal bytes.

    Args:
        seed: another seed is another patient, board and protocol.
        thickness_mm: of the slices.
        beads: how many, on skin and board.
        diameter_mm: of the beads; None draws 2 to 6 mm.
        material: a key of `MATERIALS_HU`; None draws one.
    """
    rng = np.random.default_rng([seed, round(1000.0 * thickness_mm)])
    scanner = random_scanner(rng, thickness_mm=thickness_mm)
    diameter_mm = float(rng.choice([2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0])) if diameter_mm is None else diameter_mm
    material = str(rng.choice(list(MATERIALS_HU))) if material is None else material
    solids = _patient(rng)
    places = _Places(rng)
    truth, on_skin = [], []
    board, board_solids = _board(rng)
    solids += board_solids
    bead_hu = rng.uniform(*MATERIALS_HU[material])
    streaks_hu = 0.012 * max(0.0, bead_hu - 3000.0) if diameter_mm > 2.5 else 0.0
    balls = []
    for number in range(beads):
        lies_on_skin = number < beads // 2 and rng.random() < 0.6
        if lies_on_skin:
            centre, parts = _on_skin(rng, places, 0.5 * diameter_mm)
        else:
            centre, parts = _on_board(rng, places, board, 0.5 * diameter_mm)
        solids += parts
        balls.append(
            Solid(
                shape=Ellipsoid(tuple(centre), (0.5 * diameter_mm,) * 3),
                hu=bead_hu,
                detail=True,
                streaks_hu=streaks_hu * float(rng.uniform(0.3, 1.0)),
            )
        )
        truth.append(centre)
        on_skin.append(lies_on_skin)
    decoys, decoy_solids = _decoys(rng, places)
    solids += [*decoy_solids, *balls]
    array = scanner.scan(solids, SIZE_MM, rng)
    steps = (scanner.spacing_mm, scanner.spacing_mm, scanner.increment_mm)
    matrix = np.eye(4)
    turn = rotation_from_vector(rng.uniform(-0.3, 0.3, 3) * (rng.random() < 0.3))
    matrix[:3, :3] = turn @ np.diag(steps * rng.choice([-1.0, 1.0]) ** np.array([1.0, 1.0, 0.0]))
    matrix[:3, 3] = rng.uniform(-400.0, 400.0, 3)
    patient_from_voxel = AffineTransform(Frame.PATIENT, Frame.VOXEL, matrix)

    def in_patient(points_mm: ArrayLike) -> NDArray[np.float64]:
        return patient_from_voxel.apply(np.asarray(points_mm, dtype=np.float64) / steps)

    return BeadScan(
        volume=Volume(
            array=array,
            patient_from_voxel=patient_from_voxel,
            provenance=Provenance(
                modality="CT", slices=len(array), source_kind=SourceKind.PHANTOM, source_digest="0" * 64, synthetic=True
            ),
        ),
        beads_patient_mm=in_patient(truth),
        on_skin=np.array(on_skin),
        diameter_mm=diameter_mm,
        material=material,
        decoys=tuple((kind, in_patient(place)) for kind, place in decoys),
        scanner=scanner,
    )


class _Places:
    """Draws places that keep apart from all drawn before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: list[NDArray[np.float64]] = []

    def draw(
        self, place: Callable[[float, float], NDArray[np.float64]], *, clear_mm: float = CLEAR_MM
    ) -> NDArray[np.float64]:
        for _ in range(400):
            drawn = place(self._rng.uniform(14.0, SIZE_MM[0] - 14.0), self._rng.uniform(14.0, SIZE_MM[2] - 14.0))
            if all(np.linalg.norm(drawn - other) > clear_mm for other in self._taken):
                break
        self._taken.append(drawn)
        return drawn


def _skin_y(x: float) -> float:
    """Return where the skin is."""
    beside = x - 0.5 * SIZE_MM[0]
    return SKIN_Y_MM - BODY_RADIUS_MM + math.sqrt(BODY_RADIUS_MM**2 - beside**2)


def _patient(rng: np.random.Generator) -> list[Solid]:
    middle = 0.5 * SIZE_MM[0]

    def trunk(inset_mm: float, hu: float) -> Solid:
        return Solid(shape=_Trunk(BODY_RADIUS_MM - inset_mm), hu=hu)

    spine = Tube.through((middle, 6.0, -60.0, 15.0), (middle + rng.uniform(-8, 8), 10.0, 180.0, 15.0))
    rib = Tube.through((8.0, 18.0, rng.uniform(10, 90), 4.5), (55.0, 26.0, rng.uniform(10, 90), 4.5))
    vessel = Tube.through((100.0, 12.0, -40.0, 5.0), (rng.uniform(92, 108), 16.0, 160.0, 4.0))
    return [
        trunk(0.0, 30.0),
        trunk(2.0, -95.0),
        trunk(12.0, 55.0),
        Solid(shape=vessel, hu=rng.uniform(45.0, 350.0)),
        Solid(shape=spine, hu=230.0, shell_hu=1250.0, shell_mm=2.2),
        Solid(shape=rib, hu=300.0, shell_hu=1400.0, shell_mm=1.6),
    ]


def _board(rng: np.random.Generator) -> tuple[Callable[[float, float], float], list[Solid]]:
    """Return the height y of the plate's underside over (x, z), and the plate."""
    height = SKIN_Y_MM + rng.uniform(26.0, 36.0)
    lean_x, lean_z = rng.uniform(-0.06, 0.06, 2)

    def underside(x: float, z: float) -> float:
        return float(height + lean_x * (x - 0.5 * SIZE_MM[0]) + lean_z * (z - 0.5 * SIZE_MM[2]))

    corners = np.array(
        [(x, underside(x, z) + 2.0, z) for x in (6.0, SIZE_MM[0] - 6.0) for z in (6.0, SIZE_MM[2] - 6.0)]
    )
    # A plate is many bars side by side: each is a flat strip of the lean surface.
    return underside, [Solid(shape=_Plate(corners, underside), hu=rng.uniform(-20.0, 180.0), detail=False)]


@dataclass(frozen=True, eq=False)
class _Trunk:
    """A round trunk along the table."""

    radius_mm: float

    @property
    def box(self) -> Box:
        return Box.around([(0.5 * SIZE_MM[0], SKIN_Y_MM - BODY_RADIUS_MM, 0.5 * SIZE_MM[2])], self.radius_mm)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        from_axis = np.hypot(x - 0.5 * SIZE_MM[0], y - (SKIN_Y_MM - BODY_RADIUS_MM))
        return np.asarray(from_axis - self.radius_mm + np.zeros_like(z))


@dataclass(frozen=True, eq=False)
class _Plate:
    """A lean plate 4 mm thick over its underside."""

    corners_mm: NDArray[np.float64]
    underside: Callable[[float, float], float]

    @property
    def box(self) -> Box:
        return Box.around(self.corners_mm, 2.2)

    def distance_mm(self, x: Floats, y: Floats, z: Floats) -> Floats:
        low, high = self.corners_mm.min(axis=0), self.corners_mm.max(axis=0)
        origin = self.underside(0.0, 0.0)
        lean_x, lean_z = self.underside(1.0, 0.0) - origin, self.underside(0.0, 1.0) - origin
        out_y = np.abs(y - (origin + 2.0) - lean_x * x - lean_z * z) - 2.0
        out_x = np.maximum(float(low[0]) - x, x - float(high[0]))
        out_z = np.maximum(float(low[2]) - z, z - float(high[2]))
        return np.asarray(np.maximum(np.maximum(out_x, out_z), out_y))


def _on_board(
    rng: np.random.Generator, places: _Places, underside: Callable[[float, float], float], radius_mm: float
) -> tuple[NDArray[np.float64], list[Solid]]:
    """Draw a bead on a post under the plate, or let into it, 10 to 40 mm above the skin."""
    let_in = rng.random() < 0.3
    below_mm = rng.uniform(-2.5, -1.0) if let_in else rng.uniform(5.0, 14.0)

    def place(x: float, z: float) -> NDArray[np.float64]:
        return np.array([x, min(max(underside(x, z) - below_mm, _skin_y(x) + 10.0), _skin_y(x) + 40.0), z])

    centre = places.draw(place)
    plastic_hu = rng.uniform(-30.0, 160.0)
    if let_in:
        return centre, [Solid(shape=Ellipsoid(tuple(centre), (radius_mm + 0.1,) * 3), hu=plastic_hu, detail=True)]
    foot = np.array([centre[0], underside(centre[0], centre[2]), centre[2]])
    return centre, [
        Solid(shape=Cylinder(centre, foot, rng.uniform(1.2, 2.2)), hu=plastic_hu, detail=True),
        Solid(shape=Ellipsoid(tuple(centre), (radius_mm + rng.uniform(0.8, 2.2),) * 3), hu=plastic_hu, detail=True),
    ]


def _on_skin(rng: np.random.Generator, places: _Places, radius_mm: float) -> tuple[NDArray[np.float64], list[Solid]]:
    """Draw a bead in a plastic cap or a ring of foam, stuck to the skin."""
    above_mm = radius_mm + rng.uniform(0.2, 1.5)
    centre = places.draw(lambda x, z: np.array([x, _skin_y(x) + above_mm, z]))
    foot = centre - np.array([0.0, above_mm, 0.0])
    if rng.random() < 0.5:
        top = foot + np.array([0.0, rng.uniform(1.0, 2.5), 0.0])
        pad = Cylinder(foot, top, radius_mm + rng.uniform(2.0, 5.0))
        return centre, [Solid(shape=pad, hu=rng.uniform(-900.0, -600.0), detail=True)]
    cap = Ellipsoid(tuple(centre), (radius_mm + rng.uniform(0.6, 1.5),) * 3)
    return centre, [Solid(shape=cap, hu=rng.uniform(-50.0, 150.0), detail=True)]


def _decoys(rng: np.random.Generator, places: _Places) -> tuple[list[tuple[Decoy, NDArray[np.float64]]], list[Solid]]:
    """Draw what is no bead."""
    found: list[tuple[Decoy, NDArray[np.float64]]] = []
    solids: list[Solid] = []

    def add(kind: Decoy, place: NDArray[np.float64], *parts: Solid) -> None:
        found.append((kind, place))
        solids.extend(parts)

    def metal(shape: Cylinder | Ellipsoid | Tube, hu: float, streaks_hu: float = 0.0) -> Solid:
        return Solid(shape=shape, hu=hu, detail=True, streaks_hu=streaks_hu)

    for _ in range(int(rng.integers(1, 4))):  # bolts of the board's or the table's frame: shaft and head
        foot = places.draw(lambda x, z: np.array([x, _skin_y(x) + rng.uniform(14.0, 34.0), z]))
        axis = rng.normal(size=3)
        axis /= np.linalg.norm(axis)
        shaft_mm, head_mm = rng.uniform(1.0, 2.5), rng.uniform(1.8, 2.4)
        hu = rng.uniform(6000.0, 14000.0)
        add(
            Decoy.BOLT,
            foot,
            metal(Cylinder(foot, foot + axis * rng.uniform(5.0, 16.0), shaft_mm), hu, 120.0),
            metal(Cylinder(foot - axis * shaft_mm, foot, shaft_mm * head_mm), hu),
        )
    for _ in range(
        int(rng.integers(1, 4))
    ):  # an electrode: a stud on a ring or disc, sometimes of carbon or with a lead
        foot = places.draw(lambda x, z: np.array([x, _skin_y(x) + 0.8, z]))
        up = np.array([0.0, 1.0, 0.0])
        hu = rng.uniform(2200.0, 9000.0)
        stud_mm = rng.uniform(1.5, 2.0)
        parts = [
            Solid(shape=Cylinder(foot - 0.8 * up, foot + 0.2 * up, 15.0), hu=-850.0, detail=True),
            metal(Cylinder(foot, foot + 0.6 * up, rng.uniform(3.5, 5.5)), hu, 60.0),
            metal(Cylinder(foot, foot + rng.uniform(2.5, 3.6) * up, stud_mm), hu),
        ]
        if rng.random() < 0.5:
            ball = foot + rng.uniform(2.4, 3.2) * up
            parts.append(metal(Ellipsoid(tuple(ball), (stud_mm + 0.4, 1.1, stud_mm + 0.4)), hu))
        add(Decoy.SNAP, foot, *parts)
    for _ in range(int(rng.integers(3, 9))):  # calcified plaques beside the vessel, and grains in fat and muscle
        along = rng.uniform(12.0, SIZE_MM[2] - 12.0)
        near_vessel = rng.random() < 0.6
        place = np.array([100.0 + rng.normal(0.0, 4.5), 14.0 + rng.normal(0.0, 4.0), along])
        if not near_vessel:
            place = np.array([rng.uniform(14.0, 116.0), rng.uniform(6.0, 38.0), along])
        lumps = [
            Solid(
                shape=Ellipsoid(tuple(place + rng.normal(0.0, 1.2, 3)), tuple(rng.uniform(0.5, 1.9, 3))),
                hu=rng.uniform(500.0, 1500.0),
                detail=True,
            )
            for _ in range(int(rng.integers(1, 5)))
        ]
        add(Decoy.CALCIFICATION, place, *lumps)
    if rng.random() < 0.6:  # a pedicle screw
        start = np.array([0.5 * SIZE_MM[0] + rng.choice([-1, 1]) * 14.0, 30.0, rng.uniform(25, 85)])
        end = np.array([0.5 * SIZE_MM[0], 4.0, start[2] + rng.uniform(-6, 6)])
        add(
            Decoy.SCREW,
            start,
            metal(Cylinder(start, end, rng.uniform(1.8, 3.0)), 9000.0, 250.0),
            metal(Ellipsoid(tuple(start), (5.0, 4.0, 5.0)), 9000.0),
        )
    if rng.random() < 0.3:  # a rod along the spine
        x = rng.uniform(25.0, 40.0)
        ends = np.array([(x, 22.0, 15.0), (x + rng.uniform(-8, 8), 20.0, 98.0)])
        add(Decoy.ROD, ends.mean(axis=0), metal(Tube(ends, np.full(2, 3.0)), 8000.0, 350.0))
    if rng.random() < 0.5:  # clips and wires: thin, bright, in fat or muscle
        start = np.array([rng.uniform(15, 115), rng.uniform(8.0, 38.0), rng.uniform(15, 95)])
        add(
            Decoy.WIRE,
            start,
            metal(Cylinder(start, start + rng.normal(0.0, 3.0, 3) + (3.0, 0.0, 2.0), rng.uniform(0.3, 0.6)), 9000.0),
        )
    return found, solids
