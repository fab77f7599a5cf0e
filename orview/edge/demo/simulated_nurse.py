"""A nurse made by a program, for demonstrations and checks: the console's messages over the console's own socket."""

import asyncio

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from orview.edge.headset.link import HeadsetLink
from orview.edge.host.host import HostAddresses
from orview.errors import NetworkError, RefusedError
from orview.protocol.codec import PROTOCOL_VERSION, encode
from orview.protocol.limits import MAX_HOST_TEXT_BYTES
from orview.protocol.messages import Confirm, Hello, OverlayState, Refused, Role, SelectCase, Session, Start
from orview.protocol.peer import ClientPeer

NAME = "Simulated nurse"
CONFIRMED_BY_A_PERSON = "confirmed"
"""The one condition of LIVE that only a person can fulfil."""


async def start_session(addresses: HostAddresses, case_id: str, *, timeout_s: float = 20.0) -> Session:
    """Choose a case, start, wait until everything but the confirmation stands, confirm; return the live session.

    Raises:
        NetworkError: the host does not answer, or the session is not live in time; the words name what was missing.
        RefusedError: the host refused one of the steps.
    """
    newest: Session | None = None
    try:
        async with (
            asyncio.timeout(timeout_s),
            connect(
                f"ws://127.0.0.1:{addresses.loopback_port}/ws",
                compression=None,
                max_size=MAX_HOST_TEXT_BYTES,
                ping_interval=None,
                proxy=None,
            ) as connection,
        ):
            hello = Hello(
                protocol=PROTOCOL_VERSION,
                role_wanted=Role.NURSE,
                device_name=NAME,
                token=addresses.console_token,
                code=None,
            )
            link = HeadsetLink(connection, ClientPeer(hello))
            await link.start()
            await link.send(encode(SelectCase(case_id=case_id)))
            await link.send(encode(Start()))
            confirming = False
            async for message in link.messages():
                match message:
                    case Session(state=OverlayState.LIVE):
                        return message
                    case Session():
                        newest = message
                    case Refused(about=Confirm.TYPE):
                        # The board was out of sight for a moment: look again, as a person would.
                        confirming = False
                    case Refused():
                        raise RefusedError(message.message, mend=message.mend)
                if not confirming and newest is not None and _only_a_person_is_missing(newest, case_id):
                    await link.send(encode(Confirm()))
                    confirming = True
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
        raise NetworkError(f"The session did not become live. {_missing(newest)}".strip()) from error
    raise NetworkError(f"The host ended the connection. {_missing(newest)}".strip())


def _only_a_person_is_missing(session: Session, case_id: str) -> bool:
    return (
        session.state is OverlayState.HOLD
        and session.case_id == case_id
        and all(condition.ok for condition in session.conditions if condition.key != CONFIRMED_BY_A_PERSON)
    )


def _missing(session: Session | None) -> str:
    if session is None:
        return ""
    return " ".join(condition.words for condition in session.conditions if not condition.ok)
