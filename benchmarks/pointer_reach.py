"""From how far a camera follows the board on a pointer: share of pictures with a pose, and how unsure its tip is.

    python -m benchmarks.pointer_reach [--places 16] [--seed 3]

Rendered pictures of an ordinary webcam, 62 degrees across, in good light (`sim.sensor_chain`), each looked through by
itself, as a pointer that was out of sight is. The board is held as a hand does, 15 to 35 degrees askew.
"""

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.headset_worn import measured, room_profile
from orview.frames import Frame
from orview.geometry.accuracy import radius_95_mm
from orview.geometry.rigid import RigidTransform, rotation_from_vector
from orview.markers.detect import detect_board
from orview.markers.pose import PoseState, solve_pose
from orview.sim.lens import LENS
from orview.sim.pointing_hand import TIP_POINTER_MM
from orview.sim.real_camera import RealCamera, Scene

DISTANCES_M = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.6)
_MIDDLE_MM = np.array([48.0, 30.0, 10.0])


def held(rng: np.random.Generator, distance_mm: float) -> RigidTransform:
    """Return `camera_from_pointer` of a pointer held somewhere near the middle of the picture."""
    azimuth, tilt = rng.uniform(0.0, 2.0 * np.pi), np.radians(rng.uniform(15.0, 35.0))
    rotation = rotation_from_vector(tilt * np.array([np.cos(azimuth), np.sin(azimuth), 0.0]))
    aside = rng.uniform(-0.1, 0.1, 2) * distance_mm
    return RigidTransform(Frame.CAMERA, Frame.BOARD, rotation, np.array([*aside, distance_mm]) - rotation @ _MIDDLE_MM)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=16)
    parser.add_argument("--seed", type=int, default=3)
    asked = parser.parse_args()
    pointer, wide = measured("pointer"), room_profile()
    narrow = replace(wide, lens=LENS, mode="1280x720", covariance=wide.covariance / np.outer(_LESS, _LESS))
    print("camera     metres  pixels a marker  followed  tip (95 %, one picture)")
    for profile in (narrow, wide):
        camera = RealCamera(lens=profile.lens, seed=asked.seed)
        for distance_m in DISTANCES_M:
            rng, errors = np.random.default_rng(asked.seed), []
            for _ in range(asked.places):
                pose = held(rng, 1e3 * distance_m)
                image = camera.shoot(Scene(board=pointer, camera_from_board=lambda _, pose=pose: pose), 0.0).image
                found = solve_pose(detect_board(image, pointer), profile, pointer)
                if found.state is PoseState.TRACKED and found.camera_from_board is not None:
                    errors.append(radius_95_mm(found.camera_from_board.covariance_at(TIP_POINTER_MM)))
            size_px = profile.lens.fx_px * pointer.faces[0].marker_mm / (1e3 * distance_m)
            tip = f"{np.median(errors):.1f} mm" if errors else "-"
            print(
                f"{profile.mode:10} {distance_m:5.1f}  {size_px:14.0f}  {len(errors) / asked.places:8.0%}  {tip}",
                flush=True,
            )


_LESS = np.array([1.5, 1.5, 1.5, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0])
"""A lens in pixels two thirds as small."""

if __name__ == "__main__":
    main()
