"""Jobs for the work process, as files: they survive the death of whoever asks and of whoever works.

A job is a file `<id>.job`, its outcome `<id>.done`; both are written under another name and
renamed, so that nobody reads half of one. The oldest job is worked on first.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

MAX_TRIES = 2
"""A job whose worker died this often is given up: it would kill every worker."""


@dataclass(frozen=True, kw_only=True)
class RegisterCase:
    """Tie a case to a board: find where the beads of the board stand in the patient's image."""

    case_id: str
    board: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a job.

    Attributes:
        job_id: which.
        case_id: the case it was about.
        failure: message and mend, empty when it was done.
    """

    job_id: str
    case_id: str
    failure: str = ""


class JobSpool:
    """The folder of jobs; one asker and one worker at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def submit(self, job: RegisterCase) -> str:
        """Queue a job and return its id."""
        job_id = f"{time.monotonic_ns():020d}"
        self._write(f"{job_id}.job", {"tries": 0, **asdict(job)})
        return job_id

    def take(self) -> tuple[str, RegisterCase] | None:
        """Return the oldest job and count a try, None when there is nothing to do.

        A job that was tried `MAX_TRIES` times is answered with a failure instead.
        """
        for path in sorted(self._folder.glob("*.job")):
            document = json.loads(path.read_text(encoding="utf-8"))
            tries = document.pop("tries")
            job = RegisterCase(**document)
            if tries >= MAX_TRIES:
                words = "The registration stopped unexpectedly, twice. Register the case with `orview register`."
                self.finish(Outcome(job_id=path.stem, case_id=job.case_id, failure=words))
                continue
            self._write(path.name, {"tries": tries + 1, **document})
            return path.stem, job
        return None

    def finish(self, outcome: Outcome) -> None:
        """Answer a job and forget it."""
        self._write(f"{outcome.job_id}.done", asdict(outcome))
        (self._folder / f"{outcome.job_id}.job").unlink(missing_ok=True)

    def outcomes(self) -> Iterator[Outcome]:
        """Hand over every outcome, oldest first, each once."""
        for path in sorted(self._folder.glob("*.done")):
            document = json.loads(path.read_text(encoding="utf-8"))
            path.unlink()
            yield Outcome(**document)

    def _write(self, name: str, document: dict[str, object]) -> None:
        partial = self._folder / f"{name}.part"
        partial.write_text(json.dumps(document), encoding="utf-8")
        partial.replace(self._folder / name)
