"""No word about the patient leaves the table of identifiers, however it came in (hazard H21).

A word that stands nowhere else is put wherever files can hold one; then everything the product leaves behind is
searched for it, byte for byte.
"""

import io
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.config import disable_value_validation

from orview.edge.case_store import CaseStore
from orview.edge.images.files import read_volume, write_labels, write_volume
from orview.errors import OrviewError
from orview.protocol.identifying import IdentifierKind
from orview.segment.masks import LabelMap
from tests.faults.hostile import outline_seeds
from tests.faults.hostile.seeds import with_label_table
from tests.integration.overheard import session_overheard
from tests.integration.small_room import FilmedBoard, write_profile
from tests.shapes import small_patient, trunk, write_dicom
from tests.unit.cli.verbs import run_verb

CANARY = "Zz-canary-9917"
FORMS = [
    form.encode(encoding)
    for form in (CANARY, CANARY.lower(), CANARY.replace("-", "_").lower(), CANARY.replace("-", " "))
    for encoding in ("utf-8", "utf-16-le", "utf-16-be")
]

TAGS = [
    "PatientName",
    "PatientID",
    "PatientAddress",
    "OtherPatientNames",
    "OtherPatientIDs",
    "PatientMotherBirthName",
    "PatientComments",
    "PatientTelephoneNumbers",
    "PatientReligiousPreference",
    "EthnicGroup",
    "Occupation",
    "MilitaryRank",
    "AdmissionID",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
    "PhysiciansOfRecord",
    "RequestingPhysician",
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "AccessionNumber",
    "StudyID",
    "StudyDescription",
    "SeriesDescription",
    "ProtocolName",
    "RequestedProcedureDescription",
    "PerformedProcedureStepDescription",
    "ImageComments",
    "AdditionalPatientHistory",
    "DeviceSerialNumber",
    "BodyPartExamined",
    "ContrastBolusAgent",
    "ConvolutionKernel",
    "CurrentPatientLocation",
    "MedicalRecordLocator",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
]


def with_canaries(dataset: Any, k: int) -> None:
    """Forty tags of a scanner, private and nested ones too, that all name the patient."""
    with disable_value_validation():  # most are longer than they may be
        for name in TAGS:
            setattr(dataset, name, f"{CANARY}-{name[:12]}")
    block = dataset.private_block(0x0099, CANARY, create=True)
    block.add_new(1, "LO", CANARY)
    block.add_new(2, "UN", CANARY.encode())
    nested, deeper = type(dataset)(), type(dataset)()
    deeper.PatientName = CANARY
    nested.ReferencedStudySequence = [deeper]
    nested.PatientName = CANARY
    dataset.ReferencedImageSequence = [nested]
    dataset.RequestAttributesSequence = [nested]


