"""Takes the patient's own name and numbers out of what a person called the outlines (hazard H21).

Names of structures reach screens, models and exports. Whoever drew them may have written the patient's name into
one; what the image's own headers say of the patient is known here, and only here, so it can be looked for.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from orview.mesh.given import Segmentation
from orview.segment.anatomy import STANDARD, anatomy_of

SHORTEST = 2
"""Names of two letters exist; single letters say nothing."""

SHORT = 3
"""Own words of up to this length are looked for as whole words only: most words hold some of them."""

_WORD = re.compile(r"[^\W_]+")


def without_own_words(segmentation: Segmentation, identifiers: Mapping[str, str]) -> Segmentation:
    """Return the outlines without a word of the patient's identifiers in a name; other names stay as they are.

    Args:
        segmentation: as read.
        identifiers: of the patient and study, as the image's headers have them.
    """
    own = frozenset(
        word
        for name, value in identifiers.items()
        if not name.endswith("UID")
        for word in _WORD.findall(value.casefold())
        if len(word) >= SHORTEST
    )
    if not own:
        return segmentation
    return replace(
        segmentation,
        label_maps=tuple(
            replace(
                labels,
                names={value: _cleaned(name, own, f"label {value}") for value, name in labels.names.items()},
            )
            for labels in segmentation.label_maps
        ),
        surfaces=tuple(
            replace(surface, name=_cleaned(surface.name, own, f"surface {n + 1}"))
            for n, surface in enumerate(segmentation.surfaces)
        ),
        fields=tuple(
            replace(field, name=_cleaned(field.name, own, f"field {n + 1}"))
            for n, field in enumerate(segmentation.fields)
        ),
    )


def _cleaned(name: str, own: frozenset[str], otherwise: str) -> str:
    """Return a name without own words; one that the anatomy table knows is replaced by the table's anyway."""
    if anatomy_of(name).key in STANDARD:
        return name
    # Longer ones also inside a word: "TumorDoe4711" has nothing between.
    kept = [
        word
        for word in _WORD.findall(name)
        if word.casefold() not in own and not any(len(one) > SHORT and one in word.casefold() for one in own)
    ]
    if len(kept) == len(_WORD.findall(name)):
        return name
    return " ".join(kept) or otherwise
