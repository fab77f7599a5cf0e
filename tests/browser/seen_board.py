"""What a headset's own camera sees of the board, as a camera the page can ask for, and the heads it is seen from."""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from orview.edge.boards import load_board
from orview.frames import Frame
from orview.geometry.pinhole import PinholeLens
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.protocol.poses import wire_from_rigid
from orview.sim.fixture import plate_corners_mm
from orview.sim.headset import HEADSET_FROM_CAMERA, HEADSET_LENS, HeadsetPictures

DISTANCE_MM = 400.0
LENS = PinholeLens(
    width_px=640,
    height_px=480,
    fx_px=HEADSET_LENS.fx_px / 2,
    fy_px=HEADSET_LENS.fy_px / 2,
    cx_px=HEADSET_LENS.cx_px / 2 - 0.25,
    cy_px=HEADSET_LENS.cy_px / 2 - 0.25,
    distortion=HEADSET_LENS.distortion,
)
"""Half of the simulated headset's, so that a machine without a graphics card keeps up with it."""

CAMERA_NAME = "Simulated outward camera"

CAMERA = """
{
  const canvas = document.createElement("canvas");
  canvas.width = %d;
  canvas.height = %d;
  const context = canvas.getContext("2d");
  const pictures = %s.map((url) => Object.assign(new Image(), { src: url }));
  const heads = %s;
  let track = null;
  let seen = null;
  window.__jump = [0, 0, 0];
  window.__paused = false;
  setInterval(() => {
    if (window.__paused) return;
    window.__seen = seen !== null && performance.now() > seen.fromMs;
    if (seen !== null && !window.__seen) return;
    if (seen === null) context.fillRect(0, 0, canvas.width, canvas.height);
    else context.drawImage(pictures[seen.number], 0, 0);
    track?.requestFrame();
  }, 60);
  window.__look = (number) => {
    const [x, y, z, qx, qy, qz, qw] = heads[number];
    const [jx, jy, jz] = window.__jump;
    __xr.position.set(x + jx, y + jy + 1.6, z + jz);
    __xr.quaternion.set(qx, qy, qz, qw);
    seen = { number, fromMs: performance.now() + 400 };
    window.__seen = window.__paused = false;
  };
  navigator.mediaDevices.getUserMedia = async () => {
    const stream = canvas.captureStream(0);
    track = stream.getVideoTracks()[0];
    Object.defineProperty(track, "label", { value: "%s" });
    return stream;
  };
  navigator.permissions.query = async () => ({ state: "granted" });
}
"""
"""A camera whose film is shown when the head has come to rest, however slow the machine; no picture before."""


def heads_around(world_from_board: RigidTransform, count: int, *, seed: int = 0) -> list[RigidTransform]:
    """Heads from which the board is well in the picture, turned to all sides."""
    rng = np.random.default_rng(seed)
    aim = world_from_board.apply(plate_corners_mm(load_board("patient_flat")).mean(axis=0))
    out = -world_from_board.rotate([0.0, 0.0, 1.0])
    heads = []
    for _ in range(count):
        away = out + rng.normal(0.0, 0.25, 3)
        place = aim + DISTANCE_MM * away / np.linalg.norm(away) + rng.normal(0.0, 15.0, 3)
        forward = (aim - place) / np.linalg.norm(aim - place)
        right = np.cross(forward, [0.0, 1.0, 0.0])
        right /= np.linalg.norm(right)
        turned = rotation_from_vector(rng.normal(0.0, 0.1, 3)) @ np.column_stack(
            [right, np.cross(forward, right), forward]
        )
        heads.append(RigidTransform(Frame.WORLD, Frame.HEADSET, turned @ HEADSET_FROM_CAMERA.rotation.T, place))
    return heads


def camera_script(heads: Sequence[RigidTransform], world_from_board: RigidTransform) -> str:
    """The page's script that gives it a camera: `__look(number)` puts the head there, and shows what it sees."""
    pictures = HeadsetPictures(load_board("patient_flat"), LENS)
    urls, table = [], []
    for number, head in enumerate(heads):
        picture = pictures.picture((head @ HEADSET_FROM_CAMERA).inverse() @ world_from_board, t_s=float(number))
        good, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 97])
        assert good
        urls.append("data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode())
        position_m, quat_xyzw = wire_from_rigid(head)
        table.append([*position_m, *quat_xyzw])
    return CAMERA % (LENS.width_px, LENS.height_px, urls, table, CAMERA_NAME)
