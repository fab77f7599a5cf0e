"""Pictures of the page as people looked at them: kept small, so that letters may differ in shape and nothing else may.

    ORVIEW_GOLDEN=write pytest tests/browser/test_headset_life.py tests/browser/test_headset_hands.py
    ORVIEW_GOLDEN=write pytest tests/browser/test_console_pictures.py

writes them anew; look at each before it is committed.
"""

import os
from pathlib import Path

import cv2
import numpy as np

FOLDER = Path(__file__).resolve().parents[1] / "golden"
SIZE = (320, 180)
FAR = 48
"""Of 255, in any channel: more than another font's strokes make of a cell of 4 x 4 pixels that stays where it was."""
MOST_FAR = 0.02
"""Share of the cells that may be so far off: words are thin, and a plate or button that moved is far more."""


def assert_like_golden(name: str, screenshot_png: bytes, *, page: str = "headset") -> None:
    """Compare a screenshot of a page with the picture kept under this name."""
    whole = cv2.imdecode(np.frombuffer(screenshot_png, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert whole is not None
    small = cv2.resize(whole, SIZE, interpolation=cv2.INTER_AREA)
    path = FOLDER / page / f"{name}.png"
    if os.environ.get("ORVIEW_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        assert cv2.imwrite(str(path), small)
    kept = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert kept is not None, f"there is no {path.name}: write it, look at it, commit it"
    far = (np.abs(small.astype(int) - kept.astype(int)).max(axis=2) > FAR).mean()
    assert far <= MOST_FAR, f"{name}: {100 * far:.1f} % of the picture is not as it was"
