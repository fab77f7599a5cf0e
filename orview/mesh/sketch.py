"""A rough surface in a few milliseconds, from blocks of voxels, to look at until the true one is there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.field import Field, field_of_mask
from orview.image.volume import shifted
from orview.mesh.cells import crossed_cells
from orview.mesh.nets import Net, net_of
from orview.mesh.parts import Parts, in_parts
from orview.mesh.refine import padded_mask, surface_of
from orview.mesh.smooth_field import PAD

MERGE_ABOVE = 1_000

MANY_VOXELS = 40_000
"""What has more voxels inside is halved along each axis, twice at the most; thin and small things stay as they are."""

MOST_HALVINGS = 2

DEPTH = 16
"""Slices halved together, an even number and few enough to stay near the processor."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Sketch:
    """A rough surface.

    Attributes:
        pieces: its connected parts.
        block: voxels along each axis that count as one.
    """

    pieces: Parts
    block: int


def sketched(field: Field) -> Sketch:
    """Return the surface of a field, where it is large from blocks of voxels; empty where there is nothing.

    A block of eight voxels counts as inside when as many of them are as keeps the number of voxels; so thin things do
    not vanish as a whole, though parts of them can. Never for measuring.
    """
    inside = np.asarray(field.array if field.binary else field.array > field.level, dtype=bool)
    block = 1
    while block < 2**MOST_HALVINGS and np.count_nonzero(inside) > MANY_VOXELS:
        inside, block = _halved(inside.view(np.uint8)), 2 * block
    grown = np.diag([float(block)] * 3 + [1.0])
    grown[:3, 3] = 0.5 * (block - 1)
    patient_from_block = AffineTransform(
        Frame.PATIENT, Frame.VOXEL, np.asarray(field.patient_from_voxel.matrix) @ grown
    )
    padded = padded_mask(field_of_mask(inside, patient_from_block))
    net = net_of(padded, crossed_cells(padded), merge_above=MERGE_ABOVE)
    surface = surface_of(net, _smoothed(net), shifted(patient_from_block, (-PAD, -PAD, -PAD)))
    pieces, filled = in_parts(surface, net.filled)
    voxel_mm3 = abs(patient_from_block.determinant)
    return Sketch(pieces=pieces.with_volumes(filled * voxel_mm3, most_mm=0.5 * float(np.cbrt(voxel_mm3))), block=block)


def _smoothed(net: Net) -> NDArray[np.float32]:
    """Return the vertices (N, 3) of a net half-way to the mean of their neighbours: steps fold up when thinned out."""
    corners = np.ascontiguousarray(net.quads.T, dtype=np.intp)
    count = len(net.vertices)
    # A quad's sides; a triangle's last two corners are alike, and a vertex beside itself stays.
    members = sum(np.bincount(corner, minlength=count) for corner in corners) * 2.0
    places = np.empty_like(net.vertices)
    for axis, along in enumerate(np.ascontiguousarray(net.vertices.T)):
        at = [along[corner] for corner in corners]
        sums = sum(np.bincount(corners[n], weights=at[n - 1] + at[(n + 1) % 4], minlength=count) for n in range(4))
        places[:, axis] = 0.5 * (along + sums / np.maximum(members, 1.0))
    return places


def _halved(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return a mask (K, J, I) of 0 and 1 with half as many voxels along each axis, of about the same volume."""
    filled = np.concatenate([_blocks(mask[first : first + DEPTH]) for first in range(0, len(mask), DEPTH)])
    # Blocks with at least 1, 2 ... 8 voxels inside; a block stands for eight.
    kept = np.array([np.count_nonzero(filled >= n) for n in range(1, 9)])
    least = 1 + int(np.argmin(np.abs(8 * kept - kept.sum())))
    return np.asarray(filled >= least)


def _blocks(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how many voxels of each block of eight are inside."""
    odd = [size % 2 for size in mask.shape]
    if any(odd):
        mask = np.pad(mask, [(0, one) for one in odd])
    layers = mask[::2] + mask[1::2]
    # Two voxels at a time: neighbours along a row are the halves of one number.
    pairs = (layers[:, ::2] + layers[:, 1::2]).view(np.uint16)
    return np.asarray((pairs & np.uint16(255)) + (pairs >> np.uint16(8)), dtype=np.uint8)
