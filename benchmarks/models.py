"""CT to models: what cropping, thinning and compression buy, each beside the plain way in the same run.

    python -m benchmarks.models [--record] [--spacing 1.5]

The patient is the SYNTHETIC phantom with its noise. Ratios are the result; times are this machine's.
Distances are two-way to the finest surface of each structure, which is smoothed from the voxels: they tell what
simplification costs, not how true the outline was.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from orview import __version__
from orview.edge.boards import load_board
from orview.image.field import field_of_mask
from orview.image.volume import shifted
from orview.mesh.measure import distance
from orview.mesh.refine import refine
from orview.mesh.simplify import simplify
from orview.mesh.surface import Surface, extract
from orview.model.case import Case
from orview.pipeline import build_case
from orview.segment.masks import LabelMap, label_boxes
from orview.sim.phantom import build_phantom

Result = TypeVar("Result")

RESULTS = Path(__file__).resolve().parent / "results" / "models.md"
HEADER = (
    "# CT to models: ours beside the plain way, made by `python -m benchmarks.models` (SYNTHETIC phantom)\n\n"
    "| version | machine | voxels, structures | whole case, s | surfaces: whole volume / cropped | "
    "sacrum to 5 k: quadric alone / thinned first | rms mm: alone, thinned first | GLB bytes plain / compressed | "
    "preview kB | headset triangles, worst rms mm | nerve roots, worst in any level, mm |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|\n"
)
TRIANGLES = 5000
COMPARED = ("sacrum", "tumour", "nerve_s1_left", "iliac_artery_left")
"""Structures extracted both ways; all of them would cost minutes from the whole volume."""


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return seconds and result of one call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def whole(labels: LabelMap) -> list[Surface]:
    """Return the compared labels' surfaces, each from the whole volume."""
    return [
        extract(field_of_mask(labels.array == value, labels.patient_from_voxel))
        for value, name in labels.names.items()
        if name in COMPARED
    ]


def cropped(labels: LabelMap) -> list[Surface]:
    """Return the compared labels' surfaces, each from its own box; finding the boxes of all labels is included."""
    surfaces = []
    for value, (box, _) in label_boxes(labels.array).items():
        if labels.names[value] not in COMPARED:
            continue
        k, j, i = box.start
        surfaces.append(
            extract(field_of_mask(labels.array[box.slices] == value, shifted(labels.patient_from_voxel, (i, j, k))))
        )
    return surfaces


def nerve_error_mm(case: Case) -> float:
    """Return the largest Hausdorff distance of any nerve root in any level."""
    return max(
        level.errors[structure.key].hausdorff_mm
        for level in case.levels
        for structure in case.structures
        if structure.kind == "nerve"
    )


def main() -> None:
    """Run every comparison once and print the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="append the row to benchmarks/results/models.md")
    parser.add_argument("--spacing", type=float, default=1.0, help="voxel size of the phantom, mm")
    arguments = parser.parse_args()
    phantom = build_phantom(board=load_board("patient_flat"), spacing_mm=arguments.spacing)
    labels = phantom.labels

    cropped_s, _ = timed(lambda: cropped(labels))
    whole_s, _ = timed(lambda: whole(labels))

    (sacrum,) = [value for value, name in labels.names.items() if name == "sacrum"]
    box, _ = label_boxes(labels.array)[sacrum]
    mask = labels.array[box.slices] == sacrum
    refined = refine(field_of_mask(mask, labels.patient_from_voxel))
    alone_s, alone = timed(lambda: simplify(refined.finest, TRIANGLES))
    # `refine` has thinned already; its cost belongs to this side.
    thinned_s, thin = timed(lambda: simplify(refine(field_of_mask(mask, labels.patient_from_voxel)).full, TRIANGLES))
    rms_mm = [distance(refined.finest, surface).rms_mm for surface in (alone, thin)]

    case_s, built = timed(
        lambda: build_case(
            phantom.volume,
            labels,
            case_id="0" * 12,
            name="benchmark",
            created_utc="",
            progress=lambda stage, fraction: None,
        )
    )
    preview, headset, full = built.case.levels
    row = (
        f"| {__version__} | {platform.machine()}, {os.cpu_count()} cores "
        f"| {'x'.join(str(n) for n in reversed(phantom.volume.array.shape))}, {len(built.case.structures)} "
        f"| {case_s:.1f} | {whole_s / cropped_s:.1f} | {alone_s / thinned_s:.1f} "
        f"| {rms_mm[0]:.3f}, {rms_mm[1]:.3f} | {full.plain_bytes / full.bytes:.1f} | {preview.bytes / 1000:.0f} "
        f"| {headset.triangles}, {np.max([error.rms_mm for error in headset.errors.values()]):.3f} "
        f"| {nerve_error_mm(built.case):.2f} |\n"
    )
    print(HEADER + row)
    if arguments.record:
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADER
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text + row, encoding="utf-8")


if __name__ == "__main__":
    main()
