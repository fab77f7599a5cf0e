"""The stages of a plan in a whole host: locked by the nurse, gone through by both, the same after a restart."""

import asyncio
import os
import signal

import pytest

from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.edge.report.contents import contents_of
from orview.edge.report.plan_sections import stage_spans
from orview.edge.report.record import record_of
from orview.protocol.binary import PoseMessage
from orview.protocol.messages import Refused, Role, Session
from orview.protocol.overlay import plan_prefix
from orview.protocol.planning import GoToStage, Plan
from orview.protocol.viewing import View, ViewPreset
from tests.integration.small_room import (
    FilmedBoard,
    add_case,
    confirm,
    console,
    go_live,
    host_config,
    joined,
)
from tests.plans import put_plan


def is_stage(stage: int):
    return lambda message: isinstance(message, Session) and message.stage == stage


def poses_of(stage: int, digest: str):
    def holds(message: object) -> bool:
        named = isinstance(message, PoseMessage) and (message.stage, message.plan_prefix)
        return named == (stage, plan_prefix(digest)) and message.state == "LIVE"

    return holds


@pytest.mark.hazard("H22")
@pytest.mark.hazard("H24")
def test_nurse_and_surgeon_go_through_the_stages_together(tmp_path) -> None:
    store = CaseStore.open(tmp_path / "store")
    case = add_case(store)
    plan = put_plan(store, case)

    async def scene(host, addresses) -> None:
        async with (
            joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon,
            console(addresses) as nurse,
        ):
            await go_live(nurse, case)
            session = await surgeon.until_state("LIVE")
            assert (session.plan_digest, session.stage) == (plan.digest, 1)
            told = surgeon.told["Plan"]
            assert isinstance(told, Plan)
            assert (told.digest, told.locked, len(told.stages)) == (plan.digest, True, 3)
            # A session is never told before the plan it names.
            order = [type(m).__name__ for m in surgeon.history if isinstance(m, Plan | Session)]
            assert order.index("Plan") < order.index("Session")
            await surgeon.until(poses_of(1, plan.digest))
            view = surgeon.told["View"]
            assert isinstance(view, View)
            assert view.preset is ViewPreset.STAGE

            # The patient is turned: nothing is shown before a check point was touched again.
            await nurse.say(GoToStage(plan=plan.digest, stage=2))
            turned = await surgeon.until_state("HOLD")
            assert turned.why == "The patient lies otherwise in this stage: touch a check point."
            await nurse.until_state("HOLD")
            await confirm(nurse)
            assert (await surgeon.until_state("LIVE")).stage == 2
            await surgeon.until(poses_of(2, plan.digest))

            # In the same position the overlay stands, and no pose names a stage before it was told.
            surgeon.history.clear()
            await surgeon.say(GoToStage(plan=plan.digest, stage=3))
            await surgeon.until(poses_of(3, plan.digest))
            states = [m.state for m in surgeon.history if isinstance(m, Session)]
            assert set(states) == {"LIVE"}
            first = next(m for m in surgeon.history if isinstance(m, PoseMessage) and m.stage == 3)
            assert any(isinstance(m, Session) for m in surgeon.history[: surgeon.history.index(first)])

            await surgeon.say(GoToStage(plan=plan.digest, stage=4))
            refused = await surgeon.until(lambda m: isinstance(m, Refused))
            assert (refused.message, refused.about) == ("The plan has no such stage.", "go_to_stage")

            code = (await joining(nurse)).code
            async with joined(addresses, role=Role.SURGEON, code=code, name="Late") as late:
                assert (await late.until(is_stage(3))).plan_digest == plan.digest
                assert late.told["Plan"] == surgeon.told["Plan"]

            os.kill(host.pid("stream"), signal.SIGKILL)
        async with console(addresses) as back:
            held = await back.until_state("HOLD")
            assert (held.plan_digest, held.stage) == (plan.digest, 3)

    config = host_config(tmp_path, f"slot:{tmp_path / 'camera.slot'}")
    with FilmedBoard(tmp_path / "camera.slot"), Host(config) as host:
        asyncio.run(scene(host, host.wait_ready()))

    # What is on record of it tells the stages in their order, and the report the plan with its margins.
    record = record_of(store, None)
    assert [(span.number, span.version) for span in stage_spans(record)] == [(1, 1), (2, 1), (3, 1)]
    table = next(section.table for section in contents_of(record).sections if section.title == "Plan")
    assert table is not None
    assert dict(table.rows)["SHA-256"] == plan.digest


async def joining(nurse):
    """A code that lets another device in."""
    from orview.protocol.messages import Joining, NewCode

    await nurse.say(NewCode())
    return await nurse.until(lambda m: isinstance(m, Joining) and m.code is not None)
