"""Label map to models, beside 3D Slicer's recipe and the strongest chain found, on shapes whose surface is known.

    python -m benchmarks.models [--record] [--quick]

Everybody starts from the label map in memory and ends with the bytes of three GLBs; the rivals get the product's
number of triangles for each structure and level, and the same judge scores everybody (`benchmarks.model_truth`).
Ratios are the result; times are this machine's. All scenes are SYNTHETIC.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks import model_scenes
from benchmarks.model_goals import Goals
from benchmarks.model_greys import bones_from_greys
from benchmarks.model_ours import Models, blank, labelled, models_of
from benchmarks.model_peers import CHAINS, Peers, Run
from benchmarks.model_scenes import KnownScene
from benchmarks.model_score import Judge, LevelScore, lowest_claim
from orview import __version__
from orview.model.glb import write_glb
from orview.model.preview import quick_preview
from orview.segment.parallel import Parallel

RESULTS = Path(__file__).resolve().parent / "results" / "models.md"
HEADER = (
    "# Label map to models: ours beside 3D Slicer's recipe (VTK) and the strongest chain found, made by "
    "`python -m benchmarks.models` (SYNTHETIC shapes)\n\n"
    "Levels are 200 k / 50 k / 10 k triangles, equal for all. Slicer: its surface recipe on the whole volume and "
    "vtkQuadricDecimation; chain: the same recipe cropped and fast-simplification.\n\n"
    "| version | machine | label map to three GLBs, s | times faster: Slicer, chain | "
    "bone on an oblique grid, rms mm | Slicer's | thin parts kept | Slicer's | thin: Hausdorff mm, volume % | "
    "lowest claim / truth | open, non-manifold | GLB KiB | first picture ms | 512x512x800: s, MB | "
    "CT folder to GLBs, s | bone from greys, rms mm | goals reached |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"
)
REPEATS = 5
LEVELS = ("200 k", "50 k", "10 k")
THIN = ("nerves", "crumbs", "shells")
KIB = 1024.0


def triple(numbers: Sequence[float], digits: int) -> str:
    """Return numbers as `a / b / c`."""
    return " / ".join(f"{number:.{digits}f}" for number in numbers)


def show(title: str, chains: dict[str, Sequence[LevelScore]]) -> None:
    """Print what each chain made of a scene, a line a level."""
    print(f"\n{title}")
    print("                level  triangles  rms mm  Hausdorff mean, max mm  volume %  parts kept  open  non-manifold")
    for chain, levels in chains.items():
        for level, score in zip(LEVELS, levels, strict=True):
            kept, held = score.parts
            print(
                f"  {chain:12s} {level:>6s} {score.triangles:10d} {score.rms_mm:7.3f} {score.mean_hausdorff_mm:16.2f}, "
                f"{score.hausdorff_mm:5.2f} {100 * score.volume_fraction:9.2f} {kept:6d} of {held:2d} "
                f"{score.faults[0]:5d} {score.faults[1]:13d}"
            )


def show_bones(scene: KnownScene, chains: dict[str, Sequence[LevelScore]]) -> None:
    """Print how each chain did on each bone, all levels in a line."""
    for bone in scene.bones:
        for chain, levels in chains.items():
            errors = [one.error for level in levels for one in level.solids if one.name == bone.name]
            print(
                f"  {bone.name:12s} {chain:8s} rms {triple([error.rms_mm for error in errors], 3)} mm, "
                f"Hausdorff {triple([error.hausdorff_mm for error in errors], 2)} mm, "
                f"volume {triple([100 * error.volume_fraction for error in errors], 2)} %"
            )


def judged(judge: Judge, ours: Models, runs: dict[str, Run]) -> dict[str, list[LevelScore]]:
    """Return the scores by chain, finest level first."""
    chains = {"ours": [judge.score(ours.surfaces(n)) for n in range(len(LEVELS))]}
    return chains | {chain: [judge.score(surfaces) for surfaces in run.levels] for chain, run in runs.items()}


def raced(scene: KnownScene, parallel: Parallel, folder: Path, *, repeats: int) -> tuple[Models, dict[str, Run], dict]:
    """Run all chains in turn; return the last results and the median seconds by chain."""
    volume = blank(scene.labels)
    ours = models_of(scene.labels, volume, parallel=parallel)
    seconds: dict[str, list[float]] = {"ours": [], **{chain: [] for chain in CHAINS}}
    with Peers(scene, folder) as peers:
        for n in range(repeats):
            ours = models_of(scene.labels, volume, parallel=parallel)
            seconds["ours"].append(ours.total_s)
            runs = {chain: peers.run(chain, ours.targets(), save=n == repeats - 1) for chain in CHAINS}
            for chain, run in runs.items():
                seconds[chain].append(run.seconds)
    return ours, runs, {chain: float(np.median(times)) for chain, times in seconds.items()}


def speed(goals: Goals, parallel: Parallel, folder: Path, *, repeats: int) -> None:
    """Measure the pelvis: time, truth, sizes, claims, first picture."""
    scene = model_scenes.pelvis()
    ours, runs, seconds = raced(scene, parallel, folder, repeats=repeats)
    judge = Judge(scene)
    scores = judged(judge, ours, runs)
    show(f"{scene.name}, {_size(scene)}, eight labels; median of {repeats}", scores)
    print("  " + ", ".join(f"{chain} {s:.3f} s" for chain, s in seconds.items()))
    print("  ours: " + ", ".join(f"{stage} {1000 * s:.0f} ms" for stage, s in ours.seconds.items()))
    goals.seconds = seconds["ours"]
    goals.ratios = {chain: seconds[chain] / seconds["ours"] for chain in CHAINS}
    goals.glb_kib = [len(glb) / KIB for glb in ours.glbs]
    goals.plain_kib = [count / KIB for count in runs["slicer"].bytes]
    goals.preview_ms = first_picture_ms(scene, parallel, repeats=repeats)
    show_bones(scene, scores)
    goals.add_surfaces(scores["ours"])
    for n, score in enumerate(scores["ours"]):
        goals.add_claim(f"{scene.name} {LEVELS[n]}", lowest_claim(score, ours.claims(n)))


def first_picture_ms(scene: KnownScene, parallel: Parallel, *, repeats: int) -> float:
    """Return the median time to the first GLB anybody can look at."""
    volume = blank(scene.labels)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        preview = quick_preview(labelled(scene.labels, volume, parallel=parallel), synthetic=True, parallel=parallel)
        write_glb(preview, compressed=True, parallel=parallel)
        times.append(1000.0 * (time.perf_counter() - start))
    return float(np.median(times))


def other_bones(goals: Goals, parallel: Parallel, folder: Path, *, scene: KnownScene) -> None:
    """Measure the bones that are judged."""
    ours, runs, _ = raced(scene, parallel, folder, repeats=1)
    scores = judged(Judge(scene), ours, runs)
    show(f"{scene.name}, {_size(scene)}, oblique", scores)
    show_bones(scene, scores)
    goals.bones = scores
    goals.add_surfaces(scores["ours"])
    for n, score in enumerate(scores["ours"]):
        goals.add_claim(f"{scene.name} {LEVELS[n]}", lowest_claim(score, ours.claims(n)))


def thin_parts(goals: Goals, parallel: Parallel, folder: Path, *, slice_mm: float) -> None:
    """Measure tubes, crumbs and shells beside a bone."""
    scene = model_scenes.thin(slice_mm=slice_mm)
    ours, runs, _ = raced(scene, parallel, folder / f"{slice_mm:g}", repeats=1)
    scores = judged(Judge(scene), ours, runs)
    chains = {chain: [level.only(THIN) for level in levels] for chain, levels in scores.items()}
    show(f"{scene.name}, {_size(scene)}; the 27 parts without the bone beside them", chains)
    for one in chains["ours"][0].solids:
        print(
            f"  200 k {one.name}: Hausdorff {one.error.hausdorff_mm:.2f} mm, "
            f"volume {100 * one.error.volume_fraction:+.1f} % of the true one and "
            f"{100 * one.label_volume_fraction:+.1f} % of the voxels'; "
            f"{one.pieces} pieces, the voxels hold {one.held} (26 neighbours)"
        )
    goals.add_surfaces(scores["ours"])
    goals.add_thin(slice_mm, chains)
    if slice_mm == 1.0:
        for n, score in enumerate(scores["ours"]):
            goals.add_claim(f"{scene.name} {LEVELS[n]}", lowest_claim(score, ours.claims(n)))


def large(goals: Goals, folder: Path) -> None:
    """Measure memory on 512 x 512 x 800 voxels in a process of its own."""
    scene = model_scenes.pelvis(slices=800)
    folder.mkdir()
    np.save(folder / "labels.npy", scene.labels.array)
    np.save(folder / "matrix.npy", scene.labels.patient_from_voxel.matrix)
    (folder / "names.json").write_text(json.dumps(dict(scene.labels.names)), encoding="utf-8")
    answer = _child("memory", folder)
    if answer is not None:
        goals.large_s, goals.large_mb = answer["seconds"], answer["megabytes"]


def folder_to_glbs(goals: Goals) -> None:
    """Measure a real CT folder, where it is there."""
    answer = _child("folder")
    if answer is not None:
        goals.folder_s = answer["seconds"]


def grey_bone(goals: Goals, parallel: Parallel) -> None:
    """Measure bones whose surface follows the greys of a CT with a level nobody is told."""
    goals.grey_rms_mm, claim = bones_from_greys(model_scenes.pelvis(), parallel)
    goals.add_claim("bone from greys", claim)


def _child(mode: str, *arguments: Path) -> dict | None:
    """Run a mode of `benchmarks.model_children`; say why where it cannot."""
    command = [sys.executable, "-m", "benchmarks.model_children", mode, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = (done.stderr.strip().splitlines() or ["no words"])[-1]
    if done.returncode:
        print(f"\n{mode}: not measured ({words})")
        return None
    answer = json.loads(done.stdout.splitlines()[-1])
    print(f"\n{mode}: {answer} {words}")
    return answer


def _size(scene: KnownScene) -> str:
    return "x".join(str(n) for n in reversed(scene.labels.array.shape))


def main() -> None:
    """Run every comparison and print what was reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="append the row to benchmarks/results/models.md")
    parser.add_argument(
        "--quick", action="store_true", help="one run instead of five, no thick slices, no large volume"
    )
    arguments = parser.parse_args()
    if arguments.quick and arguments.record:
        parser.error("a quick run is not recorded")
    goals = Goals()
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(os.cpu_count()) as workers:
        folder, parallel = Path(name), workers.map
        speed(goals, parallel, folder / "pelvis", repeats=1 if arguments.quick else REPEATS)
        other_bones(goals, parallel, folder / "bones", scene=model_scenes.held_out())
        thin_parts(goals, parallel, folder / "thin", slice_mm=1.0)
        if not arguments.quick:
            for slice_mm in (2.5, 5.0):
                thin_parts(goals, parallel, folder / "thin", slice_mm=slice_mm)
            large(goals, folder / "large")
        grey_bone(goals, parallel)
        folder_to_glbs(goals)
    print("\n" + goals.text())
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    row = goals.row(__version__, machine)
    print("\n" + HEADER + row)
    if arguments.record:
        text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADER
        RESULTS.write_text(text + row, encoding="utf-8")


if __name__ == "__main__":
    main()