class Leaks:
    """Every place something was left in, and what was found there.

    Attributes:
        store: folder of the cases.
        temporary: where this process and its children make temporary files.
        said: everything printed, raised or answered, by where it came from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.said: dict[str, str] = {}

    def verb(self, what: str, *arguments: object) -> Any:
        """Run a verb and keep what it said."""
        outcome = run_verb(*arguments, "--store", self.store)  # type: ignore[arg-type]
        self.said[what] = f"{outcome.out}\n{outcome.words}"
        return outcome


def dicom_zip(folder: Path) -> Path:
    """A series with names everywhere, in a ZIP whose members, comments and own name are names too."""
    paths = write_dicom(folder / CANARY, trunk((12, 64, 64)), change=with_canaries, names=lambda k: f"{CANARY}_{k}.dcm")
    with ZipFile(folder / f"{CANARY}.zip", "w", ZIP_DEFLATED) as archive:
        archive.comment = CANARY.encode()
        for path in paths:
            archive.write(path, f"{CANARY}/{path.name}")
        archive.writestr(f"{CANARY}/readme {CANARY}.txt", CANARY)
    return folder / f"{CANARY}.zip"


def nifti_pair(folder: Path) -> tuple[Path, Path]:
    """An image and labels with the word in every free text their headers have."""
    volume, labels = small_patient()
    volume = replace(volume, provenance=replace(volume.provenance, synthetic=False))
    image, outlines = folder / f"{CANARY}.nii", folder / f"{CANARY}_seg.nii"
    write_volume(image, volume)
    write_labels(outlines, labels)
    outlines.with_suffix(".csv").unlink()
    for path in (image, outlines):
        data = bytearray(path.read_bytes())
        # data_type, db_name, descrip, aux_file, intent_name
        for at, size in ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16)):
            struct.pack_into(f"{size}s", data, at, CANARY.encode()[:size])
        path.write_bytes(data)
    rows = "".join(f'<Label Key="{key}">{name}</Label>' for key, name in labels.names.items())
    table = f"<CaretExtension><!-- {CANARY} --><MetaData><MD><Name>{CANARY}</Name></MD></MetaData><LabelTable>{rows}"
    outlines.write_bytes(
        with_label_table(outlines.read_bytes(), f"{table}</LabelTable></CaretExtension>".encode())
        + struct.pack("<2i", 32, 6)
    )
    return image, outlines


def nrrd_pair(folder: Path) -> tuple[Path, Path]:
    """The same as NRRD, with the word in comments, keys and values."""
    volume, labels = small_patient()
    paths = []
    for array, name in ((volume.array, f"{CANARY}.nrrd"), (labels.array, f"{CANARY}.seg.nrrd")):
        image = SimpleITK.GetImageFromArray(array)
        matrix = volume.patient_from_voxel.matrix
        image.SetOrigin(matrix[:3, 3].tolist())
        image.SetMetaData("patient", CANARY)
        image.SetMetaData(f"key {CANARY}", "1")
        if name.endswith("seg.nrrd"):
            for value, label in labels.names.items():
                image.SetMetaData(f"Segment{value}_Name", label)
                image.SetMetaData(f"Segment{value}_ID", CANARY)
                image.SetMetaData(f"Segment{value}_Tags", f"Comment:{CANARY}|")
                image.SetMetaData(f"Segment{value}_LabelValue", str(value))
                image.SetMetaData(f"Segment{value}_Layer", "0")
        path = folder / name
        SimpleITK.WriteImage(image, str(path))
        data = path.read_bytes()
        path.write_bytes(data.replace(b"\n", f"\n# {CANARY}\n".encode(), 1))
        paths.append(path)
    return paths[0], paths[1]


def prepare_dicom(leaks: Leaks) -> None:
    done = leaks.verb("DICOM", "prepare", dicom_zip(leaks.folder), "--json")
    assert done.code == 0, done.words
    assert CANARY in CaseStore.open(leaks.store).identifiers(done.document["case"])["PatientName"]
    leaks.said["series"] = repr(run_verb("prepare", leaks.folder / CANARY, "--list", "--json"))


def prepare_image_files(leaks: Leaks) -> None:
    for what, (image, outlines) in (("NIfTI", nifti_pair(leaks.folder)), ("NRRD", nrrd_pair(leaks.folder))):
        done = leaks.verb(what, "prepare", image, "--labels", outlines, "--json")
        assert done.code == 0, done.words
        assert "tumour" in [structure["key"] for structure in done.document["structures"]]


def prepare_outlines_named_after_the_patient(leaks: Leaks) -> None:
    """What the image's own headers say of the patient is taken out of names that the anatomy table does not know."""
    array = trunk((12, 64, 64))
    folder = leaks.folder / "named"
    write_dicom(folder, array, change=with_canaries)
    volume = read_volume(folder).volume
    values = np.zeros(array.shape, dtype=np.uint16)
    values[3:9, 20:40, 20:30], values[3:9, 20:40, 34:44] = 1, 2
    names = {1: f"{CANARY} gadget", 2: CANARY}
    labels = LabelMap(array=values, patient_from_voxel=volume.patient_from_voxel, names=names)
    write_labels(leaks.folder / "named.nii", labels)
    done = leaks.verb("named", "prepare", folder, "--labels", leaks.folder / "named.nii", "--json")
    assert done.code == 0, done.words
    assert any("gadget" in structure["key"] for structure in done.document["structures"])


