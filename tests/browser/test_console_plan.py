"""The plan page: what is dragged and typed becomes planes of the draft, and what the host says of them is shown."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from orview.protocol.drafting import (
    ClosePlan,
    OpenPlan,
    RedoPlan,
    RemovePlane,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StorePlan,
    TryPlane,
    UndoPlan,
)
from orview.protocol.messages import ClientMessage, ConditionEntry, OverlayState, Refused
from orview.protocol.planning import GoToStage, LockPlan, PatientPosition, PlanPlane, StageStyle
from orview.protocol.wheel import Wheel
from tests.browser.conftest import Open, violations
from tests.browser.console_page import assert_large_targets, big, go, light_of, tab_to
from tests.browser.golden import assert_like_golden
from tests.browser.plan_room import FIRST, HIGH, RIGHT, TUMOUR_MM, TUMOUR_RADIUS_MM, Drafting, plan_of
from tests.browser.room_server import TOKEN, RoomServer

LAPTOP = {"width": 1366, "height": 768}
TABLET = {"width": 1024, "height": 768}
FIELD_RAD = math.radians(30.0)
AZIMUTH, ELEVATION, DISTANCE_MM = 0.3, 0.25, 300.0
"""From where the view is seen at first: a little from the left and above of the patient's front."""
ARROW_MM = 26.0


@pytest.fixture(scope="module")
def room(shared_host: RoomServer) -> RoomServer:
    """A host whose case has a plan, and that keeps the draft."""
    shared_host.acts = Drafting(shared_host)
    return shared_host


@pytest.fixture(scope="module")
def opened(room: RoomServer, open_shared: Open) -> Page:
    """The plan page on a laptop, opened from the first step."""
    page = open_shared(f"{room.url}/console#t={TOKEN}", viewport=LAPTOP, color_scheme="dark", locale="en-GB")
    page.get_by_role("button", name="Open the plan").click()
    expect(facts(page)).to_contain_text("12.5 mm")
    return page


@pytest.fixture
def page(room: RoomServer, opened: Page) -> Iterator[Page]:
    """The same with the draft as it was at first, whatever the test before made of it."""
    acts = Drafting(room)
    room.acts = acts
    room.received.clear()
    acts(room, OpenPlan())
    if opened.locator(".planning").count() == 0:
        go(opened, "patient").get_by_role("button", name="Open the plan").click()
    expect(opened.locator(".plan-head .lamp")).to_have_count(0)
    opened.get_by_role("tab", name="Planes").click()
    opened.get_by_role("button", name="High cut", exact=False).first.click()
    yield opened
    room.tell(acts.session)


def facts(page: Page) -> Locator:
    """What is said of the plane in hand."""
    return page.locator(".plan-facts")


def field(page: Page, label: str | re.Pattern[str]) -> Locator:
    return page.get_by_label(label)


def planes_of(room: RoomServer) -> list[PlanPlane]:
    """Every plane that was handed over, in order."""
    return [message.plane for _, message in room.received if isinstance(message, SetPlane)]


def said(room: RoomServer, kind: type[ClientMessage]) -> int:
    return sum(isinstance(message, kind) for _, message in room.received)


def center_mm(plane: PlanPlane) -> NDArray[np.float64]:
    return 1000.0 * np.array(plane.center_patient_m)


def above(point_mm: NDArray[np.float64], mm: float) -> NDArray[np.float64]:
    """A point so much nearer to the head."""
    return point_mm + np.array([0.0, 0.0, mm])


def pixel_of(page: Page, point_mm: NDArray[np.float64]) -> tuple[float, float]:
    """Where a point of the patient is seen in the 3D view before it was turned."""
    back = np.array(
        [
            math.sin(AZIMUTH) * math.cos(ELEVATION),
            -math.cos(AZIMUTH) * math.cos(ELEVATION),
            math.sin(ELEVATION),
        ]
    )
    right = np.cross([0.0, 0.0, 1.0], back)
    right /= np.linalg.norm(right)
    x, y, z = np.stack([right, np.cross(back, right), back]) @ (point_mm - (TUMOUR_MM + DISTANCE_MM * back))
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    scale = box["height"] / 2.0 / math.tan(FIELD_RAD / 2.0)
    return box["x"] + box["width"] / 2.0 - scale * x / z, box["y"] + box["height"] / 2.0 + scale * y / z


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def test_the_page_looks_as_people_saw_it_in_dark_and_light(page: Page, axe: str):
    for name in ("dark", "light"):
        page.emulate_media(color_scheme=name)
        if page.evaluate("() => document.documentElement.dataset.theme") != name:
            page.evaluate("name => { document.documentElement.dataset.theme = name }", name)
        page.wait_for_timeout(500)
        assert violations(page, axe) == []
        assert_like_golden(f"plan_{name}", page.screenshot(), page="console")
    assert_large_targets(page)
    for tab in ("Roots", "Stages", "Findings", "Image"):
        page.get_by_role("tab", name=tab).click()
        assert violations(page, axe) == []
        assert_large_targets(page)


