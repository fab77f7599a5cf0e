"""Every number of a plan's report is the truth of the solids it was drawn on, to what the report says it rounds to."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from orview.edge.plan_ground import ground_of
from orview.edge.report.as_html import html_of
from orview.edge.report.as_pdf import pdf_of
from orview.edge.report.document import Document, Section
from orview.edge.report.plan_contents import (
    KEPT,
    KEPT_SO_FAR,
    NOT_KEPT,
    NOT_SAFE,
    RESEARCH_USE,
    SYNTHETIC,
    PlanRecord,
    PlanVersion,
    plan_contents_of,
)
from orview.plan.assess import assess
from orview.plan.document import assessment_document
from orview.plan.margins import nearby
from tests.planned_case import HIGH_MM, MARGIN_MM, SIDE_MM, TUMOUR_MM, planned_case
from tests.unit.edge.report.pdf_words import words_of_pdf

WRITTEN = datetime(2026, 1, 11, 9, 30, tzinfo=UTC)
ERROR_MM = 4.0
"""With it 13 mm are kept in the image alone, and 15 mm for sure."""
NOT_SHOWN = ("not known", "not known", "not known")
"""End plate, midline and side, which a case of one bone does not show."""
CHECK = {
    "kind": "SPECIMEN",
    "utc": "2026-01-12T10:00:00+00:00",
    "plan_version": 1,
    "plan_digest": "",
    "planes": [
        {
            "key": "high_cut",
            "name": "High cut",
            "offset_mm": -1.26,
            "offset_95_mm": 0.84,
            "tilt_deg": 2.13,
            "tilt_95_deg": 1.04,
            "farthest_mm": 2.71,
            "flatness_mm": 0.32,
            "planned_least_mm": 15.0,
            "tumour_least_mm": 13.74,
            "touches": 12,
        }
    ],
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> PlanRecord:
    store, case, told = planned_case(tmp_path_factory.mktemp("planned"))
    ground = ground_of(case, store)
    found = assess(told.plan, ground, case_digest=case.digest, expected_error_mm=ERROR_MM)
    return PlanRecord(
        case=case,
        plan=told.plan,
        assessment=assessment_document(told.plan, found, nearby(ground), expected_error_mm=ERROR_MM),
        versions=(PlanVersion(plan=told.plan, stored_utc="2026-01-10T11:12:13+00:00"),),
        pictures=(),
        checks=(CHECK | {"plan_digest": told.plan.digest},),
        written=WRITTEN,
    )


def section(document: Document, title: str) -> Section:
    return next(one for one in document.sections if one.title == title)


def rows(document: Document, title: str) -> tuple[tuple[str, ...], ...]:
    table = section(document, title).table
    assert table is not None
    return tuple(tuple(cell.replace("\u00a0", " ") for cell in row) for row in table.rows)


def test_planes_and_cuts_are_those_of_the_solids(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    assert rows(document, "Planes") == (
        ("1", "High cut", f"{HIGH_MM - TUMOUR_MM:.1f} mm", f"{HIGH_MM:.1f} mm", KEPT, *NOT_SHOWN),
        ("2", "Side cut", f"{SIDE_MM - TUMOUR_MM:.1f} mm", f"{SIDE_MM:.1f} mm", NOT_SAFE, *NOT_SHOWN),
    )
    circle_mm, circle_mm2 = 2.0 * np.pi * 2.0, np.pi * 2.0**2
    assert rows(document, "What is cut") == (
        ("1", "High cut", "Sacrum", f"{2 * (100 + 60)} mm", f"{100 * 60 / 100:.1f} cm²"),
        ("1", "High cut", "Nerve_s2_left", f"{circle_mm:.0f} mm", f"{circle_mm2:.0f} mm²"),
        ("2", "Side cut", "Sacrum", f"{60 + 2 * 87.5:.0f} mm", f"{60 * 87.5 / 100:.1f} cm²"),
    )
    # The nerve is 2 mm thick and 30 mm beside the tumour's middle, the rectum 10 mm and 50 mm before it.
    assert rows(document, "What is near the tumour") == (("Nerve_s2_left", "13.0 mm"), ("Rectum", "25.0 mm"))


def test_margins_are_asked_for_and_safe(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    told = dict(rows(document, "In short"))
    assert told["Margin asked for"] == f"{MARGIN_MM:.1f} mm"
    assert told["Expected error of the registration at the tumour"] == f"{ERROR_MM:.1f} mm (95 %)"
    assert told["Safe margin"] == f"{MARGIN_MM + ERROR_MM:.1f} mm"
    assert any("Side cut leaves 13.0 mm" in line for line in section(document, "What must be looked at").lines)
    unsafe = {**record.assessment, "expected_error_mm": None, "safe_margin_mm": None, "findings": []}
    before = plan_contents_of(replace(record, assessment=unsafe))
    assert dict(rows(before, "In short"))["Safe margin"] == "not known before registration"
    assert [row[4] for row in rows(before, "Planes")] == [KEPT_SO_FAR, KEPT_SO_FAR]
    assert section(before, "What must be looked at").lines == ("Nothing was found.",)
    finding = {
        "code": "MARGIN_NOT_KEPT",
        "where": "high_cut",
        "message": "High cut leaves 3 mm.",
        "severity": "warning",
    }
    lost = plan_contents_of(replace(record, assessment={**record.assessment, "findings": [finding]}))
    assert [row[4] for row in rows(lost, "Planes")] == [NOT_KEPT, KEPT]


def test_roots_and_what_was_published_of_them(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    assert rows(document, "Nerve roots") == (
        ("L5", "kept", "kept"),
        ("S1", "kept", "kept"),
        ("S2", "kept", "kept"),
        ("S3", "GIVEN UP", "kept"),
        ("S4", "kept", "kept"),
        ("S5", "kept", "kept"),
    )
    assert section(document, "Nerve roots").lines == ("Every root is kept down to S2 left, S5 right.",)
    # Todd et al. 2002: all roots of one side spared.
    ((group, bladder, bowel, walking, source),) = rows(document, "Published function after as much was kept")
    assert (bladder, bowel, walking) == ("89 %", "87 %", "–")
    assert group.startswith("one side resected")
    assert "10.1097/00003086-200204000-00006" in source


def test_what_is_cut_says_which_roots_are_given_up_and_a_joint_opens_nothing(record: PlanRecord) -> None:
    high, side = record.assessment["planes"]
    joint = {"key": "sacroiliac_joint_left", "name": "Sacroiliac joint left", "length_mm": 33.2, "area_mm2": 4.0}
    roots = {**record.assessment["roots"], "sacrificed": ["nerve_s2_left"]}
    planes = [{**high, "cuts": [*high["cuts"], joint]}, {**side, "side": "right"}]
    document = plan_contents_of(replace(record, assessment={**record.assessment, "planes": planes, "roots": roots}))
    cuts = {row[2]: row[3:] for row in rows(document, "What is cut") if row[0] == "1"}
    assert "Nerve_s2_left (given up)" in cuts
    assert cuts["Sacroiliac joint left"] == ("33 mm", "–")
    assert [row[-1] for row in rows(document, "Planes")] == ["not known", "right"]
    planes = [{**high, "midline_deg": 89.6}]
    document = plan_contents_of(replace(record, assessment={**record.assessment, "planes": planes}))
    assert rows(document, "Planes")[0][-2:] == ("90°", "both")


@pytest.mark.hazard("H35")
def test_stages_say_what_is_seen_loose_and_out(record: PlanRecord) -> None:
    loose = replace(
        record.case, structures=tuple(replace(one, rigid=one.key != "rectum") for one in record.case.structures)
    )
    document = plan_contents_of(replace(record, case=loose))
    first, back, last = (
        dict(rows(document, title)) for title in ("Stage 1: From in front", "Stage 2: From behind", "Stage 3: Rebuild")
    )
    assert (first["Position"], back["Position"]) == ("supine", "prone")
    assert first["Comes loose"] == first["Ghost (may lie elsewhere)"] == last["Ghost (may lie elsewhere)"] == "Rectum"
    assert (first["Planes"], back["Planes"], last["Planes"]) == ("High cut", "High cut, Side cut", "none")
    assert (first["Specimen"], back["Specimen"]) == ("in place", "taken out at the end of this stage")
    assert last["Specimen"] == "out"
    assert "Tumour" in first["Solid"]
    assert "Tumour" not in " ".join(last.values())
    assert first["Notes"] == "Free the rectum <first>."


def test_a_check_of_the_specimen_is_told_and_of_which_version(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    assert rows(document, "Specimen, as it was cut") == (
        ("High cut", "-1.3 ± 0.8 mm", "2.1° ± 1.0°", "2.7 mm", "0.3 mm", "13.7 mm (15.0 mm)", "12"),
    )
    (line,) = section(document, "Specimen, as it was cut").lines
    assert "2026-01-12 10:00:00 UTC against version 1" in line
    assert "NOT the version" not in line
    other = plan_contents_of(replace(record, checks=(CHECK,)))
    assert "NOT the version of this report" in section(other, "Specimen, as it was cut").lines[0]


def test_versions_digests_and_marks(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    assert document.title == "Plan of Case 12, version 1"
    assert document.marks == (RESEARCH_USE,)
    assert [(*row[:2], row[-1]) for row in rows(document, "Versions of this plan")] == [
        ("1", "2026-01-10 11:12:13 UTC", record.plan.digest)
    ]
    unknown = replace(record, versions=(PlanVersion(plan=record.plan, stored_utc=None),))
    assert rows(plan_contents_of(unknown), "Versions of this plan")[0][1] == "not known"
    assert dict(rows(document, "How it was made"))["Case, SHA-256"] == record.case.digest
    synthetic = replace(record.case, source=replace(record.case.source, synthetic=True))
    assert SYNTHETIC in plan_contents_of(replace(record, case=synthetic)).marks


@pytest.mark.hazard("H33")
def test_page_and_paper_hold_every_number(record: PlanRecord) -> None:
    document = plan_contents_of(record)
    page = html_of(document).decode()
    paper = " ".join(words_of_pdf(pdf_of(document, made=WRITTEN)).split())
    numbers = set(re.findall(r"\d+\.\d(?=\u00a0)", document.text))
    assert {"15.0", "13.0", "30.0", "28.0", "60.0", "52.5", "10.0", "14.0", "4.0", "25.0"} <= numbers
    for number in numbers:
        assert f"{number}\u00a0" in page
        assert f"{number} " in paper


def test_an_empty_plan_says_so(record: PlanRecord) -> None:
    empty = {**record.assessment, "planes": [], "near_the_tumour": [], "findings": []}
    bare = replace(record.plan, planes=(), stages=(replace(record.plan.stages[0], planes=()),))
    document = plan_contents_of(replace(record, plan=bare, assessment=empty, checks=()))
    for title in ("Planes", "What is cut", "What is near the tumour"):
        assert section(document, title).table is None
        assert section(document, title).lines
