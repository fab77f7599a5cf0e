"""How soon a plane that is dragged by hand says what it means: cut lines, margins, everything it cuts.

    python -m benchmarks.planning [--planes 200] [--record]

The case is SYNTHETIC: the phantom, outlined on voxels of 1 mm, with at least 200,000 triangles. Every plane stands a
little beside and askew of the one before, as a hand drags it over the sacrum.

| way | what |
|---|---|
| ours | `plane_facts`: cut lines, areas, every structure cut, least and mean distance, angles, side |
| plain numpy | cut lines and areas of every triangle of every structure, and distances of every vertex of the tumour |
| ray casting | Open3D's scenes built anew for each plane: rays along the rectangle find what is cut, and how far the
  tumour is from its points, both on a grid of 1 mm; no lines, areas, mean or sides |
| whole road | from `try_plane` sent by a console to `plane_tried` read by it, through a host of all its processes |

What ours and numpy find is compared on every plane, so that neither is fast by being wrong.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import open3d as o3d
from numpy.typing import NDArray

from benchmarks.goal_table import record
from benchmarks.streaming_pieces import Goal
from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host, HostAddresses
from orview.edge.host.plane_wire import wire_from_plane
from orview.edge.plans import PlannedCase
from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.refine import refine
from orview.mesh.surface import Surface
from orview.plan.assess import PlaneFacts, plane_facts
from orview.plan.cut_plane import CutPlane
from orview.plan.ground import Ground
from orview.protocol.drafting import DraftState, OpenPlan, PlanDraft, PlaneTried, TryPlane
from orview.protocol.messages import SelectCase
from orview.segment.anatomy import Kind
from orview.sim.phantom import Phantom, build_phantom
from orview.sim.planned import planned
from tests.bony import stored_case
from tests.integration.small_room import FilmedBoard, console, host_config

RESULTS = Path(__file__).resolve().parent / "results" / "planning.md"
ASKED_MS, LEAST_TRIANGLES = 100.0, 200_000
WANDER_MM, WANDER_DEG = 0.6, 0.5
GRID_MM = 1.0
_WARMING = 3
_FEWER = 10
"""The other ways are slow: one plane of so many is asked of them."""

Floats = NDArray[np.float64]
Found = tuple[frozenset[str], float]
"""What is cut, and the least distance to the tumour, mm."""


def phantom_surfaces(phantom: Phantom) -> dict[str, Surface]:
    """Every structure of a phantom as the product makes its finest surface of it."""
    outlines, _ = outlines_of(Segmentation(label_maps=(phantom.labels,)), phantom.volume)
    return {outline.anatomy.key: refine(outline.field).finest for outline in outlines}


def dragged(first: CutPlane, count: int) -> Iterator[CutPlane]:
    """Planes as a hand drags one: each a little beside the one before, never far from where it began."""
    rng = np.random.default_rng(9)
    aside, turned = np.zeros(3), np.zeros(3)
    for _ in range(count):
        aside = 0.98 * aside + rng.normal(0.0, WANDER_MM, 3)
        turned = 0.98 * turned + rng.normal(0.0, np.radians(WANDER_DEG), 3)
        turn = rotations_from_vectors(turned[None])[0]
        yield CutPlane.of(
            key=first.key,
            name=first.name,
            center_mm=first.center_mm + aside,
            kept_normal=turn @ first.kept_normal,
            along=turn @ first.along,
            width_mm=first.width_mm,
            height_mm=first.height_mm,
        )


def by_numpy(plane: CutPlane, ground: Ground) -> Found:
    """Ask every triangle of every structure, as one would write it down first."""
    cut = set()
    for body in ground.cuttable:
        if body.kind is Kind.SKIN or not len(body.surface.triangles):
            continue
        corners = body.surface.vertices_mm[body.surface.triangles]
        heights = plane.heights_mm(corners)
        above = heights >= 0.0
        rows = above.any(axis=1) & ~above.all(axis=1)
        if rows.any() and _meets(plane, corners[rows], heights[rows]):
            cut.add(body.key)
    corners = ground.tumour.vertices_mm[ground.tumour.triangles]
    middles = corners.mean(axis=1)
    plane.distances_mm(middles).mean()
    return frozenset(cut), float(plane.distances_mm(corners).min())


def _meets(plane: CutPlane, corners: Floats, heights: Floats) -> bool:
    """Whether the segments of straddling triangles (N, 3, 3) reach into the rectangle, walked in tenths."""
    ends = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        with np.errstate(divide="ignore", invalid="ignore"):
            part = heights[:, a] / (heights[:, a] - heights[:, b])
        crossing = (heights[:, a] >= 0.0) != (heights[:, b] >= 0.0)
        met = corners[:, a] + part[:, None] * (corners[:, b] - corners[:, a])
        ends.append(np.where(crossing[:, None], met, np.nan))
    three = np.stack(ends, axis=1)
    begins, finishes = np.nanmin(three, axis=1), np.nanmax(three, axis=1)
    steps = np.linspace(0.0, 1.0, 11)[:, None, None]
    return bool(plane.within(begins + steps * (finishes - begins)).any())


def by_rays(plane: CutPlane, ground: Ground) -> Found:
    """Build Open3D's scene anew and cast rays along the rectangle, a row every millimetre."""
    scene = o3d.t.geometry.RaycastingScene()
    keys = {}
    for body in ground.cuttable:
        if body.kind is not Kind.SKIN and len(body.surface.triangles):
            keys[_added(scene, body.surface)] = body.key
    u, v = (
        np.arange(-0.5 * side_mm, 0.5 * side_mm, GRID_MM) + 0.5 * GRID_MM
        for side_mm in (plane.width_mm, plane.height_mm)
    )
    rows = plane.center_mm - 0.5 * plane.width_mm * plane.along + v[:, None] * plane.upward
    rays = np.concatenate([rows, np.broadcast_to(plane.along, rows.shape)], axis=1)
    crossed = scene.list_intersections(o3d.core.Tensor.from_numpy(rays.astype(np.float32)))
    inside = crossed["t_hit"].numpy() <= plane.width_mm
    cut = {keys[int(number)] for number in np.unique(crossed["geometry_ids"].numpy()[inside])}
    tumour = o3d.t.geometry.RaycastingScene()
    _added(tumour, ground.tumour)
    points = plane.center_mm + u[:, None, None] * plane.along + v[None, :, None] * plane.upward
    distances = tumour.compute_distance(o3d.core.Tensor.from_numpy(points.reshape(-1, 3).astype(np.float32)))
    return frozenset(cut), float(distances.numpy().min())