def prepare_contours_and_surfaces(leaks: Leaks) -> None:
    """The word as name of a region, of a surface and of its file, and in comments."""
    image = leaks.folder / "named"
    slices = [pydicom.dcmread(path) for path in sorted(image.iterdir())]
    contours = leaks.folder / f"{CANARY}-contours.dcm"
    contours.write_bytes(outline_seeds.rtstruct(slices, name=f"{CANARY} gadget"))
    middle = np.add(np.array(slices[6].ImagePositionPatient, dtype=float), (130.0, 130.0, 0.0))
    corners = outline_seeds.vertices_mm() - outline_seeds.CENTRE_MM + middle
    rows = [f"v {x} {y} {z}" for x, y, z in corners] + [
        f"f {a + 1} {b + 1} {c + 1}" for a, b, c in outline_seeds.TRIANGLES
    ]
    surface = leaks.folder / f"{CANARY}-surface.obj"
    surface.write_text("\n".join([f"# {CANARY} SPACE=LPS units=mm", f"mtllib {CANARY}.mtl", f"o {CANARY}", *rows, ""]))
    done = leaks.verb("contours", "prepare", image, contours, surface, "--json")
    assert done.code == 0, done.words
    assert len(done.document["structures"]) == 2


def be_refused(leaks: Leaks) -> None:
    broken = write_dicom(leaks.folder / "broken" / CANARY, trunk((12, 64, 64)), change=with_canaries)
    broken[4].unlink()
    for name, data in (
        (".txt", b""),
        (".7z", b"7z\xbc\xaf\x27\x1c"),
        (".nii.gz", b"\x1f\x8b\x08"),
        (".zip", b"PK\3\4"),
    ):
        (leaks.folder / f"{CANARY}-bad{name}").write_bytes(data + CANARY.encode())
    two = leaks.folder / f"two {CANARY}"
    write_dicom(two / "a", trunk((12, 64, 64)), change=with_canaries)
    write_dicom(two / "b", trunk((12, 64, 64)), change=with_canaries)
    for source in (
        broken[0].parent,
        two,
        *sorted(leaks.folder.glob(f"{CANARY}-bad*")),
        leaks.folder / f"no {CANARY}",
    ):
        what = source.name.replace(CANARY, "")
        assert leaks.verb(f"refused {what}", "prepare", source).code == 1
        with pytest.raises(OrviewError) as caught:
            read_volume(source)
        links = [caught.value, caught.value.__cause__, caught.value.__context__]
        leaks.said[f"raised {what}"] = "".join("".join(traceback.format_exception_only(link)) for link in links if link)


def run_processes(leaks: Leaks) -> None:
    """Processes of their own: standard output and error are as a person sees them."""
    command = [sys.executable, "-c", "from orview.cli.main import run; run()"]
    for source in (leaks.folder / CANARY, leaks.folder / f"no {CANARY}"):
        arguments = ["prepare", str(source), "--store", str(leaks.store)]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)
        leaks.said[f"process {done.returncode}"] = done.stdout + done.stderr
    camera = f"slot:{leaks.folder / 'camera.slot'}"
    arguments = ["serve", "--store", str(leaks.store), "--camera", camera, "--local", "--json"]
    arguments += ["--profile", str(write_profile(leaks.folder)), "--port", "0", "--loopback-port", "0"]
    with FilmedBoard(leaks.folder / "camera.slot"):
        host = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert host.stdout is not None
            addresses = host.stdout.readline()
        finally:
            host.send_signal(signal.SIGINT)
            out, err = host.communicate(timeout=60)
    assert addresses, err
    leaks.said["host"] = addresses + out + err


