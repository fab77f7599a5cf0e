"""The rivals of `benchmarks.models`, in a process and an environment of their own, and the surfaces they hand back."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.model_scenes import KnownScene
from orview.mesh.surface import Surface

HERE = Path(__file__).resolve().parent
PYTHON = HERE / ".peers" / "bin" / "python"
CHAINS = {
    "slicer": "Slicer's recipe, whole volume, + vtkQuadricDecimation",
    "cropped": "Slicer's recipe, cropped, + fast-simplification",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """What one run of a chain gave.

    Attributes:
        seconds: from the label map in memory to the bytes of the GLBs.
        bytes: of the GLB of each level, finest first.
        levels: by level, finest first, the surface of each label; empty unless asked for.
    """

    seconds: float
    bytes: tuple[int, ...]
    levels: tuple[tuple[Surface, ...], ...]


class Peers:
    """A scene's rivals, started once and asked as often as one likes.

    Args:
        scene: label map and grid.
        folder: an empty one, for what goes back and forth.

    Raises:
        SystemExit: their environment is not there; the words say how it is made.
    """

    def __init__(self, scene: KnownScene, folder: Path) -> None:
        if not PYTHON.exists():
            raise SystemExit(f"No {PYTHON.parent.parent}. {_how_to_install()}")
        self._folder = folder
        self._labels = len(scene.solids)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "labels.npy", scene.labels.array.astype(np.uint8))
        np.save(folder / "matrix.npy", scene.labels.patient_from_voxel.matrix)
        self._process = subprocess.Popen(
            [PYTHON, HERE / "peers" / "chains.py", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def __enter__(self) -> "Peers":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.stdin.close()
        self._process.wait()

    def run(self, chain: str, targets: Sequence[Sequence[int]], *, save: bool) -> Run:
        """Run a chain.

        Args:
            chain: a key of `CHAINS`.
            targets: triangles of each label by level, finest first.
            save: hand the surfaces back.
        """
        request = {"chain": chain, "targets": targets, "save": save}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        levels = tuple(
            tuple(self._surface(f"{chain}_{n}_{m}") for m in range(self._labels)) for n in range(len(targets) * save)
        )
        return Run(seconds=answer["seconds"], bytes=tuple(answer["bytes"]), levels=levels)

    def _surface(self, stem: str) -> Surface:
        return Surface(
            vertices_mm=np.load(self._folder / f"{stem}_vertices.npy"),
            triangles=np.load(self._folder / f"{stem}_triangles.npy"),
        )

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"The rivals stopped. {_how_to_install()}")
        return json.loads(line)


def _how_to_install() -> str:
    return (HERE / "peers" / "requirements.txt").read_text(encoding="utf-8").splitlines()[1].removeprefix("#").strip()
