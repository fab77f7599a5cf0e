"""A case is stored whole, its identifiers and picture apart, or not at all; the same files twice cost nothing."""

import hashlib
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orview.edge.case_store import CaseStore
from orview.edge.export import export_case
from orview.edge.export_files import ExportFormat
from orview.edge.images.files import write_labels, write_volume
from orview.edge.prepare import PrepareOptions, prepare
from orview.edge.shape_cache import ShapeCache, entry_name
from orview.edge.thumbnail import small_pixels
from orview.errors import InputError, RefusedError, StoreError
from orview.image.volume import Volume
from orview.model.case import Level
from orview.model.slices_file import read_slices
from orview.segment.masks import LabelMap
from orview.segment.slices import Slices
from tests.shapes import Inside, ellipsoid, grid, small_patient, trunk, write_dicom

TODAY = date(2024, 3, 10)
"""Ten days after the small patient's scan."""
BALLS = {
    "gadget x": ellipsoid((0.0, 4.0, 0.0), (14.0, 8.0, 12.0)),
    "gadget y": ellipsoid((0.0, -12.0, 0.0), (5.0, 4.0, 5.0)),
}


def silent(stage: str, fraction: float) -> None:
    assert stage
    assert 0.0 <= fraction <= 1.0


def labelled(folder: Path, *, structures: dict[str, Inside] = BALLS) -> tuple[Path, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    around = grid(corner_mm=(-20.0, -20.0, -20.0))
    volume, labels = small_patient(structures=structures, patient_from_voxel=around, shape=(40, 40, 40))
    write_volume(folder / "ct.nii", volume)
    write_labels(folder / "seg.nii", labels)
    return folder / "ct.nii", folder / "seg.nii"


def blobs_in(store: CaseStore) -> list[Path]:
    return list((store.folder / "blobs").iterdir())


def slices_of(store: CaseStore, case_id: str) -> Slices:
    name = store.slices(case_id)
    assert name is not None
    return read_slices(store.slices_path(name).read_bytes())


@pytest.mark.hazard("H04")
def test_a_case_keeps_its_image_for_looking_at_with_left_left(tmp_path: Path) -> None:
    array = trunk((12, 64, 64))
    write_dicom(tmp_path / "ct", array)
    store = CaseStore.open(tmp_path / "store")
    slices = slices_of(store, prepare([tmp_path / "ct"], store=store, progress=silent, today=TODAY).case.id)
    # Of one voxel of the source, in the bone that lies to the left alone, and of soft tissue on the right.
    corner, step = np.array([-126.0, -126.0, -80.0]), 4.0
    for hu, at in ((500, (44, 31, 6)), (40, (19, 41, 6))):
        i, j, k = at
        assert array[k, j, i] == hu
        voxel = slices.patient_from_voxel.inverse().apply(corner + step * np.array(at))
        n = [round(float(index)) for index in voxel]
        assert np.abs(voxel - n).max() < 0.51
        low, high = slices.window
        assert low + int(slices.grey[n[2], n[1], n[0]]) * (high - low) / 255 == pytest.approx(hu, abs=4.0)
        assert (int(slices.labels[n[2], n[1], n[0]]) == 1 + slices.keys.index("bone")) == (hu == 500)


def test_identifiers_go_to_the_store_alone(tmp_path: Path) -> None:
    write_dicom(tmp_path / "ct", trunk((12, 64, 64)))
    store = CaseStore.open(tmp_path / "store")
    done = prepare([tmp_path / "ct"], store=store, progress=silent, today=TODAY)
    case = done.case
    assert store.identifiers(case.id)["PatientName"] == "Doe^Jane"
    assert len(case.source.patient_key) == 64
    assert case.name == f"Case {case.id[:4].upper()}"
    assert "Doe" not in case.to_json()
    picture = store.thumbnail(case.id)
    assert picture is not None
    assert store.blob(picture).startswith(b"\x89PNG")
    for entry in (tmp_path / "store" / "cache").glob("*"):
        assert b"Doe" not in entry.read_bytes()

    again = prepare([tmp_path / "ct"], store=store, progress=silent, today=TODAY)
    assert (again.case.id, again.reused, done.reused) == (case.id, True, False)
    blobs = blobs_in(store)
    twin = prepare([tmp_path / "ct"], name=" Case 7 ", store=store, progress=silent, today=TODAY)
    assert (twin.case.name, twin.reused, twin.case.id != case.id) == ("Case 7", True, True)
    assert store.identifiers(twin.case.id) == store.identifiers(case.id)
    assert twin.case.levels == case.levels
    assert sorted(blobs_in(store)) == sorted(blobs)
    named = prepare([tmp_path / "ct"], name="Case 7", store=store, progress=silent, today=TODAY)
    assert named.case.id == twin.case.id

    # A month later the age of the scan is a finding, so the case of today is none for then.
    later = prepare([tmp_path / "ct"], store=store, progress=silent, today=date(2024, 6, 1))
    assert not later.reused
    assert "SCAN_OLD" in {finding.code for finding in later.case.findings}
    assert len(store.cases()) == 3


def test_only_the_same_content_with_the_same_wishes_is_the_same_case(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path / "a")
    store = CaseStore.open(tmp_path / "store")

    def reused(image: Path, labels: Path, **options: Any) -> bool:
        wishes = PrepareOptions(**options)
        return prepare([image], labels=[labels], options=wishes, store=store, progress=silent, today=TODAY).reused

    assert not reused(image, labels)
    for path in (image, labels, labels.with_suffix(".csv")):
        (tmp_path / "copy").mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / "copy" / path.name.replace("ct", "other"))
    assert reused(tmp_path / "copy" / "other.nii", tmp_path / "copy" / "seg.nii")
    assert not reused(image, labels, unit="mm")
    # The names of labels lie in a file beside them.
    names = labels.with_suffix(".csv")
    names.write_text(names.read_text().replace("gadget y", "gadget z"))
    assert not reused(image, labels)
    assert any("gadget_z" in level.structure_triangles for case in store.cases() for level in case.levels)


