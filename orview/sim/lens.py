"""The simulated camera itself: its lens, and what its sensor does to light."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens

LENS = PinholeLens(
    width_px=1280,
    height_px=720,
    fx_px=640.0 / math.tan(math.radians(31.0)),
    fy_px=640.0 / math.tan(math.radians(31.0)),
    cx_px=646.3,
    cy_px=354.8,
    distortion=(-0.11, 0.06, 0.0006, -0.0004, 0.0),
)
"""62 degrees across; the distortion of an ordinary webcam, the principal point not quite in the middle."""

BLUR_PX = 0.6
NOISE_LEVELS = 2.0
CORNER_LIGHT = 0.72
_LINEAR_STEPS = 4096
_NOISE_MARGIN = 61


class Sensor:
    """Light to bytes: the picture of a point, vignetting, sRGB, noise.

    Args:
        lens: whose picture it is.
        seed: draws the noise.
    """

    def __init__(self, lens: PinholeLens, *, seed: int) -> None:
        y, x = np.mgrid[0 : lens.height_px, 0 : lens.width_px].astype(np.float32)
        radius2 = (x - lens.cx_px) ** 2 + (y - lens.cy_px) ** 2
        self.light: NDArray[np.float32] = (1.0 - (1.0 - CORNER_LIGHT) * radius2 / radius2.max()).astype(np.float32)
        """(H, W) how much of the light in the middle of the picture arrives."""
        rng = np.random.default_rng(seed)
        size = (lens.height_px + _NOISE_MARGIN, lens.width_px + _NOISE_MARGIN, 3)
        noise = np.rint(rng.normal(0.0, NOISE_LEVELS, size))
        self._brighter = np.maximum(noise, 0).astype(np.uint8)
        self._darker = np.maximum(-noise, 0).astype(np.uint8)
        self._encoded = (encode_srgb(np.arange(_LINEAR_STEPS) / (_LINEAR_STEPS - 1.0)) * 255.0 + 0.5).astype(np.uint8)
        self._decoded = decode_srgb(np.arange(256) / 255.0).astype(np.float32)

    def decoded(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the light, 0 to 1, of bytes (...)."""
        return np.asarray(self._decoded[picture])

    def encoded(self, light: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return light (..., 3) as the bytes of a picture, softened by the optics."""
        soft = cv2.GaussianBlur(light, (5, 5), BLUR_PX, borderType=cv2.BORDER_REPLICATE)
        steps = np.clip(soft * (_LINEAR_STEPS - 1.0), 0.0, _LINEAR_STEPS - 1.0)
        return np.asarray(self._encoded[steps.astype(np.uint16)])

    def add_noise(self, picture: NDArray[np.uint8], *, t_s: float) -> None:
        """Add noise to a picture (H, W, 3) in place; another time draws another part of the same noise."""
        height, width = picture.shape[:2]
        tick = round(t_s * 1000.0)
        down, across = (tick * 37) % _NOISE_MARGIN, (tick * 53) % _NOISE_MARGIN
        part = (slice(down, down + height), slice(across, across + width))
        cv2.add(picture, self._brighter[part], dst=picture)
        cv2.subtract(picture, self._darker[part], dst=picture)


def encode_srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sRGB values 0 to 1 of light 0 to 1 (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.0031308) ** (1.0 / 2.4) - 0.055)


def decode_srgb(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return light 0 to 1 of sRGB values 0 to 1 (IEC 61966-2-1)."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
