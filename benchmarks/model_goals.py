"""What the models are to reach, line by line, and what a run reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.model_score import CLAIM, LevelScore

FASTER = {"slicer": (12.0, 40.0), "cropped": (3.0, 7.0)}
"""Times as fast as each rival: to be reached, and the far mark."""

GLB_KIB = (1024.0, 250.0, 65.0)
THIN_HAUSDORFF_MM = 2.0
THIN_VOLUME_FRACTION = 0.05
PREVIEW_MS = 150.0
FOLDER_S = 5.0
LARGE_MB = 1000.0
GREY_RMS_MM = 0.05

Scores = Mapping[str, Sequence[LevelScore]]


@dataclass(kw_only=True)
class Goals:
    """The numbers of one run as they come in; what was not measured is None and not reached."""

    seconds: float | None = None
    ratios: dict[str, float] = field(default_factory=dict)
    bones: Scores = field(default_factory=dict)
    thin: dict[float, Scores] = field(default_factory=dict)
    faults: tuple[int, int] = (0, 0)
    lost: int = 0
    claim: tuple[float, str] = (float("inf"), "")
    glb_kib: Sequence[float] = ()
    plain_kib: Sequence[float] = ()
    preview_ms: float | None = None
    large_s: float | None = None
    large_mb: float | None = None
    folder_s: float | None = None
    grey_rms_mm: float | None = None

    def add_thin(self, slice_mm: float, scores: Scores) -> None:
        """Keep the scores of thin parts."""
        self.thin[slice_mm] = scores

    def add_surfaces(self, levels: Sequence[LevelScore]) -> None:
        """Count edges that are not as they should be, and lost parts, of the product's levels."""
        for level in levels:
            self.faults = self.faults[0] + level.faults[0], self.faults[1] + level.faults[1]
            self.lost += level.parts[1] - level.parts[0]

    def add_claim(self, where: str, claim: tuple[float, str]) -> None:
        """Keep the lowest ratio of what was written to what is true."""
        self.claim = min(self.claim, (claim[0], f"{where}: {claim[1]}"))

    def lines(self) -> list[tuple[str, bool, str]]:
        """Return each goal: its words, whether it was reached, and the number."""
        lines = self.bone_lines() + self._thin_lines()
        truth = all(reached for _, reached, _ in lines)
        claim = self.claim[0] >= CLAIM
        lines += [
            (
                "no open and no non-manifold edge",
                self.faults == (0, 0),
                "{} open, {} non-manifold".format(*self.faults),
            ),
            (f"errors written at least {CLAIM} of the true ones", claim, f"{self.claim[0]:.2f} ({self.claim[1]})"),
        ]
        speed = [
            (
                f"{least:g} times as fast as {chain} (far mark {far:g}), from a run that is true",
                self.ratios.get(chain, 0.0) >= least and truth and claim,
                f"{self.ratios.get(chain, 0.0):.1f}",
            )
            for chain, (least, far) in FASTER.items()
        ]
        sizes = [
            (f"{level} at most {limit:g} KiB", kib <= limit, f"{kib:.0f}")
            for level, limit, kib in zip(("200 k", "50 k", "10 k"), GLB_KIB, self.glb_kib, strict=False)
        ]
        below = [
            ("first picture within 150 ms", PREVIEW_MS, self.preview_ms, "ms"),
            ("512x512x800 below 1 GB above the volumes", LARGE_MB, self.large_mb, "MB"),
            ("CT folder to GLBs within 5 s", FOLDER_S, self.folder_s, "s"),
            ("bone from greys at most 0.05 mm rms", GREY_RMS_MM, self.grey_rms_mm, "mm"),
        ]
        return [
            *speed,
            *lines,
            *sizes,
            *(
                (
                    words,
                    value is not None and value <= limit,
                    "not measured" if value is None else f"{value:.3g} {unit}",
                )
                for words, limit, value, unit in below
            ),
        ]

    def bone_lines(self) -> list[tuple[str, bool, str]]:
        """Return the lines of `lines` about bone."""
        lines = []
        for n, level in enumerate(("200 k", "50 k", "10 k")):
            ours, slicer = self.bones["ours"][n], self.bones["slicer"][n]
            rms, far = (ours.rms_mm, slicer.rms_mm), (ours.mean_hausdorff_mm, slicer.mean_hausdorff_mm)
            lines.append(
                (
                    f"bone on an oblique grid at {level} no worse than Slicer's recipe",
                    round(rms[0], 3) <= round(rms[1], 3) and round(far[0], 2) <= round(far[1], 2),
                    "rms {:.3f} and {:.3f}, mean Hausdorff {:.2f} and {:.2f} mm".format(*rms, *far),
                )
            )
        return lines

    def _thin_lines(self) -> list[tuple[str, bool, str]]:
        lines = []
        for slice_mm, scores in self.thin.items():
            ours = scores["ours"]
            kept = " / ".join(str(level.parts[0]) for level in ours)
            lines.append(
                (
                    f"thin parts at {slice_mm:g} mm: all {ours[0].parts[1]} there at every level",
                    all(level.parts[0] == level.parts[1] for level in ours),
                    kept,
                )
            )
            if slice_mm == 1.0:
                far = max(level.hausdorff_mm for level in ours[:2])
                volume = max(level.volume_fraction for level in ours[:2])
                lines += [
                    ("thin parts: Hausdorff at most 2 mm", far <= THIN_HAUSDORFF_MM, f"{far:.2f} mm"),
                    ("thin parts: volume within 5 %", volume <= THIN_VOLUME_FRACTION, f"{100 * volume:.1f} %"),
                ]
        return lines

    def text(self) -> str:
        """Return each goal as a line, and how many were reached."""
        lines = self.lines()
        words = [f"  {'reached' if reached else 'NOT YET'}  {goal}: {number}" for goal, reached, number in lines]
        return "\n".join([f"Goals: {self._reached()}", *words])

    def _reached(self) -> str:
        lines = self.lines()
        return f"{sum(reached for _, reached, _ in lines)} of {len(lines)}"

    def row(self, version: str, machine: str) -> str:
        """Return the run as a row of the table of releases."""
        bones = self.bones
        thin = self.thin[1.0]

        def three(numbers: Sequence[float], digits: int) -> str:
            return " / ".join(f"{number:.{digits}f}" for number in numbers)

        def number(value: float | None, digits: int) -> str:
            return "-" if value is None else f"{value:.{digits}f}"

        far = max(level.hausdorff_mm for level in thin["ours"][:2])
        volume = max(level.volume_fraction for level in thin["ours"][:2])
        cells = [
            version,
            machine,
            number(self.seconds, 2),
            ", ".join(f"{ratio:.1f}" for ratio in self.ratios.values()),
            three([level.rms_mm for level in bones["ours"]], 3),
            three([level.rms_mm for level in bones["slicer"]], 3),
            f"{three([level.parts[0] for level in thin['ours']], 0)} of {thin['ours'][0].parts[1]}",
            three([level.parts[0] for level in thin["slicer"]], 0),
            f"{far:.2f}, {100 * volume:.1f}",
            f"{self.claim[0]:.2f}",
            "{}, {}".format(*self.faults),
            three(self.glb_kib, 0),
            number(self.preview_ms, 0),
            f"{number(self.large_s, 1)}, {number(self.large_mb, 0)}",
            number(self.folder_s, 1),
            number(self.grey_rms_mm, 3),
            self._reached(),
        ]
        return f"| {' | '.join(cells)} |\n"
