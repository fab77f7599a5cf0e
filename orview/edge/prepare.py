"""Files in, a case in the store out; or one sentence why not, and nothing in the store."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from orview.edge.case_store import CaseStore
from orview.edge.images.files import read_labels, read_volume
from orview.errors import InputError
from orview.model.case import Case
from orview.pipeline import build_case

LONGEST_NAME = 80


def prepare(
    source: Path,
    *,
    labels: Path | None,
    name: str | None,
    store: CaseStore,
    progress: Callable[[str, float], None],
) -> Case:
    """Read an image and its labels, build a case and store it.

    Args:
        source: DICOM folder, or NIfTI, NRRD or MetaImage file.
        labels: label map on the same grid; None for bone and skin by threshold.
        name: what staff call the case; None gives it a name that says nothing of the patient.
        store: where the case goes.
        progress: told the stage and its fraction.

    Raises:
        InputError: something given cannot be read.
        RefusedError: it was read, but no case is built on it.
        StoreError: the store refuses.
    """
    case_id = secrets.token_hex(6)
    if name is not None and not 0 < len(name.strip()) <= LONGEST_NAME:
        raise InputError(f"A case's name has 1 to {LONGEST_NAME} characters.")
    progress("Reading the image", 0.0)
    read = read_volume(source)
    progress("Reading the image", 0.7 if labels else 1.0)
    label_file = read_labels(labels) if labels else None
    progress("Reading the image", 1.0)
    built = build_case(
        read.volume,
        label_file.labels if label_file else None,
        case_id=case_id,
        name=name.strip() if name else f"Case {case_id[:4].upper()}",
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        progress=progress,
        labels_digest=label_file.digest if label_file else "",
        patient_key=store.patient_key(read.identifiers),
        findings=read.findings,
    )
    store.add(built.case, built.blobs, identifiers=read.identifiers)
    return built.case
