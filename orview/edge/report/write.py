"""Writes the report of a session into the store's folder of reports: both files whole, or neither."""

from dataclasses import dataclass
from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.private_file import write_private
from orview.edge.report.as_html import html_of
from orview.edge.report.as_pdf import pdf_of
from orview.edge.report.contents import contents_of
from orview.edge.report.folder import FOLDER
from orview.edge.report.record import record_of
from orview.errors import StoreError


@dataclass(frozen=True, kw_only=True)
class WrittenReport:
    """A report on disk: the name of its session, and its two files."""

    name: str
    html: Path
    pdf: Path


def write_report(store: CaseStore, name: str | None = None) -> WrittenReport:
    """Write the report of a session anew, the newest where no name is given.

    Raises:
        InputError: there is no such session.
        StoreError: the store cannot be read, or the disk refuses.
    """
    record = record_of(store, name)
    document = contents_of(record)
    folder, found = store.folder / FOLDER, record.session
    drawn = {
        folder / f"{found.name}.html": html_of(document),
        folder / f"{found.name}.pdf": pdf_of(document, made=found.ended_utc),
    }
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        for path, data in drawn.items():
            write_private(path, data)
    except OSError as error:
        for path in drawn:
            path.unlink(missing_ok=True)
        raise StoreError(
            f"The report could not be written: {error.strerror}.",
            mend="Free some space, then write it again with: orview report",
        ) from error
    html, pdf = drawn
    return WrittenReport(name=found.name, html=html, pdf=pdf)
