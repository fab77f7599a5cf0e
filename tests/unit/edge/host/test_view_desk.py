"""The desk of the view: what a change does, what it leaves alone, and what it refuses."""

import json
from dataclasses import replace

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import Keeper
from orview.edge.host.store import HostStore
from orview.edge.host.view_desk import ViewDesk
from orview.protocol.roles import Role
from orview.protocol.viewing import FIRST_VIEW, ClipPlane, StructureStyle, ViewPreset, ViewStyle
from orview.session.checks import CheckNeed
from orview.session.state import Role as SessionRole
from orview.session.state import Session
from tests.integration.small_room import UNCHANGED, add_case
from tests.unit.edge.host.test_keeper import BOARD_DIGEST, T0

PLANE = ClipPlane(point_patient_m=(0.0, 0.1, 0.2), normal_patient=(0.0, -0.6, 0.8))


def style(key: str, how: ViewStyle, step: int = 2) -> StructureStyle:
    return StructureStyle(key=key, style=how, opacity_step=step)


@pytest.fixture
def desk(tmp_path):
    case = add_case(CaseStore.open(tmp_path), registered=False)
    root = replace(case.structures[0], key="nerve_s1_left", name="S1 root left", rigid=False)
    keeper = Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1)
    keeper.select(
        replace(case, structures=(*case.structures, root)), by=SessionRole.NURSE, checks=CheckNeed(), now_ns=T0
    )
    return ViewDesk(keeper)


def test_a_change_touches_what_it_names_alone(desk):
    assert desk.message() == FIRST_VIEW
    faint = style("tumour", ViewStyle.SEE_THROUGH)
    changes = (
        ({"cleared": True}, Role.NURSE),
        ({"styles": (faint,)}, Role.SURGEON),
        ({"window": True}, Role.SURGEON),
        ({"clip": PLANE}, Role.NURSE),
        ({"twin": True}, Role.SURGEON),
    )
    expected = FIRST_VIEW
    for fields, by in changes:
        assert desk.change(replace(UNCHANGED, **fields), by=by) == ""
        expected = replace(expected, **fields, by=by)
        assert desk.message() == expected
    # Whoever changes a style does not bring back what the nurse cleared.
    assert desk.message().cleared
    assert desk.change(replace(UNCHANGED, clip_off=True, cleared=False), by=Role.NURSE) == ""
    assert desk.message() == replace(expected, clip=None, cleared=False, by=Role.NURSE)


def test_a_stage_is_shown_as_planned_and_stays_hidden_where_it_was(desk):
    desk.change(replace(UNCHANGED, styles=(style("tumour", ViewStyle.SEE_THROUGH),), cleared=True), by=Role.NURSE)
    desk.show_stage(by=Role.SURGEON)
    assert desk.message() == replace(FIRST_VIEW, preset=ViewPreset.STAGE, cleared=True, by=Role.SURGEON)


def test_styles_are_kept_one_a_structure_until_a_preset_speaks_for_all(desk):
    root = style("nerve_s1_left", ViewStyle.OUTLINE)
    desk.change(replace(UNCHANGED, styles=(style("tumour", ViewStyle.SEE_THROUGH), root)), by=Role.NURSE)
    desk.change(replace(UNCHANGED, styles=(style("tumour", ViewStyle.HIDDEN, 4),)), by=Role.NURSE)
    assert desk.message().styles == (style("tumour", ViewStyle.HIDDEN, 4), root)
    desk.change(replace(UNCHANGED, preset=ViewPreset.VESSELS, styles=(root,)), by=Role.NURSE)
    assert (desk.message().preset, desk.message().styles) == (ViewPreset.VESSELS, (root,))
    desk.reset()
    assert desk.message() == FIRST_VIEW


def test_a_restart_takes_up_the_view_of_its_case_and_no_other(desk, tmp_path):
    host_store = HostStore(CaseStore.open(tmp_path))
    assert host_store.view() is None
    desk.change(replace(UNCHANGED, cleared=True, styles=(style("tumour", ViewStyle.OUTLINE),)), by=Role.NURSE)
    kept = desk.message()
    host_store.put_view(desk.record())
    desk.reset()
    for nothing in (
        None,
        "",
        "[]",
        "{}",
        '{"case_id": "other", "view": "{}"}',
        host_store.view().replace("case_id", "x"),
    ):
        desk.restore(nothing)
        assert desk.message() == FIRST_VIEW
    other = json.loads(host_store.view()) | {"case_id": "other"}
    desk.restore(json.dumps(other))
    assert desk.message() == FIRST_VIEW
    desk.restore(host_store.view())
    assert desk.message() == kept


@pytest.mark.hazard("H35")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"styles": (style("liver", ViewStyle.OUTLINE),)}, "The chosen case has no structure liver."),
        (
            {"styles": (style("nerve_s1_left", ViewStyle.SOLID),)},
            "S1 root left moves with the tissue and is never drawn solid.",
        ),
        (
            {"clip": replace(PLANE, normal_patient=(0.0, 0.0, 0.99))},
            "The normal of a clipping plane must have the length 1.",
        ),
        ({"clip": PLANE, "clip_off": True}, "A clipping plane cannot be set and taken away at once."),
    ],
)
def test_what_makes_no_sense_is_refused_whole_and_in_words(desk, fields, words):
    assert desk.change(replace(UNCHANGED, preset=ViewPreset.VESSELS, twin=True, **fields), by=Role.SURGEON) == words
    assert desk.message() == FIRST_VIEW


def test_without_a_case_there_is_nothing_to_style_but_clearing_works(tmp_path):
    desk = ViewDesk(Keeper(session=Session(), board_digest=BOARD_DIGEST, room_frame_id=1))
    assert "no structure" in desk.change(
        replace(UNCHANGED, styles=(style("tumour", ViewStyle.OUTLINE),)), by=Role.SURGEON
    )
    assert desk.change(replace(UNCHANGED, cleared=True), by=Role.SURGEON) == ""
    assert desk.message().cleared
