"""The nurse's page (docs/nurse.html) as it leaves the printer: two sides of A4, its steps named as the console does."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.console_page import NAMES, STEPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "nurse.html"
A4_POINTS = (595, 842)


def test_the_page_fills_two_sides_of_a4(open_page: Open):
    page = open_page(PAGE.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {A4_POINTS}


def test_its_steps_and_pictures_are_those_of_the_console(open_page: Open):
    page = open_page(PAGE.as_uri())
    expect(page.locator(".step .name")).to_have_text([NAMES[step] for step in STEPS])
    expect(page.locator(".research")).to_have_text("Research use only, not a medical device")
    for step in STEPS:
        picture = page.locator(f'[data-step="{step}"] img')
        expect(picture).to_have_attribute("src", f"nurse/{step}.jpg")
        assert picture.evaluate("one => one.complete && one.naturalWidth > 900")
