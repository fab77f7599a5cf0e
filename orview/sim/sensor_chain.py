"""What a camera does to light, in the order of the physics: optics, sensor, then the processor that pleases the eye."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from orview.geometry.pinhole import PinholeLens
from orview.sim.lens import CORNER_LIGHT, encode_srgb

_STEPS = 8192


@dataclass(frozen=True, kw_only=True)
class SensorChain:
    """How far a camera is from an ideal one; the defaults are those of an ordinary webcam in good light.

    Attributes:
        blur_px: optics and focus, one sigma.
        corner_light: what is left of the light in the corners of the picture.
        brightness: by how much the light is scaled before it is counted.
        white_electrons: electrons of a white pixel: few in dim rooms, where the gain is high.
        read_electrons: noise of reading, one sigma.
        gamma: sRGB (IEC 61966-2-1) or, where False, values in proportion to light.
        tone: strength of the S-shaped tone curve on top, 0 to 1.
        sharpen: amount of the unsharp mask.
        sharpen_px: its radius, one sigma.
        jpeg_quality: 1 to 100, None for raw pictures.
    """

    blur_px: float = 0.7
    corner_light: float = CORNER_LIGHT
    brightness: float = 0.85
    white_electrons: float = 9000.0
    read_electrons: float = 4.0
    gamma: bool = True
    tone: float = 0.3
    sharpen: float = 0.6
    sharpen_px: float = 1.0
    jpeg_quality: int | None = 88

    def picture(self, light: NDArray[np.float32], lens: PinholeLens, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the bytes (H, W) that light (H, W), 1 being white, turns into."""
        seen = cv2.GaussianBlur(light, (0, 0), self.blur_px) if self.blur_px > 0.0 else light
        seen = seen * vignette(lens, self.corner_light)
        seen *= np.float32(self.brightness)
        seen = self._counted(seen, rng)
        values = self._encoded(seen)
        if self.sharpen > 0.0:
            soft = cv2.GaussianBlur(values, (0, 0), self.sharpen_px)
            values = np.asarray(cv2.addWeighted(values, 1.0 + self.sharpen, soft, -self.sharpen, 0.0), np.uint8)
        if self.jpeg_quality is not None:
            _, packed = cv2.imencode(".jpg", values, [cv2.IMWRITE_JPEG_QUALITY, self.jpeg_quality])
            values = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
        return values

    def _counted(self, light: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return light with the noise of counting it: Poisson's, taken as normal, and the reader's own."""
        if not np.isfinite(self.white_electrons):
            return light
        spread = np.sqrt(np.maximum(light, 0.0) * np.float32(self.white_electrons) + np.float32(self.read_electrons**2))
        spread *= rng.standard_normal(light.shape, dtype=np.float32)
        spread *= np.float32(1.0 / self.white_electrons)
        spread += light
        return np.asarray(spread)

    def _encoded(self, light: NDArray[np.float32]) -> NDArray[np.uint8]:
        steps = np.clip(light * np.float32(_STEPS - 1) + np.float32(0.5), 0.0, _STEPS - 1.0).astype(np.uint16)
        return np.asarray(_curve(self.gamma, self.tone)[steps])


@lru_cache(maxsize=8)
def _curve(gamma: bool, tone: float) -> NDArray[np.uint8]:
    """Return the bytes of light in steps."""
    value = np.arange(_STEPS) / (_STEPS - 1.0)
    if gamma:
        value = encode_srgb(value)
    value = value - tone * np.sin(2.0 * np.pi * value) / (2.0 * np.pi)
    return (value * 255.0 + 0.5).astype(np.uint8)


@lru_cache(maxsize=4)
def vignette(lens: PinholeLens, corner_light: float) -> NDArray[np.float32]:
    """Return how much of the light in the middle of the picture arrives (H, W)."""
    y, x = np.mgrid[0 : lens.height_px, 0 : lens.width_px].astype(np.float32)
    radius2 = (x - np.float32(lens.cx_px)) ** 2 + (y - np.float32(lens.cy_px)) ** 2
    return np.asarray(1.0 - (1.0 - corner_light) * radius2 / radius2.max(), dtype=np.float32)
