"""A draft in its file: of one case, and none where the file holds something else."""

from pathlib import Path

import pytest

from orview.edge.host.draft_file import case_of_draft, read_draft, write_draft
from orview.plan.draft import Draft
from orview.plan.sketch import Sketch


def test_a_draft_is_that_of_its_case(tmp_path: Path) -> None:
    file, draft = tmp_path / "draft.json", Draft(Sketch(margin_mm=7.0), base_version=3)
    assert (case_of_draft(file), read_draft(file, "case1")) == ("", None)
    write_draft(file, "case1", draft)
    assert case_of_draft(file) == "case1"
    again = read_draft(file, "case1")
    assert again is not None
    assert again.to_json() == draft.to_json()
    assert read_draft(file, "case2") is None


@pytest.mark.parametrize("data", [b"", b"case1", b"case1\n{}", b"\xff\xfe"])
def test_what_holds_no_draft(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "draft.json"
    file.write_bytes(data)
    assert read_draft(file, "case1") is None


def test_a_disk_that_refuses_is_no_matter(tmp_path: Path) -> None:
    write_draft(tmp_path / "gone" / "draft.json", "case1", Draft(Sketch(), base_version=0))
    assert not (tmp_path / "gone").exists()
