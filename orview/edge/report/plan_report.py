"""Writes the report of a case's plan, as a page, on paper, or both: every file whole, or none of them."""

from datetime import UTC, datetime
from pathlib import Path

from orview.edge.case_store import CaseStore, StoredPlan
from orview.edge.plan_ground import ground_of
from orview.edge.plans import PlanOnCase
from orview.edge.private_file import write_private
from orview.edge.report.as_html import html_of
from orview.edge.report.as_pdf import pdf_of
from orview.edge.report.plan_contents import PlanRecord, PlanVersion, plan_contents_of
from orview.edge.report.plan_pictures import pictures_of
from orview.edge.specimen_checks import checks_of
from orview.errors import InputError

NAME = "Plan of a resection"
_ENDINGS = (".html", ".pdf")


def report_files(place: Path, case_id: str) -> tuple[Path, ...]:
    """Return the files a report goes to: the one that is named, or both kinds in a folder that is there.

    Raises:
        InputError: the name is of another kind, or its folder is not there.
    """
    if place.is_dir():
        return tuple(place / f"plan_{case_id}{ending}" for ending in _ENDINGS)
    if place.suffix.lower() not in _ENDINGS:
        raise InputError(
            f"{place.name or 'That'} is no name for a report.",
            mend="End it in .pdf or .html, or give a folder that is there to have both.",
        )
    if not place.parent.is_dir():
        raise InputError("The folder for the report is not there.", mend=f"Make the folder {place.parent}.")
    return (place,)


def _version(stored: StoredPlan) -> PlanVersion:
    return PlanVersion(plan=stored.plan, stored_utc=None if stored.told is None else stored.told.get("stored_utc"))


def write_plan_report(case_id: str, told: PlanOnCase, place: Path, *, store: CaseStore) -> tuple[Path, ...]:
    """Write the report of a stored plan and return its files; earlier ones of the same name are replaced.

    Args:
        case_id: of the store.
        told: its plan and what it means.
        place: a file ending in .pdf or .html, or a folder for both.
        store: where it lives.

    Raises:
        InputError: the place is not to be had; nothing is written then.
        StoreError: the store cannot be read.
    """
    paths = report_files(place, case_id)
    case = store.case(case_id)
    written = datetime.now(UTC)
    document = plan_contents_of(
        PlanRecord(
            case=case,
            plan=told.plan,
            assessment=told.document,
            versions=[_version(one) for one in store.stored_plans(case.id)],
            pictures=pictures_of(told.plan, ground_of(case, store), case),
            checks=checks_of(case.id, store=store),
            written=written,
        )
    )
    drawn = {
        path: html_of(document) if path.suffix.lower() == ".html" else pdf_of(document, made=written, name=NAME)
        for path in paths
    }
    fresh = {path: path.with_name(f".{path.name}.fresh") for path in paths}
    try:
        for path, data in drawn.items():
            write_private(fresh[path], data)
        # Only once every file is safely on disk does one take its name.
        for path in paths:
            fresh[path].replace(path)
    except OSError as error:
        for path in fresh.values():
            path.unlink(missing_ok=True)
        raise InputError(
            f"The report cannot be written: {error.strerror}.", mend="Choose another place with --report."
        ) from error
    return paths
