"""Shapes ready for levels of detail, from the small analytic patient."""

from orview.image.field import field_of_mask
from orview.mesh.made import Made
from orview.model.lod import Shape
from orview.segment.anatomy import anatomy_of
from tests.shapes import GRID_SHAPE, STRUCTURES, ellipsoid, grid, points_of


def small_shapes(*, extra: int = 0) -> list[Shape]:
    """The structures of the small patient and `extra` unknown balls, refined."""
    transform = grid()
    points = points_of(GRID_SHAPE, transform)
    shapes = [
        Shape(anatomy=anatomy_of(name), made=Made(field_of_mask(inside(points), transform)))
        for name, inside in STRUCTURES.items()
    ]
    small = (12, 12, 12)
    for n in range(extra):
        corner = (-60.0 + 14.0 * (n % 9), 125.0 + 14.0 * (n // 9), -890.0)
        local = grid(corner_mm=corner)
        centre = (corner[0] + 5.5, corner[1] + 5.5, corner[2] + 5.5)
        ball = ellipsoid(centre, (4.0, 4.0, 4.0))(points_of(small, local))
        shapes.append(Shape(anatomy=anatomy_of(f"ball {n}"), made=Made(field_of_mask(ball, local))))
    return shapes
