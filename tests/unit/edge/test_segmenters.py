"""Doors for networks, tried with stand-ins of their interfaces: right places, right words, nothing fetched or sent."""

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.onnx_segmenter import OnnxSegmenter
from orview.edge.segmenters import segmenter_of
from orview.edge.total_segmentator import TotalSegmentator
from orview.errors import InputError, RefusedError
from orview.geometry.rigid import rotation_from_vector
from orview.image.volume import Provenance, SourceKind, Volume
from tests.shapes import grid, points_of

LEFT_MM = np.array([22.0, 150.0, -870.0])
DENSE_HU = 500


def volume(modality: str = "CT", *, turned: bool = False) -> Volume:
    """A CT with one dense ball, off the middle along every axis."""
    axes = rotation_from_vector([0.1, -0.2, 0.3]) @ np.diag([-1.0, 1.0, 1.0]) if turned else None
    transform = grid((1.5, 1.5, 2.0), corner_mm=(62.0, 105.0, -915.0) if turned else (-40.0, 110.0, -905.0), axes=axes)
    shape = (40, 54, 60)
    distance = np.linalg.norm(points_of(shape, transform) - LEFT_MM, axis=-1)
    array = np.where(distance < 9.0, DENSE_HU, 0).astype(np.int16)
    provenance = Provenance(modality=modality, slices=shape[0], source_kind=SourceKind.PHANTOM, source_digest="0" * 64)
    return Volume(array=array, patient_from_voxel=transform, provenance=provenance)


class Nifti1Image:
    """What of nibabel's class of this name is used."""

    def __init__(self, dataobj: NDArray[Any], affine: NDArray[np.float64]) -> None:
        self.dataobj, self.affine = dataobj, affine
        self.header = SimpleNamespace(extensions=[])


CARET = b"""<?xml version="1.0"?> <CaretExtension><VolumeInformation Index="0"><LabelTable>
<Label Key="25" Red="1.0" Green="0.5" Blue="0.0" Alpha="1"><![CDATA[sacrum]]></Label>
</LabelTable></VolumeInformation></CaretExtension>\n   """


