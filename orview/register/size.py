"""Whether things have the size they should: units mistaken for one another, and prints in another scale (H05, H06)."""

TOLERANCE = 0.005
"""How far a size may be from what it should be: half of the 1 % that must be noticed (H06)."""

UNITS = (0.001, 0.01, 0.1, 1 / 25.4, 10.0, 25.4, 100.0, 1000.0)
"""Factors between lengths in m, dm, cm, inches and mm."""

_ALIKE = (0.8, 1.25)


def is_another_unit(scale: float) -> bool:
    """Say whether a scale is too far from 1 to be a print or a patient of another size."""
    return not _ALIKE[0] < scale < _ALIKE[1]


def scale_words(scale: float, *, points: str, lie_as: str) -> str:
    """Say in a sentence that points in the CT lie right but in another size.

    Args:
        scale: size of the real thing over size in the CT.
        points: what lies there ("beads").
        lie_as: where it should lie ("on this board").
    """
    if is_another_unit(scale):
        return f"The {points} in the CT lie as {lie_as}, but the CT is {1.0 / scale:.4g} times as large."
    more = "larger" if scale < 1.0 else "smaller"
    return f"The {points} in the CT lie as {lie_as}, but {abs(1.0 / scale - 1.0):.1%} {more}."


def scale_advice(scale: float) -> str:
    """Say what to do about a wrong size."""
    if is_another_unit(scale):
        return "The voxel spacing of the CT is in another unit than mm: export it again from its source."
    return "Measure the 100 mm bar on the board: print and build it in true size, without 'fit to page'."
