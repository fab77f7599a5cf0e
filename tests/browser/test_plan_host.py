"""The plan page at a whole host: what is drawn on it is measured by the process that draws, and stored as it stands."""

import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.model.case import Level
from orview.model.slices_file import write_slices
from orview.protocol.planning import StageStyle
from orview.segment.anatomy import STANDARD
from orview.segment.slices import Slices as Volume
from tests.bony import stored_case
from tests.browser import fixtures
from tests.browser.conftest import Open
from tests.browser.console_page import banner, big, go, identify
from tests.integration.small_room import FilmedBoard, host_config
from tests.solids import AWAY_MM, ball, box

RADIUS_MM, SIDES_MM = 15.0, (100.0, 60.0, 110.0)
SPACING_MM, SHAPE = 3.0, (44, 32, 44)


def planned_store(folder: Path) -> CaseStore:
    """A store with one case: a ball of a tumour in a box of a sacrum, with a model and an image to look at."""
    parts = {"tumour": ball(RADIUS_MM, steps=30), "sacrum": box(SIDES_MM)}
    plain = stored_case(CaseStore.open(folder / "aside"), parts)
    full = CaseStore.open(folder / "aside").blob(plain.levels[0].sha256)
    glb = fixtures.model(*((STANDARD[key], surface) for key, surface in parts.items()))
    name = sha256(glb).hexdigest()
    preview = replace(
        plain.levels[0], level=Level.PREVIEW, sha256=name, bytes=len(glb), plain_sha256=name, plain_bytes=len(glb)
    )
    store = CaseStore.open(folder / "store")
    case = replace(plain, levels=(preview, *plain.levels), name="Ball in a box")
    store.add(case, {name: glb, plain.levels[0].sha256: full}, slices=write_slices(image()))
    return store


def image() -> Volume:
    """The two of them as an image."""
    corner = np.array(AWAY_MM) - SPACING_MM * (np.array(SHAPE[::-1]) - 1) / 2.0
    k, j, i = np.mgrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    offsets = SPACING_MM * np.stack([i, j, k], axis=-1) + corner - AWAY_MM
    labels = np.where((np.abs(offsets) <= np.array(SIDES_MM) / 2.0).all(axis=-1), 2, 0).astype(np.uint8)
    labels[np.linalg.norm(offsets, axis=-1) <= RADIUS_MM] = 1
    return Volume(
        grey=(60 + 60 * labels).astype(np.uint8),
        labels=labels,
        keys=("tumour", "sacrum"),
        origin_patient_mm=tuple(corner.tolist()),
        spacing_mm=SPACING_MM,
        window=(-250.0, 770.0),
    )


def say_whose_it_is(page: Page) -> None:
    """Enter the identifiers that the images of this case do not tell."""
    page.get_by_label("Name", exact=True).fill("Müller, Jörg")
    page.get_by_label("Date of birth").fill("02.04.1961")
    page.get_by_role("button", name="THESE ARE THE PATIENT'S").click()
    expect(page.locator(".identity")).to_contain_text("from the wristband")


@pytest.mark.timeout(180)
def test_a_plan_is_drawn_measured_saved_locked_and_gone_through(open_page: Open, client: Path, tmp_path: Path):
    store = planned_store(tmp_path)
    with FilmedBoard(tmp_path / "camera.slot") as film, Host(host_config(tmp_path, f"slot:{film.path}")) as host:
        page = open_page(host.wait_ready().console_url, viewport={"width": 1366, "height": 768})
        page.get_by_role("button", name="Ball in a box").click()
        page.get_by_role("button", name="Draw a plan").click()
        page.get_by_role("tab", name="Stages").click(timeout=30_000)
        # The image is there while a plan is drawn, with no session.
        expect(page.locator(".cut canvas")).to_have_count(3)
        page.get_by_role("button", name="Add a stage").click()
        page.get_by_label("Name", exact=True).fill("From in front")
        page.keyboard.press("Enter")
        expect(page.locator("select[name=stage]")).to_contain_text("From in front")
        for structure, look in (("Tumour", "Solid"), ("Sacrum", "Seen through")):
            page.get_by_label(f"{structure}: drawn").select_option(label=look)
            expect(page.get_by_label(f"{structure}: drawn")).to_have_value(look.lower().replace("seen ", "see_"))
        page.get_by_role("button", name="Add a stage").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Stage 2")
        page.get_by_label("Patient lies").select_option(label="On the belly")
        expect(page.locator("select[name=stage]")).to_contain_text("2 Stage 2 · On the belly")
        page.get_by_role("tab", name="Planes").click()
        page.get_by_label("Add a plane").select_option(label="Above it")
        facts = page.locator(".plan-facts")
        expect(facts).to_contain_text("13.0 mm")
        expect(facts).to_contain_text("KEPT")
        expect(facts).to_contain_text("Sacrum")
        offset = page.get_by_label("From tumour, mm")
        offset.fill("8")
        offset.press("Enter")
        expect(facts).to_contain_text("NOT KEPT")
        page.get_by_role("application").focus()
        for _ in range(12):
            page.keyboard.press("PageUp")
        expect(facts).to_contain_text("20.0 mm")
        page.get_by_role("button", name="Undo").click()
        expect(facts).to_contain_text("8.0 mm")
        page.get_by_role("button", name="Redo").click()
        expect(facts).to_contain_text("20.0 mm")
        # A plane far out cuts no bone: nothing is stored.
        up = page.get_by_label("Middle, up + mm")
        kept = up.input_value()
        up.fill("-700")
        up.press("Enter")
        expect(facts).to_contain_text("CANNOT BE")
        expect(page.get_by_role("button", name="Save as new version")).to_have_attribute("aria-disabled", "true")
        up.fill(kept)
        up.press("Enter")
        expect(facts).to_contain_text("20.0 mm")
        page.get_by_role("button", name="Save as new version").click()
        expect(page.locator(".plan-head h2")).to_contain_text("Version 1", timeout=30_000)
        page.reload()
        expect(facts).to_contain_text("20.0 mm")
        page.locator("button[name=close]").click()
        say_whose_it_is(page)
        identify(page, name="MUELLER^JOERG", born="19610402")
        big(page, "THIS IS THE PATIENT").click()
        expect(banner(page)).to_contain_text("HOLD")
        card = go(page, "check").get_by_role("region", name="Plan")
        expect(card).to_contain_text("NOT LOCKED")
        expect(card).to_contain_text(re.compile(r"KEPT\s+Plane 1\s+20\.0 mm"))
        big(page, "LOCK THIS PLAN").click()
        expect(card.locator(".lamp").first).to_have_text("LOCKED")
        expect(page.locator(".time-out")).to_contain_text("Right stage")
        go(page, "live")
        staging = page.locator(".staging")
        expect(staging).to_contain_text("Stage 1 of 2")
        staging.get_by_role("button", name="NEXT STAGE").click()
        staging.get_by_role("button", name="Go to Stage 2").click()
        expect(staging).to_contain_text("Stage 2 of 2")
        page.reload()
        expect(staging).to_contain_text("Stage 2 of 2")
    plan = store.plan(store.cases()[0].id)
    assert plan is not None
    (plane,), (stage, last) = plan.planes, plan.stages
    assert plane.center_mm[2] == pytest.approx(AWAY_MM[2] + RADIUS_MM + 20.0, abs=0.2)
    assert (stage.name, stage.looks["sacrum"].value) == ("From in front", StageStyle.SEE_THROUGH.value)
    assert (last.position.value, last.looks) == ("prone", stage.looks)