@pytest.fixture
def total(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """TotalSegmentator 2.18's modules, as far as they are called; says what was asked of them."""
    seen = SimpleNamespace(called=[], settings={"send_usage_stats": True}, sent=0, weights=tmp_path / "weights")
    (seen.weights / "Dataset291_TotalSegmentator_part1_organs_1559subj").mkdir(parents=True)
    seen.missing = False
    package, api, config, libs, nibabel = (
        ModuleType(name)
        for name in (
            "totalsegmentator",
            "totalsegmentator.python_api",
            "totalsegmentator.config",
            "totalsegmentator.libs",
            "nibabel",
        )
    )

    def download_url_and_unpack(url: str, place: Path) -> None:
        raise AssertionError("something was fetched")

    def download_pretrained_weights(task_id: int) -> None:
        if seen.missing:
            libs.download_url_and_unpack("https://example.invalid/weights.zip", seen.weights)

    def send_usage_stats(settings: dict[str, Any], params: dict[str, Any]) -> None:
        seen.sent += 1

    def totalsegmentator(
        input: Nifti1Image,  # noqa: A002 (the real name)
        output: Path | None = None,
        ml: bool = False,
        fast: bool = False,
        task: str = "total",
        quiet: bool = False,
        skip_saving: bool = False,
        device: str = "gpu",
    ) -> Nifti1Image:
        assert output is None
        seen.called.append((ml, task, fast, device))
        api.download_pretrained_weights(291)
        api.send_usage_stats(seen.settings, {})
        found = Nifti1Image(np.where(input.dataobj > 200, 25, 0).astype(np.uint8), input.affine)
        found.header.extensions.append(SimpleNamespace(get_content=lambda: CARET))
        return found

    for name, value in {
        "totalsegmentator": totalsegmentator,
        "download_pretrained_weights": download_pretrained_weights,
        "send_usage_stats": send_usage_stats,
    }.items():
        setattr(api, name, value)
    config.get_weights_dir = lambda: seen.weights  # type: ignore[attr-defined]
    config.setup_totalseg = lambda: seen.settings  # type: ignore[attr-defined]
    config.set_config_key = seen.settings.__setitem__  # type: ignore[attr-defined]
    libs.download_url_and_unpack = download_url_and_unpack  # type: ignore[attr-defined]
    nibabel.Nifti1Image = Nifti1Image  # type: ignore[attr-defined]
    for module in (package, api, config, libs, nibabel):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return seen


@pytest.mark.parametrize("turned", [False, True])
def test_totalsegmentator_gives_its_labels_with_their_names_where_they_are(
    total: SimpleNamespace, turned: bool
) -> None:
    ct = volume(turned=turned)
    labels = TotalSegmentator(fast=True).segment(ct)
    assert total.called == [(True, "total", True, "cpu")]
    assert dict(labels.names) == {25: "sacrum"}
    centre = points_of(labels.array.shape, labels.patient_from_voxel)[labels.array == 25].mean(axis=0)
    assert centre == pytest.approx(LEFT_MM, abs=0.3)
    assert np.allclose(labels.patient_from_voxel.matrix, ct.patient_from_voxel.matrix)


def test_totalsegmentator_sends_nothing_home_and_is_left_as_it_was(total: SimpleNamespace) -> None:
    api = importlib.import_module("totalsegmentator.python_api")
    before = dict(vars(api))
    TotalSegmentator().segment(volume())
    assert total.sent == 0
    assert total.settings["send_usage_stats"] is False
    assert dict(vars(api)) == before


def test_totalsegmentator_is_another_one_with_every_release_and_every_weight(
    total: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = {"TotalSegmentator": "2.18.0", "nnunetv2": "2.6.0", "torch": "2.9.0"}
    monkeypatch.setattr("importlib.metadata.version", releases.__getitem__)
    seen = [TotalSegmentator().identity, TotalSegmentator(fast=True).identity]
    for package in releases:
        releases[package] += ".post1"
        seen.append(TotalSegmentator().identity)
    weights = total.weights / "Dataset291_TotalSegmentator_part1_organs_1559subj" / "checkpoint_final.pth"
    for data in (b"1", b"12"):
        weights.write_bytes(data)
        seen.append(TotalSegmentator().identity)
    assert len(set(seen)) == len(seen) == 7
    assert TotalSegmentator().identity == seen[-1]


def test_totalsegmentator_fetches_no_weights(total: SimpleNamespace) -> None:
    total.missing = True
    with pytest.raises(InputError, match=r"weights.*downloads nothing.*totalseg_download_weights"):
        TotalSegmentator().segment(volume())
    (total.weights / "Dataset291_TotalSegmentator_part1_organs_1559subj").rmdir()
    total.called.clear()
    with pytest.raises(InputError, match="weights"):
        TotalSegmentator().segment(volume())
    assert total.called == []


def test_totalsegmentator_is_for_ct(total: SimpleNamespace) -> None:
    with pytest.raises(RefusedError, match="for CT, and this is MR"):
        TotalSegmentator().segment(volume("MR"))


def test_without_totalsegmentator_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "totalsegmentator", None)
    monkeypatch.setitem(sys.modules, "totalsegmentator.python_api", None)
    with pytest.raises(InputError, match=r"not installed.*pip install TotalSegmentator"):
        TotalSegmentator().segment(volume())


DESCRIPTION = """
spacing_mm = [2.0, 1.5, 1.5]
axes = "SPL"
window_hu = [-200.0, 600.0]
patch = [24, 32, 20]
overlap = 0.5
classes = ["background", "sacrum"]
"""


def described(folder: Path, text: str = DESCRIPTION) -> Path:
    model = folder / "mine.onnx"
    model.write_bytes(b"stand-in")
    model.with_suffix(".toml").write_text(text, encoding="utf-8")
    return model


Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def bright(patch: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scores of background and of what is brighter than 200 HU in the window of the description."""
    score = patch[0, 0] - 0.5
    return np.stack([-score, score])[None]


def stand_in(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[tuple[int, ...]]:
    """onnxruntime's interface, as far as it is called; returns the shapes it is given."""
    shapes: list[tuple[int, ...]] = []

    class InferenceSession:
        def __init__(self, path: str, providers: Sequence[str]) -> None:
            assert Path(path).is_file()
            assert list(providers) == ["CPUExecutionProvider"]

        def get_inputs(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(name="image", shape=[1, 1, "d", "h", "w"])]

        def run(self, names: None, feeds: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
            (patch,) = feeds.values()
            assert list(feeds) == ["image"]
            assert patch.dtype == np.float32
            assert patch.min() >= 0.0
            assert patch.max() <= 1.0
            shapes.append(patch.shape)
            return [answer(patch)]

    runtime = ModuleType("onnxruntime")
    runtime.InferenceSession = InferenceSession  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    return shapes


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("axes", ["SPL", "LPS", "IAR", "RSA"])
def test_an_own_model_sees_its_axes_and_its_answer_lies_where_the_ct_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, axes: str, turned: bool
) -> None:
    shapes = stand_in(monkeypatch, bright)
    ct = volume(turned=turned)
    labels = OnnxSegmenter.load(described(tmp_path, DESCRIPTION.replace("SPL", axes))).segment(ct)
    assert set(shapes) == {(1, 1, 24, 32, 20)}
    assert len(shapes) > 8
    assert dict(labels.names) == {1: "sacrum"}
    assert labels.array.shape == ct.array.shape
    truth = ct.array > 200
    both = np.count_nonzero((labels.array == 1) & truth)
    assert 2.0 * both / (np.count_nonzero(labels.array == 1) + np.count_nonzero(truth)) >= 0.9


def test_an_own_model_is_told_left_from_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def third_axis_end(patch: NDArray[np.float32]) -> NDArray[np.float32]:
        score = np.broadcast_to(np.linspace(-1.0, 1.0, patch.shape[4], dtype=np.float32), patch.shape[2:])
        return np.stack([-score, score])[None]

    stand_in(monkeypatch, third_axis_end)
    text = DESCRIPTION.replace("[24, 32, 20]", "[40, 60, 64]")
    labels = OnnxSegmenter.load(described(tmp_path, text)).segment(volume())
    points = points_of(labels.array.shape, labels.patient_from_voxel)
    # The third axis of "SPL" points to the patient's left, +x.
    assert points[labels.array == 1][:, 0].min() > points[labels.array == 0][:, 0].max()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "lacks something"),
        ("[[[", "no TOML"),
        (DESCRIPTION.replace('"SPL"', '"SPP"'), "cannot be"),
        (DESCRIPTION.replace('"SPL"', '"SPX"'), "lacks something"),
        (DESCRIPTION.replace("[24, 32, 20]", "[24, 32]"), "cannot be"),
        (DESCRIPTION.replace("[24, 32, 20]", "[24, 32, 0]"), "cannot be"),
        (DESCRIPTION.replace("[-200.0, 600.0]", "[600.0, -200.0]"), "cannot be"),
        (DESCRIPTION.replace("[2.0, 1.5, 1.5]", "[0.0, 1.5, 1.5]"), "cannot be"),
        (DESCRIPTION.replace('["background", "sacrum"]', '["background"]'), "cannot be"),
        (DESCRIPTION.replace("overlap = 0.5", "overlap = 1.0"), "cannot be"),
    ],
)
def test_a_wrong_description_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        OnnxSegmenter.load(described(tmp_path, text))


