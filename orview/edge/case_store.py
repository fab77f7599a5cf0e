"""The folder where cases live: one SQLite file and content-addressed blobs.

    orview.sqlite        cases, registrations, identifiers of patients (they never leave this file)
    blobs/<sha256>       models and thumbnails; written once, flushed to disk, verified on every read
    slices/<sha256>      images for looking at, likewise: apart, because they are not for everybody who has a name
    cache/<sha256>       what was computed on the way (`edge.shape_cache`)

Cases are added in one transaction that ends after their blobs are safely on disk, so a power cut leaves
either the whole case or nothing of it but blobs nobody names, which `sweep` removes.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from orview.edge.shape_cache import ShapeCache
from orview.edge.store_file import StoreFile
from orview.errors import InputError, StoreError
from orview.model.case import Case
from orview.plan.plan import Plan
from orview.register.check_points import NO_CHECK_POINTS, CheckPlan
from orview.register.landmark_list import LandmarkList


def default_store() -> Path:
    """Return the folder used when no `--store` is given: the user's data folder of this system."""
    return user_data_path("orview", appauthor=False)


def not_writable(error: OSError) -> StoreError:
    """Return what the system refuses in a store's folder as a sentence with a mend."""
    return StoreError(
        f"The case store cannot be written: {error.strerror}.",
        mend="Choose another folder with --store DIR or mend its permissions.",
    )


