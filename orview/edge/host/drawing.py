"""A plan being drawn: what consoles ask, done to the draft of one case and told with what it means.

Loaded by the plan process, and only once somebody draws. After each change the draft lies in a file, so that whoever
takes the place of a process that died takes it up where it was.
"""

from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.host.draft_file import DraftFile
from orview.edge.host.draft_words import draft_told, no_plane, plane_told
from orview.edge.host.plane_wire import plane_from_wire
from orview.edge.plans import PlannedCase
from orview.errors import InputError, RefusedError
from orview.plan.assess import PlaneFacts, assess, findings_of, plane_facts
from orview.plan.draft import Draft
from orview.plan.plan import Plan, root_of
from orview.plan.sketch import Sketch
from orview.plan.stages import Look, Position
from orview.protocol.drafting import (
    DraftChange,
    PlanDraft,
    PlaneTried,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    TryPlane,
    UndoPlan,
)
from orview.segment.anatomy import Kind


class Drawing:
    """The draft of one case's plan.

    Args:
        case_id: of the store.
        store: of the cases.
        drafts: folder of all drafts; one of this case is taken up.

    Raises:
        StoreError: there is no such case, or a model of it is missing.
        RefusedError: it has no tumour to plan for.
        InputError: its plan cannot be read.
    """

    def __init__(self, case_id: str, store: CaseStore, drafts: Path) -> None:
        self._store = store
        self._on = PlannedCase(case_id, store)
        self._file = DraftFile(drafts, case_id)
        self._facts: dict[str, PlaneFacts] = {}
        self._words = ""
        self._draft = self._file.read() or self._begun()
        self._measure()
        self._file.write(self._draft)

    @property
    def case_id(self) -> str:
        """Of the case."""
        return self._on.case.id

    def change(self, change: DraftChange) -> None:
        """Change the draft; it stays as it was where that cannot be.

        Raises:
            InputError: with why not.
        """
        match change:
            case UndoPlan():
                self._draft.undo()
            case RedoPlan():
                self._draft.redo()
            case _:
                self._draft.change(self._changed(change))
        self._measure()
        self._words = ""
        # Before anybody is told: what was told must be what a crash leaves.
        self._file.write(self._draft)

    def tried(self, message: TryPlane) -> PlaneTried:
        """Return what a plane would mean."""
        try:
            facts = plane_facts(plane_from_wire(message.plane), self._on.ground)
        except InputError as error:
            return PlaneTried(number=message.number, facts=no_plane(message.plane.key, str(error)))
        told = plane_told(
            facts,
            self._on.ground,
            margin_mm=self._draft.sketch.margin_mm,
            expected_error_mm=self._on.expected_error_mm(),
        )
        return PlaneTried(number=message.number, facts=told)

    def store(self) -> Plan:
        """Store the draft as the newest version of the plan, and return that.

        Raises:
            InputError: nothing was changed, or it is no plan yet.
            RefusedError: the plan cannot be.
            StoreError: the disk refuses.
        """
        draft, newest = self._draft, self._store.plan(self.case_id)
        if newest is not None and not draft.changed and newest.version == draft.base_version:
            raise InputError(f"Nothing was changed since version {newest.version} was stored.")
        version = 1 if newest is None else newest.version + 1
        plan = draft.sketch.plan(case_digest=self._on.case.digest, version=version)
        self._on.keep(plan, known=self._facts)
        self._words = f"Stored as version {version}."
        if newest is not None and newest.version != draft.base_version:
            self._words += f" Version {newest.version} was stored by somebody else meanwhile, and is kept too."
        draft.stored_as(version)
        self._file.write(self._draft)
        return plan

    def message(self) -> PlanDraft:
        """Return what is told of the draft."""
        sketch, error_mm = self._draft.sketch, self._on.expected_error_mm()
        facts = [self._facts[plane.key] for plane in sketch.planes]
        return draft_told(
            self._draft,
            case_id=self.case_id,
            words=self._words,
            facts=[
                plane_told(one, self._on.ground, margin_mm=sketch.margin_mm, expected_error_mm=error_mm)
                for one in facts
            ],
            findings=findings_of(facts, sketch.roots, margin_mm=sketch.margin_mm, expected_error_mm=error_mm),
            near=self._on.near,
            expected_error_mm=error_mm,
            refusal=self._refusal(),
        )

    def _changed(self, change: DraftChange) -> Sketch:
        sketch = self._draft.sketch
        match change:
            case SetPlane():
                return sketch.with_plane(plane_from_wire(change.plane))
            case RemovePlane():
                return sketch.without_plane(change.key)
            case SetRoot():
                return sketch.with_root(root_of(change.root), kept=change.kept)
            case SetMargin():
                return sketch.with_margin(change.margin_mm)
            case SetStage(stage=stage):
                return sketch.with_stage(
                    key=stage.key,
                    name=stage.name,
                    position=Position(stage.position.value),
                    planes=stage.planes,
                    notes=stage.notes,
                    releases_specimen=stage.releases_specimen,
                )
            case SetStageLook():
                if change.structure not in self._on.ground.bodies:
                    raise InputError(f"The case has no structure {change.structure[:40]!r}.")
                look = Look(change.style.value)
                return sketch.with_look(change.stage, change.structure, look, mobilised=change.mobilised)
            case RemoveStage():
                return sketch.without_stage(change.key)
            case UndoPlan() | RedoPlan():
                return sketch

    def _refusal(self) -> str:
        """Return why the draft cannot be stored, empty where it can."""
        digest = self._on.case.digest
        try:
            plan = self._draft.sketch.plan(case_digest=digest, version=self._draft.base_version + 1)
            assess(plan, self._on.ground, case_digest=digest, known=self._facts)
        except (InputError, RefusedError) as error:
            return str(error)
        return ""

    def _measure(self) -> None:
        """Measure the planes that are drawn; those that a change left alone are the same objects still."""
        known, self._facts = self._facts, {}
        for plane in self._draft.sketch.planes:
            facts = known.get(plane.key)
            self._facts[plane.key] = (
                facts if facts is not None and facts.plane is plane else plane_facts(plane, self._on.ground)
            )

    def _begun(self) -> Draft:
        """Return a draft of the newest plan, or the first draft of all."""
        plan = self._store.plan(self.case_id)
        if plan is None:
            tumours = {one.key for one in self._on.case.structures if one.kind is Kind.TUMOUR}
            return Draft(Sketch(specimen=frozenset(tumours)), base_version=0)
        return Draft(Sketch.of_plan(plan), base_version=plan.version)