def test_a_model_that_is_not_as_described_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    segmenter = OnnxSegmenter.load(described(tmp_path))
    stand_in(monkeypatch, lambda patch: np.zeros((1, 3, *patch.shape[2:]), dtype=np.float32))
    with pytest.raises(InputError, match="its description says"):
        segmenter.segment(volume())

    def fails(patch: NDArray[np.float32]) -> NDArray[np.float32]:
        raise RuntimeError("INVALID_ARGUMENT")

    stand_in(monkeypatch, fails)
    with pytest.raises(InputError, match="does not take"):
        segmenter.segment(volume())
    with pytest.raises(RefusedError, match="this is MR"):
        segmenter.segment(volume("MR"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match="pip install onnxruntime"):
        segmenter.segment(volume())


def test_the_words_of_the_command_line_choose_the_segmenter(tmp_path: Path) -> None:
    assert segmenter_of("bone") is None
    total = segmenter_of("totalsegmentator")
    own = segmenter_of(f"onnx:{described(tmp_path)}")
    assert total is not None
    assert own is not None
    assert (total.name, own.name) == ("TotalSegmentator", "ONNX model mine")
    before = own.identity
    (tmp_path / "mine.toml").write_text((tmp_path / "mine.toml").read_text() + "\n# clipped otherwise\n")
    between = own.identity
    (tmp_path / "mine.onnx").write_bytes(b"retrained")
    assert len({before, between, own.identity}) == 3
    for text in ("", "bones", "onnx", "onnx:", "bone:x", "totalsegmentator:fast"):
        with pytest.raises(InputError, match="no such segmenter"):
            segmenter_of(text)
    with pytest.raises(InputError, match="no ONNX model"):
        segmenter_of(f"onnx:{tmp_path / 'other.onnx'}")
    (tmp_path / "bare.onnx").write_bytes(b"")
    with pytest.raises(InputError, match="no description"):
        segmenter_of(f"onnx:{tmp_path / 'bare.onnx'}")