@pytest.mark.hazard("H33")
def test_typed_numbers_become_planes_and_their_meaning_is_shown(page: Page, room: RoomServer):
    expect(facts(page)).to_contain_text("10.0 mm asked for, 11.4 mm safe")
    up = field(page, "Middle, up + mm")
    expect(up).to_have_value("-353.5")
    up.fill("-355,5")
    up.press("Enter")
    expect(facts(page)).to_contain_text("NOT SAFE")
    expect(facts(page)).to_contain_text("10.5 mm")
    assert np.allclose(center_mm(planes_of(room)[-1]), [2.0, 36.0, -355.5])
    # What is no number leaves what stood there.
    up.fill("higher")
    up.press("Enter")
    expect(up).to_have_value("-355.5")
    offset = field(page, "From tumour, mm")
    offset.fill("16")
    offset.press("Enter")
    expect(facts(page)).to_contain_text("16.0 mm")
    assert center_mm(planes_of(room)[-1])[2] == pytest.approx(TUMOUR_MM[2] + TUMOUR_RADIUS_MM + 16.0)
    tilt = field(page, "Sagittal tilt, back + °")
    tilt.fill("10")
    tilt.press("Enter")
    expect(facts(page)).to_contain_text("10.0°")
    turned = planes_of(room)[-1]
    assert np.allclose(turned.kept_normal, [0.0, math.sin(math.radians(10.0)), math.cos(math.radians(10.0))])
    assert np.allclose(np.dot(turned.kept_normal, turned.along), 0.0)
    width = field(page, "Width, mm")
    width.fill("900")
    width.press("Enter")
    expect(width).to_have_value("500.0")
    # Arrows are one change, handed over once they rest.
    before = len(planes_of(room))
    for _ in range(4):
        field(page, "Height, mm").press("ArrowUp")
    expect(field(page, "Height, mm")).to_have_value("74.0")
    room.wait_for(TryPlane)
    page.wait_for_timeout(900)
    assert [plane.height_mm for plane in planes_of(room)[before:]] == [74.0]


def test_a_plane_is_dragged_along_its_normal_in_3d_and_asked_about_on_the_way(page: Page, room: RoomServer):
    tip = above(center_mm(HIGH), ARROW_MM)
    drag(page, pixel_of(page, tip), pixel_of(page, above(tip, 8.0)))
    expect(page.locator(".plan-head .lamp")).to_have_text("NOT SAVED")
    moved = planes_of(room)
    assert len(moved) == 1
    assert np.allclose(center_mm(moved[0]), above(center_mm(HIGH), 8.0), atol=0.6)
    assert said(room, TryPlane) >= 1
    expect(facts(page)).to_contain_text(f"{center_mm(moved[0])[2] - TUMOUR_MM[2] - TUMOUR_RADIUS_MM:.1f} mm")
    # Another plane is chosen by pressing it, which moves nothing.
    low = above(center_mm(RIGHT), -26.0)
    page.mouse.click(*pixel_of(page, low))
    expect(facts(page)).to_contain_text("Right cut")
    assert len(planes_of(room)) == 1


