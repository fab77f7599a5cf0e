"""Which segmenter somebody asked for: the one built in, TotalSegmentator, or a network of their own."""

from pathlib import Path

from orview.edge.onnx_segmenter import OnnxSegmenter
from orview.edge.total_segmentator import TotalSegmentator
from orview.errors import InputError
from orview.segment.segmenter import Segmenter

WORDS = "bone, totalsegmentator or onnx:FILE"


def segmenter_of(text: str) -> Segmenter | None:
    """Return the segmenter of `--segment TEXT`; None for "bone", which needs none (`orview.segment.bone`).

    Args:
        text: "bone", "totalsegmentator" or "onnx:" and the path of a model.

    Raises:
        InputError: no such segmenter, or the model's description is missing or wrong.
    """
    word, _, rest = text.partition(":")
    if word == "bone" and not rest:
        return None
    if word == "totalsegmentator" and not rest:
        return TotalSegmentator()
    if word == "onnx" and rest:
        return OnnxSegmenter.load(Path(rest))
    raise InputError("There is no such segmenter.", mend=f"Say {WORDS}.")
