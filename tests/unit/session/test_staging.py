"""Which plan is followed, and in which stage everybody is."""

from dataclasses import replace

from orview.session.staging import PlanFacts, StageFacts, Staging

FRONT = StageFacts(key="front", name="From in front", position="supine")
BACK = StageFacts(key="back", name="From behind", position="prone")
REBUILD = StageFacts(key="rebuild", name="Rebuild", position="prone")
PLAN = PlanFacts(digest="p1", version=1, stages=(FRONT, BACK, REBUILD))
NEWER = replace(PLAN, digest="p2", version=2, stages=(BACK, FRONT, REBUILD))


def test_a_plan_is_locked_in_its_first_stage_and_told_in_a_sentence() -> None:
    assert Staging().fault() is None
    assert Staging().good_words == "No plan: the whole case is shown."
    found = Staging().found(PLAN)
    assert found.fault() == "The plan is not locked yet: read it and lock it."
    assert found.standing is None
    locked = found.taken()
    assert (locked.fault(), locked.standing) == (None, FRONT)
    assert locked.good_words == "Plan, version 1, stage 1 of 3: From in front, supine."
    assert locked.unlocked() == found


def test_a_newer_version_is_locked_in_the_stage_of_the_same_key() -> None:
    behind = Staging().found(PLAN).taken().at(2).found(NEWER)
    assert behind.fault() == "Version 2 of the plan is newer than the locked one: read it and lock it."
    assert behind.standing == BACK
    assert (behind.taken().stage, behind.taken().standing) == (1, BACK)
    without = replace(NEWER, stages=(FRONT,))
    assert behind.found(without).taken().standing == FRONT


def test_only_what_was_read_is_locked_and_only_its_stages_are_gone_to() -> None:
    found = Staging().found(PLAN)
    assert Staging().refusal_of_lock("p1") == "The case has no plan."
    assert found.refusal_of_lock("p2") == "The plan is another one now: read it again."
    assert found.refusal_of_lock("p1") == ""
    assert found.taken().refusal_of_lock("p1") == "This plan is locked already."
    assert found.refusal_of_stage("p1", 1) == "Lock the plan first."
    locked = found.taken()
    assert locked.refusal_of_stage("p2", 1) == "The plan is another one now: read it again."
    assert [locked.refusal_of_stage("p1", stage) for stage in (0, 1, 3, 4)] == [
        "The plan has no such stage.",
        "",
        "",
        "The plan has no such stage.",
    ]


def test_the_patient_is_turned_between_stages_of_another_position() -> None:
    locked = Staging().found(PLAN).taken()
    assert [locked.turns(stage) for stage in (1, 2, 3)] == [False, True, True]
    assert [locked.at(2).turns(stage) for stage in (1, 2, 3)] == [True, False, False]
    assert not Staging().found(PLAN).turns(2)