def _added(scene: "o3d.t.geometry.RaycastingScene", surface: Surface) -> int:
    return int(
        scene.add_triangles(
            o3d.core.Tensor.from_numpy(surface.vertices_mm.astype(np.float32)),
            o3d.core.Tensor.from_numpy(surface.triangles.astype(np.uint32)),
        )
    )


def timed(way: Callable[[CutPlane], object], planes: list[CutPlane]) -> tuple[Floats, list[object]]:
    """Return how long each plane took (N,), ms, and what was found."""
    for plane in planes[:_WARMING]:
        way(plane)
    took, found = [], []
    for plane in planes:
        began_s = time.perf_counter()
        found.append(way(plane))
        took.append(1000.0 * (time.perf_counter() - began_s))
    return np.array(took), found


async def whole_road(addresses: HostAddresses, case_id: str, planes: list[CutPlane]) -> Floats:
    """Return how long each plane took from the console and back to it (N,), ms."""
    took = []
    async with console(addresses) as nurse:
        await nurse.say(SelectCase(case_id=case_id))
        await nurse.say(OpenPlan())
        await nurse.until(lambda m: isinstance(m, PlanDraft) and m.state is DraftState.READY, timeout_s=60.0)
        for number, plane in enumerate(planes):
            told = TryPlane(number=number, plane=wire_from_plane(plane))
            began_s = time.perf_counter()
            await nurse.say(told)
            await nurse.until(lambda m, number=number: isinstance(m, PlaneTried) and m.number == number)
            took.append(1000.0 * (time.perf_counter() - began_s))
    return np.array(took[_WARMING:])


def words(took_ms: Floats) -> str:
    """A row's numbers as people read them."""
    return f"p50 {np.percentile(took_ms, 50):.1f} ms, p95 {np.percentile(took_ms, 95):.1f} ms"


