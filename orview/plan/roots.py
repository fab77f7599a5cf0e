"""Nerve roots L5 to S5: which are kept, down to which level on each side, and what was published of function then.

What a patient keeps follows from the lowest roots kept (Zoccali et al. 2016; Todd et al. 2002). The numbers are shares
of patients in case series, most of them small: they are shown with their source and never as a forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orview.findings import Finding, Severity
from orview.segment.anatomy import Side

ZOCCALI = "Zoccali C et al., Eur Spine J 2016;25:3925 (doi 10.1007/s00586-016-4450-3), review of 244 patients"
TODD = "Todd LT et al., Clin Orthop Relat Res 2002;397:36 (doi 10.1097/00003086-200204000-00006), 53 patients"

LEVELS = ("L5", "S1", "S2", "S3", "S4", "S5")
"""From above; a level's place in this row is its number."""
_S1, _S2, _S3, _S4, _S5 = range(1, 6)


class Fate(StrEnum):
    """What the plan does with a root."""

    KEEP = "keep"
    SACRIFICE = "sacrifice"


@dataclass(frozen=True, kw_only=True, order=True)
class Root:
    """One nerve root."""

    level: str
    side: Side

    @property
    def key(self) -> str:
        """The key of its structure in a case."""
        return f"nerve_{self.level.lower()}_{self.side.value}"

    @property
    def name(self) -> str:
        """What staff read."""
        return f"{self.level} {self.side.value}"


ROOTS = tuple(Root(level=level, side=side) for level in LEVELS for side in (Side.LEFT, Side.RIGHT))
ROOT_OF_KEY = {root.key: root for root in ROOTS}


@dataclass(frozen=True, kw_only=True)
class Published:
    """What one source tells of patients who kept these roots.

    Attributes:
        group: the patients, in words.
        bladder_percent, bowel_percent, walking_percent: share with normal function; None where it is not told.
        source: where it was published.
    """

    group: str
    bladder_percent: float | None
    bowel_percent: float | None
    walking_percent: float | None
    source: str


@dataclass(frozen=True, kw_only=True)
class RootsKept:
    """What a plan leaves of the roots.

    Attributes:
        lowest_left, lowest_right: the lowest level down to which every root is kept; empty where not even L5 is.
        sacrificed: from above, left first.
        published: what is known of patients who kept as much; none where nothing is sacrificed or no source tells.
    """

    lowest_left: str
    lowest_right: str
    sacrificed: tuple[Root, ...]
    published: tuple[Published, ...]


def roots_kept(fates: Mapping[Root, Fate]) -> RootsKept:
    """Return what a plan leaves of the roots; one of which it says nothing is kept."""
    sacrificed = tuple(root for root in ROOTS if fates.get(root) is Fate.SACRIFICE)
    left, right = (_lowest(sacrificed, side) for side in (Side.LEFT, Side.RIGHT))
    return RootsKept(
        lowest_left=_level(left),
        lowest_right=_level(right),
        sacrificed=sacrificed,
        published=_published(left, right) if sacrificed else (),
    )


def root_findings(fates: Mapping[Root, Fate]) -> list[Finding]:
    """Return what a surgeon must hear of the fates of roots: a last S2 or S3 given up, roots kept below a lost one."""
    kept = roots_kept(fates)
    found = [
        Finding(
            code="LAST_ROOT_SACRIFICED",
            severity=Severity.WARNING,
            message=f"Both {level} roots are sacrificed: no {level} is left on either side.",
            where=level,
        )
        for level in ("S2", "S3")
        if {root.side for root in kept.sacrificed if root.level == level} == {Side.LEFT, Side.RIGHT}
    ]
    for side, lowest in ((Side.LEFT, kept.lowest_left), (Side.RIGHT, kept.lowest_right)):
        stranded = [
            root
            for root in ROOTS
            if root.side is side and root not in kept.sacrificed and LEVELS.index(root.level) > _number(lowest)
        ]
        if stranded:
            names = ", ".join(root.name for root in stranded)
            found.append(
                Finding(
                    code="ROOT_KEPT_BELOW",
                    severity=Severity.WARNING,
                    message=f"{names}: kept below a root of the same side that is sacrificed. Is that meant?",
                    where=side.value,
                )
            )
    return found


def _lowest(sacrificed: tuple[Root, ...], side: Side) -> int:
    """Return the number of the lowest level down to which every root of a side is kept, -1 for none."""
    lost = [LEVELS.index(root.level) for root in sacrificed if root.side is side]
    return min(lost, default=len(LEVELS)) - 1


def _level(number: int) -> str:
    return LEVELS[number] if number >= 0 else ""


def _number(level: str) -> int:
    return LEVELS.index(level) if level else -1


def _published(left: int, right: int) -> tuple[Published, ...]:
    rows = (_by_zoccali(min(left, right), max(left, right)), _by_todd(min(left, right), max(left, right)))
    return tuple(row for row in rows if row is not None)


def _by_zoccali(lower: int, upper: int) -> Published | None:
    """Return the group of the review that kept as much; its unilateral resections are told only as various."""
    if upper < _S2:
        return _zoccali("both S2 cut", 0.0, bowel=0.0)
    if lower == _S1 and upper == _S2:
        return _zoccali("one S2 spared", 25.0)
    if lower == upper == _S2:
        return _zoccali("both S2 spared", 39.9, walking=56.2)
    if lower == _S2 and upper < _S5:
        return _zoccali("both S2 and one S3 spared", 72.7)
    if lower == _S3:
        return _zoccali("both S3 spared", 83.3, walking=94.1)
    if lower > _S3:
        return _zoccali("both S3 spared, and more distal roots", 83.3, walking=100.0)
    return None


def _zoccali(group: str, bladder: float, *, bowel: float | None = None, walking: float | None = None) -> Published:
    return Published(group=group, bladder_percent=bladder, bowel_percent=bowel, walking_percent=walking, source=ZOCCALI)


def _by_todd(lower: int, upper: int) -> Published | None:
    """Return the group of the series that kept as much."""
    if upper == _S5:
        return _todd("one side resected, all roots of the other spared", bladder=89.0, bowel=87.0)
    if upper <= _S1:
        return _todd("S2 to S5 of both sides cut", bladder=0.0, bowel=0.0)
    if lower == upper == _S2:
        return _todd("S3 to S5 of both sides cut", bladder=25.0, bowel=40.0)
    if lower == upper == _S3:
        return _todd("S4 and S5 of both sides cut", bladder=69.0, bowel=100.0)
    if lower != upper and upper >= _S3:
        return _todd("asymmetric, at least one S3 spared", bladder=60.0, bowel=67.0)
    return None


def _todd(group: str, *, bladder: float, bowel: float) -> Published:
    return Published(group=group, bladder_percent=bladder, bowel_percent=bowel, walking_percent=None, source=TODD)
