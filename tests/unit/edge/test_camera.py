"""Every kind of picture source, and the words for those that are not there."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from orview.edge.camera import VIRTUAL_CAMERA, open_camera, open_pictures, read_picture
from orview.edge.slots.latest_slot import LatestSlot
from orview.edge.slots.records import CameraPicture, camera_picture_capacity
from orview.errors import CameraError, InputError
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def write_pictures(folder: Path, count: int, shape: tuple[int, int, int] = (48, 64, 3)) -> list[Path]:
    paths = []
    for k in range(count):
        paths.append(folder / f"p{k:02d}.png")
        cv2.imwrite(str(paths[-1]), np.full(shape, 10 * k, np.uint8))
    return paths


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    write_pictures(tmp_path, 3)
    (tmp_path / "notes.txt").write_text("no picture")
    with open_camera(str(tmp_path)) as camera:
        assert (camera.mode, camera.name, camera.serial, camera.live, camera.pictures) == ("64x48", "", "", False, 3)
        pictures = [camera.read(timeout_s=1.0) for _ in range(4)]
    assert pictures[3] is None
    assert [int(p.image[0, 0, 0]) for p in pictures[:3] if p] == [0, 10, 20]
    assert [p.taken_ns for p in pictures[:3] if p] == [0, 33_333_333, 66_666_667]
    assert pictures[0] is not None
    np.testing.assert_array_equal(pictures[0].room_from_camera.matrix, np.eye(4))
    assert pictures[0].room_from_camera.to_frame is Frame.ROOM


def test_a_pattern_and_a_list_are_read_alike(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path, 4)
    with open_camera(str(tmp_path / "p0[12].png")) as some, open_pictures(paths[1:3]) as same:
        assert some.pictures == same.pictures == 2
    with open_camera(str(paths[2])) as one:
        assert one.pictures == 1


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path, 2)
    cv2.imwrite(str(tmp_path / "z.png"), np.zeros((40, 64, 3), np.uint8))
    with open_camera(str(tmp_path)) as camera:
        camera.read(timeout_s=1.0)
        camera.read(timeout_s=1.0)
        with pytest.raises(CameraError, match="different sizes, 64x48 and 64x40"):
            camera.read(timeout_s=1.0)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"hello"])
def test_a_file_that_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no picture, or it is cut off"):
        read_picture(path)


def test_a_missing_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_picture(tmp_path / "none.png")


def test_a_video_plays_with_its_own_times(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    for k in range(5):
        writer.write(np.full((48, 64, 3), 40 * k, np.uint8))
    writer.release()
    with open_camera(str(path)) as camera:
        assert (camera.mode, camera.live) == ("64x48", False)
        times = []
        while (picture := camera.read(timeout_s=1.0)) is not None:
            assert abs(int(picture.image.mean()) - 40 * len(times)) < 5
            times.append(picture.taken_ns)
    assert times == [k * 40_000_000 for k in range(5)]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("93", "no camera 93"),
        ("93@640x480", "no camera 93"),
        ("93@large", "no picture size"),
        ("/nowhere/film.avi", "no such video"),
        ("/nowhere/*.png", "no picture there"),
        ("slot:/nowhere/slot", "simulated room"),
    ],
)
def test_what_is_not_there_is_said_in_words(source: str, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CameraError, match=words) as caught:
        open_camera(source)
    assert caught.value.mend
    assert capfd.readouterr() == ("", "")  # OpenCV's own complaints stay off the screen


def test_a_folder_without_pictures_and_a_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="no picture there"):
        open_camera(str(tmp_path))
    text = tmp_path / "film.txt"
    text.write_text("no video")
    with pytest.raises(CameraError, match="no video that can be read"):
        open_camera(str(text))


def test_the_simulated_rooms_camera_gives_the_newest_picture(tmp_path: Path) -> None:
    path = tmp_path / "camera.slot"
    stood = RigidTransform.from_rotation_vector(Frame.ROOM, Frame.CAMERA, (0.1, -0.2, 0.3), (1.0, 2.0, 3.0))
    with LatestSlot.create(path, camera_picture_capacity(width=64, height=48, channels=3)) as slot:
        for taken_ns in (7, 8):
            slot.publish(CameraPicture(image=PICTURE, taken_ns=taken_ns, room_from_camera=stood).encode())
        with open_camera(f"slot:{path}") as camera:
            assert (camera.name, camera.mode, camera.live) == (VIRTUAL_CAMERA, "64x48", True)
            picture = camera.read(timeout_s=1.0)
            assert picture is not None
            assert picture.taken_ns == 8
            np.testing.assert_array_equal(picture.image, PICTURE)
            np.testing.assert_allclose(picture.room_from_camera.matrix, stood.matrix, atol=1e-12)
            with pytest.raises(CameraError, match="gives no pictures"):
                camera.read(timeout_s=0.02)  # the same picture is not given twice
            slot.publish(CameraPicture(image=PICTURE, taken_ns=9, room_from_camera=stood).encode())
            again = camera.read(timeout_s=1.0)
            assert again is not None
            assert again.taken_ns == 9
            camera.close()
