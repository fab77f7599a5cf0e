"""A plan on the phantom: its numbers against the solids the phantom was painted from, sampled far finer."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import SimpleITK

from orview.edge.report.as_html import html_of
from orview.edge.report.as_pdf import pdf_of
from orview.edge.report.plan_contents import NOT_SAFE, PUBLISHED, PlanRecord, plan_contents_of
from orview.geometry.rigid import rotations_from_vectors
from orview.mesh.given import Segmentation, outlines_of
from orview.mesh.refine import refine
from orview.plan.assess import assess, plane_facts
from orview.plan.cut_plane import CutPlane, angle_deg
from orview.plan.document import assessment_document
from orview.plan.ground import Body, Ground
from orview.plan.margins import nearby
from orview.plan.plan import Plan
from orview.plan.reference import s1_end_plate
from orview.segment.anatomy import STANDARD, Kind
from orview.sim.phantom import Phantom
from orview.sim.planned import MARGIN_MM, ROOM_MM, planned
from orview.sim.shapes import distance_at
from tests.cases import a_case, a_structure
from tests.unit.edge.report.pdf_words import words_of_pdf

CASE = "ab" * 32
TOLERANCE_MM = 0.3
NEEDED = ("tumour", "sacrum", "vertebra_l5", "hip_left", "hip_right", "femur_left", "femur_right", "rectum")
COARSE_MM, FINE_MM, AREA_MM, MAP_MM = 1.5, 0.25, 0.5, 0.4
"""Voxels of the phantom are 1 mm: the fine ones are sixty-four times smaller."""


@pytest.fixture(scope="module")
def ground(phantom: Phantom) -> Ground:
    outlines, _ = outlines_of(Segmentation(label_maps=(phantom.labels,)), phantom.volume)
    bodies = {}
    for outline in outlines:
        anatomy = outline.anatomy
        if anatomy.key in NEEDED or anatomy.kind is Kind.NERVE:
            bodies[anatomy.key] = Body(
                key=anatomy.key,
                name=anatomy.name,
                kind=anatomy.kind,
                side=anatomy.side,
                rigid=anatomy.rigid,
                surface=refine(outline.field).finest,
            )
    return Ground.of(bodies)


@pytest.fixture(scope="module")
def plan(phantom: Phantom, ground: Ground) -> Plan:
    return planned(
        case_digest=CASE,
        keys=ground.bodies,
        tumour_mm=ground.tumour.vertices_mm,
        sacrum_mm=ground.bodies["sacrum"].surface.vertices_mm,
        landmarks_mm=phantom.landmarks,
    )


def out_of_tumour_mm(phantom: Phantom, points: np.ndarray) -> np.ndarray:
    """How far points lie outside the tumour, below zero inside: roots are painted after it and take its place."""
    solids = phantom.pelvis.structures
    heights = distance_at(solids["tumour"], points)
    inside = heights < 0.0
    for key, solid in solids.items():
        if STANDARD[key].kind is Kind.NERVE:
            heights[inside] = np.maximum(heights[inside], -distance_at(solid, points[inside]))
    return heights


def true_least_mm(phantom: Phantom, plane: CutPlane) -> float:
    """The least distance of the tumour's solid: looked for coarsely, then finely where it is nearest."""
    box = phantom.pelvis.structures["tumour"].box
    axes = [np.arange(low, high, COARSE_MM) for low, high in zip(box.low_mm, box.high_mm, strict=True)]
    coarse = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    coarse = coarse[out_of_tumour_mm(phantom, coarse) < 0.0]
    distances = plane.distances_mm(coarse)
    steps = np.arange(-COARSE_MM, COARSE_MM, FINE_MM)
    around = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    fine = (coarse[distances < distances.min() + 0.5 * COARSE_MM, None] + around).reshape(-1, 3)
    heights = out_of_tumour_mm(phantom, fine)
    # Where a surface comes nearest to a plane it faces it: what a point lies inside is left to the surface.
    inside = (heights < 0.0) & (heights > -2.0 * FINE_MM)
    return float((plane.distances_mm(fine[inside]) + heights[inside]).min())


def true_opened_mm2(phantom: Phantom, plane: CutPlane) -> float:
    """The area of the sacrum's solid within the rectangle: roots and tumour are painted after it and take its place."""
    u = np.arange(-0.5 * plane.width_mm, 0.5 * plane.width_mm, AREA_MM)
    v = np.arange(-0.5 * plane.height_mm, 0.5 * plane.height_mm, AREA_MM)
    points = plane.center_mm + u[:, None, None] * plane.along + v[None, :, None] * plane.upward
    inside = distance_at(phantom.pelvis.structures["sacrum"], points) < 0.0
    for key, solid in phantom.pelvis.structures.items():
        if key != "sacrum" and STANDARD[key].kind in (Kind.NERVE, Kind.TUMOUR):
            inside &= distance_at(solid, points) > 0.0
    return float(inside.sum() * AREA_MM**2)