_PLANS = (
    "SELECT document, told, model FROM case_plans LEFT JOIN plan_models USING (case_id, version) WHERE case_id = ?1"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredPlan:
    """One version of a case's plan.

    Attributes:
        plan: the plan.
        told: what it means without any registration, plain values as `plan.document` makes them, and when it was
            stored, `stored_utc` (ISO 8601), where that is known.
        model: sha256 (hex) of its GLB, a blob. Both are None of a plan that an earlier orview stored.
    """

    plan: Plan
    told: dict[str, Any] | None
    model: str | None


class CaseStore:
    """Cases on disk. Safe to use from several threads and processes: every call opens its own connection."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shapes = ShapeCache(folder / "cache")
        self._blobs = folder / "blobs"
        self._slices = folder / "slices"
        self._file = StoreFile(folder / "orview.sqlite")

    @classmethod
    def open(cls, folder: Path) -> "CaseStore":
        """Open the store in `folder`, making it where there is none and migrating an older one.

        Raises:
            StoreError: the folder cannot be made or written, is no store, or was written by a newer orview.
        """
        store = cls(folder)
        try:
            for inside in (store._blobs, store._slices):
                inside.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.chmod(0o700)
            _sync_folder(folder)
        except OSError as error:
            raise not_writable(error) from error
        store._file.migrate()
        return store

    @property
    def file(self) -> StoreFile:
        """The store's SQLite file, for others who keep tables in it."""
        return self._file

    def add(
        self,
        case: Case,
        blobs: Mapping[str, bytes],
        *,
        identifiers: Mapping[str, str] | None = None,
        thumbnail: bytes | None = None,
        slices: bytes | None = None,
        source_key: str = "",
        shapes: Collection[str] = (),
    ) -> None:
        """Store a case with its blobs, all or nothing.

        Args:
            case: the case; every blob its levels name must be in `blobs` or already stored.
            blobs: sha256 (hex) to bytes.
            identifiers: of the patient; kept in a table of their own and returned by `identifiers` only.
            thumbnail: picture of the case, PNG.
            slices: the image for looking at beside it (`model.slices_file`).
            source_key: digest of all the case was made from, for `prepared_from`.
            shapes: names of the cache's entries it was made with; they are forgotten with the last case that used them.

        Raises:
            StoreError: a blob is missing or does not match its name, the id is taken, or the disk refuses.
        """
        needed = {sha256 for level in case.levels for sha256 in (level.sha256, level.plain_sha256)}
        for sha256, data in blobs.items():
            if hashlib.sha256(data).hexdigest() != sha256:
                raise StoreError("A model does not match its digest.")
        if thumbnail is not None:
            picture = hashlib.sha256(thumbnail).hexdigest()
            blobs = {**blobs, picture: thumbnail}
        written: list[Path] = []
        try:
            with self._file.transaction() as connection:
                # Inside the transaction: nobody may sweep a blob away between its writing and its first case.
                if any(not self.blob_path(sha256).exists() for sha256 in needed - blobs.keys()):
                    raise StoreError("A model of the case is missing.")
                files = {self.blob_path(sha256): data for sha256, data in blobs.items()}
                if slices is not None:
                    files[self.slices_path(hashlib.sha256(slices).hexdigest())] = slices
                for path, data in files.items():
                    if not _holds(path, data):
                        written.append(path)
                        _write_durably(path, data)
                for folder in (self._blobs, self._slices):
                    _sync_folder(folder)
                connection.execute("INSERT INTO cases VALUES (?, ?, ?)", (case.id, case.created_utc, case.to_json()))
                connection.executemany(
                    "INSERT INTO case_blobs VALUES (?, ?)",
                    [(case.id, sha256) for sha256 in sorted(needed | blobs.keys())],
                )
                connection.executemany("INSERT INTO case_shapes VALUES (?, ?)", [(case.id, name) for name in shapes])
                if identifiers:
                    row = (case.id, json.dumps(dict(identifiers)))
                    connection.execute("INSERT INTO identifiers VALUES (?, ?)", row)
                if thumbnail is not None:
                    connection.execute("INSERT INTO thumbnails VALUES (?, ?)", (case.id, picture))
                if slices is not None:
                    row = (case.id, hashlib.sha256(slices).hexdigest())
                    connection.execute("INSERT INTO case_slices VALUES (?, ?)", row)
                if source_key:
                    connection.execute("INSERT INTO case_sources VALUES (?, ?)", (case.id, source_key))
        except (OSError, StoreError) as error:
            for path in written:
                path.unlink(missing_ok=True)
            if isinstance(error, StoreError):
                raise
            raise StoreError(
                f"The case could not be stored: {error.strerror}.", mend="Free some space and try again."
            ) from error

    def add_twin(self, twin: Case, *, of: str) -> None:
        """Store a case that differs from another one in id, name and time alone; both share everything else.

        Raises:
            StoreError: there is no case `of`, or the id is taken.
            InputError: a plan of it cannot be read.
        """
        with self._file.transaction() as connection:
            connection.execute("INSERT INTO cases VALUES (?, ?, ?)", (twin.id, twin.created_utc, twin.to_json()))
            for table, column in (
                ("case_blobs", "sha256"),
                ("case_shapes", "shape"),
                ("identifiers", "document"),
                ("thumbnails", "sha256"),
                ("case_slices", "sha256"),
                ("case_sources", "source_key"),
                ("case_checks", "document"),
                ("case_landmarks", "document"),
            ):
                copied = connection.execute(
                    f"INSERT INTO {table} SELECT ?, {column} FROM {table} WHERE case_id = ?",  # noqa: S608
                    (twin.id, of),
                )
                if table == "case_blobs" and copied.rowcount == 0:
                    raise StoreError(f"There is no case {of[:40]}.", mend="List the cases with: orview cases")
            for document, told, model in connection.execute(f"{_PLANS} ORDER BY version", (of,)).fetchall():
                # On the same structures a plan means the same.
                plan = replace(Plan.from_json(document), case_digest=twin.digest)
                connection.execute("INSERT INTO case_plans VALUES (?, ?, ?)", (twin.id, plan.version, plan.to_json()))
                if model is not None:
                    told = json.dumps(json.loads(told) | {"digest": plan.digest})
                    connection.execute(
                        "INSERT INTO plan_models VALUES (?, ?, ?, ?, ?)",
                        (twin.id, plan.version, plan.digest, told, model),
                    )

    def prepared_from(self, source_key: str) -> list[Case]:
        """Return the cases made from exactly these inputs, newest first.

        Raises:
            StoreError: the file cannot be read or a case in it is damaged.
        """
        with self._file.connection() as connection:
            rows = connection.execute(
                "SELECT document FROM cases JOIN case_sources ON id = case_id WHERE source_key = ? "
                "ORDER BY created_utc DESC, id",
                (source_key,),
            ).fetchall()
        return [_parsed(document) for (document,) in rows]

    def thumbnail(self, case_id: str) -> str | None:
        """Return the sha256 (hex) of a case's picture, a PNG among the blobs; None where it has none."""
        with self._file.connection() as connection:
            row = connection.execute("SELECT sha256 FROM thumbnails WHERE case_id = ?", (case_id,)).fetchone()
        return None if row is None else str(row[0])

    def slices(self, case_id: str) -> str | None:
        """Return the sha256 (hex) of the image for looking at beside a case; None in an older case."""
        with self._file.connection() as connection:
            row = connection.execute("SELECT sha256 FROM case_slices WHERE case_id = ?", (case_id,)).fetchone()
        return None if row is None else str(row[0])

    def cases(self) -> list[Case]:
        """Return every case, newest first.

        Raises:
            StoreError: the file cannot be read or a case in it is damaged.
        """
        with self._file.connection() as connection:
            rows = connection.execute("SELECT document FROM cases ORDER BY created_utc DESC, id").fetchall()
        return [_parsed(document) for (document,) in rows]

    def case(self, case_id: str) -> Case:
        """Return one case.

        Raises:
            StoreError: there is none of that id, or it is damaged.
        """
        with self._file.connection() as connection:
            row = connection.execute("SELECT document FROM cases WHERE id = ?", (case_id,)).fetchone()
        if row is None:
            raise StoreError(f"There is no case {case_id[:40]}.", mend="List the cases with: orview cases")
        return _parsed(row[0])

    def remove(self, case_id: str) -> None:
        """Delete a case, its identifiers, and the blobs and cached shapes no other case uses.

        Raises:
            StoreError: there is none of that id.
        """
        with self._file.transaction() as connection:
            mine = _column(connection.execute("SELECT shape FROM case_shapes WHERE case_id = ?", (case_id,)))
            if connection.execute("DELETE FROM cases WHERE id = ?", (case_id,)).rowcount == 0:
                raise StoreError(f"There is no case {case_id[:40]}.", mend="List the cases with: orview cases")
            used = _column(connection.execute("SELECT DISTINCT shape FROM case_shapes"))
        self.shapes.forget(mine - used)
        self.sweep()

    def sweep(self) -> None:
        """Delete the blobs and slices no case names: those of deleted cases, and what a killed process left behind.

        Raises:
            StoreError: the file cannot be used.
        """
        with self._file.transaction() as connection:
            for folder, table in ((self._blobs, "case_blobs"), (self._slices, "case_slices")):
                used = _column(connection.execute(f"SELECT DISTINCT sha256 FROM {table}"))  # noqa: S608
                for path in folder.iterdir():
                    if path.name not in used:
                        path.unlink(missing_ok=True)

    def put_passing(self, data: bytes) -> str:
        """Store a blob no case names and return its sha256 (hex): what a person may see while a case is being made.

        It stays until `drop_passing` or the next `sweep`.

        Raises:
            StoreError: the disk refuses.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            if not _holds(self.blob_path(sha256), data):
                _write_durably(self.blob_path(sha256), data)
        except OSError as error:
            raise StoreError(f"The picture could not be stored: {error.strerror}.", mend="Free some space.") from error
        return sha256

    def drop_passing(self, sha256: str) -> None:
        """Delete a blob unless a case names it; one that is gone already is no matter.

        Raises:
            StoreError: the file cannot be used.
        """
        with self._file.transaction() as connection:
            row = connection.execute("SELECT 1 FROM case_blobs WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone()
            if row is None:
                self.blob_path(sha256).unlink(missing_ok=True)

    def blob(self, sha256: str) -> bytes:
        """Return a blob whose bytes match its name.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        try:
            data = self.blob_path(sha256).read_bytes()
        except OSError as error:
            raise StoreError("A model is missing from the case store.", mend="Prepare the case again.") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError("A model in the case store is damaged.", mend="Prepare the case again.")
        return data

    def check_blob(self, sha256: str) -> None:
        """Read a blob through, without holding more than a piece of it, and make sure its bytes match its name.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        _check_file(self.blob_path(sha256), sha256, "A model")

    def check_slices(self, sha256: str) -> None:
        """Make sure of an image for looking at as `check_blob` does of a model.

        Raises:
            StoreError: there is none, or it is damaged.
        """
        _check_file(self.slices_path(sha256), sha256, "The image")

    def blob_path(self, sha256: str) -> Path:
        """Return where a blob lies or would lie.

        Raises:
            StoreError: the name is not 64 lower-case hex digits.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise StoreError("A model's name is 64 hex digits.")
        return self._blobs / sha256

    def slices_path(self, sha256: str) -> Path:
        """Return where an image for looking at lies or would lie.

        Raises:
            StoreError: the name is not 64 lower-case hex digits.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise StoreError("The name of slices is 64 hex digits.")
        return self._slices / sha256

    def put_registration(self, case_id: str, board_digest: str, verdict_json: str, now_utc: str) -> None:
        """Remember how a case is tied to a board; replaces an earlier verdict for the same board.

        Raises:
            StoreError: there is no such case.
        """
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO registrations VALUES (?, ?, ?, ?)",
                (case_id, board_digest, verdict_json, now_utc),
            )

    def registration(self, case_id: str, board_digest: str) -> str | None:
        """Return the verdict (JSON) that ties a case to a board, None where there is none."""
        with self._file.connection() as connection:
            row = connection.execute(
                "SELECT verdict FROM registrations WHERE case_id = ? AND board_digest = ?", (case_id, board_digest)
            ).fetchone()
        return None if row is None else str(row[0])

    def registrations(self, case_id: str) -> list[str]:
        """Return the verdicts (JSON) that tie a case to any board."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT verdict FROM registrations WHERE case_id = ?", (case_id,)).fetchall()
        return [str(row[0]) for row in rows]

    def put_check_plan(self, case_id: str, plan: CheckPlan) -> None:
        """Remember the check points of a case; replaces those given before.

        Raises:
            StoreError: there is no such case.
        """
        with self._file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO case_checks VALUES (?, ?)", (case_id, plan.to_json()))

    def check_plan(self, case_id: str) -> CheckPlan:
        """Return the check points of a case, none where none were given.

        Raises:
            InputError: they cannot be read.
        """
        with self._file.connection() as connection:
            row = connection.execute("SELECT document FROM case_checks WHERE case_id = ?", (case_id,)).fetchone()
        return NO_CHECK_POINTS if row is None else CheckPlan.from_json(str(row[0]))

    def put_landmarks(self, case_id: str, landmarks: LandmarkList) -> None:
        """Remember the landmarks by which a case can be registered; replaces those given before.

        Raises:
            StoreError: there is no such case.
        """
        with self._file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO case_landmarks VALUES (?, ?)", (case_id, landmarks.to_json()))

    def landmarks(self, case_id: str) -> LandmarkList:
        """Return the landmarks by which a case can be registered, none where none were given.

        Raises:
            InputError: they cannot be read.
        """
        with self._file.connection() as connection:
            row = connection.execute("SELECT document FROM case_landmarks WHERE case_id = ?", (case_id,)).fetchone()
        return LandmarkList() if row is None else LandmarkList.from_json(str(row[0]))

    def put_plan(self, case_id: str, plan: Plan, *, model: bytes, told: Mapping[str, Any]) -> None:
        """Remember one version of the plan of a case; earlier ones stay. The same plan again gets another model.

        Args:
            case_id: of the case.
            plan: the plan.
            model: its GLB (`edge.plan_model`).
            told: what it means, without any registration (`plan.document`).

        Raises:
            StoreError: there is no such case, it has another plan of this version, or the disk refuses.
        """
        sha256 = hashlib.sha256(model).hexdigest()
        try:
            with self._file.transaction() as connection:
                if not _holds(self.blob_path(sha256), model):
                    _write_durably(self.blob_path(sha256), model)
                    _sync_folder(self._blobs)
                connection.execute("INSERT OR IGNORE INTO case_blobs VALUES (?, ?)", (case_id, sha256))
                row = (case_id, plan.version, plan.to_json())
                connection.execute("INSERT OR IGNORE INTO case_plans VALUES (?, ?, ?)", row)
                stands = "SELECT 1 FROM case_plans WHERE case_id = ? AND version = ? AND document = ?"
                if connection.execute(stands, row).fetchone() is None:
                    raise StoreError(
                        f"The case has another plan of version {plan.version} already.",
                        mend="Somebody stored one meanwhile: look at it, and store yours again.",
                    )
                connection.execute(
                    "INSERT OR REPLACE INTO plan_models VALUES (?, ?, ?, ?, ?)",
                    (case_id, plan.version, plan.digest, json.dumps(dict(told)), sha256),
                )
        except OSError as error:
            raise StoreError(f"The plan could not be stored: {error.strerror}.", mend="Free some space.") from error

    def plan(self, case_id: str) -> Plan | None:
        """Return the newest plan of a case, None where it has none.

        Raises:
            InputError: it cannot be read.
        """
        stored = self.stored_plan(case_id)
        return None if stored is None else stored.plan

    def stored_plan(self, case_id: str, *, digest: str | None = None) -> StoredPlan | None:
        """Return the newest plan of a case with what is kept beside it, or the one of a digest; None without one.

        Raises:
            InputError: it cannot be read.
        """
        # Of plans stored before their digests were, a digest finds none.
        with self._file.connection() as connection:
            row = connection.execute(
                f"{_PLANS} AND (?2 IS NULL OR digest = ?2) ORDER BY version DESC LIMIT 1",
                (case_id, digest),
            ).fetchone()
        return None if row is None else _stored_plan(*row)

    def stored_plans(self, case_id: str) -> list[StoredPlan]:
        """Return every version of the plan of a case with what is kept beside it, oldest first.

        Raises:
            InputError: one cannot be read.
        """
        with self._file.connection() as connection:
            rows = connection.execute(f"{_PLANS} ORDER BY version", (case_id,)).fetchall()
        return [_stored_plan(*row) for row in rows]

    def identifiers(self, case_id: str) -> dict[str, str]:
        """Return the patient's identifiers of a case, for the host's own screen only; empty where there are none."""
        with self._file.connection() as connection:
            row = connection.execute("SELECT document FROM identifiers WHERE case_id = ?", (case_id,)).fetchone()
        return {} if row is None else dict(json.loads(row[0]))

    def all_identifiers(self) -> dict[str, dict[str, str]]:
        """Return the patients' identifiers of every case that has some, for telling them apart on this host only."""
        with self._file.connection() as connection:
            rows = connection.execute("SELECT case_id, document FROM identifiers").fetchall()
        return {str(case_id): dict(json.loads(document)) for case_id, document in rows}

    def patient_key(self, identifiers: Mapping[str, str]) -> str:
        """Return a digest (hex) that is the same for the same patient and study, and means nothing outside this store.

        Keyed with a secret of the store: patient numbers are few enough to be guessed from a bare hash.
        """
        if not identifiers:
            return ""
        text = json.dumps(dict(identifiers), sort_keys=True)
        return hmac.new(self.secret("patient_key"), text.encode(), hashlib.sha256).hexdigest()

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes of this store, made at the first call and the same ever after."""
        wanted = ("SELECT value FROM secrets WHERE name = ?", (name,))
        with self._file.connection() as connection:
            if (row := connection.execute(*wanted).fetchone()) is not None:
                return bytes(row[0])
        with self._file.transaction() as connection:
            # Another process may have made it meanwhile: its own is kept.
            connection.execute("INSERT OR IGNORE INTO secrets VALUES (?, ?)", (name, secrets.token_bytes(32)))
            return bytes(connection.execute(*wanted).fetchone()[0])


def _parsed(document: str) -> Case:
    try:
        return Case.from_json(document)
    except InputError as error:
        raise StoreError(f"A case in the store is damaged. {error.message}", mend="Prepare it again.") from error


def _stored_plan(document: str, told: str | None, model: str | None) -> StoredPlan:
    return StoredPlan(plan=Plan.from_json(document), told=None if told is None else json.loads(told), model=model)


def _column(rows: Iterable[tuple[str]]) -> set[str]:
    return {value for (value,) in rows}


def _holds(path: Path, data: bytes) -> bool:
    """Whether a blob is there and whole: a damaged one is written anew."""
    return path.exists() and path.read_bytes() == data


def _check_file(path: Path, sha256: str, what: str) -> None:
    """Read a file through, without holding more than a piece of it, and make sure its bytes match its name.

    Raises:
        StoreError: there is none, or it is damaged.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(f"{what} is missing from the case store.", mend="Prepare the case again.") from error
    if found != sha256:
        raise StoreError(f"{what} in the case store is damaged.", mend="Prepare the case again.")


def _write_durably(path: Path, data: bytes) -> None:
    """Write under another name, flush to disk, then rename: a blob of the right name is a whole blob."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's own entries; systems that cannot open folders do this by themselves."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
