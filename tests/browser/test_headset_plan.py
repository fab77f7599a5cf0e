"""The locked plan in the headset: the stage that is on, its planes on the patient, what came loose and what is out.

The viewer looks at the patient's back: a sacrum with a tumour in it, a root behind it, and a rectum that the first
stage takes from its place.
"""

import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from orview.geometry.rigid import RigidTransform
from orview.mesh.surface import Surface
from orview.model.figures import LineFigure, PaintedFigure, write_figures
from orview.protocol.messages import OverlayState
from orview.protocol.planning import (
    GoToStage,
    MarginBand,
    MarginVerdict,
    PatientPosition,
    Plan,
    PlaneMargin,
    PlanModel,
    PlanPlane,
    PlanRoot,
    PlanStage,
    StageLook,
    StageStyle,
)
from orview.protocol.viewing import FIRST_VIEW, ViewPreset
from orview.segment.anatomy import STANDARD
from tests.browser import fixtures
from tests.browser.conftest import FOVY_RAD, HALF_IPD_M, VIEWPORT, Open
from tests.browser.fixtures import DIGEST, Pose, ball, carry, model
from tests.browser.golden import assert_like_golden
from tests.browser.menu_face import Face, face, looking_at
from tests.browser.room_server import TOKEN, RoomServer, off_session
from tests.browser.test_headset_ar import STILL, enter_ar
from tests.browser.test_headset_hands import heard, look
from tests.browser.test_headset_looks import PATIENT, Seen, box, px
from tests.browser.test_headset_picture import CAMERA_AT, PATIENT_AT, Camera

LIMIT_PX = 1.5
LEAST_CYAN = 80.0
WHOLE = "(row) => row.visible && !row.faded && !row.twin"
KEYS = ("tumour", "nerve_s3_left", "sacrum", "rectum")
TUMOUR_MM, TUMOUR_RADIUS_MM = np.array([0.0, 20.0, -40.0]), 14.0
RECTUM_MM, RECTUM_RADIUS_MM = (72.0, 0.0), 11.0


def tube(middle_mm: tuple[float, float], radius_mm: float, *, low_mm: float, high_mm: float) -> Surface:
    """A closed upright tube, patient axes."""
    sides = 32
    angles = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radius_mm + middle_mm
    rows = [np.column_stack([ring, np.full(sides, height)]) for height in (low_mm, high_mm)]
    vertices = np.vstack([*rows, [[*middle_mm, low_mm], [*middle_mm, high_mm]]])
    triangles = []
    for i in range(sides):
        j = (i + 1) % sides
        triangles += [
            (i, j, j + sides),
            (i, j + sides, i + sides),
            (2 * sides, j, i),
            (2 * sides + 1, i + sides, j + sides),
        ]
    return Surface(vertices_mm=vertices, triangles=np.array(triangles, dtype=np.int32))


SURFACES = {
    "tumour": ball(TUMOUR_MM, TUMOUR_RADIUS_MM),
    "nerve_s3_left": box((-60.0, 0.0, -74.0), (60.0, 4.0, -69.0), along=30),
    "sacrum": box((-45.0, 30.0, -60.0), (45.0, 50.0, 52.0)),
    "rectum": tube(RECTUM_MM, RECTUM_RADIUS_MM, low_mm=-80.0, high_mm=80.0),
}
COS, SIN = float(np.cos(np.pi / 6)), float(np.sin(np.pi / 6))
HIGH = PlanPlane(
    key="high_cut",
    name="High cut",
    center_patient_m=(0.0, 0.040, 0.010),
    kept_normal=(0.0, SIN, COS),
    along=(1.0, 0.0, 0.0),
    width_mm=110.0,
    height_mm=60.0,
)
RIGHT = PlanPlane(
    key="right_cut",
    name="Right cut",
    center_patient_m=(-0.028, 0.040, -0.040),
    kept_normal=(-0.8, 0.6, 0.0),
    along=(0.0, 0.0, 1.0),
    width_mm=80.0,
    height_mm=40.0,
)
FACING = replace(HIGH, kept_normal=(0.0, 0.8, 0.6), width_mm=140.0, height_mm=110.0)
"""Large and turned to the viewer, so that its sides are long in a picture."""
BANDS = (
    MarginBand(from_mm=None, color_srgb=(0.80, 0.25, 0.65), words="beyond the cut"),
    MarginBand(from_mm=0.0, color_srgb=(0.84, 0.37, 0.0), words="less than 5 mm"),
    MarginBand(from_mm=5.0, color_srgb=(0.34, 0.71, 0.91), words="more than 5 mm"),
)


