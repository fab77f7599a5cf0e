"""After removal: where the specimen was truly cut, against the plan, in mm and degrees.

The specimen carries a board of its own and its cut faces are touched with the pointer. The board lies somewhere on
the specimen, so the specimen is first laid onto the image by its own landmarks or bone surface
(`orview.register`); what is done here begins with touches in the patient frame.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orview.errors import InputError
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.fit import COLLINEAR_RATIO
from orview.geometry.uncertain import UncertainPose, motion_jacobian
from orview.plan.cut_plane import CutPlane, angle_deg

Floats = NDArray[np.float64]

FEWEST = 4
"""Touches of one cut face: three make a plane, a fourth says how flat it is."""
LIKELY_95 = 1.960
"""So many sigma hold 95 % of a normal distribution."""


@dataclass(frozen=True, kw_only=True)
class CutError:
    """How one cut was made against its plan.

    Attributes:
        key: of the plane.
        offset_mm: of the touched face from the plan at the plan's middle, positive towards what is kept: more of the
            patient was taken than planned.
        tilt_deg: between the two planes, 0 to 90.
        farthest_mm: the largest distance of a touch from the plan, without direction.
        offset_95_mm: how wrong the offset may be, 95 %.
        tilt_95_deg: how far the direction of the face that was found may stand from its true one, 95 %.
        flatness_mm: root mean square of the touches about their own plane.
        touches: how many.
        normal: (3,) unit, of the face, to the side that is kept.
    """

    key: str
    offset_mm: float
    tilt_deg: float
    farthest_mm: float
    offset_95_mm: float
    tilt_95_deg: float
    flatness_mm: float
    touches: int
    normal: tuple[float, float, float]

    def face_of(self, plane: CutPlane) -> CutPlane:
        """Return the face as it was cut, as large as its plane."""
        normal = np.array(self.normal)
        along = plane.along - (plane.along @ normal) * normal
        return CutPlane.of(
            key=plane.key,
            name=plane.name,
            center_mm=plane.center_mm + self.offset_mm * plane.kept_normal,
            kept_normal=normal,
            along=along / np.linalg.norm(along),
            width_mm=plane.width_mm,
            height_mm=plane.height_mm,
        )


def shared_error(plane: CutPlane, patient_from_board: UncertainPose) -> Floats:
    """Return what the registration of the specimen makes wrong of all touches of a face alike.

    Returns:
        The covariance (3, 3) of the height at the plane's middle (mm) and its slopes along width and height (rad).
    """
    normal = plane.kept_normal
    jacobian = np.zeros((3, 6))
    jacobian[0] = normal @ motion_jacobian(plane.center_mm)
    for row, direction in enumerate((plane.along, plane.upward), start=1):
        jacobian[row, :3] = np.cross(direction, normal)
    return np.asarray(jacobian @ patient_from_board.covariance @ jacobian.T)


def cut_error(plane: CutPlane, touched_mm: ArrayLike, *, touch_sigma_mm: float, shared: ArrayLike) -> CutError:
    """Compare touches of one cut face with its plane.

    The face is the plane of least squares through the touches; its error follows from that of each touch, or from how
    far they scatter if that is more, and from what is wrong with all of them alike.

    Args:
        plane: as planned.
        touched_mm: (N, 3) in the patient frame, N at least `FEWEST`.
        touch_sigma_mm: of each touch alone, across the face, 1 sigma.
        shared: of all touches together, as `shared_error` tells it.

    Raises:
        InputError: too few touches, or all on one line.
    """
    touched = np.asarray(touched_mm, dtype=np.float64)
    if touched.ndim != 2 or touched.shape[1:] != (3,) or len(touched) < FEWEST or not np.isfinite(touched).all():
        raise InputError(
            f"{plane.name} was touched {len(touched)} times.", mend=f"Touch the cut face {FEWEST} times or more."
        )
    middle = touched.mean(axis=0)
    _, spreads, axes = np.linalg.svd(touched - middle, full_matrices=False)
    if spreads[1] < COLLINEAR_RATIO * max(float(spreads[0]), 1e-9):
        raise InputError(f"The touches of {plane.name} lie on one line.", mend="Touch all over the cut face.")
    normal = axes[2] * (1.0 if axes[2] @ plane.kept_normal >= 0.0 else -1.0)
    degrees_of_freedom = len(touched) - 3
    scatter_mm = float(spreads[2]) / math.sqrt(degrees_of_freedom)
    sigma_mm = max(touch_sigma_mm, scatter_mm)
    arm = plane.center_mm - middle
    # Heights over the fitted plane: a constant and two slopes, each known as regression tells (Seber 1977, ch. 3).
    along = axes[:2] @ arm
    offset_variance = sigma_mm**2 * (1.0 / len(touched) + float(((along / spreads[:2]) ** 2).sum()))
    turned = axes[:2] @ np.stack([plane.along, plane.upward], axis=1)
    common = np.asarray(shared, dtype=np.float64)
    slopes = np.zeros((3, 3))
    slopes[:2, :2] = turned.T @ np.diag((sigma_mm / spreads[:2]) ** 2) @ turned + common[1:, 1:]
    steepness = float(normal @ plane.kept_normal)
    if steepness < 0.1:
        raise InputError(
            f"The touches of {plane.name} lie across the plan.", mend="Look whether they are of this cut face."
        )
    return CutError(
        key=plane.key,
        offset_mm=-float(arm @ normal) / steepness,
        tilt_deg=angle_deg(normal, plane.kept_normal),
        farthest_mm=float(np.abs(plane.heights_mm(touched)).max()),
        offset_95_mm=LIKELY_95 * math.sqrt(offset_variance + float(common[0, 0])),
        tilt_95_deg=math.degrees(radius_95_mm(0.5 * (slopes + slopes.T))),
        flatness_mm=float(spreads[2]) / math.sqrt(len(touched)),
        touches=len(touched),
        normal=(float(normal[0]), float(normal[1]), float(normal[2])),
    )
