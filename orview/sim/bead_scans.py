"""Scans of a back with beads on it and all that could be taken for beads, each with the true centres.

A piece of a patient lying prone: skin, fat, muscle, bone, vessels; a plate on posts 10 to 40 mm above the skin. Beads
of 2 to 6 mm of one material sit in plastic on the plate's posts or on the skin. Around them is what bright small
things a CT shows: bolts, electrode snaps, calcified vessels, screws and rods in bone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Provenance, SourceKind, Volume
from orview.sim.back import SIZE_MM, Cylinder, Places, back_solids, draw_plate, skin_y
from orview.sim.decoys import Decoy, draw_decoys
from orview.sim.scanner import Scanner, Solid
from orview.sim.shapes import Ellipsoid

MATERIALS_HU = {
    "ceramic": (2300.0, 2900.0),
    "titanium": (4500.0, 8000.0),
    "steel": (9000.0, 14000.0),
    "tantalum": (15000.0, 24000.0),
}


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
    solids = back_solids(rng)
    places = Places(rng)
    truth, on_skin = [], []
    board, board_solids = draw_plate(rng)
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
    decoys, decoy_solids = draw_decoys(rng, places)
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


def _on_board(
    rng: np.random.Generator, places: Places, underside: Callable[[float, float], float], radius_mm: float
) -> tuple[NDArray[np.float64], list[Solid]]:
    """Draw a bead on a post under the plate, or let into it, 10 to 40 mm above the skin."""
    let_in = rng.random() < 0.3
    below_mm = rng.uniform(-2.5, -1.0) if let_in else rng.uniform(5.0, 14.0)

    def place(x: float, z: float) -> NDArray[np.float64]:
        return np.array([x, min(max(underside(x, z) - below_mm, skin_y(x) + 10.0), skin_y(x) + 40.0), z])

    centre = places.draw(place)
    plastic_hu = rng.uniform(-30.0, 160.0)
    if let_in:
        return centre, [Solid(shape=Ellipsoid(tuple(centre), (radius_mm + 0.1,) * 3), hu=plastic_hu, detail=True)]
    lean_x, lean_z = rng.uniform(-6.0, 6.0, 2)
    foot = np.array([centre[0] + lean_x, underside(centre[0], centre[2]), centre[2] + lean_z])
    return centre, [
        Solid(shape=Cylinder(centre, foot, rng.uniform(1.2, 2.2)), hu=plastic_hu, detail=True),
        Solid(shape=Ellipsoid(tuple(centre), (radius_mm + rng.uniform(0.8, 2.2),) * 3), hu=plastic_hu, detail=True),
    ]


def _on_skin(rng: np.random.Generator, places: Places, radius_mm: float) -> tuple[NDArray[np.float64], list[Solid]]:
    """Draw a bead in a plastic cap or a ring of foam, stuck to the skin."""
    above_mm = radius_mm + rng.uniform(0.2, 1.5)
    centre = places.draw(lambda x, z: np.array([x, skin_y(x) + above_mm, z]))
    foot = centre - np.array([0.0, above_mm, 0.0])
    if rng.random() < 0.5:
        top = foot + np.array([0.0, rng.uniform(1.0, 2.5), 0.0])
        pad = Cylinder(foot, top, radius_mm + rng.uniform(2.0, 5.0))
        return centre, [Solid(shape=pad, hu=rng.uniform(-900.0, -600.0), detail=True)]
    cap = Ellipsoid(tuple(centre), (radius_mm + rng.uniform(0.6, 1.5),) * 3)
    return centre, [Solid(shape=cap, hu=rng.uniform(-50.0, 150.0), detail=True)]
