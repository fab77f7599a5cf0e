"""A mesh's unit and axes: found out where only one reading fits, refused where none or several do."""

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.errors import RefusedError
from orview.image.field import field_of_mask
from orview.image.volume import Volume
from orview.mesh.placing import MM_PER_UNIT, PATIENT_FROM_AXES, Placed, placed
from tests.measuring import extract
from tests.shapes import ellipsoid, grid, points_of, provenance

Floats = NDArray[np.float64]
Mesh = tuple[Floats, NDArray[np.int32]]

SHAPE = (80, 80, 80)
BONE = ellipsoid((18.0, 30.0, 5.0), (28.0, 20.0, 36.0))


def scan(corner_mm: tuple[float, float, float] = (-80.0, -80.0, -80.0)) -> Volume:
    """A CT whose middle is the patient's origin unless moved; one bone off the middle, noise, air around a body."""
    transform = grid((2.0, 2.0, 2.0), corner_mm)
    points = points_of(SHAPE, transform)
    middle = np.array(corner_mm) + 80.0
    local = points - middle
    body = (local[..., 0] / 74.0) ** 2 + (local[..., 1] / 70.0) ** 2 < 1.0
    array = np.where(body, 40.0, -1000.0)
    array[BONE(local)] = 400.0
    array += np.random.default_rng(5).normal(0.0, 15.0, SHAPE)
    return Volume(array=array.astype(np.int16), patient_from_voxel=transform, provenance=provenance(SHAPE[0]))


def bone(corner_mm: tuple[float, float, float] = (-80.0, -80.0, -80.0)) -> Mesh:
    """The surface of that bone in patient mm."""
    transform = grid((2.0, 2.0, 2.0), corner_mm)
    middle = np.array(corner_mm) + 80.0
    surface = extract(field_of_mask(BONE(points_of(SHAPE, transform) - middle), transform))
    return surface.vertices_mm, surface.triangles


def written(mesh: Mesh, unit: str, axes: str, factor: float = 1.0) -> Mesh:
    """A mesh as a file of that unit and axes holds it, its numbers wrong by a factor."""
    file_from_patient = np.linalg.inv(MM_PER_UNIT[unit] * PATIENT_FROM_AXES[axes])
    return mesh[0] @ file_from_patient.T * factor, mesh[1]


def place(
    mesh: Mesh, volume: Volume, unit: str | None = None, axes: str | None = None, *, y_up: bool = False
) -> Placed:
    return placed([mesh], volume, unit=unit, axes=axes, y_up=y_up)


FAR = (-65.0, 120.0, -900.0)


@pytest.mark.hazard("H05")
@pytest.mark.hazard("H04")
@pytest.mark.parametrize("corner_mm", [(-80.0, -80.0, -80.0), FAR], ids=["centred", "far"])
@pytest.mark.parametrize("unit", list(MM_PER_UNIT))
@pytest.mark.parametrize("axes", ["LPS", "RAS"])
def test_unit_and_axes_of_a_bone_are_found_out(corner_mm: tuple[float, float, float], unit: str, axes: str) -> None:
    mesh = bone(corner_mm)
    found = place(written(mesh, unit, axes), scan(corner_mm))
    assert (found.unit, found.axes) == (unit, axes)
    assert [finding.code for finding in found.findings] == ["MESH_PLACE_INFERRED"]
    assert np.allclose(found.apply(written(mesh, unit, axes)[0]), mesh[0], atol=1e-6)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("corner_mm", [(-80.0, -80.0, -80.0), FAR], ids=["centred", "far"])
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_wrong_scale_is_refused_where_a_unit_is_declared(
    corner_mm: tuple[float, float, float], factor: float
) -> None:
    with pytest.raises(RefusedError, match="does not fit the image as millimetres"):
        place(written(bone(corner_mm), "mm", "LPS", factor), scan(corner_mm), "mm", "LPS")


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("corner_mm", [(-80.0, -80.0, -80.0), FAR], ids=["centred", "far"])
@pytest.mark.parametrize("factor", [0.001, 0.01, 10.0, 25.4, 1000.0])
def test_a_wrong_scale_is_undone_or_refused_where_none_is(corner_mm: tuple[float, float, float], factor: float) -> None:
    """A thousandth is metres, a hundredth no unit at all."""
    mesh = bone(corner_mm)
    wrong = written(mesh, "mm", "LPS", factor)
    try:
        found = place(wrong, scan(corner_mm))
    except RefusedError:
        return
    assert np.allclose(found.apply(wrong[0]), mesh[0], atol=1e-3)


@pytest.mark.hazard("H04")
def test_declared_axes_that_the_image_contradicts_are_refused() -> None:
    mesh = bone()
    assert place(written(mesh, "mm", "RAS"), scan(), "mm", "RAS").findings == ()
    with pytest.raises(RefusedError, match="fits the image only as RAS"):
        place(written(mesh, "mm", "RAS"), scan(), "mm", "LPS")


@pytest.mark.hazard("H04")
def test_what_the_image_cannot_tell_is_asked() -> None:
    """A nerve without an edge of its own near the middle of the scan: LPS and RAS both lie in the body."""
    nerve = extract(
        field_of_mask(
            ellipsoid((-20.0, -30.0, 0.0), (2.5, 2.5, 30.0))(
                points_of((160, 160, 160), grid((1.0,) * 3, (-80.0,) * 3))
            ),
            grid((1.0,) * 3, (-80.0,) * 3),
        )
    )
    mesh = (nerve.vertices_mm, nerve.triangles)
    with pytest.raises(RefusedError, match=r"the image cannot tell.*--unit") as refused:
        place(mesh, scan())
    assert "mm LPS, mm RAS" in refused.value.message
    assert place(mesh, scan(), "mm", "RAS").axes == "RAS"
    with pytest.raises(RefusedError, match="--frame"):
        place(mesh, scan(), "mm")


def test_a_nerve_far_from_the_origin_has_one_reading() -> None:
    mesh = bone(FAR)
    small = (mesh[0].mean(axis=0) + 0.1 * (mesh[0] - mesh[0].mean(axis=0)), mesh[1])
    found = place(small, scan(FAR))
    assert (found.unit, found.axes) == ("mm", "LPS")


@pytest.mark.hazard("H05")
def test_gltf_in_metres_and_openanatomys_millimetres_are_told_apart() -> None:
    mesh = bone()
    assert (place(written(mesh, "m", "Y-up"), scan(), y_up=True)).unit == "m"
    found = place(written(mesh, "mm", "Y-up"), scan(), y_up=True)
    assert (found.unit, found.axes) == ("mm", "Y-up")
    found = place(written(mesh, "mm", "RAS"), scan(), y_up=True)
    assert (found.unit, found.axes) == ("mm", "RAS")


def test_several_meshes_of_one_source_are_read_alike() -> None:
    mesh = bone()
    thin = (mesh[0].mean(axis=0) + 0.1 * (mesh[0] - mesh[0].mean(axis=0)), mesh[1])
    both = [written(mesh, "mm", "RAS"), written(thin, "mm", "RAS")]
    assert placed(both, scan(), unit=None, axes=None).axes == "RAS"


def test_a_mesh_of_another_patient_is_refused() -> None:
    vertices, triangles = bone()
    with pytest.raises(RefusedError, match="does not fit the image"):
        place((vertices + 500.0, triangles), scan())
    with pytest.raises(RefusedError, match="no area"):
        place((vertices * 0.0, triangles), scan())
