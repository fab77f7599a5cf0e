"""The last look: a model that is moved, mirrored, scaled or torn does not pass."""

from dataclasses import replace

import numpy as np
import pytest

from orview.errors import ContractError
from orview.mesh.surface import Surface
from orview.model.case import Level, LevelError
from orview.model.checks import check_glb, check_structures
from orview.model.glb import write_glb
from orview.model.scene import Scene, ScenePart
from orview.segment.anatomy import Side
from tests.cases import a_structure
from tests.scenes import small_shapes


@pytest.fixture(scope="module")
def scene() -> Scene:
    parts = tuple(
        ScenePart(
            anatomy=shape.anatomy, surface=shape.made.refined.finest, error=LevelError(rms_mm=0.0, hausdorff_mm=0.0)
        )
        for shape in small_shapes()
    )
    return Scene(level=Level.FULL, parts=parts, synthetic=True)


def changed(scene: Scene, change: np.ndarray, *, about_mm: np.ndarray | None = None, turn: bool = False) -> Scene:
    """The scene with its first structure carried through a matrix."""
    first = scene.parts[0]
    centre = first.surface.vertices_mm.mean(axis=0) if about_mm is None else about_mm
    surface = Surface(
        vertices_mm=(first.surface.vertices_mm - centre) @ change.T + centre,
        triangles=np.ascontiguousarray(first.surface.triangles[:, ::-1]) if turn else first.surface.triangles,
    )
    return replace(scene, parts=(replace(first, surface=surface), *scene.parts[1:]))


@pytest.mark.parametrize("compressed", [True, False])
def test_a_true_model_passes(scene: Scene, compressed: bool) -> None:
    check_glb(write_glb(scene, compressed=compressed), scene)


@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
@pytest.mark.parametrize(
    "change",
    [np.diag([-1.0, 1.0, 1.0]), np.eye(3) * 0.001, np.eye(3) * 1.01, np.eye(3)[[1, 0, 2]]],
    ids=["mirrored", "metres", "one percent", "axes exchanged"],
)
def test_a_model_of_something_else_does_not(scene: Scene, change: np.ndarray) -> None:
    with pytest.raises(ContractError, match="sacrum"):
        check_glb(write_glb(changed(scene, change), compressed=True), scene)
    with pytest.raises(ContractError, match="sacrum"):
        check_glb(write_glb(changed(scene, change, about_mm=np.zeros(3)), compressed=True), scene)


@pytest.mark.hazard("H04")
def test_a_model_inside_out_does_not(scene: Scene) -> None:
    with pytest.raises(ContractError, match="sacrum"):
        check_glb(write_glb(changed(scene, np.eye(3), turn=True), compressed=True), scene)


def test_a_model_with_a_structure_less_does_not(scene: Scene) -> None:
    with pytest.raises(ContractError, match="structures"):
        check_glb(write_glb(replace(scene, parts=scene.parts[1:]), compressed=True), scene)


@pytest.mark.hazard("H04")
def test_left_right_of_right_is_an_error() -> None:
    left = replace(a_structure("hip_left"), side=Side.LEFT, centroid_patient_mm=(80.0, 0.0, 0.0))
    right = replace(a_structure("hip_right"), side=Side.RIGHT, centroid_patient_mm=(-80.0, 0.0, 0.0))
    assert check_structures([left, right], {}, {}) == []
    mirrored = [
        replace(left, centroid_patient_mm=(-80.0, 0.0, 0.0)),
        replace(right, centroid_patient_mm=(80.0, 0.0, 0.0)),
    ]
    assert [finding.code for finding in check_structures(mirrored, {}, {})] == ["SIDES_EXCHANGED"]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_sacrum_of_an_impossible_size_is_an_error(factor: float) -> None:
    sacrum = [a_structure("sacrum")]
    assert check_structures(sacrum, {"sacrum": 110.0}, {"sacrum": True}) == []
    found = check_structures(sacrum, {"sacrum": 110.0 * factor}, {"sacrum": True})
    assert [finding.code for finding in found] == ["SIZE_IMPOSSIBLE"]


def test_a_bone_the_image_cuts_may_be_small() -> None:
    assert check_structures([a_structure("sacrum")], {"sacrum": 30.0}, {"sacrum": False}) == []
