"""Drawing the plan of a case: each thing a console asks is done, measured, kept and told, or refused in words."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.drawing import Drawing
from orview.edge.host.plane_wire import wire_from_plane
from orview.errors import InputError, RefusedError
from orview.protocol.codec import encode
from orview.protocol.drafting import (
    DraftState,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StageSketch,
    TryPlane,
    UndoPlan,
)
from orview.protocol.planning import MarginVerdict, PatientPosition, PlanPlane, StageStyle
from tests.bony import stored_case
from tests.solids import AWAY_MM, ball, beside, box, cylinder
from tests.unit.plan.test_clearance import TURNS, plane

FRONT = StageSketch(
    key="front", name="From in front", position=PatientPosition.SUPINE, planes=(), releases_specimen=False, notes=""
)


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    store = CaseStore.open(tmp_path / "store")
    stored_case(
        store,
        {
            "tumour": ball(15.0, steps=30),
            "sacrum": box((100.0, 60.0, 110.0)),
            "nerve_s2_left": cylinder(2.0, 100.0, center_mm=beside([30.0, 0.0, 0.0])),
        },
    )
    return store


@pytest.fixture
def drawing(store: CaseStore, tmp_path: Path) -> Drawing:
    return opened(store, tmp_path)


def opened(store: CaseStore, tmp_path: Path) -> Drawing:
    return Drawing(store.cases()[0].id, store, tmp_path / "drafts")


def at(height_mm: float, *, key: str = "cut") -> PlanPlane:
    """A plane so high over the tumour's middle."""
    return replace(wire_from_plane(plane(height_mm, TURNS[0])), key=key)


def drawn(drawing: Drawing) -> None:
    """Draw a plan that can be stored."""
    drawing.change(SetPlane(plane=at(30.0)))
    drawing.change(SetStage(stage=replace(FRONT, planes=("cut",))))
    drawing.change(SetStageLook(stage="front", structure="tumour", style=StageStyle.SOLID, mobilised=False))


def test_the_first_draft_of_a_case_is_empty_and_says_what_is_missing(drawing: Drawing) -> None:
    told = drawing.message()
    assert (told.state, told.base_version, told.changed, told.planes) == (DraftState.READY, 0, False, ())
    assert "0 stages" in told.refusal
    assert [root.key for root in told.roots][:2] == ["nerve_l5_left", "nerve_l5_right"]
    assert [(near.key, near.least_mm) for near in told.near] == [("nerve_s2_left", pytest.approx(13.0, abs=0.1))]
    assert told.specimen == ("tumour",)


def test_a_plane_is_measured_and_told(drawing: Drawing) -> None:
    drawing.change(SetPlane(plane=at(24.0)))
    told = drawing.message()
    (facts,) = told.facts
    assert facts.least_mm == pytest.approx(9.0, abs=0.05)
    assert facts.verdict is MarginVerdict.NOT_KEPT
    assert [cut.key for cut in facts.cuts] == ["sacrum", "nerve_s2_left"]
    ends_mm = 1000.0 * np.array(facts.line_m).reshape(-1, 2, 3)
    lengths = np.linalg.norm(ends_mm[:, 1] - ends_mm[:, 0], axis=1)
    # The rectangle is 80 mm wide and cuts both long sides of the bone.
    assert lengths.sum() == pytest.approx(160.0, abs=0.1)
    assert ends_mm[..., 2] == pytest.approx(AWAY_MM[2] + 24.0, abs=0.02)
    assert [(one.code, one.where) for one in told.findings] == [("MARGIN_NOT_KEPT", "cut"), ("KEPT_ROOT_CUT", "cut")]
    assert (told.changed, told.can_undo) == (True, True)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (at(80.0), "cuts no bone"),
        (at(5.0), "passes through the tumour"),
        (replace(at(30.0), kept_normal=(0.0, 0.0, -1.0)), "has the tumour on the side that is kept"),
        (replace(at(30.0), along=(0.0, 0.0, 1.0)), "does not lie in it"),
    ],
)
def test_a_plane_that_cannot_be_is_told_so(drawing: Drawing, given: PlanPlane, words: str) -> None:
    told = drawing.tried(TryPlane(number=5, plane=given))
    assert (told.number, told.facts.key) == (5, "cut")
    assert words in told.facts.refusal
    encode(told)