def test_the_end_plate_of_s1_is_found(phantom: Phantom, ground: Ground) -> None:
    plate = ground.end_plate
    to_front = phantom.landmarks["promontory"] - phantom.landmarks["s1_endplate"]
    truth = np.cross([1.0, 0.0, 0.0], to_front)
    truth *= np.sign(truth[2]) / np.linalg.norm(truth)
    assert math.degrees(math.acos(min(float(plate.normal @ truth), 1.0))) < 3.0
    assert abs((phantom.landmarks["s1_endplate"] - plate.point_mm) @ plate.normal) < 2.0


def test_a_sacrum_without_a_neighbour_tells_no_end_plate(ground: Ground) -> None:
    sacrum = ground.bodies["sacrum"].surface
    assert s1_end_plate(sacrum, ground.bodies["femur_left"].surface) is None


def test_the_midline_is_found(phantom: Phantom, ground: Ground) -> None:
    line = ground.midline
    assert math.degrees(math.acos(float(line.normal[0]))) < 2.0
    for name in ("promontory", "sacral_tip"):
        assert abs((phantom.landmarks[name] - line.point_mm) @ line.normal) < 3.0


@pytest.mark.parametrize("tilt_deg", [(0.0, 0.0), (9.0, -4.0), (-7.0, 11.0)])
@pytest.mark.parametrize("number", [0, 1])
def test_margins_agree_with_a_far_finer_volume(
    phantom: Phantom, ground: Ground, plan: Plan, tilt_deg: tuple[float, float], number: int
) -> None:
    planned_plane = plan.planes[number]
    about = tilt_deg[0] * planned_plane.along + tilt_deg[1] * planned_plane.upward
    turn = rotations_from_vectors(np.radians(about)[None])[0]
    plane = CutPlane.of(
        key="tilted",
        name="Tilted",
        center_mm=planned_plane.center_mm,
        kept_normal=turn @ planned_plane.kept_normal,
        along=turn @ planned_plane.along,
        width_mm=planned_plane.width_mm,
        height_mm=planned_plane.height_mm,
    )
    facts = plane_facts(plane, ground)
    assert facts.tumour.least_mm == pytest.approx(true_least_mm(phantom, plane), abs=TOLERANCE_MM)


@pytest.mark.parametrize("number", [0, 1])
def test_the_bone_that_is_opened_agrees_with_the_solid(
    phantom: Phantom, ground: Ground, plan: Plan, number: int
) -> None:
    plane = plan.planes[number]
    facts = plane_facts(plane, ground)
    (cut,) = [cut for cut in facts.cuts if cut.body.key == "sacrum"]
    assert cut.line.area_mm2 == pytest.approx(true_opened_mm2(phantom, plane), rel=0.03)


