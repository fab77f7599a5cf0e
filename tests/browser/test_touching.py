"""The headset page has the board's corners touched with a controller, whose tip it finds first."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform
from orview.protocol.placing import Corner, CornersTouched
from orview.register.world import fit_touches
from tests.browser.room_server import TOKEN, RoomServer
from tests.browser.steady_headset import open_steady, said, wait
from tests.browser.test_headset_world import CORNERS_MM, unknown_room

__all__ = ["unknown_room"]

WORLD_FROM_BOARD = RigidTransform.from_rotation_vector(
    Frame.WORLD, Frame.BOARD, [1.9, 0.3, -0.2], [-60.0, -150.0, -420.0]
)
TARGET_MM = np.array([70.0, 50.0, 60.0])

CONTROLLER = """
Object.defineProperty(XRPose.prototype, "emulatedPosition", { get: () => false });
window.__touch = async (corners, noise, tip) => {
  const hand = __xr.controllers.right;
  const rest = (ms) => new Promise((done) => setTimeout(done, ms));
  const turned = (v, q) => {
    const [x, y, z, w] = q;
    const t = [y * v[2] - z * v[1], z * v[0] - x * v[2], x * v[1] - y * v[0]].map((part) => 2 * part);
    return [
      v[0] + w * t[0] + y * t[2] - z * t[1],
      v[1] + w * t[1] + z * t[0] - x * t[2],
      v[2] + w * t[2] + x * t[1] - y * t[0],
    ];
  };
  // Put the tip somewhere, the controller held with this turn.
  const place = (at, q) => {
    const off = turned(tip, q);
    hand.position.set(at[0] - off[0], at[1] - off[1] + 1.6, at[2] - off[2]);
    hand.quaternion.set(...q);
  };
  const quaternion = (a, b) => {
    const [x, z] = [Math.sin(a / 2), Math.sin(b / 2)];
    const w = Math.sqrt(Math.max(0, 1 - x * x - z * z));
    return [x, 0, z, w];
  };
  hand.updateButtonValue("trigger", 1);
  for (let k = 0; k < 60; k += 1) {
    const round = k * 0.9;
    const wide = 0.15 + 0.5 * (k / 60);
    place([0, -0.2, -0.4], quaternion(wide * Math.cos(round), wide * Math.sin(round)));
    await rest(40);
  }
  for (let k = 0; k < corners.length; k += 1) {
    const at = corners[k].map((part, axis) => part + noise[k][axis]);
    place([at[0], at[1] + 0.06, at[2]], quaternion(0.2, 0.1 * k));
    await rest(300);
    place(at, quaternion(0.2, 0.1 * k));
    await rest(1400);
  }
  hand.updateButtonValue("trigger", 0);
};
"""
"""A person who turns a controller about its tip in a dimple, and touches corners with that tip, each a little off.

The emulator calls every place a guess, as headsets do of controllers they do not see."""


@pytest.fixture
def page(browser: Browser, client: Path, unknown_room: RoomServer) -> Iterator[Page]:
    """The page in AR, on a headset without a camera of its own."""
    page = open_steady(browser, client, f"{unknown_room.url}/#t={TOKEN}", CONTROLLER)
    yield page
    page.context.close()


def touched_with(page: Page, call: str, noise_mm: np.ndarray, *more: object) -> CornersTouched:
    """Let corners be touched, each so far off, and return what the page says of it."""
    corners_m = WORLD_FROM_BOARD.apply(CORNERS_MM) / 1000.0
    before = len(said(page, "corners_touched"))
    arguments = ", ".join(map(json.dumps, (corners_m.tolist(), (noise_mm / 1000.0).tolist(), *more)))
    sent = f"__said.filter((text) => text.includes('corners_touched')).length > {before}"
    for _ in range(2):
        # A hand that rested somewhere else before counts as a touch that does not fit: then both are asked for again.
        page.evaluate(f"{call}({arguments})")
        if page.evaluate(sent):
            break
    wait(page, sent, timeout_s=5.0)
    message = said(page, "corners_touched")[-1]
    return CornersTouched(
        room_frame_id=message["room_frame_id"],
        touched=tuple(Corner(place_m=tuple(corner["place_m"])) for corner in message["touched"]),
        sigma_mm=message["sigma_mm"],
    )


def error_and_claim_mm(touched: CornersTouched) -> tuple[float, float]:
    """How far off the target stands by these touches, and how far the host says it may, 95 %."""
    places = np.array([corner.place_m for corner in touched.touched]) * 1000.0
    found = fit_touches(CORNERS_MM, places, sigma_mm=touched.sigma_mm)
    off = found.transform.apply(TARGET_MM) - WORLD_FROM_BOARD.apply(TARGET_MM)
    return float(np.linalg.norm(off)), radius_95_mm(found.covariance_at(TARGET_MM))


def test_corners_touched_with_a_controller_place_the_board_within_what_is_claimed(page: Page):
    noise_mm = np.random.default_rng(2).normal(0.0, 0.8, (4, 3))
    touched = touched_with(page, "__touch", noise_mm, [0.005, -0.01, -0.09])
    error_mm, claim_mm = error_and_claim_mm(touched)
    print(f"controller: {error_mm:.2f} mm off, {claim_mm:.2f} mm claimed, sigma {touched.sigma_mm:.2f} mm")
    assert error_mm <= claim_mm
    assert claim_mm < 5.0
