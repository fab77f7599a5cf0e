"""Models and pictures of known geometry, and where they must land in a screenshot: computed here, not by the page."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.glb import write_glb
from orview.model.scene import Scene, ScenePart
from orview.protocol.messages import BodySide, StructureEntry, StructureKind
from orview.segment.anatomy import STANDARD, Anatomy, Side
from orview.units import mm_from_m

DIGEST = "5a" * 32
OTHER_DIGEST = "a5" * 32
BALL_CENTRE_MM = np.array([12.0, -20.0, 35.0])
"""Off the origin on every axis, so that any mistaken axis moves it."""
MAGENTA = replace(STANDARD["tumour"], color_srgb=(1.0, 0.0, 1.0))
LENS = (530.0, 528.0, 322.4, 177.1)
"""fx, fy, cx, cy of the test's pictures, px: the principal point off the middle."""
PICTURE_SIZE = (640, 360)

Pose = tuple[tuple[float, ...], tuple[float, ...]]


def ball(centre_mm: NDArray[np.float64], radius_mm: float, *, rows: int = 24) -> Surface:
    """A closed sphere of `rows` rows of triangles, counter-clockwise from outside."""
    columns = 2 * rows
    latitude = np.linspace(0.0, np.pi, rows + 1)[1:-1]
    longitude = np.linspace(0.0, 2.0 * np.pi, columns, endpoint=False)
    ring = np.stack(
        [
            np.outer(np.sin(latitude), np.cos(longitude)),
            np.outer(np.sin(latitude), np.sin(longitude)),
            np.outer(np.cos(latitude), np.ones(columns)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    vertices = np.vstack([ring, [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    top, bottom = len(ring), len(ring) + 1
    triangles = []
    for i in range(columns):
        j = (i + 1) % columns
        triangles.append((top, i, j))
        for row in range(rows - 2):
            a, b = row * columns + i, row * columns + j
            c, d = a + columns, b + columns
            triangles += [(a, c, d), (a, d, b)]
        last = (rows - 2) * columns
        triangles.append((bottom, last + j, last + i))
    return Surface(vertices_mm=vertices * radius_mm + centre_mm, triangles=np.array(triangles, dtype=np.int32))


def model(*parts: tuple[Anatomy, Surface]) -> bytes:
    """The GLB of some structures, compressed as headsets get it."""
    error = LevelError(rms_mm=0.0, hausdorff_mm=0.0)
    scene_parts = tuple(ScenePart(anatomy=anatomy, surface=surface, error=error) for anatomy, surface in parts)
    return write_glb(Scene(level=Level.PREVIEW, parts=scene_parts, synthetic=True), compressed=True)


def ball_model(radius_mm: float = 12.0) -> bytes:
    """A magenta ball in the tumour's place, seen as solid."""
    return model((MAGENTA, ball(BALL_CENTRE_MM, radius_mm)))


def fine_models() -> dict[Level, tuple[bytes, int]]:
    """A ball as coarse and as fine as headsets get models, with its triangles."""
    surfaces = {Level.PREVIEW: ball(BALL_CENTRE_MM, 12.0, rows=72), Level.HEADSET: ball(BALL_CENTRE_MM, 12.0, rows=220)}
    return {level: (model((MAGENTA, surface)), len(surface.triangles)) for level, surface in surfaces.items()}


def entry(anatomy: Anatomy, *, expected_error_mm: float | None = 1.2) -> StructureEntry:
    """The structure as the session names it."""
    sides = {Side.LEFT: BodySide.LEFT, Side.RIGHT: BodySide.RIGHT, Side.NONE: BodySide.NONE}
    return StructureEntry(
        key=anatomy.key,
        name=anatomy.name,
        color_srgb=anatomy.color_srgb,
        rigid=anatomy.rigid,
        kind=StructureKind(anatomy.kind.value),
        side=sides[anatomy.side],
        expected_error_mm=expected_error_mm,
    )


def turned(rotation_vector_rad: tuple[float, float, float], position_m: tuple[float, float, float]) -> Pose:
    """A pose as the wire tells it, from an axis times an angle and a place."""
    transform = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.PATIENT, rotation_vector_rad, np.zeros(3))
    return position_m, tuple(float(part) for part in transform.quat_xyzw)


def carry(pose: Pose, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry points, mm, by a pose of the wire."""
    transform = RigidTransform.from_quaternion(
        Frame.ROOM, Frame.PATIENT, pose[1], [mm_from_m(part) for part in pose[0]]
    )
    return transform.apply(points_mm)


def uncarry(pose: Pose, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry points, mm, by the inverse of a pose of the wire."""
    transform = RigidTransform.from_quaternion(
        Frame.ROOM, Frame.PATIENT, pose[1], [mm_from_m(part) for part in pose[0]]
    )
    return transform.inverse().apply(points_mm)


def magenta_pixels(screenshot_png: bytes) -> NDArray[np.int64]:
    """The (row, column) of every pixel that can only come from the magenta ball."""
    decoded = cv2.imdecode(np.frombuffer(screenshot_png, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    blue, green, red = (decoded[..., channel].astype(np.int64) for channel in range(3))
    return np.argwhere((red > 60) & (blue > 60) & (green * 3 < red) & (abs(red - blue) * 3 < red))


def centroid_px(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The middle of a blob as (column, row)."""
    assert len(pixels) > 100, f"only {len(pixels)} coloured pixels"
    return pixels.mean(axis=0)[::-1]


def grey_jpeg() -> bytes:
    """A picture without any colour."""
    width, height = PICTURE_SIZE
    shade = np.add.outer(np.linspace(40, 120, height), np.linspace(0, 80, width)).astype(np.uint8)
    good, data = cv2.imencode(".jpg", shade)
    assert good
    return data.tobytes()


def read_qr(screenshot_png: bytes) -> str:
    """What a QR reader makes of a screenshot."""
    decoded = cv2.imdecode(np.frombuffer(screenshot_png, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    large = cv2.resize(decoded, None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(large)
    return text
