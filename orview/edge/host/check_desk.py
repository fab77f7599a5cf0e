"""The desk of check points: takes touches, has them judged, logs them, and says how they stand.

What a touch does to the session is the session's table; that it was touched, by which role and when, is logged in
the host's store, for the case's file.
"""

import asyncio
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from orview.edge.host.keeper import Keeper
from orview.edge.host.store import CheckLogEntry, HostStore
from orview.model.case import Case
from orview.protocol import checking, messages
from orview.protocol.binary import MAX_ERROR_MM
from orview.register.check_points import NO_CHECK_POINTS, Check, CheckPlan, CheckWord, check_touch, round_covariance
from orview.register.touching import SPOT_SIGMA_MM
from orview.session.checks import CheckNeed
from orview.session.state import CheckPointTouched, ChecksChanged, Role
from orview.track.tip_sight import Rest
from orview.units import m_from_mm, mm_from_m, ns_from_s

_NO_LANDMARK = "The chosen case has no check point of that name."


def need_of(plan: CheckPlan) -> CheckNeed:
    """Return what the session must know of a case's check points."""
    return CheckNeed(known=len(plan.landmarks), max_age_ns=ns_from_s(60.0 * plan.max_age_min))


class CheckDesk:
    """The check points of the selected case.

    Args:
        keeper: the session, and where the overlay stands.
        host_store: where touches are logged.
        room_frame_id: the frame touches are told in.
    """

    def __init__(self, keeper: Keeper, host_store: HostStore, *, room_frame_id: int) -> None:
        self._keeper = keeper
        self._host_store = host_store
        self._room_frame_id = room_frame_id
        self._plan = NO_CHECK_POINTS
        self._plan_of = ""
        self._entries: dict[str, checking.CheckEntry] = {}

    def room_moved(self, room_frame_id: int) -> None:
        """Touches are told in another frame from now on."""
        self._room_frame_id = room_frame_id

    def take_plan(self, case: Case, plan: CheckPlan, *, now_ns: int) -> None:
        """The selected case has these check points; what was touched of others is void."""
        plan_of = case.id + plan.to_json()
        if plan_of == self._plan_of:
            return
        self._plan, self._plan_of, self._entries = plan, plan_of, {}
        checks = self._keeper.session.checks
        if checks.need != need_of(plan) or checks.touched:
            self._keeper.apply(ChecksChanged(case_id=case.id, need=need_of(plan)), now_ns=now_ns)

    def knows(self, landmark: str) -> bool:
        """Whether the selected case has a check point of that name."""
        return self._plan.landmark(landmark) is not None

    async def touch(
        self,
        message: checking.CheckPoint,
        *,
        by: Role,
        world_mm2: NDArray[np.float64],
        room_shared: NDArray[np.float64] | None = None,
        now_ns: int,
    ) -> str:
        """Judge a touch told in the room, let the session know, and log it; returns why nothing came of it, or nothing.

        Args:
            message: the touch.
            by: who touched.
            world_mm2: (3, 3) how well the toucher knows where the room is, at the landmark, room axes.
            room_shared: what the room camera shared (`TrackRecord.shared`) when it told the toucher where the room is;
                None where it did not.
            now_ns: the time.

        Raises:
            StoreError: the touch could not be logged; the session has it all the same.
        """
        landmark = self._plan.landmark(message.landmark)
        if self._keeper.case is None or landmark is None:
            return _NO_LANDMARK
        if message.room_frame_id != self._room_frame_id:
            return "The touch is told in a room frame of before: align the headset again."
        room_from_patient = self._keeper.room_from_patient_now(
            landmark.position_patient_mm, now_ns=now_ns, before=room_shared
        )
        if room_from_patient is None:
            return "Nothing is known yet that a touch could check: the board must be seen and the case registered."
        check = check_touch(
            landmark,
            [mm_from_m(value) for value in message.touched_room_m],
            touch_covariance_mm2=round_covariance(message.sigma_mm) + world_mm2,
            told_from_patient=room_from_patient,
        )
        refusal = self._take(check, by=by, now_ns=now_ns)
        if not refusal:
            await self.log(self._keeper.case.id, check, by=by)
        return refusal

    def rest(self, name: str, rest: Rest, *, by: Role, now_ns: int) -> Check | str:
        """Judge a rest of the pointer's tip on a check point and let the session know; returns why not, where not.

        Tip and landmark are compared in the frame of the board on the patient: what the camera does to both cancels. A
        registration by touch is wrong by the same tip, prints and lens: held as then they cancel as well, turned by a
        quarter they add up to what either does alone. They are counted once, with the touch.
        `log` is to follow.
        """
        landmark = self._plan.landmark(name)
        if self._keeper.case is None or landmark is None:
            return _NO_LANDMARK
        board_from_patient = self._keeper.board_from_patient_by_pointer
        if board_from_patient is None:
            return "Nothing is known yet that a touch could check: the case must be registered."
        check = check_touch(
            landmark,
            rest.position_board_mm,
            touch_covariance_mm2=rest.covariance_mm2 + round_covariance(SPOT_SIGMA_MM),
            told_from_patient=board_from_patient,
        )
        return self._take(check, by=by, now_ns=now_ns) or check

    def _take(self, check: Check, *, by: Role, now_ns: int) -> str:
        """Let the session know what came of a touch; returns why nothing came of it, or nothing."""
        case = self._keeper.case
        assert case is not None
        if check.word is not CheckWord.TOO_COARSE:
            touched = CheckPointTouched(
                by=by,
                case_id=case.id,
                landmark=check.landmark,
                agrees=check.word is CheckWord.AGREES,
                words=check.words,
            )
            refusal = self._keeper.apply(touched, now_ns=now_ns).refusal
            if refusal:
                return refusal
        self._entries[check.landmark] = _entry(check, by, now_ns)
        return ""

    async def log(self, case_id: str, check: Check, *, by: Role) -> None:
        """Write a judged touch down.

        Raises:
            StoreError: the disk refuses.
        """
        await asyncio.to_thread(
            self._host_store.log_check,
            CheckLogEntry(
                utc=datetime.now(UTC).isoformat(timespec="seconds"),
                case_id=case_id,
                landmark=check.landmark,
                role=by.value,
                misfit_mm=check.misfit_mm,
                expected_mm=check.expected_mm,
                word=check.word.value,
            ),
        )

    def message(self) -> checking.CheckPoints:
        """Return how the check points stand; touches from before a doubt are not told any more."""
        checks = self._keeper.session.checks
        return checking.CheckPoints(
            landmarks=tuple(
                checking.CheckLandmark(
                    name=landmark.name,
                    position_patient_m=tuple(float(m_from_mm(value)) for value in landmark.position_patient_mm),
                    touched=self._standing(landmark.name),
                )
                for landmark in self._plan.landmarks
            ),
            due_ns=checks.due_ns,
            max_age_min=self._plan.max_age_min,
        )

    def _standing(self, landmark: str) -> checking.CheckEntry | None:
        entry = self._entries.get(landmark)
        if entry is None or entry.word is checking.CheckWord.TOO_COARSE:
            return entry
        touch = self._keeper.session.checks.touched.get(landmark)
        return entry if touch is not None and touch.at_ns == entry.at_ns else None


def _entry(check: Check, by: Role, now_ns: int) -> checking.CheckEntry:
    return checking.CheckEntry(
        misfit_mm=min(check.misfit_mm, MAX_ERROR_MM),
        expected_mm=min(check.expected_mm, MAX_ERROR_MM),
        word=checking.CheckWord(check.word.value),
        words=check.words,
        by=messages.Role(by.value),
        at_ns=now_ns,
    )
