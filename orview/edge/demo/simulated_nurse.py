"""A nurse and a hand made by a program, for demonstrations and checks: the console's messages over its own socket."""

import asyncio
from collections.abc import Callable, Sequence

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from orview.edge.demo.console_socket import joined_console
from orview.edge.demo.nurse_acts import NurseActs, waits_for_touch
from orview.edge.demo.simulated_hand import SimulatedHand
from orview.edge.headset.link import HeadsetLink
from orview.edge.host.host import HostAddresses
from orview.errors import NetworkError, RefusedError
from orview.protocol.checking import CheckPoint, CheckPoints, CheckWord
from orview.protocol.codec import BinaryMessage, encode
from orview.protocol.messages import (
    ClientMessage,
    Confirm,
    Message,
    OverlayState,
    Refused,
    Room,
    SelectCase,
    Session,
    Start,
)
from orview.protocol.planning import GoToStage
from orview.protocol.registering import AcceptRegistration
from orview.protocol.time_out import TickItem

NAME = "Simulated nurse"
CONFIRMED_BY_A_PERSON = "confirmed"
"""The condition of LIVE that is fulfilled last."""
LIVE_WITHIN_S = 90.0
"""How long a host may take: the first ever on a machine compiles its loops before it looks at a picture."""
_TOUCH_AGAIN_S = 1.0


async def start_session(
    addresses: HostAddresses, case_id: str, *, hand: SimulatedHand, timeout_s: float = LIVE_WITHIN_S
) -> Session:
    """Choose a case, start, identify, accept, lock, tick, touch, confirm as each is due; return the live session.

    Raises:
        NetworkError: the host does not answer, or the session is not live in time; the words name what was missing.
        RefusedError: the host refused one of the steps.
    """
    said = (SelectCase(case_id=case_id), Start())
    return await _led(addresses, case_id, lambda newest: said, lambda session: True, hand=hand, timeout_s=timeout_s)


async def go_to_stage(
    addresses: HostAddresses, case_id: str, *, stage: int, hand: SimulatedHand, timeout_s: float = LIVE_WITHIN_S
) -> Session:
    """Go to a stage of the locked plan, and do what is due until the overlay is live in it.

    Raises:
        NetworkError, RefusedError: as `start_session`.
    """

    def said(newest: Session) -> tuple[ClientMessage, ...]:
        return () if newest.plan_digest is None else (GoToStage(plan=newest.plan_digest, stage=stage),)

    return await _led(addresses, case_id, said, lambda session: session.stage == stage, hand=hand, timeout_s=timeout_s)


async def _led(
    addresses: HostAddresses,
    case_id: str,
    said: Callable[[Session], Sequence[ClientMessage]],
    reached: Callable[[Session], bool],
    *,
    hand: SimulatedHand,
    timeout_s: float,
) -> Session:
    """Say what is `said` once the session is known, and do what is due until it is live and `reached`."""
    newest: Session | None = None
    try:
        async with asyncio.timeout(timeout_s), joined_console(addresses, NAME) as link:
            toucher, acts = _Toucher(link, hand), NurseActs(case_id)
            confirming = False
            async for message in link.messages():
                acts.hear(message)
                if isinstance(message, Session) and newest is None:
                    for act in said(message):
                        await link.send(encode(act))
                for act in acts.due(now_s=asyncio.get_running_loop().time()):
                    await link.send(encode(act))
                await toucher.hear(message)
                match message:
                    case Session(state=OverlayState.LIVE) if message.case_id == case_id and reached(message):
                        return message
                    case Session():
                        newest = message
                        # A stage in which the patient lies otherwise ends LIVE: it is confirmed anew.
                        confirming = confirming and message.state is OverlayState.HOLD
                    case Refused(about=Confirm.TYPE):
                        # The board was out of sight for a moment: look again, as a person would.
                        confirming = False
                    case Refused(about=CheckPoint.TYPE | TickItem.TYPE | AcceptRegistration.TYPE):
                        # It changed meanwhile: what is told next says what there is to do.
                        pass
                    case Refused():
                        raise RefusedError(message.message, mend=message.mend)
                chosen = newest is not None and newest.case_id == case_id
                if not confirming and newest is not None and chosen and _only_missing(newest, CONFIRMED_BY_A_PERSON):
                    await link.send(encode(Confirm()))
                    confirming = True
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
        raise NetworkError(f"The session did not become live. {_missing(newest)}".strip()) from error
    raise NetworkError(f"The host ended the connection. {_missing(newest)}".strip())


class _Toucher:
    """Touches the first check point when a session waits for one."""

    def __init__(self, link: HeadsetLink, hand: SimulatedHand) -> None:
        self._link = link
        self._hand = hand
        self._room: Room | None = None
        self._points: CheckPoints | None = None
        self._session: Session | None = None
        self._touched_s = -_TOUCH_AGAIN_S

    async def hear(self, message: Message | BinaryMessage) -> None:
        """Take what the host says, and touch where that is all it waits for."""
        match message:
            case Room():
                self._room = message
            case CheckPoints():
                self._points = message
            case Session():
                self._session = message
        if self._room is None or self._points is None or not self._points.landmarks or self._session is None:
            return
        now_s = asyncio.get_running_loop().time()
        # Once a second at most: honest touches disagree now and then, and are made again.
        if now_s - self._touched_s < _TOUCH_AGAIN_S or not waits_for_touch(self._session):
            return
        self._touched_s = now_s
        wrong = (one for one in self._points.landmarks if one.touched and one.touched.word is not CheckWord.AGREES)
        landmark = next(wrong, self._points.landmarks[0]).name
        await self._link.send(encode(self._hand.touch(landmark, room_frame_id=self._room.room_frame_id)))


def _only_missing(session: Session, *keys: str) -> bool:
    missing = {condition.key for condition in session.conditions if not condition.ok}
    return session.state is OverlayState.HOLD and missing == set(keys)


def _missing(session: Session | None) -> str:
    if session is None:
        return ""
    return " ".join(condition.words for condition in session.conditions if not condition.ok)
