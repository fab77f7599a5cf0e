"""An emulated headset that draws on time on any machine, and keeps beside what its page says and hears."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.protocol.binary import PoseMessage
from orview.protocol.codec import decode_binary
from orview.protocol.poses import rigid_from_wire
from tests.browser.conftest import emulated_headset

STEADY = """
{
  let waiting = [];
  let slot = performance.now();
  window.requestAnimationFrame = (draw) => waiting.push(draw);
  window.cancelAnimationFrame = () => {};
  const beat = () => {
    const now = performance.now();
    if (slot + 14 <= now) {
      // What it is much too late with stays out: making up for it would make it later still.
      slot = Math.max(slot + 14, now - 42);
      const drawn = waiting;
      waiting = [];
      for (const draw of drawn) draw(slot);
    }
    setTimeout(beat, 5);
  };
  beat();
}
WebGL2RenderingContext.prototype.drawElements = () => {};
WebGL2RenderingContext.prototype.drawArrays = () => {};
"""
"""A headset's frames come on time whatever else it does: 71 a second, as long as this machine has time for them. What
they draw is not looked at here."""

HEAR = """
window.__said = []; window.__looks = []; window.__worlds = []; window.__refused = []; window.__pose = null;
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (typeof data === "string") window.__said.push(data);
  else window.__looks.push(performance.now());
  send.call(this, data);
};
const listen = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
  ...listen,
  set(handler) {
    listen.set.call(this, (event) => {
      if (typeof event.data === "string") {
        const message = JSON.parse(event.data);
        if (message.type === "headset_world") window.__worlds.push({ ...message, looks: window.__looks.length });
        if (message.type === "refused") window.__refused.push(message);
      } else if (new Uint8Array(event.data)[2] === 2) window.__pose = [...new Uint8Array(event.data)];
      handler(event);
    });
  },
});
"""


def open_steady(browser: Browser, client: Path, address: str, *scripts: str) -> Page:
    """Open the headset page and enter AR as a person does; the page's context is the caller's to close."""
    context = browser.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    page.set_default_timeout(60_000)
    for script in (
        STEADY,
        (client / "node_modules/iwer/build/iwer.min.js").read_text(),
        emulated_headset(),
        HEAR,
        *scripts,
    ):
        page.add_init_script(script)
    page.goto(address)
    page.get_by_role("button", name="Enter AR").click()
    # What is drawn is not looked at here, and a small window leaves time for the rest.
    page.set_viewport_size({"width": 320, "height": 180})
    return page


def wait(page: Page, condition: str, *, timeout_s: float = 60.0) -> None:
    """Wait until something holds in the page, whose content security policy allows no waiting inside it."""
    until = time.monotonic() + timeout_s
    while not page.evaluate(condition):
        assert time.monotonic() < until, f"never came true: {condition}; {[world['words'] for world in worlds(page)]}"
        page.wait_for_timeout(100)


def said(page: Page, kind: str) -> list[dict[str, Any]]:
    """What the page said of a type."""
    return [message for message in map(json.loads, page.evaluate("__said")) if message["type"] == kind]


def worlds(page: Page) -> list[dict[str, Any]]:
    """What the host told of where the room is."""
    return list(page.evaluate("__worlds"))


def world_from_patient(page: Page) -> RigidTransform:
    """Where the page stands the patient: its newest alignment, composed with the newest pose that may be shown."""
    aligned, pose = said(page, "aligned")[-1], decode_binary(bytes(page.evaluate("__pose")))
    assert isinstance(pose, PoseMessage)
    assert pose.room_frame_id == aligned["room_frame_id"]
    numbers = aligned["world_from_room"]
    world_from_room = rigid_from_wire(
        to_frame=Frame.WORLD, from_frame=Frame.ROOM, position_m=numbers[:3], quat_xyzw=numbers[3:]
    )
    return world_from_room @ rigid_from_wire(
        to_frame=Frame.ROOM, from_frame=Frame.PATIENT, position_m=pose.position_m, quat_xyzw=pose.quat_xyzw
    )


def apart(one: RigidTransform, other: RigidTransform, *, at_mm: np.ndarray) -> tuple[float, float]:
    """How far two poses put a point apart, mm, and how far they turn it, deg."""
    turn = one.rotation.T @ other.rotation
    degrees = np.rad2deg(np.arccos(np.clip((np.trace(turn) - 1.0) / 2.0, -1.0, 1.0)))
    return float(np.linalg.norm(one.apply(at_mm) - other.apply(at_mm))), float(degrees)