def test_a_case_whose_models_are_damaged_is_made_again(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path)
    store = CaseStore.open(tmp_path / "store")
    first = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY)
    for path in blobs_in(store):
        path.write_bytes(b"damaged")
    again = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY)
    assert not again.reused
    for level in (*again.case.levels, *first.case.levels):
        assert store.blob(level.sha256)[:4] == b"glTF"


def test_the_time_of_every_stage_is_told(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path)
    told: list[str] = []
    done = prepare(
        [image],
        labels=[labels],
        store=CaseStore.open(tmp_path / "store"),
        progress=lambda stage, fraction: told.append(stage),
        today=TODAY,
    )
    assert list(done.seconds) == list(dict.fromkeys(told))
    assert {"Surfaces", "Picture"} <= done.seconds.keys()
    assert min(done.seconds.values()) >= 0.0


def test_a_first_look_comes_once_and_is_no_part_of_the_case(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path)
    store = CaseStore.open(tmp_path / "store")
    looks: list[bytes] = []
    for _ in range(2):
        prepare([image], labels=[labels], store=store, progress=silent, today=TODAY, first_look=looks.append)
    (png,) = looks
    assert small_pixels(png, columns=320).shape == (240, 320, 3)
    assert hashlib.sha256(png).hexdigest() not in {path.name for path in blobs_in(store)}


def test_stopping_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path)
    store = CaseStore.open(tmp_path / "store")

    def stop(stage: str, fraction: float) -> None:
        if stage == "Picture":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare([image], labels=[labels], store=store, progress=stop, today=TODAY)
    assert (store.cases(), blobs_in(store)) == ([], [])


def test_a_change_of_one_label_makes_one_structure_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = CaseStore.open(tmp_path / "store")
    made: list[str] = []
    put = ShapeCache.put

    def noted(cache: ShapeCache, key: str, data: bytes) -> None:
        made.append(key)
        put(cache, key, data)

    monkeypatch.setattr(ShapeCache, "put", noted)
    image, labels = labelled(tmp_path / "a")
    first = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY).case
    both, made[:] = len(set(made)), []
    moved = {"gadget x": BALLS["gadget x"], "gadget y": ellipsoid((1.0, -12.0, 0.0), (5.0, 4.0, 5.0))}
    image, labels = labelled(tmp_path / "b", structures=moved)
    second = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY).case
    assert 0 < len(set(made)) == both / 2
    assert first.structure("gadget_x") == second.structure("gadget_x")
    assert first.structure("gadget_y") != second.structure("gadget_y")
    for case in store.cases():
        store.remove(case.id)
    assert [path for path in (store.folder / "cache").iterdir() if path.name in {entry_name(key) for key in made}] == []


def test_an_image_and_its_outlines_may_come_in_one_folder(tmp_path: Path) -> None:
    labelled(tmp_path / "given")
    case = prepare([tmp_path / "given"], store=CaseStore.open(tmp_path / "store"), progress=silent, today=TODAY).case
    assert {structure.key for structure in case.structures} == {"gadget_x", "gadget_y"}


