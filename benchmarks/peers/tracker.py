"""scikit-surgeryarucotracker on pictures handed to it: no camera, its own detection, its own pose.

    benchmarks/.peers/bin/python benchmarks/peers/tracker.py FOLDER

FOLDER holds setup.json {"matrix", "distortion", "dictionary", "shape"}, body.txt (a marker a line: id and its corners
as x y z, mm) and picture.raw (grey, of that shape). Each line of the standard input asks to look at picture.raw and
is answered by one line {"ms", "pose"}: CPU time and the (4, 4) pose of the body, or null where it has none.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from sksurgeryarucotracker.arucotracker import ArUcoTracker


def main() -> None:
    """Answer until the input ends."""
    cv2.setNumThreads(1)
    folder = Path(sys.argv[1])
    setup = json.loads((folder / "setup.json").read_text(encoding="utf-8"))
    tracker = ArUcoTracker(
        {
            "video source": "none",
            "aruco dictionary": setup["dictionary"],
            "rigid bodies": [
                {"name": "body", "filename": str(folder / "body.txt"), "aruco dictionary": setup["dictionary"]}
            ],
            "camera projection": np.array(setup["matrix"], dtype=np.float64),
            "camera distortion": np.array(setup["distortion"], dtype=np.float64),
        }
    )
    tracker.start_tracking()
    print(json.dumps({}), flush=True)
    for _ in sys.stdin:
        picture = np.fromfile(folder / "picture.raw", dtype=np.uint8).reshape(setup["shape"])
        started = time.process_time()
        try:
            names, _, _, poses, _ = tracker.get_frame(picture)
            found = [
                np.asarray(pose, dtype=np.float64) for name, pose in zip(names, poses, strict=True) if name == "body"
            ]
        except cv2.error:
            found = []
        ms = 1e3 * (time.process_time() - started)
        pose = found[0].tolist() if found and np.isfinite(found[0]).all() else None
        print(json.dumps({"ms": ms, "pose": pose}), flush=True)


if __name__ == "__main__":
    main()
