"""Which plan an operation follows, and in which of its stages everybody is.

A person locks the newest version of the plan before the overlay is shown; a version that is stored later has to be
locked anew. Where the patient is to lie otherwise in another stage, nothing that was registered holds by itself
(hazard H24).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orview.session.roles import Role


@dataclass(frozen=True, kw_only=True)
class StageFacts:
    """What a session must know of a stage: its key, the name staff read, and how the patient lies, in words."""

    key: str
    name: str
    position: str


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """What a session must know of a plan: digest over all of it, version, and its stages in their order."""

    digest: str
    version: int
    stages: tuple[StageFacts, ...]


@dataclass(frozen=True, kw_only=True)
class PlanFound:
    """The newest version of a case's plan, or news that it has none."""

    case_id: str
    plan: PlanFacts | None


@dataclass(frozen=True, kw_only=True)
class PlanLocked:
    """A person takes the newest version of the plan for this operation."""

    by: Role
    plan: str


@dataclass(frozen=True, kw_only=True)
class StageChosen:
    """A person goes to a stage of the locked plan, counted from 1."""

    by: Role
    plan: str
    stage: int


@dataclass(frozen=True, kw_only=True)
class Staging:
    """The plan of a session.

    Attributes:
        newest: version in the store, None where the case has no plan.
        locked: version this operation follows, None while none is locked.
        stage: of the locked plan, from 1; 0 while none is locked.
    """

    newest: PlanFacts | None = None
    locked: PlanFacts | None = None
    stage: int = 0

    @property
    def standing(self) -> StageFacts | None:
        """The stage everybody is in, None while no plan is locked."""
        return None if self.locked is None else self.locked.stages[self.stage - 1]

    @property
    def locked_digest(self) -> str | None:
        """Digest of the locked plan, None while none is locked."""
        return None if self.locked is None else self.locked.digest

    def found(self, plan: PlanFacts | None) -> "Staging":
        """Return it with another newest version."""
        return replace(self, newest=plan)

    def taken(self) -> "Staging":
        """Return it with the newest version locked: in the stage of the same key, else in the first."""
        assert self.newest is not None
        before = self.standing
        keys = [stage.key for stage in self.newest.stages]
        stage = stage_taken_up(None if before is None else before.key, keys)
        return replace(self, locked=self.newest, stage=stage)

    def at(self, stage: int) -> "Staging":
        """Return it in another stage."""
        return replace(self, stage=stage)

    def unlocked(self) -> "Staging":
        """Return it without a locked plan."""
        return Staging(newest=self.newest)

    def fault(self) -> str | None:
        """Return why the overlay may not be shown, in one sentence; None where it may."""
        if self.newest is None or self.newest == self.locked:
            return None
        if self.locked is None:
            return "The plan is not locked yet: read it and lock it."
        return f"Version {self.newest.version} of the plan is newer than the locked one: read it and lock it."

    @property
    def good_words(self) -> str:
        """The plan and stage that stand, in one sentence."""
        stage, plan = self.standing, self.locked
        if plan is None or stage is None:
            return "No plan: the whole case is shown."
        return (
            f"Plan, version {plan.version}, stage {self.stage} of {len(plan.stages)}: {stage.name}, {stage.position}."
        )

    def refusal_of_lock(self, plan: str) -> str:
        """Return why the plan of this digest cannot be locked, or nothing."""
        if self.newest is None:
            return "The case has no plan."
        if plan != self.newest.digest:
            return "The plan is another one now: read it again."
        return "This plan is locked already." if self.newest == self.locked else ""

    def refusal_of_stage(self, plan: str, stage: int) -> str:
        """Return why one cannot go to a stage of the plan of this digest, or nothing."""
        if self.locked is None:
            return "Lock the plan first."
        if plan != self.locked.digest:
            return "The plan is another one now: read it again."
        return "" if 1 <= stage <= len(self.locked.stages) else "The plan has no such stage."

    def turns(self, stage: int) -> bool:
        """Say whether the patient lies otherwise in a stage than in the one everybody is in."""
        standing = self.standing
        return (
            standing is not None
            and self.locked is not None
            and (self.locked.stages[stage - 1].position != standing.position)
        )


def stage_taken_up(before: str | None, keys: Sequence[str]) -> int:
    """Return the stage, from 1, in which a locked plan begins: the one of the same key as before, else the first.

    Args:
        before: key of the stage everybody was in, None where no plan was locked.
        keys: of the stages of the plan.
    """
    return keys.index(before) + 1 if before is not None and before in keys else 1
