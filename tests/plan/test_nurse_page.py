"""The nurse's page names steps, buttons and sentences as the console does, and its pictures are small."""

import html
import re
from pathlib import Path

import pytest

from tests.plan.test_troubleshooting_page import said

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "nurse.html").read_text(encoding="utf-8")
ORDER = (ROOT / "headset_client/src/console/step_order.ts").read_text(encoding="utf-8")
STEPS = re.findall(r'"([a-z]+)"', ORDER[ORDER.index("STEPS") :].split("]")[0])
MOST_PICTURE_BYTES = 60_000
QUOTED = sorted({html.unescape(text) for text in re.findall(r"<(?:kbd|q)>([^<]+)</", PAGE)})


def test_the_six_steps_stand_in_their_order():
    assert len(STEPS) == 6
    assert re.findall(r'data-step="(\w+)"', PAGE) == STEPS
    assert [name.lower() for name in re.findall(r'class="name">(\w+)<', PAGE)] == STEPS


@pytest.mark.parametrize("text", QUOTED)
def test_its_buttons_are_those_of_the_console(text: str):
    assert text in said()


@pytest.mark.parametrize("step", STEPS)
def test_each_step_has_a_small_picture(step: str):
    assert 5_000 < (ROOT / "docs" / "nurse" / f"{step}.jpg").stat().st_size < MOST_PICTURE_BYTES