def test_a_plane_s_line_is_dragged_and_turned_in_a_slice(page: Page, room: RoomServer):
    coronal = page.locator(".cut svg").nth(1)
    coronal.scroll_into_view_if_needed()
    box = coronal.bounding_box()
    assert box is not None
    # The image is smaller than what is shown of a patient: all of it is seen, 72 columns and rows of 2 mm.
    per_mm = box["width"] / 144.0
    middle = (
        box["x"] + (center_mm(HIGH)[0] + 72.0) * per_mm,
        box["y"] + (144.0 - (center_mm(HIGH)[2] + 441.0)) * per_mm,
    )
    beside = (middle[0] + 10.0 * per_mm, middle[1])
    drag(page, beside, (beside[0], beside[1] - 6.0 * per_mm))
    expect(page.locator(".plan-head .lamp")).to_have_text("NOT SAVED")
    assert np.allclose(center_mm(planes_of(room)[-1]), above(center_mm(HIGH), 6.0), atol=0.5)
    page.keyboard.press("Control+z")
    expect(page.locator(".plan-head .lamp")).to_have_count(0)
    end = (middle[0] + 46.0 * per_mm, middle[1])
    drag(page, end, (end[0], end[1] - 8.0 * per_mm))
    room.wait_for(SetPlane)
    expect(page.locator(".plan-head .lamp")).to_have_text("NOT SAVED")
    lean = math.degrees(math.atan2(8.0, 46.0))
    turned = np.array(planes_of(room)[-1].kept_normal)
    assert np.degrees(np.arccos(turned[2])) == pytest.approx(lean, abs=0.6)
    assert turned[0] < 0.0
    # Pressed elsewhere, the slices go through that place; and back.
    page.mouse.click(middle[0], middle[1] + 40.0 * per_mm)
    back = page.get_by_role("button", name="Through the plane")
    back.click()
    expect(back).to_have_count(0)


def test_changes_are_taken_back_and_made_again_by_buttons_and_keys(page: Page, room: RoomServer):
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    expect(undo).to_have_attribute("aria-disabled", "true")
    margin = field(page, "Margin asked for, mm")
    margin.fill("14")
    margin.press("Enter")
    expect(facts(page)).to_contain_text("NOT KEPT")
    expect(page.get_by_role("tab", name="Findings (2)")).to_be_visible()
    page.get_by_role("application").focus()
    page.keyboard.press("Control+z")
    expect(margin).to_have_value("10.0")
    page.keyboard.press("Control+Shift+Z")
    expect(margin).to_have_value("14.0")
    undo.click()
    expect(margin).to_have_value("10.0")
    redo.click()
    expect(margin).to_have_value("14.0")
    assert (said(room, UndoPlan), said(room, RedoPlan), said(room, SetMargin)) == (2, 2, 1)
    # In a field the keys are the field's own.
    margin.focus()
    page.keyboard.press("Control+z")
    assert said(room, UndoPlan) == 2


