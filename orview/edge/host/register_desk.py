"""The desk of registering by touch: which landmark is next, what was touched, and the registration made of it.

The touches survive a restart of this process (`touch_keeper`). The work process decides what they are worth.
"""

import numpy as np

from orview.edge.host.jobs import JobSpool, Outcome, RegisterTouched, TouchedPoint
from orview.edge.host.keeper import Keeper
from orview.edge.host.touch_keeper import KeptTouches, TouchesOf, decode_touches
from orview.model.case import Case
from orview.protocol.binary import MAX_ERROR_MM
from orview.protocol.touching import LandmarkEntry, Landmarks, RegisteringState
from orview.register.landmark_list import LandmarkList
from orview.register.landmarks import FEWEST, promised_error_mm, suggest_order
from orview.register.touching import SHARED_PART, TOUCH_SIGMA_MM, Touching
from orview.session.state import State
from orview.track.tip_sight import Rest

_NO_LANDMARKS = "The chosen case has no landmarks: add them with `orview landmarks`."


class RegisterDesk:
    """The landmarks of the selected case.

    Args:
        keeper: the session.
        spool: where the registration is asked for.
        board: name or file of the patient's board, for the job.
        board_digest: of that board: touches are told in its frame.
        run: of the host; touches of another one are passed over.
        before: record of the touches before a restart, None for none.
    """

    def __init__(
        self, keeper: Keeper, spool: JobSpool, *, board: str, board_digest: str, run: int, before: str | None = None
    ) -> None:
        self._keeper, self._spool, self._board = keeper, spool, board
        self._board_digest, self._run, self._before = board_digest, run, before
        self._case: Case | None = None
        self._known = LandmarkList()
        self._order: tuple[str, ...] = ()
        self._touching: Touching | None = None
        self._waiting = False
        self._job: str | None = None
        self._words = ""

    def take_landmarks(self, case: Case, known: LandmarkList) -> None:
        """The selected case has these landmarks; what was touched of others is forgotten."""
        if self._case is not None and case.id == self._case.id and known.to_json() == self._known.to_json():
            return
        self._case, self._known = case, known
        self._touching, self._waiting, self._job, self._words = None, False, None, ""
        self._order = suggest_order(known.landmarks, self._target_mm(case), touch_sigma_mm=TOUCH_SIGMA_MM)
        self._restore(self._of(case))

    @property
    def kept(self) -> KeptTouches | None:
        """What was touched, to be kept over a restart; None while no case is selected."""
        if self._case is None:
            return None
        return KeptTouches(touches=() if self._touching is None else self._touching.touches, of=self._of(self._case))

    @property
    def wanted(self) -> str | None:
        """Which landmark is to be touched now; None while none is."""
        return self._touching.next_name if self._touching is not None and self._waiting else None

    def refusal(self) -> str:
        """Return why nothing may be touched to register now, or nothing."""
        if not self._known.landmarks:
            return _NO_LANDMARKS
        if self._keeper.session.state in (State.LIVE, State.LOST):
            return "Stop the session before registering anew."
        return "The case is being registered." if self._job is not None else ""

    def begin(self) -> None:
        """Wait for the first landmark; what was touched before is forgotten."""
        self._touching = Touching(self._known.landmarks, self._order)
        self._waiting, self._words = True, ""

    def again(self, landmark: str) -> str:
        """Wait for a landmark again, and then for those that are left; returns why not, or nothing."""
        if landmark not in self._order:
            return "The chosen case has no landmark of that name."
        if self._touching is None:
            self.begin()
        assert self._touching is not None
        self._touching.ask(landmark)
        self._waiting = True
        return ""

    def wait_no_longer(self) -> None:
        """Stop waiting; what was touched stays."""
        self._waiting = False

    def forget(self, words: str) -> None:
        """What was touched no longer holds, and why."""
        if self._touching is not None:
            self._touching, self._waiting, self._words = None, False, words

    def take(self, rest: Rest) -> str:
        """Take a rest of the tip for the landmark that is wanted; returns what came of it, in words."""
        if self._touching is None:
            return ""
        answer = self._touching.take(rest.position_board_mm, rest.covariance_mm2, shared_mm2=rest.shared_mm2)
        if answer is None:
            return ""
        if not answer.taken:
            return answer.reason
        if self.wanted is None:
            self._waiting = False
        anew = f" {answer.forgotten} is to be touched anew." if answer.forgotten else ""
        return f"{answer.touch.name} is taken.{anew}"

    def register(self) -> str:
        """Have the case registered by what was touched; returns why not, or nothing."""
        if refusal := self.refusal():
            return refusal
        touches = () if self._touching is None else self._touching.touches
        if self._case is None or len(touches) < FEWEST:
            return f"Touch {FEWEST} landmarks or more first."
        job = RegisterTouched(
            case_id=self._case.id,
            board=self._board,
            touches=tuple(
                TouchedPoint(
                    name=str(touch.name),
                    position_board_mm=tuple(touch.position_board_mm.tolist()),
                    covariance_mm2=tuple(touch.covariance_mm2.ravel().tolist()),
                    shared_mm2=tuple(touch.shared_mm2.ravel().tolist()),
                )
                for touch in touches
            ),
        )
        self._waiting, self._words = False, ""
        self._job = self._spool.submit(job)
        return ""

    def take_outcome(self, outcome: Outcome) -> None:
        """Take what came of a registration by touch; one that could not be made changes nothing but these words."""
        if outcome.job_id == self._job:
            self._job, self._words = None, outcome.failure

    def message(self) -> Landmarks:
        """Return how far it is."""
        touched = set() if self._touching is None else {touch.name for touch in self._touching.touches}
        state = RegisteringState.TOUCHING if self._waiting else RegisteringState.IDLE
        return Landmarks(
            state=state if self._job is None else RegisteringState.WORKING,
            landmarks=tuple(LandmarkEntry(name=name, touched=name in touched) for name in self._order),
            fewest=FEWEST,
            expected_error_mm=self._promised_error_mm(touched),
            words=self._words,
        )

    def _restore(self, of: TouchesOf) -> None:
        """Take up what was touched before a restart, once."""
        touches, self._before = decode_touches(self._before, of), None
        if touches:
            self._touching = Touching(self._known.landmarks, self._order, before=touches)
            left = self._touching.next_name
            what_next = "register." if left is None else f"go on with {left}, or register."
            self._words = f"The host restarted. What was touched is kept: {what_next}"

    def _of(self, case: Case) -> TouchesOf:
        return TouchesOf(
            run=self._run, case_id=case.id, landmarks=self._known.to_json(), board_digest=self._board_digest
        )

    def _promised_error_mm(self, touched: set[str | None]) -> float | None:
        """Return the error to expect at the target, 95 %, from what was touched so far; None with too few."""
        if self._case is None or len(touched) < FEWEST:
            return None
        known = [landmark for landmark in self._known.landmarks if landmark.name in touched]
        error_mm = promised_error_mm(
            known,
            self._target_mm(self._case),
            touch_sigma_mm=TOUCH_SIGMA_MM,
            shared_sigma_mm=SHARED_PART * TOUCH_SIGMA_MM,
        )
        return float(min(np.ceil(error_mm * 10.0) / 10.0, MAX_ERROR_MM))

    def _target_mm(self, case: Case) -> tuple[float, float, float]:
        return case.structure(case.target_key).centroid_patient_mm