def distance_map(phantom: Phantom) -> SimpleITK.Image:
    """SimpleITK's distance map of the tumour's labels, which are first drawn finer between voxels."""
    number = next(number for number, name in phantom.labels.names.items() if name == "tumour")
    inside = phantom.labels.array == number
    reach = round(MARGIN_MM + ROOM_MM) + 4
    corners = [(int(where.min()) - reach, int(where.max()) + reach + 1) for where in np.nonzero(inside)]
    low, size = np.array([begin for begin, _ in corners]), [end - begin for begin, end in corners]
    block = inside[tuple(slice(begin, end) for begin, end in corners)].astype(np.float32)
    image = SimpleITK.GetImageFromArray(block)
    matrix = phantom.labels.patient_from_voxel.matrix
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((matrix[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin((matrix[:3, :3] @ low[::-1] + matrix[:3, 3]).tolist())
    counts = [int((count - 1) * step / MAP_MM) + 1 for count, step in zip(reversed(size), spacing, strict=True)]
    fine = SimpleITK.Resample(
        # Else the corners of voxels would be the nearest points.
        SimpleITK.SmoothingRecursiveGaussian(image, float(spacing.max())),
        counts,
        SimpleITK.Transform(),
        SimpleITK.sitkLinear,
        image.GetOrigin(),
        [MAP_MM] * 3,
        image.GetDirection(),
    )
    return SimpleITK.SignedMaurerDistanceMap(fine > 0.5, squaredDistance=False, useImageSpacing=True)


def test_distances_of_surfaces_agree_with_distance_maps_of_labels(phantom: Phantom, ground: Ground, plan: Plan) -> None:
    distances = distance_map(phantom)
    rng = np.random.default_rng(2)
    u, v = rng.uniform(-20.0, 20.0, (200, 1)), rng.uniform(-12.0, 12.0, (200, 1))
    places = np.concatenate([plane.center_mm + u * plane.along + v * plane.upward for plane in plan.planes])
    indices = [distances.TransformPhysicalPointToContinuousIndex(place.tolist()) for place in places]
    places = places[((np.array(indices) > 1) & (np.array(indices) < np.array(distances.GetSize()) - 2)).all(axis=1)]
    assert len(places) > 100
    told = np.array([distances.EvaluateAtPhysicalPoint(place.tolist(), SimpleITK.sitkLinear) for place in places])
    # A map tells the way to the middle of the border's voxels, which lie half a voxel deep.
    assert told - 0.5 * MAP_MM == pytest.approx(ground.tumour_solid.heights_mm(places), abs=TOLERANCE_MM)


def test_the_plan_holds_on_its_phantom(plan: Plan, ground: Ground) -> None:
    found = assess(plan, ground, case_digest=CASE, expected_error_mm=ROOM_MM - 0.5)
    for facts in found.planes.values():
        assert facts.tumour.least_mm == pytest.approx(MARGIN_MM + ROOM_MM, abs=1e-3)
    assert {finding.code for finding in found.findings} == {"LAST_ROOT_SACRIFICED"}
    assert (found.roots.lowest_left, found.roots.lowest_right) == ("S1", "S1")
    assert {cut.body.key for cut in found.planes["high_cut"].cuts} >= {"sacrum", "nerve_s2_left", "nerve_s2_right"}


def test_the_report_of_the_plan_tells_the_truth_of_the_phantom(phantom: Phantom, ground: Ground, plan: Plan) -> None:
    """What stands on paper, to the rounding it says of itself, against the solids; tolerances as above."""
    structures = tuple(replace(a_structure(key, kind=body.kind), name=body.name) for key, body in ground.bodies.items())
    error_mm = ROOM_MM + 0.5
    found = assess(plan, ground, case_digest=CASE, expected_error_mm=error_mm)
    document = plan_contents_of(
        PlanRecord(
            case=replace(a_case(), structures=structures),
            plan=plan,
            assessment=assessment_document(plan, found, nearby(ground), expected_error_mm=error_mm),
            versions=(),
            pictures=(),
            checks=(),
            written=datetime(2026, 1, 11, tzinfo=UTC),
        )
    )
    tables = {section.title: section.table.rows for section in document.sections if section.table is not None}
    shell = _tumour_shell_mm(phantom)
    to_front = phantom.landmarks["promontory"] - phantom.landmarks["s1_endplate"]
    plate, side = np.cross([1.0, 0.0, 0.0], to_front / np.linalg.norm(to_front)), np.array([1.0, 0.0, 0.0])
    for row, plane in zip(tables["Planes"], plan.planes, strict=True):
        _, name, least, mean, verdict, end_plate, midline, _ = row
        assert name == plane.name
        assert _number(least) == pytest.approx(true_least_mm(phantom, plane), abs=TOLERANCE_MM + 0.05)
        assert _number(mean) == pytest.approx(float(plane.distances_mm(shell).mean()), abs=TOLERANCE_MM + 0.05)
        assert verdict == NOT_SAFE
        assert _number(end_plate) == pytest.approx(angle_deg(plane.kept_normal, plate), abs=3.5)
        assert _number(midline) == pytest.approx(angle_deg(plane.kept_normal, side), abs=2.5)
        opened = next(cut[4] for cut in tables["What is cut"] if cut[1:3] == (plane.name, ground.bodies["sacrum"].name))
        assert _number(opened) == pytest.approx(true_opened_mm2(phantom, plane) / 100.0, rel=0.03, abs=0.05)
    page, paper = html_of(document).decode(), words_of_pdf(pdf_of(document, made=datetime(2026, 1, 11, tzinfo=UTC)))
    for cell in (cell for rows in tables.values() for row in rows for cell in row if "\u00a0" in cell):
        assert cell in page
        assert cell.replace("\u00a0", " ") in paper
    told = dict(tables["In short"])
    assert _number(told["Margin asked for"]) == MARGIN_MM
    assert _number(told["Safe margin"]) == MARGIN_MM + error_mm
    assert told["Roots kept down to"] == "S1 left, S1 right"
    # Both S2 are given up: bladder and bowel 0 % in both sources, walking in neither.
    published = [[cell.replace("\u00a0", " ") for cell in row[1:4]] for row in tables[PUBLISHED]]
    assert published == [["0 %", "0 %", "–"], ["0 %", "0 %", "–"]]
    near = dict(tables["What is near the tumour"])
    gaps = distance_at(phantom.pelvis.structures["rectum"], shell) + out_of_tumour_mm(phantom, shell)
    assert _number(near[ground.bodies["rectum"].name]) == pytest.approx(float(gaps.min()), abs=0.5)


def _number(cell: str) -> float:
    return float(cell.replace("°", "").split("\u00a0")[0])


def _tumour_shell_mm(phantom: Phantom) -> np.ndarray:
    """Points (N, 3) about the surface of the tumour's solid, as many everywhere."""
    box = phantom.pelvis.structures["tumour"].box
    axes = [np.arange(low, high, COARSE_MM) for low, high in zip(box.low_mm, box.high_mm, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    near = np.abs(distance_at(phantom.pelvis.structures["tumour"], points)) < 4.0 * COARSE_MM
    return points[near][np.abs(out_of_tumour_mm(phantom, points[near])) < 0.5 * COARSE_MM]