@pytest.mark.hazard("H05")
def test_exported_meshes_come_back_to_the_same_place(tmp_path: Path) -> None:
    # A name that the anatomy table has: others are not taken from files.
    image, labels = labelled(tmp_path / "given", structures={"tumor": BALLS["gadget x"]})
    store = CaseStore.open(tmp_path / "store")
    case = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY).case
    for file_format in ExportFormat:
        out = tmp_path / file_format
        export_case(case, store=store, out=out, file_format=file_format, levels=[Level.FULL], progress=silent)
        meshes = sorted(path for path in out.glob(f"full/*.{file_format}") if path.stem != "all-structures")
        again = prepare([image], labels=meshes, store=store, progress=silent, today=TODAY).case
        ((structure,), (back,)) = case.structures, again.structures
        assert (back.key, back.name) == (structure.key, structure.name)
        assert back.centroid_patient_mm == pytest.approx(structure.centroid_patient_mm, abs=0.2)
        assert back.volume_ml == pytest.approx(structure.volume_ml, rel=0.04)


def test_a_segmenter_draws_what_nobody_outlined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, labels = labelled(tmp_path / "given")
    _, drawn = small_patient(
        structures=BALLS, patient_from_voxel=grid(corner_mm=(-20.0, -20.0, -20.0)), shape=(40, 40, 40)
    )

    class StandIn:
        name = "Stand-in"
        identity = "stand-in 1.0"

        def segment(self, volume: Volume) -> LabelMap:
            return drawn

    monkeypatch.setattr("orview.edge.prepare.segmenter_of", lambda text: StandIn())
    store = CaseStore.open(tmp_path / "store")
    case = prepare([image], store=store, progress=silent, today=TODAY).case
    assert {structure.key for structure in case.structures} == {"gadget_x", "gadget_y"}
    (said,) = [finding for finding in case.findings if finding.code == "OUTLINES_BY_NETWORK"]
    assert "Stand-in" in said.message
    # The same network draws the same; a newer one may not.
    assert prepare([image], store=store, progress=silent, today=TODAY).reused
    StandIn.identity = "stand-in 1.1"
    assert not prepare([image], store=store, progress=silent, today=TODAY).reused
    given = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY).case
    assert "OUTLINES_BY_NETWORK" not in {finding.code for finding in given.findings}


@pytest.mark.parametrize("options", [{"segment": "magic"}, {"segment": "onnx:missing.onnx"}])
def test_wishes_nobody_can_fulfil_are_refused_before_any_work(tmp_path: Path, options: dict[str, str]) -> None:
    store = CaseStore.open(tmp_path / "store")
    with pytest.raises(InputError):
        prepare([tmp_path], options=PrepareOptions(**options), store=store, progress=silent, today=TODAY)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_has_one_to_eighty_characters(tmp_path: Path, name: str) -> None:
    store = CaseStore.open(tmp_path / "store")
    with pytest.raises(InputError, match="name"):
        prepare([tmp_path], name=name, store=store, progress=silent, today=TODAY)


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    volume, labels = small_patient()
    write_volume(tmp_path / "ct.nii", volume)
    mirrored = type(labels)(
        array=labels.array, patient_from_voxel=labels.patient_from_voxel, names={2: "hip right", 6: "hip left"}
    )
    write_labels(tmp_path / "seg.nii", mirrored)
    store = CaseStore.open(tmp_path / "store")
    with pytest.raises(RefusedError):
        prepare([tmp_path / "ct.nii"], labels=[tmp_path / "seg.nii"], store=store, progress=silent, today=TODAY)
    assert (store.cases(), blobs_in(store)) == ([], [])


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, labels = labelled(tmp_path)
    store = CaseStore.open(tmp_path / "store")

    def full_disk(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orview.edge.case_store._write_durably", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        prepare([image], labels=[labels], store=store, progress=silent, today=TODAY)
    assert (store.cases(), blobs_in(store)) == ([], [])


def test_the_picture_shows_the_case(tmp_path: Path) -> None:
    image, labels = labelled(tmp_path)
    store = CaseStore.open(tmp_path / "store")
    case = prepare([image], labels=[labels], store=store, progress=silent, today=TODAY).case
    png = store.blob(store.thumbnail(case.id) or "")
    pixels = small_pixels(png, columns=64)
    assert pixels.shape == (48, 64, 3)
    middle = pixels[16:32, 24:40].reshape(-1, 3).astype(int)
    assert np.median(middle[:, 0]) > 100 > np.median(pixels[:4].reshape(-1, 3))
