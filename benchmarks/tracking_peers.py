"""scikit-surgeryarucotracker as a way to follow, in a process and an environment of its own."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.tracking_scenes import Film
from benchmarks.tracking_score import Answer
from benchmarks.tracking_ways import Look, Way
from orview.errors import NotRigidError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform

HERE = Path(__file__).resolve().parent
PYTHON = HERE / ".peers" / "bin" / "python"
SKSURGERY = "sksurgery"


def peer_ways() -> dict[str, Way]:
    """Return the ways that need the rivals' environment; none, with a word, where it is not there."""
    ready = (
        PYTHON.exists()
        and not subprocess.run([PYTHON, "-c", "import sksurgeryarucotracker"], capture_output=True).returncode
    )
    if not ready:
        line = (HERE / "peers" / "requirements.txt").read_text(encoding="utf-8").splitlines()[1].removeprefix("#")
        print(f"scikit-surgeryarucotracker is not measured; it needs:{line}")
        return {}
    return {SKSURGERY: Way(kind="aruco", start=sksurgery)}


def sksurgery(film: Film) -> Look:
    """Return `ArUcoTracker` with its defaults and the grid as a rigid body."""
    return _Peer(film).look


class _Peer:
    """A child that is asked picture by picture, and ends with this object."""

    def __init__(self, film: Film) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        board, lens = film.boards.by_kind["aruco"], film.profile.lens
        setup = {
            "matrix": lens.matrix.tolist(),
            "distortion": list(lens.distortion),
            "dictionary": board.dictionary,
            "shape": [lens.height_px, lens.width_px],
        }
        (folder / "setup.json").write_text(json.dumps(setup), encoding="utf-8")
        rows = [[marker, *corners.ravel()] for marker, corners in board.marker_corners_mm.items()]
        np.savetxt(folder / "body.txt", np.array(rows))
        self._picture = folder / "picture.raw"
        self._process = subprocess.Popen(
            [PYTHON, HERE / "peers" / "tracker.py", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def look(self, picture: NDArray[np.uint8], _: int) -> Answer:
        """Ask about a picture."""
        picture.tofile(self._picture)
        self._process.stdin.write("look\n")
        self._process.stdin.flush()
        answer = self._answer()
        pose = None
        if answer["pose"] is not None:
            matrix = np.array(answer["pose"])
            try:
                pose = RigidTransform(Frame.CAMERA, Frame.BOARD, matrix[:3, :3], matrix[:3, 3])
            except NotRigidError:
                pose = None
        return Answer(pose=pose, sigma_mm=0.0, ms=answer["ms"])

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("scikit-surgeryarucotracker stopped.")
        return json.loads(line)

    def __del__(self) -> None:
        self._process.stdin.close()
        self._process.wait()
