"""Drafts in their files: each of its case, and none where a file holds something else."""

from pathlib import Path

import pytest

from orview.edge.host.draft_file import DraftFile
from orview.plan.draft import Draft
from orview.plan.sketch import Sketch


def test_each_case_has_its_draft(tmp_path: Path) -> None:
    one, other = (DraftFile(tmp_path / "drafts", case_id) for case_id in ("case1", "case2"))
    draft = Draft(Sketch(margin_mm=7.0), base_version=3)
    assert one.read() is None
    one.write(draft)
    other.write(Draft(Sketch(margin_mm=9.0), base_version=1))
    again = one.read()
    assert again is not None
    assert again.to_json() == draft.to_json()
    one.forget()
    one.forget()
    assert one.read() is None
    assert other.read() is not None


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe"])
def test_what_holds_no_draft(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "case1.json").write_bytes(data)
    assert DraftFile(tmp_path, "case1").read() is None


def test_a_disk_that_refuses_is_no_matter(tmp_path: Path) -> None:
    DraftFile(tmp_path / "gone" / "drafts", "case1").write(Draft(Sketch(), base_version=0))
    assert not (tmp_path / "gone").exists()
