"""Damaged and hostile files by the thousand: each ends in a sentence or in the right image, and nothing else happens.

    python -m tests.faults.hostile_files --count 10000 [--seed 1]

Prints how many ended how, and what must not be: an exception that is no sentence, a sentence that names the file, a
temporary folder left, a source changed.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from orview.edge.images import files
from orview.edge.images.outlines import files as outline_files
from orview.errors import OrviewError
from orview.geometry.affine import AffineTransform
from orview.image.checks import check_grid
from orview.image.volume import Volume
from orview.mesh.given import outlines_of
from tests.faults.hostile.crafted_outlines import MADE
from tests.faults.hostile.mutations import mutated
from tests.faults.hostile.seeds import Seed, image_grid, seeds, truth
from tests.faults.hostile.warm import WarmChild
from tests.shapes import provenance

MARK = "Zz-hostile"
"""Stands in every path: a sentence that holds it names a file."""

MOST_ML = 200.0
"""No outline holds more than this: the image holds about 90 ml."""


@dataclass
class Tally:
    """What came of the cases.

    Attributes:
        outcomes: how many ended how: the first words of a refusal, or what was read.
        unforeseen: errors no code expected, by kind and place; each was a sentence all the same.
        wrong: what must not be.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    unforeseen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Bench:
    """A folder to put sources in, a folder for the readers' scratch, and a warm child."""

    def __init__(self, folder: Path, *, timeout_s: float) -> None:
        self.sources = folder / MARK
        self.scratch = folder / f"{MARK}-scratch"
        self.sources.mkdir()
        self.scratch.mkdir()
        made = folder / "made"
        made.mkdir()
        self.seeds = seeds(made)
        self.volume = Volume(array=truth(), patient_from_voxel=image_grid(), provenance=provenance(len(truth())))
        self.child = WarmChild(self.scratch, timeout_s=timeout_s)
        self.tally = Tally()

    def try_source(self, name: str, source: Path, *, outlines: bool) -> None:
        """Read one source and note what came of it."""
        before = _listing(self.sources)
        try:
            outcome = self._read(source, outlines=outlines)
        except OrviewError as error:
            outcome = f"{type(error).__name__}: {' '.join(error.message.split()[:7])}"
            self.tally.unforeseen.update(getattr(error, "__notes__", []))
            words = f"{error.message} {error.mend}"
            if not (error.message[:1].isupper() and error.message.endswith(".") and words.isprintable()):
                self.tally.wrong.append(f"{name}: no sentence: {words!r}")
            if MARK in words or "/" in words.replace("CT/PET", ""):
                self.tally.wrong.append(f"{name}: names a file: {words!r}")
        except Exception as error:
            outcome = f"EXCEPTION {type(error).__name__}"
            self.tally.wrong.append(f"{name}: {type(error).__name__}: {error}")
        if "could not be read safely" in outcome or self.child.last_end != "exit 0":
            outcome = f"contained ({self.child.last_end})"
        self.tally.outcomes[outcome] += 1
        if any(self.scratch.iterdir()):
            self.tally.wrong.append(f"{name}: something was left in the temporary folder")
        if _listing(self.sources) != before:
            self.tally.wrong.append(f"{name}: the source was changed")

    def _read(self, source: Path, *, outlines: bool) -> str:
        if outlines:
            return self._read_outlines(source)
        volume = files.read_volume(source).volume
        assert np.isfinite(volume.array).all()
        return _compared(volume.array, volume.patient_from_voxel, truth())

    def _read_outlines(self, source: Path) -> str:
        read = outline_files.read_segmentation([source], volume=self.volume)
        outlines, _ = outlines_of(read.segmentation, self.volume)
        for outline in outlines:
            field = outline.field
            assert np.isfinite(field.array).all()
            assert np.isfinite(field.patient_from_voxel.matrix).all()
        volumes_ml = [
            np.count_nonzero(one.field.array > one.field.level) * abs(one.field.patient_from_voxel.determinant) / 1000.0
            for one in outlines
        ]
        return f"read: {len(outlines)} outlines" + ("" if sum(volumes_ml) < MOST_ML else ", larger than the image")


def _compared(array: NDArray[Any], transform: AffineTransform, expected: NDArray[Any]) -> str:
    """Say how an image that was read differs from the one that was damaged; it must be a patient's in any case."""
    check_grid(array.shape, transform)
    assert np.isfinite(transform.matrix).all()
    if array.shape != expected.shape:
        return "read: another part of it"
    if not np.allclose(transform.matrix, image_grid().matrix, atol=1e-4):
        return "read: at another place"
    return "read: as it was" if np.array_equal(array, expected) else "read: other values"


def _listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_size) for path in folder.rglob("*"))


@contextmanager
def bench(folder: Path, *, timeout_s: float = 20.0) -> Iterator[Bench]:
    """Open a bench whose child answers for the readers of this process."""
    made = Bench(folder, timeout_s=timeout_s)
    try:
        ask = made.child.ask_child
        with mock.patch.object(files, "ask_child", ask), mock.patch.object(outline_files, "ask_child", ask):
            yield made
    finally:
        made.child.close()


def run_crafted(on: Bench) -> None:
    """Try every source that was made to do damage."""
    for n, (name, make) in enumerate(MADE.items()):
        folder = on.sources / f"crafted-{n}"
        folder.mkdir()
        on.try_source(name, make(folder, on.seeds), outlines=name.startswith("outlines"))
        _remove(folder)


def run_mutated(on: Bench, *, count: int, seed: int, progress: Callable[[int], None] = lambda n: None) -> None:
    """Try damaged versions of the valid sources, each kind in turn."""
    laid = {name: _lay(on.sources / name.replace(" ", "_"), one) for name, one in on.seeds.items()}
    names = sorted(laid)
    for n in range(count):
        rng = random.Random(f"{seed} {n}")
        name = names[n % len(names)]
        one = on.seeds[name]
        victims = rng.sample(sorted(one.files), k=min(len(one.files), rng.choice((1, 1, 1, 2))))
        folder = on.sources / name.replace(" ", "_")
        for victim in victims:
            (folder / victim).write_bytes(mutated(one.files[victim], rng))
        on.try_source(f"{name} {n}", laid[name], outlines=one.outlines)
        for victim in victims:
            (folder / victim).write_bytes(one.files[victim])
        progress(n + 1)


def _lay(folder: Path, one: Seed) -> Path:
    folder.mkdir()
    for name, data in one.files.items():
        (folder / name).write_bytes(data)
    return folder if len(one.files) > 1 else folder / next(iter(one.files))


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()

    def progress(n: int) -> None:
        if n % 500 == 0:
            print(f"{n} of {options.count}, {time.monotonic() - start:.0f} s", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="orview-hostile-") as name, bench(Path(name)) as on:
        run_crafted(on)
        run_mutated(on, count=options.count - len(MADE), seed=options.seed, progress=progress)
        tally, ends = on.tally, on.child.ends
    print(f"{sum(tally.outcomes.values())} cases in {time.monotonic() - start:.0f} s")
    for title, counts in (("outcomes", tally.outcomes), ("children", ends), ("unforeseen", tally.unforeseen)):
        print(f"\n{title}:")
        for words, n in counts.most_common():
            print(f"{n:6}  {words}")
    print(f"\nwrong: {len(tally.wrong)}", *tally.wrong[:50], sep="\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
