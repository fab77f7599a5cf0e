"""Jobs for the work and plan processes, as files: they survive the death of whoever asks and of whoever works.

    <id>.job         what is to be done, and how often it was begun
    <id>.progress    how far it is, and what can be seen of it
    <id>.cancel      whoever asked no longer wants it
    <id>.done        what came of it

All are written under another name and renamed, so that nobody reads half of one. The oldest job is worked on first.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MAX_TRIES = 2
"""A job whose worker died this often is given up: it would kill every worker."""


@dataclass(frozen=True, kw_only=True)
class RegisterCase:
    """Tie a case to a board: find where the beads of the board stand in the patient's image."""

    case_id: str
    board: str


@dataclass(frozen=True, kw_only=True)
class TouchedPoint:
    """A landmark that was touched, as `register.landmarks.Touch` has it: matrices by rows, board frame."""

    name: str
    position_board_mm: tuple[float, ...]
    covariance_mm2: tuple[float, ...]
    shared_mm2: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class RegisterTouched:
    """Tie a case to a board by its landmarks that were touched."""

    case_id: str
    board: str
    touches: tuple[TouchedPoint, ...]


@dataclass(frozen=True, kw_only=True)
class LookInInbox:
    """Find out what cases can be made of what lies in the inbox."""


@dataclass(frozen=True, kw_only=True)
class PrepareCase:
    """Make a case of an entry of the inbox; `series` by its number, None for the best by rule."""

    entry: str
    series: int | None
    name: str | None


@dataclass(frozen=True, kw_only=True)
class WriteReport:
    """Write the report of the session that ended last."""


@dataclass(frozen=True, kw_only=True)
class DrawPlan:
    """Do with the draft of a case's plan what a console asked; `message` is that, as it stood on the wire."""

    case_id: str
    message: str


Job = RegisterCase | RegisterTouched | LookInInbox | PrepareCase | WriteReport | DrawPlan
_KINDS: dict[str, type[Job]] = {
    kind.__name__: kind for kind in (RegisterCase, RegisterTouched, LookInInbox, PrepareCase, WriteReport, DrawPlan)
}
_GIVEN_UP = {
    RegisterCase: "The registration stopped unexpectedly, twice. Register the case with `orview register`.",
    RegisterTouched: "The registration stopped unexpectedly, twice. Touch the landmarks with `orview touch`.",
    LookInInbox: "Looking through the inbox stopped unexpectedly, twice.",
    WriteReport: "Writing the report stopped unexpectedly, twice. Write it with `orview report`.",
    DrawPlan: "Drawing the plan stopped unexpectedly, twice; this change was not made.",
    PrepareCase: "Preparing the case stopped unexpectedly, twice. Prepare it with `orview prepare`.",
}


class JobCancelled(Exception):  # noqa: N818 - nothing went wrong
    """Whoever asked for a job no longer wants it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job.

    Attributes:
        job_id: which.
        job: what was to be done.
        case_id: the case it was about or made, empty for none.
        failure: message and mend, empty when it was done.
        cancelled: it was stopped because nobody wanted it any more.
        found: what was found, plain data.
    """

    job_id: str
    job: Job
    case_id: str = ""
    failure: str = ""
    cancelled: bool = False
    found: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a job is.

    Attributes:
        stage: what is being done.
        fraction: of the stage, 0 to 1.
        picture: sha256 (hex) of a PNG in the store that shows what is being made; None before there is one.
    """

    stage: str
    fraction: float
    picture: str | None = None


class JobSpool:
    """The folder of jobs; one asker and one worker at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def submit(self, job: Job) -> str:
        """Queue a job and return its id."""
        job_id = f"{time.monotonic_ns():020d}"
        self._write(f"{job_id}.job", {"tries": 0, **_plain(job)})
        return job_id

    def pending(self) -> list[tuple[str, Job]]:
        """Return the jobs nobody finished yet, oldest first."""
        return [(path.stem, _job_of(_read(path))) for path in sorted(self._folder.glob("*.job"))]

    def take(self) -> tuple[str, Job] | None:
        """Return the oldest job and count a try, None when there is nothing to do.

        A job that was tried `MAX_TRIES` times is answered with a failure instead, one nobody wants with that.
        """
        for path in sorted(self._folder.glob("*.job")):
            document = _read(path)
            job, tries = _job_of(document), document["tries"]
            case_id = job.case_id if isinstance(job, RegisterCase | RegisterTouched) else ""
            if self.is_cancelled(path.stem):
                self.finish(Outcome(job_id=path.stem, job=job, case_id=case_id, cancelled=True))
            elif tries >= MAX_TRIES:
                self.finish(Outcome(job_id=path.stem, job=job, case_id=case_id, failure=_GIVEN_UP[type(job)]))
            else:
                self._write(path.name, {**document, "tries": tries + 1})
                return path.stem, job
        return None

    def report(self, job_id: str, progress: Progress) -> None:
        """Say how far a job is.

        Raises:
            JobCancelled: nobody wants it any more.
        """
        if self.is_cancelled(job_id):
            raise JobCancelled
        self._write(f"{job_id}.progress", asdict(progress))

    def progress(self, job_id: str) -> Progress | None:
        """Return how far a job is, None before the first report and after the end."""
        try:
            return Progress(**_read(self._folder / f"{job_id}.progress"))
        except FileNotFoundError:
            return None

    def cancel(self, job_id: str) -> None:
        """Say that a job is no longer wanted; its outcome tells whether it was done all the same."""
        (self._folder / f"{job_id}.cancel").touch()

    def is_cancelled(self, job_id: str) -> bool:
        """Whether a job is no longer wanted."""
        return (self._folder / f"{job_id}.cancel").exists()

    def finish(self, outcome: Outcome) -> None:
        """Answer a job and forget it."""
        answer = asdict(outcome) | {"job": _plain(outcome.job)}
        self._write(f"{outcome.job_id}.done", answer)
        for kind in ("job", "progress", "cancel"):
            (self._folder / f"{outcome.job_id}.{kind}").unlink(missing_ok=True)

    def outcomes(self) -> Iterator[Outcome]:
        """Hand over every outcome, oldest first, each once."""
        for path in sorted(self._folder.glob("*.done")):
            document = _read(path)
            path.unlink()
            yield Outcome(
                **document | {"job": _job_of(document["job"]), "found": tuple(document["found"])},
            )

    def _write(self, name: str, document: dict[str, Any]) -> None:
        partial = self._folder / f"{name}.part"
        partial.write_text(json.dumps(document), encoding="utf-8")
        partial.replace(self._folder / name)


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _plain(job: Job) -> dict[str, Any]:
    return {"kind": type(job).__name__, "fields": asdict(job)}


def _job_of(document: dict[str, Any]) -> Job:
    kind, fields = _KINDS[document["kind"]], dict(document["fields"])
    if kind is RegisterTouched:
        fields["touches"] = tuple(
            TouchedPoint(
                name=touch["name"],
                position_board_mm=tuple(touch["position_board_mm"]),
                covariance_mm2=tuple(touch["covariance_mm2"]),
                shared_mm2=tuple(touch["shared_mm2"]),
            )
            for touch in fields["touches"]
        )
    return kind(**fields)
