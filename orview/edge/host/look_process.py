"""The look process: finds where headsets are, away from the camera and from the poses' road.

It finds the patient's board in their pictures, and the moments of their heads at which the room's camera saw the boards
they wear. It loads the picture libraries with the first look: a room without headset cameras does not pay for them.
"""

import socket
import time
from typing import TYPE_CHECKING

from orview.edge.boards import load_board
from orview.edge.host.config import HostConfig, RunFolder
from orview.edge.host.process_life import wake
from orview.edge.host.worn_looker import WornLooker
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.look_records import LookRecord
from orview.edge.slots.worn_records import WornAsk

if TYPE_CHECKING:
    from orview.edge.host.looker import Looker

LOOK_EVERY_S = 0.02


def run_look(config: HostConfig, run: RunFolder, waker: socket.socket) -> None:
    """Be the look process until terminated."""
    waker.setblocking(False)
    looks, answers = LatestSlot.attach(run.look_slot), LatestSlot.attach(run.answer_slot)
    # Who takes the place of a process that died finds headsets waiting. The look it died of is not tried again.
    looker = _looker(config) if looks.sequence else None
    read = looks.sequence
    worn_asks, worn_answers = LatestSlot.attach(run.worn_ask_slot), LatestSlot.attach(run.worn_answer_slot)
    worn_looker, worn_read = WornLooker(), worn_asks.sequence
    while True:
        if worn_asks.sequence != worn_read and (asked := worn_asks.latest()) is not None:
            worn_read = asked[0]
            worn_answers.publish(worn_looker.take(WornAsk.decode(asked[1])).encode())
            wake(waker)
        if looks.sequence == read or (newest := looks.latest()) is None:
            time.sleep(LOOK_EVERY_S)
            continue
        read = newest[0]
        if looker is None:
            looker = _looker(config)
        answers.publish(looker.look(LookRecord.decode(newest[1])).encode())
        wake(waker)


def _looker(config: HostConfig) -> "Looker":
    import cv2

    from orview.edge.host.looker import Looker

    cv2.setNumThreads(1)
    return Looker(load_board(config.board), config.store / "calibrations")