def looks(**styles: str) -> tuple[StageLook, ...]:
    return tuple(StageLook(key=key, style=StageStyle(style)) for key, style in styles.items())


STAGES = (
    PlanStage(
        key="front",
        name="From in front",
        position=PatientPosition.SUPINE,
        looks=looks(tumour="solid", sacrum="outline", nerve_s3_left="see_through", rectum="ghost"),
        planes=("high_cut",),
        mobilises=("rectum",),
        releases_specimen=False,
        notes="",
    ),
    PlanStage(
        key="back",
        name="From behind",
        position=PatientPosition.PRONE,
        looks=looks(tumour="solid", sacrum="see_through", nerve_s3_left="see_through"),
        planes=("high_cut", "right_cut"),
        mobilises=(),
        releases_specimen=True,
        notes="",
    ),
    PlanStage(
        key="rebuild",
        name="Rebuild",
        position=PatientPosition.PRONE,
        looks=looks(sacrum="outline"),
        planes=(),
        mobilises=(),
        releases_specimen=False,
        notes="",
    ),
)
PLAN_DIGEST, OTHER_PLAN_DIGEST = "34" * 32, "43" * 32


def corners_mm(plane: PlanPlane) -> NDArray[np.float64]:
    """(4, 3) the corners of a plane, patient axes."""
    center, normal, along = (np.array(part) for part in (plane.center_patient_m, plane.kept_normal, plane.along))
    width, height = 0.5 * plane.width_mm * along, 0.5 * plane.height_mm * np.cross(normal, along)
    return np.array([center * 1000.0 + a * width + b * height for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def plan_glb() -> bytes:
    """What the host draws of the plan: a line where the high cut leaves the sacrum's back, the tumour in two bands."""
    back_mm = 50.0
    height_mm = 10.0 - (back_mm - 40.0) * SIN / COS
    across = np.linspace(-45.0, 45.0, 19)
    ends = np.column_stack([across, np.full(19, back_mm), np.full(19, height_mm)])
    segments = np.stack([ends[:-1], ends[1:]], axis=1)
    tumour = SURFACES["tumour"]
    middles = tumour.vertices_mm[tumour.triangles].mean(axis=1)
    bands = np.where(middles[:, 2] > TUMOUR_MM[2], 1, 2).astype(np.int8)
    return write_figures(
        [
            LineFigure(name="cut.high_cut", segments_mm=segments, color=(1.0, 1.0, 1.0), extras={}),
            PaintedFigure(
                name="margin",
                surface=tumour,
                colors=[band.color_srgb for band in BANDS],
                color_numbers=bands,
                extras={},
            ),
        ],
        synthetic=True,
    )


class Theatre:
    """A host with a locked plan."""

    def __init__(self, host: RoomServer) -> None:
        self.host = host
        glb = plan_glb()
        name = host.add_file(glb)
        self.plan = Plan(
            digest=PLAN_DIGEST,
            version=1,
            newest_digest=PLAN_DIGEST,
            newest_version=1,
            locked=True,
            margin_mm=10.0,
            expected_error_mm=1.2,
            planes=(HIGH, RIGHT),
            margins=(
                PlaneMargin(
                    key="high_cut", least_mm=12.36, verdict=MarginVerdict.KEPT, words="High cut leaves 12.4 mm."
                ),
                PlaneMargin(key="right_cut", least_mm=8.2, verdict=MarginVerdict.NOT_KEPT, words="Right cut: 8.2 mm."),
            ),
            stages=STAGES,
            specimen=("tumour",),
            roots=(PlanRoot(key="nerve_s3_left", name="S3 left", kept=False),),
            published=(),
            lowest_left="S2",
            lowest_right="S5",
            legend=BANDS,
            model=PlanModel(sha256=name, bytes=len(glb), url=f"/m/{name}"),
        )
        self.model = host.add_model(model(*((STANDARD[key], SURFACES[key]) for key in KEYS)), digest=DIGEST)

    def tell(
        self,
        number: int,
        *,
        preset: ViewPreset = ViewPreset.STAGE,
        plan: Plan | None = None,
        streamed_digest: str = PLAN_DIGEST,
        streamed_stage: int | None = None,
        patient: Pose = PATIENT,
    ) -> None:
        """Say that this stage is on, LIVE, and stream poses; the view, plan, then session, as the host does."""
        self.host.tell(replace(FIRST_VIEW, preset=preset))
        self.host.tell(plan or self.plan)
        self.host.tell(
            off_session(
                state=OverlayState.LIVE,
                why="A person confirmed the case.",
                case_id="case-1",
                case_name="Phantom",
                model=self.model,
                structures=tuple(fixtures.entry(STANDARD[key]) for key in KEYS),
                target_key="tumour",
                expected_error_mm=1.2,
                plan_digest=PLAN_DIGEST,
                stage=number,
            )
        )
        stage = number if streamed_stage is None else streamed_stage
        self.host.stand_patient(patient, digest=DIGEST, plan_digest=streamed_digest, stage=stage)


@pytest.fixture(scope="module")
def theatre(shared_host: RoomServer) -> Theatre:
    """One room for all stages."""
    return Theatre(shared_host)


@pytest.fixture(scope="module")
def page(theatre: Theatre, open_shared: Open) -> Page:
    """One headset, which comes when the second stage is on."""
    theatre.tell(2)
    return enter_ar(theatre.host, open_shared)


def drawn(page: Page, number: int, *, also: str = "true") -> bytes:
    """Return a picture of this stage, of a frame that shows the model whole.

    A loaded machine draws some frames so late that they rightly show outlines or nothing: they are passed over.
    """
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page.wait_for_function(
            f"""(from) => orview.frames.count >= from + 2 && orview.said()?.stage.startsWith("Stage {number} ") &&
                {also} && orview.frames.rows(orview.frames.count - 2).every({WHOLE})""",
            arg=page.evaluate("orview.frames.count"),
            polling=20,
        )
        since = page.evaluate("orview.frames.count")
        screenshot = page.screenshot()
        if page.evaluate(f"(since) => orview.frames.rows(since - 1).every({WHOLE})", since):
            return screenshot
    raise AssertionError("no frame was drawn in time")


def labels(page: Page) -> list[str]:
    return [text.replace("\u00a0", " ") for text in page.evaluate("orview.counts().labels")]


def projected_px(points_mm: NDArray[np.float64], patient: Pose) -> NDArray[np.float64]:
    """Where the left eye sees points of the patient: (N, 2) column and row."""
    x, y, z = (carry(patient, points_mm) + np.array([HALF_IPD_M * 1000.0, 0.0, 0.0])).T
    focal = VIEWPORT["height"] / 2 / np.tan(FOVY_RAD / 2)
    # A pixel's centre is half a pixel from its edge.
    return np.column_stack([VIEWPORT["width"] / 2 + focal * x / -z, VIEWPORT["height"] / 2 - focal * y / -z]) - 0.5


def frame_line(picture: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find a side of a frame in a picture of how much of its colour each pixel has, near where it is looked for.

    Returns:
        (3,) the line as n x + m y + c = 0.
    """
    along = (b - a) / np.linalg.norm(b - a)
    across = np.array([-along[1], along[0]])
    found = []
    # Neither near the corners, where arrows stand, nor in the middle, where a name may.
    for share in (*np.linspace(0.14, 0.36, 40), *np.linspace(0.64, 0.86, 40)):
        offsets = np.arange(-6.0, 6.01, 0.25)
        places = a + share * (b - a) + offsets[:, None] * across
        weights = cv2.remap(
            picture.astype(np.float32),
            places[:, 0].astype(np.float32),
            places[:, 1].astype(np.float32),
            cv2.INTER_LINEAR,
        ).ravel()
        # Elsewhere something stands before the frame, and the rest is its filling.
        if weights.max() > LEAST_CYAN:
            weights = np.clip(weights - 0.5 * weights.max(), 0.0, None)
            found.append(places[0] + (weights @ (offsets - offsets[0]) / weights.sum()) * across)
    assert len(found) > 30
    vx, vy, x, y = cv2.fitLine(np.array(found, dtype=np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array([-vy, vx, vy * x - vx * y])


def measured_corners_px(screenshot: bytes, expected_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the sides of the frame meet in a screenshot: (4, 2)."""
    decoded = cv2.imdecode(np.frombuffer(screenshot, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    blue, green, red = (decoded[..., channel].astype(np.float64) for channel in range(3))
    cyan = np.clip(np.minimum(green, blue) - red, 0.0, None)
    lines = [frame_line(cyan, expected_px[side], expected_px[(side + 1) % 4]) for side in range(4)]
    meets = [np.cross(lines[side - 1], lines[side]) for side in range(4)]
    return np.array([meet[:2] / meet[2] for meet in meets])


def test_who_comes_late_lands_in_the_stage_that_is_on_and_sees_its_planes(theatre: Theatre, page: Page):
    screenshot = drawn(page, 2, also="orview.counts().labels.some((name) => name.startsWith('Right cut'))")
    assert_like_golden("plan_from_behind", screenshot)
    said = page.evaluate("orview.said()")
    assert said["stage"] == "Stage 2 of 3: From behind, prone"
    names = labels(page)
    assert "High cut: 12.4 mm to the tumour" in names
    assert "Right cut: 8.2 mm, MARGIN NOT KEPT" in names
    assert "S3 left: sacrifice" in names
    row = page.evaluate("orview.frames.rows(orview.frames.count - 1)[0]")
    assert row["drawnPlan"] == row["posePlan"] == PLAN_DIGEST[:16]
    counts = page.evaluate("orview.counts()")
    # The emulator draws both eyes even where it shows one.
    assert counts["draws"] / 2 <= 40, counts
    assert counts["triangles"] / 2 <= 200_000, counts


@pytest.mark.parametrize("turn_rad", [(0.0, 0.0, 0.0), (0.2, -0.35, 0.15)], ids=["straight", "turned"])
def test_the_corners_of_a_plane_are_where_the_plan_has_them(
    theatre: Theatre, page: Page, turn_rad: tuple[float, float, float]
):
    patient = turned_patient(turn_rad)
    theatre.tell(1, patient=patient, plan=replace(theatre.plan, planes=(FACING, RIGHT)))
    screenshot = drawn(page, 1)
    expected_px = projected_px(corners_mm(FACING), patient)
    off_px = np.linalg.norm(measured_corners_px(screenshot, expected_px) - expected_px, axis=1)
    assert off_px.max() <= LIMIT_PX, off_px


def turned_patient(turn_rad: tuple[float, float, float]) -> Pose:
    """The patient in view, turned about the head's axes where it lies."""
    position, quaternion = PATIENT
    still = RigidTransform.from_quaternion(fixtures.Frame.ROOM, fixtures.Frame.PATIENT, quaternion, np.zeros(3))
    turn = cv2.Rodrigues(np.array(turn_rad))[0] @ still.rotation
    vector = cv2.Rodrigues(turn)[0].ravel()
    return fixtures.turned(tuple(float(part) for part in vector), position)


@pytest.mark.hazard("H35")
def test_what_the_stage_mobilises_is_a_broken_outline_that_says_so(theatre: Theatre, page: Page):
    theatre.tell(1)
    screenshot = drawn(page, 1, also="orview.counts().labels.some((name) => name.includes('moved'))")
    assert_like_golden("plan_from_in_front", screenshot)
    assert "Rectum (may have moved)" in labels(page)
    # Down its silhouette light and gaps of 5 mm each take turns: 11 or 12 of each on 116 mm.
    x, y = RECTUM_MM
    columns, rows = zip(*(px((x + RECTUM_RADIUS_MM - 0.7, y, z)) for z in (58.0, -58.0)), strict=True)
    decoded = cv2.imdecode(np.frombuffer(screenshot, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    light = decoded[rows[0] : rows[1], columns[0] - 3 : columns[0] + 4].max(axis=1).astype(int)
    bright = light > (light.min() + light.max()) / 2
    turns = np.count_nonzero(np.diff(bright.astype(int)) == 1)
    assert 10 <= turns <= 12, turns
    assert 0.25 < bright.mean() < 0.75


@pytest.mark.hazard("H35")
def test_the_specimen_is_gone_once_it_was_released_in_every_preset(theatre: Theatre, page: Page):
    column, row = px((0.0, 30.0, -40.0))
    theatre.tell(2)
    before = Seen(drawn(page, 2))
    assert before.red[row, column] - before.green[row, column] > 30, "the tumour, seen through bone"
    for preset in (ViewPreset.STAGE, ViewPreset.ALL):
        theatre.tell(3, preset=preset)
        seen = Seen(drawn(page, 3, also="!orview.counts().labels.includes('Tumour')"))
        assert seen.red[row, column] - seen.green[row, column] < 10, preset
        assert not seen.purple().any(), preset


def hidden(page: Page, *, also: str = "true") -> None:
    """Wait until the newest frames draw nothing on the patient, since plan or stage are others than the pose's."""
    page.wait_for_function(
        f"""(from) => orview.frames.count >= from + 6 && orview.frames.rows(orview.frames.count - 2).every(
            (row) => row.hiddenWhy === "OTHER_PLAN" && {also})""",
        arg=page.evaluate("orview.frames.count"),
        polling=20,
    )


@pytest.mark.hazard("H17")
def test_nothing_is_drawn_of_a_plan_or_stage_that_is_not_the_poses(theatre: Theatre, page: Page):
    theatre.tell(2)
    drawn(page, 2)
    since = page.evaluate("orview.frames.count")
    theatre.tell(2, streamed_digest=OTHER_PLAN_DIGEST)
    hidden(page)
    theatre.tell(2, streamed_stage=1)
    hidden(page)
    # The plan that is here is another one than the session's: not even beside the patient.
    theatre.tell(2, plan=replace(theatre.plan, digest=OTHER_PLAN_DIGEST))
    hidden(page, also="!row.twin")
    assert not Seen(page.screenshot()).purple().any()
    theatre.tell(2)
    drawn(page, 2)
    rows = page.evaluate("(since) => orview.frames.rows(since)", since)
    assert any(not row["visible"] for row in rows)
    assert all(row["drawnPlan"] == row["posePlan"] for row in rows if row["visible"])


def menu_of(theatre: Theatre) -> Face:
    """Where the menu hangs for a head at rest: right of the middle of the model."""
    points = np.vstack([SURFACES[key].vertices_mm for key in KEYS])
    middle_mm = (points.min(axis=0) + points.max(axis=0)) / 2.0
    return face(carry(PATIENT, middle_mm[None])[0] / 1000.0)


def button(page: Page, label: str) -> int:
    """Where the button of this label stands, once it does."""
    page.wait_for_function(
        "(label) => orview.menu().buttons.some((button) => button.label.startsWith(label))", arg=label, polling=20
    )
    found = page.evaluate(
        "(label) => orview.menu().buttons.findIndex((button) => button.label.startsWith(label))", label
    )
    assert isinstance(found, int)
    return found


def test_the_next_stage_is_a_gaze_away_and_asked_twice_where_the_patient_is_turned(theatre: Theatre, page: Page):
    menu = menu_of(theatre)
    theatre.tell(2)
    since = len(theatre.host.received)
    look(page, looking_at(menu.button_m(button(page, "Next:\nRebuild"))))
    assert heard(theatre.host, GoToStage, since) == GoToStage(plan=PLAN_DIGEST, stage=3)
    look(page, STILL)

    theatre.tell(1)
    since = len(theatre.host.received)
    look(page, looking_at(menu.button_m(button(page, "Next:\nFrom behind"))))
    yes = button(page, "Yes, turn")
    assert page.evaluate("orview.menu().title") == "Next: From behind. The patient is turned: the overlay ends."
    assert not any(isinstance(message, GoToStage) for _, message in theatre.host.received[since:])
    look(page, looking_at(menu.button_m(yes)))
    assert heard(theatre.host, GoToStage, since) == GoToStage(plan=PLAN_DIGEST, stage=2)
    look(page, STILL)


def test_the_margins_are_painted_on_the_tumour_with_their_card(theatre: Theatre, page: Page):
    menu = menu_of(theatre)
    theatre.tell(2)
    button(page, "Next:\nRebuild")
    look(page, looking_at(menu.button_m(button(page, "Looks"))))
    look(page, looking_at(menu.button_m(button(page, "Margin colours"))))
    button(page, "Colours off")
    look(page, STILL)
    screenshot = drawn(page, 2)
    assert_like_golden("plan_margins", screenshot)
    upper, lower = px((0.0, 30.0, -34.0)), px((0.0, 30.0, -46.0))
    decoded = cv2.imdecode(np.frombuffer(screenshot, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    (blue_above, _, red_above), (blue_below, _, red_below) = (decoded[row, column] for column, row in (upper, lower))
    assert red_above > 1.5 * blue_above, "orange: less than 5 mm"
    assert blue_below > 1.5 * red_below, "blue: more"


def test_a_tablet_shows_stage_planes_and_what_the_colours_tell(theatre: Theatre, open_shared: Open):
    theatre.tell(2)
    page = open_shared(f"{theatre.host.url}/#t={TOKEN}")
    with Camera(theatre.host, (CAMERA_AT, PATIENT_AT), plan_digest=PLAN_DIGEST, stage=2):
        expect(page.locator(".stage")).to_have_text("Stage 2 of 3: From behind, prone")
        page.wait_for_function("() => orview.counts().labels.some((name) => name.startsWith('High cut'))")
        page.get_by_role("button", name="Margin colours").click()
        expect(page.get_by_label("Structures")).to_contain_text("less than 5 mm")
    theatre.host.resume_poses()
