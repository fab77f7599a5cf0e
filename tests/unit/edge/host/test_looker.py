"""Pictures of a simulated headset are looked through: the board is found, the moment is found, and both are claimed."""

import dataclasses

import cv2
import numpy as np
import pytest

from orview.edge.boards import load_board
from orview.edge.host.looker import Looker, told_profile
from orview.edge.host.place_finder import FEWEST
from orview.edge.profiles import add_profile
from orview.edge.slots.look_records import LookAnswer, LookRecord
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.geometry.uncertain import UncertainPose
from orview.protocol.placing import HeadsetCamera, LensEntry
from orview.protocol.poses import wire_from_rigid
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, HeadsetPictures, Wearer
from tests.unit.edge.cameras.test_jpeg_header import of_size

BOARD = load_board("patient_flat")
WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(Frame.WORLD, Frame.BOARD, [1.57, 0.0, 0.0], [-75, -600, -550.0])
PICTURES = HeadsetPictures(BOARD)
WEARER = Wearer(WORLD_FROM_BOARD, BOARD)
LAG_S = 0.060
BEGIN_S = 1000.0


def numbers(transform: RigidTransform) -> tuple[float, ...]:
    position_m, quat_xyzw = wire_from_rigid(transform)
    return (*position_m, *quat_xyzw)


CAMERA = HeadsetCamera(
    name="headset",
    serial="",
    width_px=HEADSET_LENS.width_px,
    height_px=HEADSET_LENS.height_px,
    lens=LensEntry(
        fx_px=HEADSET_LENS.fx_px,
        fy_px=HEADSET_LENS.fy_px,
        cx_px=HEADSET_LENS.cx_px,
        cy_px=HEADSET_LENS.cy_px,
        distortion=HEADSET_LENS.distortion,
    ),
    headset_from_camera=numbers(HEADSET_FROM_CAMERA),
    place_sigma_mm=0.3,
    place_sigma_rad=0.0005,
)


