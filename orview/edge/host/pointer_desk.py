"""The desk of the pointer: which touch is waited for, what the tip does meanwhile, and what came of the touch.

Runs in the stream process. What is waited for goes as an order to the track process, which sees the tip; rests that
belong to an earlier order, or were told before, are passed over. A touch is one of a check point, or of the landmarks
that register the case, one after the other.
"""

from dataclasses import dataclass, replace

from orview.edge.host.check_desk import CheckDesk
from orview.edge.host.keeper import Keeper
from orview.edge.host.register_desk import RegisterDesk
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.statuses import PointerOrders, parse_status, publish_status
from orview.edge.slots.tip_record import TipRecord
from orview.protocol.messages import Refused
from orview.protocol.touching import Pointer, TipState, TouchAgain, TouchCheckPoint, TouchLandmarks
from orview.register.check_points import Check, CheckWord
from orview.session.state import Role, State
from orview.track.tip_sight import Rest
from orview.units import ns_from_s

PATIENCE_NS = ns_from_s(120.0)
"""Nobody waits longer for a touch: the pointer was laid aside."""
SILENT_AFTER_NS = ns_from_s(0.5)
"""A tip nothing was told of for so long is not seen."""

_NO_POINTER = "The host was started without a pointer."
Ask = TouchCheckPoint | TouchLandmarks | TouchAgain


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """The touch that is waited for: of a check point, or to register."""

    landmark: str
    case_id: str
    by: Role
    at_ns: int
    checks: bool


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A judged touch that is to be logged."""

    case_id: str
    check: Check
    by: Role


class PointerDesk:
    """Asks for touches and takes them.

    Args:
        keeper: the session.
        checks: judges touched check points.
        registering: takes touched landmarks.
        orders: slot of `PointerOrders`, None for a host without a pointer.
    """

    def __init__(self, keeper: Keeper, checks: CheckDesk, registering: RegisterDesk, orders: LatestSlot | None) -> None:
        self._keeper, self._checks, self._registering = keeper, checks, registering
        self._slot = orders
        newest = None if orders is None else orders.latest()
        self._number = 0 if newest is None else parse_status(newest[1], PointerOrders).number
        self._asked: _Asked | None = None
        self._record: TipRecord | None = None
        self._taken_ns = 0
        self._result, self._checked = "", False
        # Who asked before a restart of this process is not there to be told.
        self._order(wanted=False)

    def ask(self, message: Ask, *, by: Role, now_ns: int) -> Refused | None:
        """Wait for a touch of a check point, or of landmarks; returns why not."""
        case = self._keeper.case
        if self._slot is None:
            return _not_now(message, _NO_POINTER, "Start it with --pointer and --tip.")
        if case is None:
            return _not_now(message, "No case is chosen.", "Choose a case first.")
        refusal = self._refusal(message)
        if refusal is not None:
            return refusal
        checks = isinstance(message, TouchCheckPoint)
        landmark = message.landmark if isinstance(message, TouchCheckPoint) else self._registering.wanted
        assert landmark is not None
        if checks:
            self._registering.wait_no_longer()
        self._asked = _Asked(landmark=landmark, case_id=case.id, by=by, at_ns=now_ns, checks=checks)
        self._record, self._result, self._checked = None, "", checks
        self._number += 1
        self._order(wanted=True)
        return None

    def _refusal(self, message: Ask) -> Refused | None:
        """Return why a touch cannot be waited for; where it can, landmarks are waited for from here on."""
        if isinstance(message, TouchCheckPoint):
            if not self._checks.knows(message.landmark):
                return _not_now(message, "The chosen case has no check point of that name.", "")
            if self._keeper.session.state is State.OFF:
                return _not_now(message, "A touch checks nothing while no session is on.", "Start the session first.")
            if self._keeper.board_from_patient is None:
                return _not_now(message, "The case is not registered with the board.", "Register it first.")
            return None
        words = self._registering.refusal()
        if not words and isinstance(message, TouchAgain):
            words = self._registering.again(message.landmark)
        elif not words:
            self._registering.begin()
        return _not_now(message, words, "") if words else None

    def stop(self) -> None:
        """Wait no longer."""
        self._asked = None
        self._registering.wait_no_longer()
        self._order(wanted=False)

    def keep_up(self, *, now_ns: int) -> None:
        """Stop waiting where what it is for has ended, or nobody touched for too long."""
        asked, state = self._asked, self._keeper.session.state
        if state is State.OFF and self._checked:
            self._result = ""
        if asked is None:
            return
        case = self._keeper.case
        ended = state is State.OFF if asked.checks else self._registering.wanted is None
        if ended or case is None or case.id != asked.case_id:
            self.stop()
        elif now_ns - asked.at_ns > PATIENCE_NS:
            self.stop()
            self._result = f"Nobody touched {asked.landmark}: ask again."
        elif self._record is not None and now_ns - self._record.taken_ns > SILENT_AFTER_NS:
            self._record = None

    def take(self, record: TipRecord, *, now_ns: int) -> Touched | None:
        """Take what the tracker says of the tip; returns a touch of a check point that was judged."""
        asked = self._asked
        if asked is None or record.order != self._number:
            return None
        self._record = record
        rest = record.rest
        if rest is None or rest.taken_ns <= self._taken_ns:
            return None
        self._taken_ns = rest.taken_ns
        if asked.checks:
            return self._check(asked, rest, now_ns=now_ns)
        self._result = self._registering.take(rest)
        following = self._registering.wanted
        if following is None:
            self.stop()
        else:
            self._asked = replace(asked, landmark=following, at_ns=now_ns)
        return None

    def _check(self, asked: _Asked, rest: Rest, *, now_ns: int) -> Touched | None:
        check = self._checks.rest(asked.landmark, rest, by=asked.by, now_ns=now_ns)
        if isinstance(check, str):
            self._result = check
            return None
        self._result = check.words
        if check.word not in (CheckWord.AGAIN, CheckWord.TOO_COARSE):
            self.stop()
        return Touched(case_id=asked.case_id, check=check, by=asked.by)

    def message(self) -> Pointer:
        """Return what the nurse is to know now."""
        asked = self._asked
        if self._slot is None:
            return Pointer(tip=TipState.ABSENT, words=_NO_POINTER, landmark=None)
        if asked is None:
            tip = TipState.TAKEN if self._result else TipState.AWAY
            return Pointer(tip=tip, words=self._result, landmark=None)
        record = self._record
        tip = TipState.UNSEEN if record is None else TipState(record.state.value)
        return Pointer(tip=tip, words=self._words(tip, asked.landmark), landmark=asked.landmark)

    def _words(self, tip: TipState, landmark: str) -> str:
        if self._record is not None and self._record.doubted:
            return "The pointer's board does not fit the camera: its print may be bent. Take another, and ask again."
        match tip:
            case TipState.UNSEEN if self._record is None or self._record.patient_seen:
                advice = "" if self._record is None else self._record.advice
                return f"Show the camera the pointer's board. {advice}".rstrip()
            case TipState.UNSEEN:
                return "The camera does not see the board on the patient."
            case TipState.LIFT:
                return f"Lift the tip, then rest it on {landmark}."
            case TipState.STILL:
                return f"Stay on {landmark}."
            case TipState.TAKEN:
                return f"{self._result} Lift the tip, then rest it on {landmark}."
            case _:
                return f"Rest the tip on {landmark} and hold still."

    def _order(self, *, wanted: bool) -> None:
        if self._slot is not None:
            publish_status(self._slot, PointerOrders(number=self._number, wanted=wanted))


def _not_now(message: Ask, words: str, mend: str) -> Refused:
    return Refused(code="NOT_NOW", message=words, mend=mend, about=message.TYPE)
