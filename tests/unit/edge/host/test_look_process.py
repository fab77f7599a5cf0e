"""The look process waits without the picture libraries, looks one picture through at a time, and answers each."""

import dataclasses
import multiprocessing
import socket
import subprocess
import sys

import numpy as np
import pytest

from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.look_process import run_look
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LookAnswer, LookRecord
from orview.edge.slots.worn_records import WornAnswer, WornAsk
from tests.wire.messages import CLIENT_MESSAGES


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("look_process", ("cv2", "numba", "open3d", "SimpleITK", "websockets")),
        ("looker", ("open3d", "SimpleITK", "websockets")),
    ],
)
def test_it_loads_no_more_than_it_needs(module, heavy):
    script = f"import sys, orview.edge.host.{module}; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def record(number: int) -> LookRecord:
    camera = dataclasses.replace(CLIENT_MESSAGES["headset_camera"], lens=None)
    return LookRecord(
        number=number,
        client=4,
        taken_ns=10**12,
        camera=camera,
        device="device-1",
        begun=0,
        heads_ns=np.array([10**12]),
        heads=np.array([[0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 1.0]]),
        jpeg=b"\xff\xd8\xff",
    )


def test_each_look_is_answered_and_the_stream_is_woken(tmp_path):
    run = RunFolder(tmp_path)
    for path, capacity in run.slots().items():
        LatestSlot.create(path, capacity).close()
    config = HostConfig(
        store=tmp_path, camera="0", profile=tmp_path, board="patient_flat", room_name="Room", announce=False
    )
    waker, wakeups = socket.socketpair()
    process = multiprocessing.get_context("spawn").Process(target=run_look, args=(config, run, waker))
    process.start()
    try:
        looks, answers = LatestSlot.attach(run.look_slot), LatestSlot.attach(run.answer_slot)
        for number in (1, 2):
            # Published until it is seen: what stood when the process began is passed over.
            while answers.sequence < number:
                looks.publish(record(number).encode())
                try:
                    wakeups.settimeout(1.0)
                    assert wakeups.recv(16)
                except TimeoutError:
                    continue
            answer = LookAnswer.decode(answers.latest()[1])
            assert (answer.number, answer.client, answer.placed) == (number, 4, ())
            assert "lens" in answer.words
        asks, worn_answers = LatestSlot.attach(run.worn_ask_slot), LatestSlot.attach(run.worn_answer_slot)
        asks.publish(WornAsk(number=5, news=()).encode())
        wakeups.settimeout(20.0)
        while worn_answers.sequence == 0:
            assert wakeups.recv(16)
        assert WornAnswer.decode(worn_answers.latest()[1]).number == 5
    finally:
        process.kill()
        process.join()
        waker.close()
        wakeups.close()
