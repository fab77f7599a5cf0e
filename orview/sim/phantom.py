"""A patient who does not exist: a CT with labels, a marker board on the back, and the truth of everything.

The patient lies prone, head first (HFP). The image is synthetic and says so in its provenance.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.geometry.rigid import RigidTransform
from orview.image.volume import Provenance, SourceKind, Volume
from orview.markers.board import Board
from orview.segment.anatomy import STANDARD
from orview.segment.masks import LabelMap
from orview.sim import fixture
from orview.sim.patient import LyingPatient, lay_patient
from orview.sim.pelvis import Pelvis
from orview.sim.shapes import Box, Ellipsoid
from orview.sim.voxels import Canvas, Grid, blurred, refined, smooth_field

NOISE_HU = 18.0
BLUR_VOXEL = 0.45
BEAD_HU = 2900.0
PLATE_HU = 60.0
POST_HU = 0.0
FOAM_HU = -940.0
SKIN_MM = 2.5
FAT_MM = 13.0
SKIN_HU, FAT_HU, MUSCLE_HU = 20.0, -90.0, 52.0

# Inside; bones also the rind and its thickness.
_TISSUE_HU: Mapping[str, tuple[float, float | None, float]] = {
    "bladder": (8.0, None, 0.0),
    "rectum": (25.0, None, 0.0),
    "hip": (210.0, 1100.0, 2.2),
    "femur": (240.0, 1200.0, 2.8),
    "vertebra": (200.0, 900.0, 1.6),
    "sacrum": (190.0, 920.0, 1.8),
    "iliac_vein": (150.0, None, 0.0),
    "iliac_artery": (195.0, None, 0.0),
    "tumour": (68.0, None, 0.0),
    "nerve": (34.0, None, 0.0),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Phantom:
    """The image of a phantom and the truth behind it.

    Attributes:
        volume: int16 CT, HU.
        labels: on the same grid; the names are anatomy keys.
        patient_from_board: where the board truly is.
        beads_patient_mm: (N, 3) true centres, in the order of `Board.beads_board_mm`.
        tumour_centre_patient_mm: (3,) centre of mass of the tumour.
        landmarks: named points (3,), patient mm.
        patient: the solids the image was painted from.
    """

    volume: Volume
    labels: LabelMap
    patient_from_board: RigidTransform
    beads_patient_mm: NDArray[np.float64]
    tumour_centre_patient_mm: NDArray[np.float64]
    landmarks: Mapping[str, NDArray[np.float64]]
    patient: LyingPatient

    @property
    def pelvis(self) -> Pelvis:
        """The anatomy, patient frame."""
        return self.patient.pelvis


def build_phantom(*, board: Board, seed: int = 0, spacing_mm: float = 1.0) -> Phantom:
    """Build one phantom: equal arguments give equal bytes.

    Args:
        board: laid over the sacrum with its beads.
        seed: another seed is another patient.
        spacing_mm: of the voxels, alike along all axes.

    Raises:
        RefusedError: the board does not fit on the back.
    """
    patient = lay_patient(board, seed=seed)
    pelvis, patient_from_board = patient.pelvis, patient.patient_from_board
    beads = patient_from_board.apply(board.beads_board_mm)
    rng = np.random.default_rng([seed, 1])

    grid = Grid.prone(
        _field_of_view(pelvis, np.vstack([patient_from_board.apply(fixture.plate_corners_mm(board)), beads])),
        spacing_mm=spacing_mm,
    )
    canvas = Canvas(grid)
    numbers = {key: number for number, key in enumerate(STANDARD, start=1) if key in pelvis.structures or key == "skin"}
    canvas.paint(fixture.foam(board, patient_from_board), FOAM_HU)
    _paint_body(canvas, pelvis, numbers["skin"], rng)
    canvas.paint(pelvis.pelvic_fat, FAT_HU)
    centres = {}
    for key, solid in pelvis.structures.items():
        hu, shell_hu, shell_mm = next(row for name, row in _TISSUE_HU.items() if key.startswith(name))
        centres[key] = canvas.paint(solid, hu, label=numbers[key], shell_hu=shell_hu, shell_mm=shell_mm)
    tumour_centre = centres["tumour"]
    if tumour_centre is None:
        raise ContractError("The tumour of a phantom lies in its field of view.")
    canvas.paint(fixture.plate(board, patient_from_board), PLATE_HU)
    for post in fixture.posts(board, patient_from_board):
        canvas.paint(post, POST_HU)
    for bead in beads:
        canvas.paint(Ellipsoid(tuple(bead), (fixture.SOCKET_RADIUS_MM,) * 3), POST_HU)
        canvas.paint_ball(bead, 0.5 * board.bead_diameter_mm, BEAD_HU)

    array = _scanned(canvas.hu, rng)
    volume = Volume(
        array=array,
        patient_from_voxel=grid.patient_from_voxel,
        provenance=Provenance(
            modality="CT",
            series_text="SYNTHETIC phantom, pelvis, prone",
            slices=array.shape[0],
            source_kind=SourceKind.PHANTOM,
            source_digest=hashlib.sha256(array.tobytes()).hexdigest(),
            synthetic=True,
        ),
    )
    labels = LabelMap(
        array=canvas.labels,
        patient_from_voxel=grid.patient_from_voxel,
        names={number: key for key, number in numbers.items()},
        colors_srgb={number: STANDARD[key].color_srgb for key, number in numbers.items()},
    )
    landmarks = {**pelvis.landmarks_patient_mm, "tumour": tumour_centre}
    return Phantom(
        volume=volume,
        labels=labels,
        patient_from_board=patient_from_board,
        beads_patient_mm=beads,
        tumour_centre_patient_mm=tumour_centre,
        landmarks=MappingProxyType(landmarks),
        patient=patient,
    )


def _field_of_view(pelvis: Pelvis, board_patient_mm: NDArray[np.float64]) -> Box:
    """Return what the scanner sees: all of the pelvis and, whatever its tilt, all of the board."""
    drawn = pelvis.patient_from_pelvis(np.array([(-172.0, -90.0, -96.0), (172.0, 140.0, 146.0)]))
    return Box.of([Box(drawn[0], drawn[1]), Box.around(board_patient_mm, 12.0)])


def _paint_body(canvas: Canvas, pelvis: Pelvis, skin: int, rng: np.random.Generator) -> None:
    spacing = canvas.grid.spacing_mm
    depth = smooth_field(pelvis.body, canvas.grid, step=max(1, round(3.0 / spacing)))
    scale = 1.0 / spacing
    # Three nested solids, each laid over the one around it: skin, fat, muscle.
    layer = np.empty_like(depth)
    for inset, around, hu in ((0.0, None, SKIN_HU), (SKIN_MM, SKIN_HU, FAT_HU), (FAT_MM, FAT_HU, MUSCLE_HU)):
        np.multiply(depth, -scale, out=layer)
        layer += 0.5 - inset * scale
        np.clip(layer, 0.0, 1.0, out=layer)
        if around is None:
            canvas.hu += layer * (hu - canvas.hu)
        else:
            layer *= hu - around
            canvas.hu += layer
    # Tissue is nowhere even: a slow mottle of about 10 HU.
    step = max(1, round(9.0 / spacing))
    coarse = rng.standard_normal([(count - 1) // step + 2 for count in canvas.grid.shape], dtype=np.float32)
    mottle = refined(coarse, canvas.grid.shape, step=step)
    mottle *= 16.0
    canvas.hu += np.where(depth < 0.0, mottle, np.float32(0.0))
    canvas.labels[(depth <= 0.0) & (depth > -SKIN_MM)] = skin


def _scanned(hu: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int16]:
    """Return what a scanner makes of it: a slight blur, and noise that is a little alike from pixel to pixel."""
    image = blurred(hu, sigma_voxel=BLUR_VOXEL)
    noise = blurred(rng.standard_normal(hu.shape, dtype=np.float32), sigma_voxel=BLUR_VOXEL)
    noise *= NOISE_HU / float(noise[:: max(1, len(noise) // 16)].std())
    image += noise
    np.clip(image, -1024.0, 3071.0, out=image)
    return np.rint(image, out=image).astype(np.int16)