def test_what_is_tried_is_not_taken(drawing: Drawing) -> None:
    told = drawing.tried(TryPlane(number=6, plane=at(30.0)))
    assert (told.facts.refusal, told.facts.verdict) == ("", MarginVerdict.KEPT)
    assert drawing.message().planes == ()


def test_a_plan_is_drawn_stored_and_drawn_on(drawing: Drawing, store: CaseStore, tmp_path: Path) -> None:
    drawn(drawing)
    assert drawing.message().refusal == ""
    first = drawing.store()
    assert (first.version, store.plan(drawing.case_id).digest) == (1, first.digest)
    told = drawing.message()
    assert (told.words, told.base_version, told.changed, told.can_undo) == ("Stored as version 1.", 1, False, True)
    with pytest.raises(InputError, match="Nothing was changed since version 1"):
        drawing.store()
    drawing.change(SetRoot(root="nerve_s2_left", kept=False))
    drawing.change(SetMargin(margin_mm=12.0))
    second = drawing.store()
    assert (second.version, second.margin_mm) == (2, 12.0)
    stored = store.stored_plan(drawing.case_id)
    assert stored.told["roots"]["lowest_kept"] == {"left": "S1", "right": "S5"}
    assert store.blob(stored.model)[:4] == b"glTF"


def test_a_draft_that_cannot_be_is_not_stored_and_not_lost(drawing: Drawing, store: CaseStore) -> None:
    drawn(drawing)
    drawing.change(SetPlane(plane=at(80.0)))
    told = drawing.message()
    assert "cuts no bone" in told.refusal
    with pytest.raises(RefusedError, match="cuts no bone"):
        drawing.store()
    assert store.plan(drawing.case_id) is None
    assert drawing.message() == told


def test_a_version_that_came_meanwhile_is_kept_beside(drawing: Drawing, store: CaseStore, tmp_path: Path) -> None:
    drawn(drawing)
    drawing.store()
    other = opened(store, tmp_path / "elsewhere")
    other.change(SetMargin(margin_mm=11.0))
    other.store()
    drawing.change(SetMargin(margin_mm=9.0))
    assert drawing.store().version == 3
    assert "Version 2 was stored by somebody else meanwhile" in drawing.message().words


def test_changes_go_back_and_forth(drawing: Drawing) -> None:
    drawn(drawing)
    drawing.change(RemovePlane(key="cut"))
    assert drawing.message().stages[0].planes == ()
    drawing.change(UndoPlan())
    assert [facts.key for facts in drawing.message().facts] == ["cut"]
    drawing.change(RedoPlan())
    assert drawing.message().facts == ()
    drawing.change(RemoveStage(key="front"))
    assert drawing.message().stages == ()
    with pytest.raises(InputError, match="no structure 'rectum'"):
        drawing.change(SetStageLook(stage="front", structure="rectum", style=StageStyle.SOLID, mobilised=False))


def test_it_is_taken_up_where_a_process_left_it(drawing: Drawing, store: CaseStore, tmp_path: Path) -> None:
    drawn(drawing)
    drawing.change(UndoPlan())
    again = opened(store, tmp_path)
    assert again.message() == drawing.message()
    assert again.message().can_redo


def test_all_of_a_large_draft_goes_over_the_wire(drawing: Drawing) -> None:
    drawn(drawing)
    for number in range(15):
        drawing.change(SetPlane(plane=at(17.0 + number, key=f"cut_{number}")))
    assert len(json.loads(encode(drawing.message()))["facts"]) == 16
