"""The outlines of a case: given, lying in the image's folder, or drawn by a network."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from orview.edge.given_sources import outlines_in
from orview.edge.images.files import VolumeFile
from orview.edge.images.outlines.files import SegmentationFile, read_segmentation
from orview.edge.images.sources import Sources
from orview.findings import Finding, Severity
from orview.mesh.given import Segmentation
from orview.segment.segmenter import Segmenter

ReportProgress = Callable[[str, float], None]
_STAGE = "Outlining by a network"


def outlines_of_case(
    given: Sources,
    labels: Sequence[Path],
    read: VolumeFile,
    *,
    segmenter: Segmenter | None,
    unit: str | None,
    frame: str | None,
    progress: ReportProgress,
) -> SegmentationFile | None:
    """Return what is outlined on an image; None where nothing is and nobody is to draw it.

    Args:
        given: the image and the outlines given with it.
        labels: further outlines.
        read: the image.
        segmenter: draws where nobody has; None for nobody.
        unit: of mesh files that do not say.
        frame: of mesh files that do not say.
        progress: told the stage and its fraction.

    Raises:
        InputError: outlines cannot be read, or the segmenter lacks something.
        RefusedError: outlines do not belong to the image, or the segmenter does not take it.
    """
    paths = [*given.outlines, *labels]
    inside = list(read.meshes)
    if not paths and not inside and any(finding.code == "SERIES_LEFT_OUT" for finding in read.findings):
        inside = outlines_in(given.image)
    if inside:
        paths.append(given.image)
    if paths:
        return read_segmentation(
            paths,
            inside={given.image: inside},
            volume=read.volume,
            unit=unit,
            frame=frame,
            frame_of_reference=read.identifiers.get("FrameOfReferenceUID"),
            progress=progress,
        )
    if segmenter is None:
        return None
    progress(_STAGE, 0.0)
    label_map = segmenter.segment(read.volume)
    progress(_STAGE, 1.0)
    return SegmentationFile(
        segmentation=Segmentation(label_maps=(label_map,)),
        digest=hashlib.sha256(segmenter.identity.encode()).hexdigest(),
        findings=(
            Finding(
                code="OUTLINES_BY_NETWORK",
                severity=Severity.WARNING,
                message=f"No person outlined the structures: {segmenter.name} did. Compare them with the image.",
            ),
        ),
    )
