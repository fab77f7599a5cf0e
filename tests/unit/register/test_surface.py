"""Points traced on known shapes: accepted ones lie right, sliding and half-matched ones are refused."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import ContractError
from orview.frames import Frame
from orview.geometry.chain import Link, LinkKey, about, expected_error
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.mesh.surface import Surface
from orview.register.surface import register_surface
from orview.register.verdict import Method, Verdict
from tests.bony import BOARD_FROM_PATIENT, TARGET, Away, ball, bony, cylinder, places_on, surface_of

SIGMA_MM = 0.4


@pytest.fixture(scope="module")
def bone() -> tuple[Surface, NDArray[np.float64]]:
    surface = surface_of(bony)
    return surface, places_on(bony, surface)


def _start(middle: NDArray[np.float64], wrong: RigidTransform, *, deg: float, mm: float) -> Verdict:
    """Return landmarks that leave the pose open by so much, one sigma along each axis."""
    claimed = about(BOARD_FROM_PATIENT.apply(middle), sigma_rad=float(np.radians(deg)), sigma_mm=mm)
    pose = UncertainPose(BOARD_FROM_PATIENT @ wrong, claimed)
    return Verdict(
        method=Method.POINTS,
        accepted=False,
        board_from_patient=pose,
        chain=(Link.of(LinkKey.TOUCH, pose),),
        expected_error_mm={},
        links={},
        target_key="tumour",
        limit_mm=2.0,
        fre_mm=0.8,
        scale=1.0,
        matched=4,
        known=4,
        found=4,
        board_digest="ef" * 32,
        reasons=(),
        advice=(),
    )


def _wrong(rng: np.random.Generator, middle: NDArray[np.float64], *, deg: float, mm: float) -> RigidTransform:
    rotation = rotation_from_vector(np.radians(deg) * rng.normal(size=3))
    return RigidTransform(Frame.PATIENT, Frame.PATIENT, rotation, middle - rotation @ middle + mm * rng.normal(size=3))


def _traced(
    rng: np.random.Generator, places: NDArray[np.float64], *, count: int = 150, outliers: float = 0.2
) -> NDArray[np.float64]:
    points = places[rng.integers(len(places), size=count)] + rng.normal(0.0, SIGMA_MM, (count, 3))
    lifted = rng.permutation(count)[: int(outliers * count)]
    points[lifted] += np.outer(rng.uniform(3.0, 25.0, len(lifted)), (0.0, 1.0, 0.0))
    return np.asarray(points)


def _register(surface: Surface, traced_patient_mm: NDArray[np.float64], start: Verdict) -> Verdict:
    return register_surface(
        surface,
        BOARD_FROM_PATIENT.apply(traced_patient_mm),
        start=start,
        touch_sigma_mm=SIGMA_MM,
        surface_sigma_mm=0.3,
        targets={"tumour": TARGET, "far": TARGET - np.array([0.0, 400.0, 0.0])},
        target_key="tumour",
    )


def _off_mm(verdict: Verdict) -> float:
    assert verdict.board_from_patient is not None
    return float(np.linalg.norm(verdict.board_from_patient.transform.apply(TARGET) - BOARD_FROM_PATIENT.apply(TARGET)))


def _refused(verdict: Verdict, words: str) -> None:
    assert not verdict.accepted
    assert words in verdict.reasons[0]
    assert verdict.advice
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()


@pytest.mark.parametrize(("deg", "mm", "least"), [(1.0, 1.5, 0.95), (3.0, 5.0, 0.9)])
def test_traced_bone_lies_where_it_is_said(
    bone: tuple[Surface, NDArray[np.float64]], deg: float, mm: float, least: float
) -> None:
    surface, places = bone
    rng = np.random.default_rng(1)
    errors, told, refused, trials = [], [], 0, 40
    for _ in range(trials):
        traced = _traced(rng, places)
        middle = traced.mean(axis=0)
        verdict = _register(surface, traced, _start(middle, _wrong(rng, middle, deg=deg, mm=mm), deg=deg, mm=mm))
        if not verdict.accepted:
            refused += 1
            continue
        errors.append(_off_mm(verdict))
        told.append(verdict.expected_error_mm["tumour"])
    assert refused <= (1.0 - least) * trials
    assert max(errors) < 1.0
    # At most 40 draws: three standard errors below 95 % are 85 %.
    assert np.mean(np.array(errors) <= told) >= 0.85
    # And the claim is no larger than it must be.
    assert np.quantile(errors, 0.95) > 0.4 * np.median(told)


def test_a_tip_that_is_off_alike_in_landmarks_and_trace_is_in_the_claim(
    bone: tuple[Surface, NDArray[np.float64]],
) -> None:
    """No point of a trace tells it, however many there are: a shift of the tip is a shift of the bone."""
    surface, places = bone
    rng = np.random.default_rng(6)
    tip_mm = 0.4
    squares, held, bold = [], [], []
    for _ in range(25):
        off = rng.normal(0.0, tip_mm, 3)
        traced = _traced(rng, places)
        middle = traced.mean(axis=0)
        in_board = BOARD_FROM_PATIENT.rotation.T @ off
        shift = RigidTransform(Frame.PATIENT, Frame.PATIENT, np.eye(3), in_board)
        start = _start(middle, shift @ _wrong(rng, middle, deg=1.0, mm=1.0), deg=1.0, mm=1.0)
        assert start.board_from_patient is not None
        pointer = Link.of(
            LinkKey.POINTER,
            UncertainPose(start.board_from_patient.transform, np.diag([0.0] * 3 + [tip_mm**2] * 3)),
        )
        turned = rotation_from_vector(np.radians(15.0) * rng.normal(size=3)) @ off
        traced = traced + BOARD_FROM_PATIENT.rotation.T @ turned
        verdict = _register(surface, traced, replace(start, chain=(*start.chain, pointer)))
        assert verdict.accepted
        pose = verdict.board_from_patient
        assert pose is not None
        assert verdict.links["tumour"].keys() == {"touch", "ct_fiducials", "pointer"}
        error = pose.transform.apply(TARGET) - BOARD_FROM_PATIENT.apply(TARGET)
        squares.append(error @ np.linalg.solve(pose.covariance_at(TARGET), error))
        held.append(np.linalg.norm(error) <= verdict.expected_error_mm["tumour"])
        others = [link for link in verdict.chain if link.key is not LinkKey.POINTER]
        bold.append(np.linalg.norm(error) <= expected_error(others, TARGET).error_95_mm)
    # 25 draws: three standard errors below 95 % are 82 %, those of the mean square of a z-score 0.5.
    assert np.mean(held) >= 0.82
    assert 0.5 <= np.mean(squares) / 3.0 <= 1.5
    assert np.mean(bold) < 0.8


def test_an_accepted_surface_tells_its_links_and_survives_json(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    rng = np.random.default_rng(2)
    traced = _traced(rng, places)
    middle = traced.mean(axis=0)
    verdict = _register(surface, traced, _start(middle, _wrong(rng, middle, deg=1.0, mm=1.5), deg=1.0, mm=1.5))
    assert verdict.accepted
    assert verdict.method is Method.SURFACE
    assert verdict.links["tumour"].keys() == {"touch", "ct_fiducials"}
    assert sum(verdict.links["tumour"].values()) == pytest.approx(1.0, abs=1e-12)
    assert verdict.expected_error_mm["far"] > 2.0 * verdict.expected_error_mm["tumour"]
    assert Verdict.from_json(verdict.to_json()).to_json() == verdict.to_json()


@pytest.mark.parametrize("shape", [cylinder, ball], ids=["cylinder", "ball"])
def test_surfaces_on_which_a_fit_slides_are_refused(shape: Away) -> None:
    surface = surface_of(shape)
    places = places_on(shape, surface)
    rng = np.random.default_rng(3)
    for _ in range(8):
        traced = _traced(rng, places, outliers=0.0)
        middle = traced.mean(axis=0)
        verdict = _register(surface, traced, _start(middle, _wrong(rng, middle, deg=2.0, mm=3.0), deg=2.0, mm=3.0))
        _refused(verdict, "so smooth that the fit can slide")


def test_landmarks_that_disagree_with_the_surface_are_told(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    rng = np.random.default_rng(4)
    traced = _traced(rng, places)
    middle = traced.mean(axis=0)
    shifted = RigidTransform(Frame.PATIENT, Frame.PATIENT, np.eye(3), np.array([4.0, 0.0, 3.0]))
    _refused(_register(surface, traced, _start(middle, shifted, deg=0.3, mm=0.4)), "elsewhere than the landmarks")


def test_points_off_the_bone_are_told(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    rng = np.random.default_rng(5)
    traced = _traced(rng, places, outliers=0.5)
    middle = traced.mean(axis=0)
    start = _start(middle, RigidTransform.identity(Frame.PATIENT, Frame.PATIENT), deg=1.0, mm=1.5)
    _refused(_register(surface, traced, start), "of the traced points lie on the bone")


def test_points_that_do_not_follow_the_bone_closely_are_told(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    rng = np.random.default_rng(7)
    traced = _traced(rng, places, outliers=0.0) + rng.normal(0.0, 2.0 * SIGMA_MM, (150, 3))
    start = _start(traced.mean(axis=0), RigidTransform.identity(Frame.PATIENT, Frame.PATIENT), deg=1.0, mm=1.5)
    _refused(_register(surface, traced, start), "do not follow the bone")


def test_a_place_of_the_bone_that_is_not_there_is_told(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    rng = np.random.default_rng(6)
    traced = _traced(rng, places, count=300, outliers=0.0)
    # A quarter of the traced places is another body, 25 mm behind.
    moved = traced[:, 0] < np.quantile(traced[:, 0], 0.28)
    traced[moved] += (0.0, 25.0, 0.0)
    start = _start(traced.mean(axis=0), RigidTransform.identity(Frame.PATIENT, Frame.PATIENT), deg=1.0, mm=1.5)
    _refused(_register(surface, traced, start), "nowhere near the surface")


def test_useless_traces_are_refused_in_words(bone: tuple[Surface, NDArray[np.float64]]) -> None:
    surface, places = bone
    start = _start(places.mean(axis=0), RigidTransform.identity(Frame.PATIENT, Frame.PATIENT), deg=1.0, mm=1.5)
    _refused(_register(surface, places[:20], start), "Only 20 points")
    spoiled = places[:100].copy()
    spoiled[3, 1] = np.nan
    _refused(_register(surface, spoiled, start), "not a finite number")
    lost = replace(start, board_from_patient=None, chain=())
    _refused(_register(surface, places[:100], lost), "no pose to start from")
    for points, sigma_mm in ((places[:, :2], 0.4), (places, 0.0), (places, float("nan"))):
        with pytest.raises(ContractError):
            register_surface(
                surface,
                points,
                start=start,
                touch_sigma_mm=sigma_mm,
                surface_sigma_mm=0.3,
                targets={"tumour": TARGET},
                target_key="tumour",
            )
