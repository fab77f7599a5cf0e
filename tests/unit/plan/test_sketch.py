"""A plan drawn piece by piece: each change does what it says, and what cannot be is refused in words."""

import pytest

from orview.errors import InputError
from orview.plan.plan import MOST_PLANES, MOST_STAGES, Plan, plan_of
from orview.plan.roots import ROOT_OF_KEY, Fate
from orview.plan.sketch import Sketch
from orview.plan.stages import Look, Position
from tests.unit.plan.test_clearance import TURNS, plane
from tests.unit.plan.test_plan import DOCUMENT

S3_LEFT = ROOT_OF_KEY["nerve_s3_left"]


@pytest.fixture
def plan() -> Plan:
    return plan_of(DOCUMENT)


@pytest.fixture
def sketch(plan: Plan) -> Sketch:
    return Sketch.of_plan(plan)


def staged(sketch: Sketch, **changed: object) -> Sketch:
    values = {
        "key": "front",
        "name": "Front",
        "position": Position.SUPINE,
        "planes": (),
        "notes": "",
        "releases_specimen": False,
    }
    return sketch.with_stage(**{**values, **changed})


def test_a_plan_is_a_sketch_and_again_that_plan(plan: Plan, sketch: Sketch) -> None:
    assert sketch.plan(case_digest=plan.case_digest, version=plan.version).digest == plan.digest
    again = Sketch.of_document(sketch.document())
    assert again.plan(case_digest=plan.case_digest, version=plan.version).digest == plan.digest


def test_an_empty_sketch_is_no_plan_yet() -> None:
    with pytest.raises(InputError, match="0 stages"):
        Sketch().plan(case_digest="ab" * 32, version=1)
    with pytest.raises(InputError, match="Front shows no structure"):
        staged(Sketch()).plan(case_digest="ab" * 32, version=1)
    whole = staged(Sketch()).with_look("front", "tumour", Look.SOLID, mobilised=False)
    assert whole.plan(case_digest="ab" * 32, version=1).version == 1


def test_a_plane_comes_last_or_in_the_place_of_its_namesake(sketch: Sketch) -> None:
    cut = plane(30.0, TURNS[1])
    more = sketch.with_plane(cut)
    assert [one.key for one in more.planes] == ["high", "cut"]
    assert more.planes[0] is sketch.planes[0]
    moved = plane(40.0, TURNS[1])
    again = more.with_plane(moved)
    assert again.planes == (sketch.planes[0], moved)
    assert len(sketch.planes) == 1


def test_a_plane_that_is_gone_is_shown_in_no_stage(sketch: Sketch) -> None:
    left = sketch.without_plane("high")
    assert left.planes == ()
    assert [stage.planes for stage in left.stages] == [(), ()]
    with pytest.raises(InputError, match="no plane 'cut'"):
        sketch.without_plane("cut")


def test_roots_and_margin(sketch: Sketch) -> None:
    assert S3_LEFT not in sketch.with_root(S3_LEFT, kept=True).roots
    assert sketch.with_root(ROOT_OF_KEY["nerve_s4_left"], kept=False).roots[S3_LEFT] is Fate.SACRIFICE
    assert sketch.with_margin(7.5).margin_mm == 7.5
    with pytest.raises(InputError, match="margin asked for is -1 mm"):
        sketch.with_margin(-1.0)


def test_a_stage_keeps_its_looks_when_it_is_changed(sketch: Sketch) -> None:
    changed = staged(sketch, name="From in front", position=Position.LEFT_SIDE, releases_specimen=True)
    first = changed.stages[0]
    assert (first.name, first.position, first.releases_specimen, first.planes) == (
        "From in front",
        Position.LEFT_SIDE,
        True,
        (),
    )
    assert (first.looks, first.mobilises) == (sketch.stages[0].looks, {"rectum"})
    more = staged(sketch, key="rebuild").stages
    assert [stage.key for stage in more] == ["front", "back", "rebuild"]
    assert (more[2].looks, more[2].mobilises) == (sketch.stages[1].looks, frozenset())
    assert [stage.key for stage in sketch.without_stage("front").stages] == ["back"]


def test_looks(sketch: Sketch) -> None:
    seen = sketch.with_look("back", "rectum", Look.OUTLINE, mobilised=True).stages[1]
    assert (seen.looks["rectum"], seen.mobilises) == (Look.OUTLINE, {"rectum"})
    hidden = sketch.with_look("front", "sacrum", Look.HIDDEN, mobilised=False).stages[0]
    assert (set(hidden.looks), hidden.mobilises) == ({"tumour"}, {"rectum"})
    still = sketch.with_look("front", "rectum", Look.HIDDEN, mobilised=False).stages[0]
    assert still.mobilises == frozenset()
    with pytest.raises(InputError, match="ghost is not chosen"):
        sketch.with_look("front", "rectum", Look.GHOST, mobilised=True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key": "Front"}, "cannot be used"),
        ({"name": "  "}, "has no name"),
        ({"notes": "a" * 401}, "notes are too long"),
        ({"planes": ("low",)}, "no plane 'low'"),
    ],
)
def test_stages_that_cannot_be(sketch: Sketch, changed: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        staged(sketch, **changed)


def test_there_is_room_for_so_many(sketch: Sketch) -> None:
    full = sketch
    for number in range(MOST_STAGES - 2):
        full = staged(full, key=f"more_{number}")
    with pytest.raises(InputError, match="stages already"):
        staged(full, key="one_more")
    with pytest.raises(InputError, match="no stage 'nowhere'"):
        full.without_stage("nowhere")
    document = plane(30.0, TURNS[0]).__dict__
    for number in range(MOST_PLANES - 1):
        full = full.with_plane(type(plane(30.0, TURNS[0]))(**{**document, "key": f"cut_{number}"}))
    with pytest.raises(InputError, match="planes already"):
        full.with_plane(plane(30.0, TURNS[0]))