def record(at_s: float, *, camera: HeadsetCamera = CAMERA, jpeg: bytes | None = None) -> LookRecord:
    """A look that is stamped at a time of the room and was exposed `LAG_S` before."""
    if jpeg is None:
        camera_from_board = (WEARER.head(at_s - LAG_S) @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD
        jpeg = PICTURES.jpeg(camera_from_board, t_s=at_s)
    times_s = np.arange(at_s - 0.25, at_s + 0.045, 1.0 / 72.0)
    return LookRecord(
        number=1,
        client=3,
        taken_ns=round((BEGIN_S + at_s) * 1e9),
        camera=camera,
        device="device-1",
        begun=0,
        heads_ns=np.round((BEGIN_S + times_s) * 1e9).astype(np.int64),
        heads=np.array([numbers(WEARER.head(t)) for t in times_s]),
        jpeg=jpeg,
    )


@pytest.mark.hazard("H13")
def test_pictures_of_a_wearer_are_placed_where_the_board_is_first_at_rest_then_moving(tmp_path):
    looker = Looker(BOARD, tmp_path)
    target_mm = np.array([75.0, 55.0, 140.0])
    errors_mm, claims_mm, moving = [], [], []
    for at_s in np.arange(7.0, 16.0, 0.25):
        for look in looker.look(record(float(at_s))).placed:
            placed = look.world_from_camera @ look.camera_from_board
            off = placed.transform.apply(target_mm) - WORLD_FROM_BOARD.apply(target_mm)
            errors_mm.append(float(np.linalg.norm(off)))
            fixed = UncertainPose(look.camera_from_board.transform, look.bias + look.shared @ look.shared.T)
            bias = UncertainPose.certain(look.world_from_camera.transform) @ fixed
            claims_mm.append(radius_95_mm(placed.covariance_at(target_mm) + bias.covariance_at(target_mm)))
            moving.append(look.exposed_ns / 1e9 - BEGIN_S > 10.5)
    assert sum(moving) >= 8
    assert len(moving) - sum(moving) >= 8
    assert np.median(errors_mm) < 0.8
    assert np.mean(np.array(errors_mm) <= claims_mm) >= 0.95


def test_a_profile_of_the_camera_in_the_store_is_preferred_to_what_it_tells(tmp_path):
    profile = dataclasses.replace(told_profile(CAMERA, CAMERA.lens), covariance=np.zeros((9, 9)))
    looker = Looker(BOARD, tmp_path)
    told = [look for at_s in np.arange(6.6, 7.3, 0.2) for look in looker.look(record(float(at_s))).placed]
    add_profile(tmp_path / "headset.toml", profile)
    looker = Looker(BOARD, tmp_path)
    known = [look for at_s in np.arange(6.6, 7.3, 0.2) for look in looker.look(record(float(at_s))).placed]
    assert np.square(told[0].shared[3:, :9]).sum() > 0.5
    assert not known[0].shared[:, :9].any()


def test_a_camera_without_a_known_lens_is_said(tmp_path):
    answer = Looker(BOARD, tmp_path).look(record(7.0, camera=dataclasses.replace(CAMERA, lens=None)))
    assert "lens" in answer.words
    assert "orview calibrate" in answer.words
    assert answer.placed == ()


@pytest.mark.hazard("H28")
def test_broken_and_monstrous_pictures_are_a_sentence(tmp_path):
    looker = Looker(BOARD, tmp_path)
    whole = record(7.0).jpeg
    wall = cv2.imencode(".jpg", np.full((960, 1280, 3), 128, np.uint8))[1].tobytes()
    for jpeg, words in (
        (whole[: whole.index(b"\xff\xda")], "no picture"),
        (of_size(10_000, 10_000), "more than orview takes"),
        (b"\xff\xd8\xff" + bytes(100), "no JPEG"),
        (wall, "not in the picture"),
    ):
        answer = looker.look(record(7.0, jpeg=jpeg))
        assert words in answer.words
        assert answer.placed == ()


def from_all_sides(looker: Looker, *, camera: HeadsetCamera, begun: int = 0, device: str = "device-1") -> LookAnswer:
    """Let a wearer look at the board from one side after the other, resting each time; returns the last answer."""
    rng = np.random.default_rng(4)
    aim = WORLD_FROM_BOARD.apply([75.0, 55.0, 0.0])
    out = -WORLD_FROM_BOARD.rotate([0.0, 0.0, 1.0])
    for number in range(FEWEST + 3):
        away = out + rng.normal(0.0, 0.2, 3)
        place = aim + 430.0 * away / np.linalg.norm(away)
        forward = (aim - place) / np.linalg.norm(aim - place)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        turned = rotation_from_vector(rng.normal(0.0, 0.1, 3)) @ np.column_stack(
            [right, np.cross(forward, right), forward]
        )
        head = RigidTransform(Frame.WORLD, Frame.HEADSET, turned @ HEADSET_FROM_CAMERA.rotation.T, place)
        jpeg = PICTURES.jpeg((head @ HEADSET_FROM_CAMERA).inverse() @ WORLD_FROM_BOARD, t_s=float(number))
        at_ns = round((BEGIN_S + 20.0 + number) * 1e9)
        times_ns = at_ns + np.round(np.arange(-0.4, 0.15, 1.0 / 72.0) * 1e9).astype(np.int64)
        answer = looker.look(
            LookRecord(
                number=number + 1,
                client=3,
                device=device,
                taken_ns=at_ns,
                camera=camera,
                begun=begun,
                heads_ns=times_ns,
                heads=np.tile(numbers(head), (len(times_ns), 1)),
                jpeg=jpeg,
            )
        )
    return answer


def test_a_camera_whose_place_is_a_guess_is_asked_to_look_from_all_sides_first(tmp_path):
    guess = RigidTransform(Frame.HEADSET, Frame.CAMERA, np.diag([1.0, -1.0, -1.0]), np.array([0.0, -12.0, -60.0]))
    rough = dataclasses.replace(CAMERA, headset_from_camera=numbers(guess), place_sigma_mm=40.0, place_sigma_rad=0.2)
    looker = Looker(BOARD, tmp_path)
    assert f"0 of {FEWEST}" in looker.look(record(7.0, camera=rough)).words
    (look,) = from_all_sides(looker, camera=rough).placed
    placed = look.world_from_camera @ look.camera_from_board
    off_mm = placed.transform.apply([75.0, 55.0, 0.0]) - WORLD_FROM_BOARD.apply([75.0, 55.0, 0.0])
    assert np.linalg.norm(off_mm) < 0.8
    assert look.bias[:3, :3].max() > 0.0005**2
    # In another world the same camera sits where it sat; that of another device does not.
    assert "of 8 looks" not in looker.look(dataclasses.replace(record(7.0, camera=rough), begun=9)).words
    assert (
        f"0 of {FEWEST}"
        in looker.look(dataclasses.replace(record(7.0, camera=rough), device="device-2", client=4)).words
    )


def test_a_headset_that_begins_anew_is_not_placed_by_heads_of_its_old_world(tmp_path):
    looker = Looker(BOARD, tmp_path)
    for at_s in np.arange(6.6, 7.3, 0.2):
        looker.look(record(float(at_s)))
    waiting = dataclasses.replace(record(7.4), begun=5, heads_ns=np.array([round((BEGIN_S + 7.4) * 1e9)]))
    waiting = dataclasses.replace(waiting, heads=waiting.heads[-1:])
    assert looker.look(waiting).placed == ()
