"""Keeps the one session of a host: brings session rules, case, verdict and track together into wire messages.

No sockets, no disk and no clock: times and cases come as arguments.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.edge.host.registration_news import registration_message
from orview.edge.slots.records import SightState, TrackRecord
from orview.errors import OrviewError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.chain import LinkKey, about
from orview.geometry.shared_error import against
from orview.geometry.uncertain import UncertainPose
from orview.model.case import Case
from orview.protocol import messages
from orview.protocol.binary import MAX_AGE_MS, MAX_ERROR_MM, MODEL_PREFIX_BYTES, NO_MODEL, PoseMessage
from orview.protocol.limits import SIGHT_LIMIT_MS
from orview.protocol.messages import OverlayState
from orview.protocol.overlay import PATIENT_THING_ID, plan_prefix
from orview.protocol.poses import wire_from_rigid
from orview.protocol.registering import Registration
from orview.register.verdict import Method, Verdict
from orview.session.checks import CheckNeed
from orview.session.state import (
    CaseFacts,
    CaseSelected,
    Decision,
    Event,
    Fact,
    RegistrationFound,
    Role,
    Session,
    State,
    TrackFresh,
    TrackLost,
    step,
)
from orview.units import NS_PER_S, ms_from_ns, ns_from_ms

MOTION_MM_PER_S = 2.0
"""How fast the patient may move between exposure and now: breathing of 1 mm at 0.25 Hz peaks at 1.6 mm/s."""
MISSES_ALLOWED = 1
"""Pictures in a row that may show no board before the overlay hides (hazard H02: within two)."""

_MISS_WORDS = {
    SightState.AMBIGUOUS: "The camera sees the board too flat or too small to be sure.",
    SightState.LOST: "The camera does not see the board.",
    SightState.NO_CAMERA: "The camera gives no pictures.",
}

_BY = {Method.BOARD: "the board in the CT", Method.POINTS: "touched landmarks", Method.SURFACE: "traced bone"}


class Keeper:
    """One host's session. Every change of the session passes through `apply`.

    Attributes:
        witness: told of every event: the session before it, the event and what came of it.
        camera_words: why there is no picture when there is none, in one short sentence.
    """

    def __init__(self, *, session: Session, board_digest: str, room_frame_id: int) -> None:
        self._session = session
        self._board_digest = board_digest
        self._room_frame_id = room_frame_id
        self._case: Case | None = None
        self._prefixed: tuple[Case | None, bytes] = (None, NO_MODEL)
        self._verdict: Verdict | None = None
        self._shown: tuple[Verdict, str] | None = None
        self._record: TrackRecord | None = None
        self._seen: TrackRecord | None = None
        self._misses = 0
        self._sequence = 0
        self._sent_ns = 0
        self._errors_mm: dict[str, float] = {}
        self._told_staging = session.staging
        self.camera_words = _MISS_WORDS[SightState.NO_CAMERA]
        self.witness: Callable[[Session, Event, Decision], None] | None = None

    @property
    def session(self) -> Session:
        """The session as it stands."""
        return self._session

    @property
    def case(self) -> Case | None:
        """The selected case."""
        return self._case

    def apply(self, event: Event, *, now_ns: int) -> Decision:
        """Let something happen to the session."""
        before = self._session
        decision = step(before, event, now_ns=now_ns)
        self._session = decision.session
        if self.witness is not None:
            self.witness(before, event, decision)
        return decision

    def adopt_case(self, case: Case) -> None:
        """Give the restored session the case it names."""
        self._case = case

    def select(self, case: Case, *, by: Role, checks: CheckNeed, now_ns: int) -> Decision:
        """A person chose a case that asks for these checks."""
        decision = self.apply(CaseSelected(by=by, case=facts_of(case, checks)), now_ns=now_ns)
        if not decision.refusal:
            self._case = case
            self._verdict = self._shown = None
            self._errors_mm = {}
        return decision

    def take_verdict(self, case_id: str, verdict: Verdict, *, now_ns: int) -> None:
        """The registration of a case with the board in use was found or made."""
        if self._case is None or self._case.id != case_id:
            return
        belongs = verdict.board_digest == self._board_digest
        # Of case and verdict: accepting one case's registration accepts no other's.
        digest = hashlib.sha256(f"{self._case.id}\n{verdict.to_json()}".encode()).hexdigest()
        self._shown = (verdict, digest)
        self._verdict = verdict if verdict.accepted and belongs else None
        self._errors_mm = dict(verdict.expected_error_mm) if self._verdict is not None else {}
        if not belongs:
            fact = Fact(holds=False, words="The case is registered with another board.")
        elif verdict.accepted:
            fact = Fact(holds=True, words=self._accepted_words(verdict))
        else:
            fact = Fact(holds=False, words=" ".join((*verdict.reasons[:1], *verdict.advice[:1])))
        self.apply(RegistrationFound(case_id=case_id, fact=fact, verdict=digest), now_ns=now_ns)

    def take_no_verdict(self, case_id: str, words: str, *, now_ns: int) -> None:
        """The registration of a case is under way or failed."""
        if self._case is not None and self._case.id == case_id:
            self._verdict = self._shown = None
            self.apply(RegistrationFound(case_id=case_id, fact=Fact(holds=False, words=words)), now_ns=now_ns)

    def room_moved(self, room_frame_id: int) -> None:
        """The camera may stand elsewhere: poses are told in another frame from now on."""
        self._room_frame_id = room_frame_id

    def take_record(self, record: TrackRecord, *, now_ns: int) -> bool:
        """The tracker finished a picture; returns whether it shows where the board is."""
        self._record = record
        # First what the pause before it did, so that a record after a long silence cannot hide the silence.
        self.watch(now_ns=now_ns)
        usable = record.state is SightState.TRACKED and self._is_fresh(record, now_ns)
        if usable and self._board_digest.startswith(record.board_digest):
            self._seen = record
            self._misses = 0
            self.apply(TrackFresh(), now_ns=now_ns)
            return True
        self._misses += 1
        if self._misses > MISSES_ALLOWED:
            self.apply(TrackLost(words=self._miss_words(record)), now_ns=now_ns)
        return False

    def watch(self, *, now_ns: int) -> None:
        """Hide when the last sight of the board has become too old."""
        if self._session.track.holds and (self._seen is None or not self._is_fresh(self._seen, now_ns)):
            words = self.camera_words if self._misses == 0 else self._miss_words(self._record)
            self.apply(TrackLost(words=words), now_ns=now_ns)

    def pose(self, *, now_ns: int) -> PoseMessage:
        """Return the pose for the clients now: room_from_patient when LIVE, else only the state.

        While LIVE to be asked once for each sight of the board: a pose is never sent twice (hazard H01).
        """
        # Never the same stamp twice, and never one of the future.
        self._sent_ns = max(now_ns, self._sent_ns + 1)
        self._sequence += 1
        seen, staging = self._seen, self._told_staging
        sight_age_ms = MAX_AGE_MS if seen is None else min(ms_from_ns(self._sent_ns - seen.taken_ns), MAX_AGE_MS)
        pose = PoseMessage(
            state=OverlayState(self._session.state.value),
            thing_id=PATIENT_THING_ID,
            sequence=self._sequence,
            room_frame_id=self._room_frame_id,
            capture_ns=0 if seen is None else seen.taken_ns,
            send_ns=self._sent_ns,
            model_prefix=self._model_prefix(),
            sight_age_ms=sight_age_ms,
            plan_prefix=plan_prefix(staging.locked_digest),
            stage=staging.stage,
        )
        if self._session.state is not State.LIVE:
            return pose
        room_from_patient = self._room_from_patient()
        if room_from_patient is None or self._case is None or sight_age_ms > SIGHT_LIMIT_MS:
            return replace(pose, state=OverlayState.LOST)
        error_mm = self._error_at(self._case.target_key, room_from_patient, now_ns=self._sent_ns)
        position_m, quat_xyzw = wire_from_rigid(room_from_patient.transform)
        return replace(pose, position_m=position_m, quat_xyzw=quat_xyzw, expected_error_mm=error_mm)

    def refresh_errors(self, *, now_ns: int) -> None:
        """Tell the expected error of every structure anew, in steps of 0.1 mm."""
        room_from_patient = self._room_from_patient()
        if room_from_patient is None or self._case is None or not self._session.track.holds:
            return
        self._errors_mm = {
            structure.key: self._error_at(structure.key, room_from_patient, now_ns=now_ns)
            for structure in self._case.structures
        }

    def room_from_patient_now(
        self, point_patient_mm: ArrayLike, *, now_ns: int, before: NDArray[np.float64] | None = None
    ) -> UncertainPose | None:
        """Return where the overlay stands by the newest sight, with all it may be wrong by near a point.

        None while the board is not in sight or the case is not registered.

        Args:
            point_patient_mm: (3,) the point.
            now_ns: the time.
            before: (6, K) what the room camera shared (`TrackRecord.shared`) when whoever asks found the room by it:
                that much of its error cancels. None for somebody who knows the room in another way.
        """
        pose = self._room_from_patient(before)
        if pose is None or self._seen is None or not self._session.track.holds:
            return None
        moved_mm = MOTION_MM_PER_S * (now_ns - self._seen.taken_ns) / NS_PER_S
        moved = about(pose.transform.apply(point_patient_mm), sigma_rad=0.0, sigma_mm=moved_mm / math.sqrt(3.0))
        return UncertainPose(pose.transform, pose.covariance + moved)

    @property
    def verdict(self) -> Verdict | None:
        """The accepted registration in use, None while there is none."""
        return self._verdict

    @property
    def board_from_patient(self) -> UncertainPose | None:
        """Where the overlay stands to the board on the patient, None while the case is not registered with it."""
        return None if self._verdict is None else self._verdict.board_from_patient

    @property
    def board_from_patient_by_pointer(self) -> UncertainPose | None:
        """The same for a touch of the tracked pointer: what it was wrong by when it registered is in that touch."""
        return None if self._verdict is None else self._verdict.pose_beside(LinkKey.POINTER)

    def registration_message(self) -> Registration:
        """Return what the nurse is told of the registration."""
        verdict, digest = (None, "") if self._shown is None else self._shown
        return registration_message(self._case, self._session, verdict, digest=digest)

    def session_message(self) -> messages.Session:
        """Return the snapshot every client is told."""
        session, case = self._session, self._case
        return messages.Session(
            state=OverlayState(session.state.value),
            why=_clipped(session.why, 400),
            case_id=None if case is None else case.id,
            case_name=None if case is None else _clipped(case.name, 80),
            model=None if case is None else _model_entry(case),
            structures=() if case is None else self._structure_entries(case),
            target_key=None if case is None else case.target_key,
            expected_error_mm=None if case is None else self._shown_error_mm(case.target_key),
            conditions=tuple(
                messages.ConditionEntry(key=condition.key, ok=condition.holds, words=_clipped(condition.words, 400))
                for condition in session.conditions
            ),
            plan_digest=session.staging.locked_digest,
            stage=session.staging.stage,
        )

    def staging_told(self) -> None:
        """Everybody is told of the plan and stage that stand: poses name them from now on, and no sooner."""
        self._told_staging = self._session.staging

    def _structure_entries(self, case: Case) -> tuple[messages.StructureEntry, ...]:
        return tuple(
            messages.StructureEntry(
                key=structure.key,
                name=_clipped(structure.name, 80),
                color_srgb=structure.color_srgb,
                rigid=structure.rigid,
                kind=messages.StructureKind(structure.kind.value),
                side=messages.BodySide(structure.side.value),
                expected_error_mm=self._shown_error_mm(structure.key),
            )
            for structure in case.structures
        )

    def _shown_error_mm(self, key: str) -> float | None:
        error_mm = self._errors_mm.get(key)
        # Rounded up: the number is a bound. Coarse, so that noise is not sent as news.
        return None if error_mm is None else float(min(np.ceil(error_mm * 10.0) / 10.0, MAX_ERROR_MM))

    def _accepted_words(self, verdict: Verdict) -> str:
        error_mm = verdict.expected_error_at_target_mm
        name = self._case.structure(verdict.target_key).name if self._case is not None else verdict.target_key
        return f"Registered by {_BY[verdict.method]}; expected error at {name}: {error_mm:.1f} mm."

    def _miss_words(self, record: TrackRecord | None) -> str:
        if record is not None and record.state is SightState.TRACKED:
            if not self._board_digest.startswith(record.board_digest):
                return "The camera follows another board."
            return "The camera's pictures come too late."
        if record is None or record.state is SightState.NO_CAMERA:
            return self.camera_words
        return _MISS_WORDS[record.state]

    def _is_fresh(self, record: TrackRecord, now_ns: int) -> bool:
        return 0 <= now_ns - record.taken_ns <= ns_from_ms(SIGHT_LIMIT_MS)

    def _model_prefix(self) -> bytes:
        if self._case is None:
            return NO_MODEL
        # A digest is over the whole case: made once, not at every pose.
        if self._prefixed[0] is not self._case:
            self._prefixed = (self._case, bytes.fromhex(self._case.digest)[:MODEL_PREFIX_BYTES])
        return self._prefixed[1]

    def _room_from_patient(self, before: NDArray[np.float64] | None = None) -> UncertainPose | None:
        if self._seen is None or self._seen.room_from_board is None:
            return None
        if self._verdict is None or self._verdict.board_from_patient is None:
            return None
        board = self._seen.room_from_board
        if before is not None:
            board = against(board, self._seen.shared, before)
        return board @ self._verdict.board_from_patient

    def _error_at(self, key: str, room_from_patient: UncertainPose, *, now_ns: int) -> float:
        """Return the expected error at a structure, 95 %, mm, with what the patient may have moved since."""
        assert self._case is not None
        assert self._seen is not None
        centre_mm = self._case.structure(key).centroid_patient_mm
        moved_mm = MOTION_MM_PER_S * (now_ns - self._seen.taken_ns) / NS_PER_S
        covariance_mm2 = room_from_patient.covariance_at(centre_mm) + moved_mm**2 / 3.0 * np.eye(3)
        return min(radius_95_mm(covariance_mm2), MAX_ERROR_MM)


def facts_of(case: Case, checks: CheckNeed) -> CaseFacts:
    """Return what the session must know of a case."""
    return CaseFacts(case_id=case.id, name=case.name, digest=case.digest, checks=checks)


def case_entry(case: Case, *, verdict_json: str | None, picture: str | None) -> messages.CaseEntry:
    """Return a case as the nurse's list shows it, with what the store has of its verdict and its picture's sha256."""
    verdict = None
    if verdict_json is not None:
        try:
            verdict = Verdict.from_json(verdict_json)
        except OrviewError:
            verdict = None
    state = messages.RegistrationState.MISSING
    if verdict is not None:
        state = messages.RegistrationState.ACCEPTED if verdict.accepted else messages.RegistrationState.REFUSED
    error_mm = None if verdict is None else verdict.expected_error_at_target_mm
    return messages.CaseEntry(
        case_id=case.id,
        name=_clipped(case.name, 80),
        created_utc=case.created_utc,
        structures=len(case.structures),
        registration=state,
        expected_error_mm=None if error_mm is None else min(error_mm, MAX_ERROR_MM),
        picture=None if picture is None else f"/m/{picture}",
    )


def _model_entry(case: Case) -> messages.ModelEntry:
    return messages.ModelEntry(
        digest=case.digest,
        levels=tuple(
            messages.ModelLevelEntry(
                level=messages.ModelLevelName(level.level.value),
                sha256=level.sha256,
                bytes=level.bytes,
                triangles=level.triangles,
                url=f"/m/{level.sha256}",
            )
            for level in case.levels
        ),
    )


def _clipped(text: str, most: int) -> str:
    """Return text the wire takes: not empty, no control characters, not too long."""
    shown = "".join(character if character.isprintable() else " " for character in text) or "unnamed"
    return shown if len(shown) <= most else shown[: most - 1] + "…"
