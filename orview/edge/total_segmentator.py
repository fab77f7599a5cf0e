"""TotalSegmentator (Wasserthal 2023, doi 10.1148/ryai.230024), where it is installed with its weights.

An optional extra: nothing here is needed for anything else. It runs on this machine, downloads nothing and
sends nothing: its own download and its usage statistics are taken out before it is called.
"""

import importlib
import importlib.metadata
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from orview.edge.images.outlines.names import caret_labels
from orview.edge.source_key import file_stamps
from orview.errors import InputError, RefusedError
from orview.frames import Frame
from orview.geometry.affine import AffineTransform
from orview.image.volume import Volume
from orview.segment.masks import LabelMap

_PACKAGES = ("TotalSegmentator", "nnunetv2", "torch")
_LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class TotalSegmentator:
    """The network "total": 117 structures of a CT.

    Attributes:
        fast: the coarser network of 3 mm, several times faster.
    """

    fast: bool = False

    @property
    def name(self) -> str:
        """What staff read."""
        return "TotalSegmentator"

    @property
    def identity(self) -> str:
        """The releases of what computes, and the weights by name, size and time: their bytes are gigabytes."""
        releases = [f"{package} {_release(package)}" for package in _PACKAGES]
        return json.dumps(["totalsegmentator", self.fast, releases, _weights()])

    def segment(self, volume: Volume) -> LabelMap:
        """Return its structures on the CT's own grid.

        Raises:
            InputError: the package or its weights are missing, or it failed.
            RefusedError: the image is no CT.
        """
        if volume.provenance.modality not in ("CT", ""):
            raise RefusedError(
                f"TotalSegmentator's network is for CT, and this is {volume.provenance.modality}.",
                mend="Give a label map.",
            )
        api, nibabel = _modules()
        affine = _LPS_FROM_RAS @ volume.patient_from_voxel.matrix
        image = nibabel.Nifti1Image(np.asarray(volume.array, dtype=np.int16).T, affine)
        with _kept_at_home(api):
            try:
                found = api.totalsegmentator(
                    image, None, ml=True, task="total", fast=self.fast, device="cpu", quiet=True, skip_saving=True
                )
            except InputError:
                raise
            except Exception as error:
                raise InputError(
                    f"TotalSegmentator failed ({type(error).__name__}).", mend="Try it by itself on this CT."
                ) from error
        return _label_map(found)


def _release(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _weights() -> list[tuple[str, int, int]]:
    """Return name, size and time of every file of the weights; none where the package or they are missing."""
    try:
        folder = Path(importlib.import_module("totalsegmentator.config").get_weights_dir())
    except ImportError:
        return []
    return file_stamps([folder]) if folder.is_dir() else []


def _modules() -> tuple[ModuleType, ModuleType]:
    try:
        return importlib.import_module("totalsegmentator.python_api"), importlib.import_module("nibabel")
    except ImportError as error:
        raise InputError(
            "TotalSegmentator is not installed.",
            mend="Run `pip install TotalSegmentator`, or prepare with `--segment bone`.",
        ) from error


@contextmanager
def _kept_at_home(api: Any) -> Iterator[None]:
    """Take its download and its statistics away while it runs; its own setting for the latter stays off."""
    config = importlib.import_module("totalsegmentator.config")
    weights = Path(config.get_weights_dir())
    if not weights.is_dir() or not any(weights.iterdir()):
        raise _missing_weights()
    config.setup_totalseg()
    config.set_config_key("send_usage_stats", False)
    libs: Any = importlib.import_module("totalsegmentator.libs")
    send, fetch = api.send_usage_stats, libs.download_url_and_unpack

    def refuse(*_: object, **__: object) -> None:
        raise _missing_weights()

    def nothing(*_: object, **__: object) -> None:
        return None

    # The API asks for every network before it runs, and fetches those that are not there: that is refused.
    libs.download_url_and_unpack, api.send_usage_stats = refuse, nothing
    try:
        yield
    finally:
        libs.download_url_and_unpack, api.send_usage_stats = fetch, send


def _missing_weights() -> InputError:
    return InputError(
        "The weights of TotalSegmentator are not on this machine, and orview downloads nothing.",
        mend="Run `totalseg_download_weights -t total` once where there is a network.",
    )


def _label_map(image: Any) -> LabelMap:
    """Return the labels of a NIfTI image with their names from its header's Caret extension."""
    contents = [extension.get_content() for extension in image.header.extensions]
    names, colors = caret_labels([text if isinstance(text, bytes) else str(text).encode() for text in contents])
    array = np.ascontiguousarray(np.asarray(image.dataobj).T.astype(np.uint16))
    if array.any() and not names:
        raise InputError("TotalSegmentator gave labels without names.", mend="Use a release from 2.0 on.")
    return LabelMap(
        array=array,
        patient_from_voxel=AffineTransform(Frame.PATIENT, Frame.VOXEL, _LPS_FROM_RAS @ np.asarray(image.affine)),
        names=names,
        colors_srgb=colors,
    )
