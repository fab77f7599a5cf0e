"""A host for the page whose session, patients and time-out are the product's own: only its sockets are the test's."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from orview.edge.case_store import CaseStore
from orview.edge.host.keeper import case_entry
from orview.model.case import Case
from orview.protocol import messages
from orview.protocol.identity import Identify, SetIdentity, SetProcedure
from orview.protocol.registering import AcceptRegistration
from orview.protocol.time_out import TickItem
from orview.session.state import Confirmed, Role, Started, Stopped
from orview.session.vouching import RegistrationAccepted, Ticked, Unticked
from tests.browser.room_server import RoomServer
from tests.unit.edge.ward import Ward


class WardRoom:
    """Answers the nurse as the host does.

    Args:
        host: the sockets.
        store: of the cases.
        cases: that are listed.
    """

    def __init__(self, host: RoomServer, store: CaseStore, cases: tuple[Case, ...]) -> None:
        self.ward = Ward(store)
        self._host, self._cases = host, {case.id: case for case in cases}
        # What waits for the disk runs a loop of its own, beside that of the sockets.
        self._aside = ThreadPoolExecutor(1)
        host.tell(messages.Cases(cases=tuple(case_entry(case, verdict_json=None, picture=None) for case in cases)))
        host.acts = self
        self.tell()

    def __call__(self, host: RoomServer, message: messages.ClientMessage) -> None:
        """Act on what a nurse sent."""
        refusal = self._aside.submit(self._act, message).result(10.0)
        if refusal:
            # Nobody who comes later is told of it.
            host.tell(messages.Refused(code="NOT_NOW", message=refusal, mend="", about=message.TYPE))
            host.keep_silent_about(messages.Refused)
        self.tell()

    def _act(self, message: messages.ClientMessage) -> str:
        ward = self.ward
        match message:
            case messages.SelectCase(case_id=case_id):
                ward.open(self._cases[case_id])
                ward.do(Stopped(by=Role.NURSE))
            case messages.Start():
                return ward.do(Started(by=Role.NURSE)) or ward.ready()
            case messages.Confirm():
                return ward.do(Confirmed(by=Role.NURSE))
            case messages.Stop():
                return ward.do(Stopped(by=Role.NURSE))
            case Identify():
                return ward.patient.identify(message, by=Role.NURSE, now_ns=ward.later())
            case SetIdentity():
                return ward.run(ward.patient.set_identity(message, by=Role.NURSE, now_ns=ward.later()))
            case SetProcedure():
                return ward.run(ward.patient.set_procedure(message))
            case AcceptRegistration(digest=digest):
                return ward.do(RegistrationAccepted(by=Role.NURSE, verdict=digest))
            case TickItem(key=key, fact=fact, on=on):
                return ward.do(Ticked(by=Role.NURSE, item=key, fact=fact) if on else Unticked(by=Role.NURSE, item=key))
        return ""

    def tell(self) -> None:
        """Tell how everything stands."""
        ward = self.ward
        ward.keep_up()
        told: tuple[Any, ...] = (
            # Without its model, which nobody here serves.
            replace(ward.keeper.session_message(), model=None),
            ward.patient.identity(now_ns=ward.now_ns),
            ward.patient.procedure(),
            ward.keeper.registration_message(),
            ward.time_out.message(),
        )
        for message in told:
            self._host.tell(message)