def hold_a_session(leaks: Leaks) -> None:
    """All that is said while a session is on, and when it is played again; what is written lies in the store."""
    case = next(case for case in CaseStore.open(leaks.store).cases() if case.source.kind == "dicom")
    wristband = {
        IdentifierKind.NAME: f"{CANARY}-PatientName",
        IdentifierKind.PATIENT_ID: f"{CANARY} PatientID",
    }
    heard = session_overheard(leaks.folder, leaks.store, case.id, wristband=wristband)
    for who, said in heard.items():
        leaks.said[f"session: {who}"] = said.decode("latin-1")
    # That it was a session, and that each of them was within earshot.
    assert b'"HOLD"' in heard["surgeon"]
    assert case.id.encode() in heard["nurse"]
    assert b"Name does not match this case" in heard["nurse"]
    assert b"Identified by name and patient ID." in heard["nurse"]
    assert b"HOLD" in heard["replay"]
    assert b"orview_up_seconds" in heard["/metrics"]
    assert b'"ok"' in heard["/health"]
    assert b"_orview" in heard["mdns"]
    assert b"Test room" in heard["mdns"]
    assert b"CASE_SELECTED" in (leaks.store / "logs" / "host.jsonl").read_bytes()
    assert list((leaks.store / "recordings").glob("*.orvrec"))


def list_and_export(leaks: Leaks) -> None:
    leaks.verb("cases", "cases")
    listed = leaks.verb("cases as JSON", "cases", "--json").document
    (leaks.folder / "out").mkdir()
    for file_format in ("glb", "stl", "obj"):
        for one in listed:
            out = leaks.folder / "out" / f"{file_format}-{one['case']}"
            done = leaks.verb(f"export {out.name}", "export", one["case"], "--out", out, "--format", file_format)
            assert done.code == 0, done.words


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> Leaks:
    folder = tmp_path_factory.mktemp("canaries")
    found = Leaks(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(found.temporary))
        patch.setenv("TMPDIR", str(found.temporary))
        for leave in (
            prepare_dicom,
            prepare_image_files,
            prepare_outlines_named_after_the_patient,
            prepare_contours_and_surfaces,
            be_refused,
            run_processes,
            hold_a_session,
            list_and_export,
        ):
            leave(found)
    return found


@pytest.mark.hazard("H21")
def test_nothing_that_was_said_holds_it(leaks: Leaks) -> None:
    assert len(leaks.said) > 25
    for what, text in leaks.said.items():
        assert not holds(text.encode()), what


@pytest.mark.hazard("H21")
@pytest.mark.parametrize("place", ["store", "out"])
def test_no_file_that_was_left_holds_it(leaks: Leaks, place: str) -> None:
    files = [path for path in (leaks.folder / place).rglob("*") if path.is_file()]
    assert len(files) >= 12
    for path in files:
        assert not holds(str(path.relative_to(leaks.folder)).encode()), path
        assert path.name.startswith("orview.sqlite") or not holds(path.read_bytes()), path


@pytest.mark.hazard("H21")
def test_of_the_stores_tables_only_that_of_identifiers_holds_it(leaks: Leaks) -> None:
    tables = tables_of(leaks.store / "orview.sqlite")
    assert holds(tables.pop("identifiers"))
    assert {"cases", "case_blobs"} <= tables.keys()
    for name, content in tables.items():
        assert not holds(content), name


@pytest.mark.hazard("H21")
def test_no_temporary_file_is_left(leaks: Leaks) -> None:
    assert list(leaks.temporary.iterdir()) == []


def holds(data: bytes) -> bool:
    return any(form in data for form in FORMS)


def tables_of(path: Path) -> dict[str, bytes]:
    """Every table of a database as bytes: all values and their names."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for name in names:
            content = io.BytesIO()
            for row in connection.execute(f'SELECT * FROM "{name}"'):
                for value in row:
                    content.write(value if isinstance(value, bytes) else str(value).encode())
                    content.write(b"\0")
            found[name] = content.getvalue()
    return found
