"""The structures of a stored case as what a plan is measured on."""

from orview.edge.case_store import CaseStore
from orview.edge.case_surfaces import surfaces_of_case
from orview.model.case import Case
from orview.plan.ground import Body, Ground


def ground_of(case: Case, store: CaseStore) -> Ground:
    """Read the finest surfaces of a case and measure them.

    Raises:
        StoreError: a model is missing or damaged.
        RefusedError: there is no tumour to plan for.
    """
    surfaces = surfaces_of_case(case, store)
    return Ground.of(
        {
            structure.key: Body(
                key=structure.key,
                name=structure.name,
                kind=structure.kind,
                side=structure.side,
                rigid=structure.rigid,
                surface=surfaces[structure.key],
            )
            for structure in case.structures
        }
    )
