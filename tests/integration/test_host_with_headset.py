"""The host and the reference headset, which share nothing but the protocol: found, paired, applied, hidden."""

import asyncio
import os
import signal

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.headset.config import AppliedPose, HeadsetConfig
from orview.edge.headset.reference import ReferenceHeadset
from orview.edge.headset.report import Hidden
from orview.edge.host.host import Host
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from tests.integration.small_room import (
    MODEL,
    ROOM_FROM_PATIENT,
    FilmedBoard,
    add_case,
    console,
    go_live,
    host_config,
)

WORLD_FROM_ROOM = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.ROOM, [0.0, 1.0, 0.0], [0.0, 1500.0, -500.0])


@pytest.mark.hazard("H01")
def test_headset_finds_the_host_applies_its_poses_and_hides_by_itself(tmp_path):
    case = add_case(CaseStore.open(tmp_path / "store"))
    applied: list[AppliedPose] = []
    hidden: list[Hidden] = []

    async def scene(host, addresses):
        config = HeadsetConfig(
            code=addresses.code,
            # Other hosts may announce on this machine at the same time.
            fingerprint=addresses.fingerprint,
            interfaces=("127.0.0.1",),
            search_s=10.0,
            world_from_room=WORLD_FROM_ROOM,
        )
        headset = ReferenceHeadset(config, on_applied=applied.append, on_hidden=hidden.append)
        async with console(addresses) as nurse:
            running = asyncio.create_task(headset.run(seconds=40.0))
            await go_live(nurse, case)
            async with asyncio.timeout(20):
                while len(applied) < 20:
                    await asyncio.sleep(0.01)
            os.kill(host.pid("stream"), signal.SIGSTOP)
            try:
                async with asyncio.timeout(5):
                    while not hidden:
                        await asyncio.sleep(0.005)
            finally:
                os.kill(host.pid("stream"), signal.SIGCONT)
            headset.stop()
            return await running

    config = host_config(
        tmp_path, f"slot:{tmp_path / 'camera.slot'}", announce=True, announce_interfaces=("127.0.0.1",)
    )
    with FilmedBoard(tmp_path / "camera.slot"), Host(config) as host:
        report = asyncio.run(scene(host, host.wait_ready()))
    assert report.discovered_s is not None
    assert (report.room_name, report.simulated, report.role) == ("Test room", True, "surgeon")
    assert (report.model_digest, report.model_bytes) == (case.digest, len(MODEL))
    truth = WORLD_FROM_ROOM @ ROOM_FROM_PATIENT
    worst_mm = max(np.abs(pose.world_from_patient.translation_mm - truth.translation_mm).max() for pose in applied)
    assert worst_mm < 1.5
    assert hidden[0].stood_ms < 200.0
