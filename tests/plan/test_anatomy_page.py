"""The page of the anatomy table says what the code says."""

from orview.segment.anatomy import STANDARD, Kind
from tests.plan.anatomy_page import HEADINGS, PAGE, page


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.plan.anatomy_page"


def test_every_kind_and_entry_is_on_it() -> None:
    assert set(HEADINGS) == set(Kind)
    text = page()
    for key in STANDARD:
        assert f"`{key}`" in text or f"`{key.rsplit('_', 1)[0]}_left/_right`" in text
