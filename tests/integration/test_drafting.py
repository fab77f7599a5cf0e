"""Drawing a plan over a real host: opened, dragged, changed, stored; the process that draws killed in between."""

import asyncio
import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orview.edge.audit_log import AuditLog
from orview.edge.case_store import CaseStore
from orview.edge.host.host import Host
from orview.model.glb_reader import read_glb, read_lines
from orview.protocol.drafting import (
    ClosePlan,
    DraftState,
    OpenPlan,
    PlanDraft,
    PlaneTried,
    SetPlane,
    SetStage,
    SetStageLook,
    StorePlan,
    TryPlane,
)
from orview.protocol.messages import Refused, Role, SelectCase
from orview.protocol.planning import StageStyle
from tests.bony import stored_case
from tests.integration.small_room import FilmedBoard, RawClient, console, host_config, joined
from tests.solids import ball, box
from tests.unit.edge.host.test_drawing import FRONT, at


def is_draft(message: object) -> bool:
    return isinstance(message, PlanDraft)


async def until_draft(nurse: RawClient, condition) -> PlanDraft:
    return await nurse.until(lambda m: is_draft(m) and condition(m), timeout_s=30.0)


async def tried(nurse: RawClient, number: int) -> PlaneTried:
    """Try planes until one is answered: a process that was killed does not answer the plane it died of."""
    for again in range(200):
        await nurse.say(TryPlane(number=1000 * number + again, plane=at(20.0 + number)))
        with contextlib.suppress(TimeoutError):
            return await nurse.until(lambda m: isinstance(m, PlaneTried) and m.number // 1000 == number, timeout_s=0.5)
    raise AssertionError("no plane was answered")


@pytest.mark.hazard("H22")
def test_a_plan_is_drawn_and_stored_though_its_process_is_killed(tmp_path: Path) -> None:
    store = CaseStore.open(tmp_path / "store")
    case = stored_case(store, {"tumour": ball(15.0, steps=30), "sacrum": box((100.0, 60.0, 110.0))})

    async def scene(host: Host, addresses) -> None:
        async with console(addresses) as nurse:
            await nurse.say(SelectCase(case_id=case.id))
            await nurse.say(SetPlane(plane=at(30.0)))
            refused = await nurse.until(lambda m: isinstance(m, Refused))
            assert (refused.about, refused.mend) == ("set_plane", "Open the plan first.")
            await nurse.say(OpenPlan())
            await until_draft(nurse, lambda m: m.state is DraftState.LOADING)
            first = await until_draft(nurse, lambda m: m.state is DraftState.READY)
            assert (first.case_id, first.base_version, first.planes) == (case.id, 0, ())

            for number in range(1, 40):
                await nurse.say(TryPlane(number=number, plane=at(20.0 + 0.1 * number)))
            answers = [await nurse.until(lambda m: isinstance(m, PlaneTried))]
            while answers[-1].number < 39:
                answers.append(await nurse.until(lambda m: isinstance(m, PlaneTried)))
            assert answers[-1].facts.least_mm == pytest.approx(20.0 + 3.9 - 15.0, abs=0.1)
            assert [answer.number for answer in answers] == sorted({answer.number for answer in answers})

            await nurse.say(SetPlane(plane=at(30.0)))
            await nurse.say(SetStage(stage=replace(FRONT, planes=("cut",))))
            await nurse.say(SetStageLook(stage="front", structure="tumour", style=StageStyle.SOLID, mobilised=False))
            drawn = await until_draft(nurse, lambda m: m.stages and m.stages[0].looks)
            assert (drawn.refusal, drawn.changed) == ("", True)

            pid = host.pid("plan")
            os.kill(pid, signal.SIGKILL)
            answer = await tried(nurse, 7)
            assert answer.facts.least_mm == pytest.approx(12.0, abs=0.1)
            assert host.pid("plan") not in (None, pid)
            async with console(addresses) as reloaded:
                assert await until_draft(reloaded, lambda m: m.state is DraftState.READY) == drawn

            await nurse.say(SetPlane(plane=replace(at(30.0), along=(0.0, 0.0, 1.0))))
            refused = await nurse.until(lambda m: isinstance(m, Refused))
            assert "does not lie in it" in refused.message
            await nurse.say(StorePlan())
            stored = await until_draft(nurse, lambda m: m.base_version == 1)
            assert (stored.words, stored.changed) == ("Stored as version 1.", False)
            await nurse.say(ClosePlan())
            assert (await until_draft(nurse, lambda m: m.state is DraftState.CLOSED)).case_id is None

            async with joined(addresses, role=Role.SURGEON, code=addresses.code) as surgeon:
                await surgeon.say(OpenPlan())
                assert (await surgeon.until(lambda m: isinstance(m, Refused))).about == "open_plan"

    with FilmedBoard(tmp_path / "camera.slot") as film, Host(host_config(tmp_path, f"slot:{film.path}")) as host:
        asyncio.run(scene(host, host.wait_ready()))
    stored = store.stored_plan(case.id)
    assert stored is not None
    assert [plane.key for plane in stored.plan.planes] == ["cut"]
    model = store.blob(str(stored.model))
    assert {mesh.name for mesh in read_glb(model)} == {"margin", "near"}
    line = next(line for line in read_lines(model) if line.name == "cut.cut")
    assert np.linalg.norm(np.diff(line.segments_mm, axis=1), axis=-1).sum() == pytest.approx(160.0, abs=0.1)
    entries = [entry for entry in AuditLog(store.folder).entries() if entry.kind == "PLAN_STORED"]
    assert [(entry.by, entry.facts["plan"]) for entry in entries] == [("nurse", stored.plan.digest)]
