"""What `benchmarks.models` measures in a process of its own: memory, and the way from a CT folder to a stored case.

    python -m benchmarks.model_children memory FOLDER
    python -m benchmarks.model_children folder

Each prints one JSON line last.
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.model_ours import blank, models_of
from orview.edge.case_store import CaseStore
from orview.edge.prepare import prepare
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.segment.masks import LabelMap

MEMORY = Path("/proc/self")
CT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "ct_pelvis_dicom"


def memory(folder: Path) -> dict[str, float]:
    """Make the models of a label map and return seconds and the peak of memory above the label map, MB."""
    labels = LabelMap(
        array=np.load(folder / "labels.npy"),
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, np.load(folder / "matrix.npy")),
        names={int(value): name for value, name in json.loads((folder / "names.json").read_text()).items()},
    )
    volume = blank(labels)
    volume.array.sum()
    # Linux forgets the peak so far when told so (proc_pid_clear_refs, man 5).
    (MEMORY / "clear_refs").write_text("5")
    before = _megabytes("VmRSS")
    with ThreadPoolExecutor(2) as workers:
        models = models_of(labels, volume, parallel=workers.map)
    return {"seconds": models.total_s, "megabytes": _megabytes("VmHWM") - before}


def folder() -> dict[str, float]:
    """Prepare a real CT of 60 slices without outlines and return the seconds; libraries are loaded before."""
    if not CT_FOLDER.is_dir():
        raise SystemExit("the shared data set ct_pelvis_dicom is not beside the project")
    with tempfile.TemporaryDirectory() as name:
        store = CaseStore.open(Path(name))
        start = time.perf_counter()
        prepared = prepare([CT_FOLDER], store=store, progress=lambda stage, fraction: None, today=date(2024, 1, 1))
        seconds = time.perf_counter() - start
    stages = ", ".join(f"{stage} {took:.2f}" for stage, took in prepared.seconds.items())
    sys.stderr.write(f"{stages}\n")
    return {"seconds": seconds, "structures": len(prepared.case.structures)}


def _megabytes(field: str) -> float:
    (line,) = [line for line in (MEMORY / "status").read_text().splitlines() if line.startswith(field)]
    return float(line.split()[1]) / 1024.0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["memory", place]:
            print(json.dumps(memory(Path(place))))
        case ["folder"]:
            print(json.dumps(folder()))
        case _:
            print(__doc__)