def say(name: str, text: str) -> None:
    """Print one line."""
    sys.stdout.write(f"{name:<28}{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure, print, and with --record keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--planes", type=int, default=200)
    parser.add_argument("--record", action="store_true", help="keep the table in benchmarks/results/planning.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        goals = measured(Path(name), options.planes)
    if options.record:
        record(RESULTS, goals)
    sys.exit(0 if all(goal.met for goal in goals) else 1)


def measured(folder: Path, count: int) -> list[Goal]:
    """Measure every way on the same planes."""
    phantom = build_phantom(board=load_board("patient_flat"), seed=7)
    store = CaseStore.open(folder / "store")
    case = stored_case(store, phantom_surfaces(phantom))
    on = PlannedCase(case.id, store)
    ground = on.ground
    triangles = sum(len(body.surface.triangles) for body in ground.bodies.values())
    say("case", f"{len(ground.bodies)} structures, {triangles} triangles")
    plan = planned(
        case_digest=case.digest,
        keys=ground.bodies,
        tumour_mm=ground.tumour.vertices_mm,
        sacrum_mm=ground.bodies["sacrum"].surface.vertices_mm,
        landmarks_mm=phantom.landmarks,
    )
    planes = list(dragged(plan.planes[0], count))
    facts_ms, facts = timed(lambda plane: plane_facts(plane, ground), planes)
    say("ours", words(facts_ms))
    some = planes[::_FEWER]
    numpy_ms, plain = timed(lambda plane: by_numpy(plane, ground), some)
    say("plain numpy", words(numpy_ms))
    rays_ms, cast = timed(lambda plane: by_rays(plane, ground), some)
    say("ray casting", words(rays_ms))
    ours = [_found(one) for one in facts[::_FEWER] if isinstance(one, PlaneFacts)]
    alike = sum(one == other[0] for (one, _), other in zip(ours, plain, strict=True))  # type: ignore[index]
    say("cut alike by numpy", f"{alike} of {len(ours)}")
    apart_mm = max(abs(one[1] - other[1]) for one, other in zip(ours, cast, strict=True))  # type: ignore[index]
    say("distance by rays, apart", f"at most {apart_mm:.2f} mm on a grid of {GRID_MM:.0f} mm")
    with FilmedBoard(folder / "camera.slot") as film, Host(host_config(folder, f"slot:{film.path}")) as host:
        road_ms = asyncio.run(whole_road(host.wait_ready(), case.id, planes))
    say("whole road", words(road_ms))
    p95, half = float(np.percentile(road_ms, 95)), float(np.median(facts_ms))
    return [
        Goal(
            name="triangles of the case",
            asked=f"at least {LEAST_TRIANGLES}",
            reached=str(triangles),
            met=triangles >= LEAST_TRIANGLES,
        ),
        Goal(
            name="a plane measured",
            asked=f"p95 within {ASKED_MS:.0f} ms",
            reached=words(facts_ms),
            met=bool(np.percentile(facts_ms, 95) < ASKED_MS),
        ),
        Goal(
            name="a plane from the console and back, through a host",
            asked=f"p95 within {ASKED_MS:.0f} ms",
            reached=words(road_ms),
            met=p95 < ASKED_MS,
        ),
        Goal(
            name="ours to plain numpy, median",
            asked="below 0.5",
            reached=f"{half:.1f} / {np.median(numpy_ms):.1f} ms = {half / np.median(numpy_ms):.2f}",
            met=bool(half < 0.5 * np.median(numpy_ms)),
        ),
        Goal(
            name="ours to ray casting with a scene made anew, median",
            asked="below 0.5",
            reached=f"{half:.1f} / {np.median(rays_ms):.1f} ms = {half / np.median(rays_ms):.2f}",
            met=bool(half < 0.5 * np.median(rays_ms)),
        ),
        Goal(
            name="planes on which numpy finds the same structures cut",
            asked="all",
            reached=f"{alike} of {len(ours)}",
            met=alike == len(ours),
        ),
    ]


def _found(facts: PlaneFacts) -> Found:
    return frozenset(cut.body.key for cut in facts.cuts), facts.tumour.least_mm


if __name__ == "__main__":
    main()
