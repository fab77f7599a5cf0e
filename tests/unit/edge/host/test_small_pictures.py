"""Small pictures are true to the lens, come seldom enough, and show what was found."""

import numpy as np

from orview.edge.camera import Picture
from orview.edge.host.small_pictures import SmallPictures
from orview.edge.profiles import read_profile
from orview.edge.slots.records import PictureRecord
from orview.geometry.pinhole import PinholeLens
from orview.markers.camera import CameraProfile
from tests.integration.small_room import ROOM_FROM_CAMERA, board_picture, write_profile


def distorted_profile(tmp_path) -> CameraProfile:
    plain = read_profile(write_profile(tmp_path))
    lens = PinholeLens(
        width_px=1280,
        height_px=720,
        fx_px=1050.0,
        fy_px=1060.0,
        cx_px=650.0,
        cy_px=350.0,
        distortion=(-0.2, 0.05, 0.001, -0.002, 0.0),
    )
    return CameraProfile(**{name: getattr(plain, name) for name in plain.__dataclass_fields__} | {"lens": lens})


def test_small_pictures_are_what_their_pinhole_says(tmp_path):
    profile = distorted_profile(tmp_path)
    small = SmallPictures(profile.lens)
    picture = Picture(image=np.zeros((720, 1280), np.uint8), taken_ns=5, room_from_camera=ROOM_FROM_CAMERA)
    record = small.record(picture, taken_ns=5)
    assert (record.width, record.height) == (640, 360)
    for u, v in ((0, 0), (320, 180), (600, 40), (50, 330)):
        ray = np.array([(u - record.cx) / record.fx, (v - record.cy) / record.fy, 1.0])
        in_camera_picture = profile.lens.project(ray[None] * 500.0)[0]
        assert np.allclose([small._maps.x[v, u], small._maps.y[v, u]], in_camera_picture, atol=0.01)


def test_small_pictures_come_at_most_fifteen_times_a_second(tmp_path):
    small = SmallPictures(read_profile(write_profile(tmp_path)).lens)
    made = 0
    for number in range(90):
        taken_ns = number * 1_000_000_000 // 30
        if small.is_due(taken_ns):
            small.record(
                Picture(image=board_picture(), taken_ns=taken_ns, room_from_camera=ROOM_FROM_CAMERA), taken_ns=taken_ns
            )
            made += 1
    assert 42 <= made <= 45


def test_corners_are_told_in_the_small_picture(tmp_path):
    """A point of the camera frame lands in the small picture where its pinhole says, whatever the lens bends."""
    lens = distorted_profile(tmp_path).lens
    small = SmallPictures(lens)
    points_mm = np.array([[-120.0, -60.0, 400.0], [80.0, 30.0, 350.0], [0.0, 90.0, 500.0]])
    picture = Picture(image=np.zeros((720, 1280), np.uint8), taken_ns=5, room_from_camera=ROOM_FROM_CAMERA)
    record = small.record(picture, taken_ns=5, found_px=lens.project(points_mm))
    rays = points_mm[:, :2] / points_mm[:, 2:]
    expected = rays * [record.fx, record.fy] + [record.cx, record.cy]
    assert np.allclose(record.corners_px, expected, atol=0.02)
    assert PictureRecord.decode(record.encode()).corners_px.tolist() == record.corners_px.tolist()
    assert len(small.record(picture, taken_ns=6).corners_px) == 0