def test_keys_over_the_view_move_turn_and_resize_the_plane(page: Page, room: RoomServer):
    tab_to(page, page.get_by_role("application"))
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    expect(field(page, "Middle, up + mm")).to_have_value("-351.5")
    page.keyboard.press("Shift+ArrowUp")
    expect(field(page, "Sagittal tilt, back + °")).to_have_value("-1.0")
    page.keyboard.press("Control+ArrowRight")
    expect(field(page, "Width, mm")).to_have_value("93.0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(900)
    assert len(planes_of(room)) == 1


def test_planes_are_added_named_and_removed(page: Page, room: RoomServer):
    field(page, "Add a plane").select_option(label="Left of it")
    added = room.wait_for(SetPlane)
    assert isinstance(added, SetPlane)
    assert added.plane.kept_normal == (1.0, 0.0, 0.0)
    assert center_mm(added.plane)[0] == pytest.approx(TUMOUR_MM[0] + TUMOUR_RADIUS_MM + 13.0, abs=0.5)
    name = field(page, "Name")
    expect(name).to_have_value("Plane 3")
    name.fill("Left cut")
    name.press("Enter")
    expect(facts(page)).to_contain_text("Left cut")
    page.get_by_role("button", name="Keep the other side").click()
    expect(facts(page)).to_contain_text("NOT KEPT")
    page.get_by_role("button", name="Remove Left cut").click()
    assert room.wait_for(RemovePlane) == RemovePlane(key="plane_3")
    expect(facts(page)).to_contain_text("High cut")


def test_roots_are_given_up_with_what_was_published_of_it(page: Page, room: RoomServer):
    page.get_by_role("tab", name="Roots").click()
    expect(page.locator(".published")).to_contain_text("Zoccali")
    expect(page.locator(".published")).to_contain_text("25 %")
    page.get_by_role("button", name="S2 Right: kept. Give it up").click()
    room.wait_for_last(SetRoot(root="nerve_s2_right", kept=False))
    expect(page.get_by_role("tabpanel")).to_contain_text(re.compile(r"Lowest kept, right\s*S1"))
    page.get_by_role("button", name="S2 Left: given up. Keep it").click()
    room.wait_for_last(SetRoot(root="nerve_s2_left", kept=True))


@pytest.mark.hazard("H35")
def test_stages_say_how_the_patient_lies_and_what_comes_loose(page: Page, room: RoomServer):
    page.get_by_role("tab", name="Stages").click()
    field(page, "Patient lies").select_option(label="On the right side")
    changed = room.wait_for(SetStage)
    assert isinstance(changed, SetStage)
    assert (changed.stage.key, changed.stage.position) == ("front", PatientPosition.RIGHT_SIDE)
    expect(page.locator("select[name=stage]")).to_contain_text("On the right side")
    field(page, "Rectum: drawn").select_option(label="Hidden")
    room.wait_for_last(SetStageLook(stage="front", structure="rectum", style=StageStyle.HIDDEN, mobilised=True))
    # Bone cannot come loose.
    expect(field(page, "Sacrum: comes loose")).to_have_count(0)
    assert "Ghost" not in (field(page, "Tumour: drawn").text_content() or "")
    page.get_by_role("checkbox", name="Right cut").check()
    assert isinstance(changed := room.wait_for(SetStage), SetStage)
    assert changed.stage.planes == ("high_cut", "right_cut")
    page.get_by_role("button", name="Add a stage").click()
    expect(field(page, "Name")).to_have_value("Stage 3")
    expect(page.locator("select[name=stage]")).to_have_value("stage_3")


def test_a_plan_that_cannot_be_is_not_saved_and_the_host_s_refusal_is_shown(page: Page, room: RoomServer):
    save = page.get_by_role("button", name="Save as new version")
    expect(page.locator("#save-hint")).to_have_text("Nothing was changed.")
    up = field(page, "Middle, up + mm")
    up.fill("-300")
    up.press("Enter")
    expect(facts(page)).to_contain_text("CANNOT BE")
    expect(facts(page)).to_contain_text("High cut cuts no bone.")
    expect(page.locator("#save-hint")).to_have_text("High cut cuts no bone.")
    save.click(force=True)
    assert said(room, StorePlan) == 0
    refused = Refused(code="PLAN_CANNOT_BE", message="The plan is too large.", mend="Use fewer.", about="set_plane")
    room.tell_once(refused)
    expect(page.get_by_role("alert").first).to_contain_text("The plan is too large. Use fewer.")
    page.get_by_role("button", name="Close").first.click()


def test_a_draft_is_saved_as_a_version_and_what_is_not_is_asked_about(page: Page, room: RoomServer):
    margin = field(page, "Margin asked for, mm")
    margin.fill("9")
    margin.press("Enter")
    expect(page.locator(".plan-head .lamp")).to_have_text("NOT SAVED")
    close = page.locator("button[name=close]")
    close.click()
    expect(page.get_by_role("alert").last).to_contain_text("Some changes are not saved.")
    page.get_by_role("button", name="Go on drawing").click()
    page.get_by_role("button", name="Save as new version").click()
    expect(page.locator(".plan-head h2")).to_contain_text("Version 3")
    expect(page.locator(".plan-head .lamp")).to_have_count(0)
    page.reload()
    expect(facts(page)).to_contain_text("12.5 mm")
    assert page.url.endswith("#plan")
    close.click()
    room.wait_for(ClosePlan)
    expect(page.locator(".rail")).to_be_visible()
    assert not page.url.endswith("#plan")
    page.go_back()
    expect(facts(page)).to_contain_text("12.5 mm")


def test_nothing_is_lost_on_a_tablet_and_zoomed_in(page: Page):
    for viewport in (TABLET, {"width": 683, "height": 384}):
        page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        page.wait_for_timeout(100)
        for tab in ("Planes", "Roots", "Stages", "Findings", "Image"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), (viewport, tab)
            sideways = page.evaluate(
                """() => [...document.querySelectorAll(".planning, .planning *")]
                    .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
                        && !["visible", "clip"].includes(getComputedStyle(one).overflowX) && one.tagName !== "SELECT")
                    .map((one) => one.className || one.tagName)"""
            )
            assert sideways == [], (viewport, tab)
    page.set_viewport_size({"width": LAPTOP["width"], "height": LAPTOP["height"]})


def test_a_console_that_watches_changes_nothing(page: Page, room: RoomServer):
    room.tell(Wheel(holder_name="Second console", yours=False))
    expect(field(page, "Width, mm")).to_be_disabled()
    page.get_by_role("application").focus()
    page.keyboard.press("PageUp")
    page.wait_for_timeout(200)
    assert planes_of(room) == []
    room.tell(Wheel(holder_name="Console", yours=True))
    expect(field(page, "Width, mm")).to_be_enabled()


def test_the_plan_is_locked_before_start_with_what_it_means(page: Page, room: RoomServer, axe: str):
    acts = room.acts
    assert isinstance(acts, Drafting)
    words = "Look at the plan and lock it: version 2 is not locked."
    room.tell(
        replace(
            acts.session,
            state=OverlayState.HOLD,
            conditions=(ConditionEntry(key="plan", ok=False, words=words),),
        )
    )
    page.locator("button[name=close]").click()
    go(page, "check")
    card = page.get_by_role("region", name="Plan")
    expect(light_of(page, "check")).to_have_text("TO DO")
    expect(page.locator(".act .sentence")).to_have_text(words)
    expect(card).to_contain_text(re.compile(r"KEPT\s+High cut\s+12\.5 mm"))
    expect(card).to_contain_text(re.compile(r"NOT KEPT\s+Right cut\s+6\.5 mm"))
    expect(card).to_contain_text("Roots given up: S2 left.")
    expect(card).to_contain_text("Zoccali")
    assert violations(page, axe) == []
    assert_like_golden("check_plan", page.screenshot(), page="console")
    big(page, "LOCK THIS PLAN").click()
    assert room.wait_for(LockPlan) == LockPlan(digest=plan_of(FIRST, version=2).digest or "")
    # A version that was saved afterwards is told, and is what the button locks then.
    locked = plan_of(FIRST, version=2, locked=True, newest=3)
    room.tell(locked)
    expect(card.get_by_role("alert")).to_contain_text("Version 3 was saved after version 2 was locked.")
    big(page, "LOCK THIS PLAN").click()
    room.wait_for_last(LockPlan(digest=locked.newest_digest or ""))
    room.tell(replace(locked, newest_digest=locked.digest, newest_version=2))
    expect(card.get_by_role("alert")).to_have_count(0)


def test_the_stage_is_said_and_turning_the_patient_is_asked_about(page: Page, room: RoomServer, axe: str):
    acts = room.acts
    assert isinstance(acts, Drafting)
    plan = plan_of(FIRST, version=2, locked=True)
    third = replace(plan.stages[1], key="rebuild", name="Rebuild", planes=())
    plan = replace(plan, stages=(*plan.stages, third))
    live = replace(acts.session, state=OverlayState.LIVE, why="A person confirmed.", plan_digest=plan.digest, stage=1)
    room.tell(plan)
    room.tell(live)
    page.locator("button[name=close]").click()
    go(page, "live")
    card = page.locator(".staging")
    expect(card).to_contain_text(re.compile(r"Stage 1 of 3\s+From in front"))
    expect(card).to_contain_text("On the back")
    expect(card).to_contain_text("Free the rectum")
    card.get_by_role("button", name="PREVIOUS").click(force=True)
    card.get_by_role("button", name="NEXT STAGE").click()
    expect(card.get_by_role("alert")).to_contain_text("The overlay ends. Then are asked: the registration")
    assert said(room, GoToStage) == 0
    assert violations(page, axe) == []
    assert_large_targets(page)
    assert_like_golden("live_stage", page.screenshot(), page="console")
    card.get_by_role("button", name="Stay").click()
    expect(card.get_by_role("alert")).to_have_count(0)
    card.get_by_role("button", name="NEXT STAGE").click()
    card.get_by_role("button", name="Go to From behind").click()
    assert room.wait_for(GoToStage) == GoToStage(plan=plan.digest or "", stage=2)
    room.tell(replace(live, stage=2))
    expect(card).to_contain_text(re.compile(r"Stage 2 of 3\s+From behind"))
    # To a stage in which the patient lies the same way nothing ends.
    card.get_by_role("button", name="NEXT STAGE").click()
    room.wait_for_last(GoToStage(plan=plan.digest or "", stage=3))
    expect(card.get_by_role("alert")).to_have_count(0)
