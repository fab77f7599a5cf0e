"""The real pelvis phantom (CT surface, four fiducials, board matrix; UCL, BSD-3-Clause) registered from its files.

The touches and the trace are SIMULATED: the data set says where fiducials, bone and board are, and a pointer errs by
0.3 mm. The matrix was published for another board; here it is where the board stands, whichever board that is.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.images.meshes.files import read_mesh
from orview.edge.registration import Sigmas
from orview.edge.registration_points import order_of_touching, register_with_points
from orview.frames import Frame
from orview.geometry.rigid import RigidTransform
from orview.mesh.surface import Surface
from orview.model.case import Case
from orview.register.verdict import Method, Verdict
from tests.bard import board_from_model
from tests.bony import stored_case, write_points
from tests.data import shared_data

BOARD = "patient_folded"
FINE = Sigmas(in_ct_mm=0.4, touch_mm=0.3)
SIGMA_MM = 0.3


@pytest.fixture(scope="module")
def phantom() -> Path:
    return shared_data("phantom_pelvis")


@pytest.fixture(scope="module")
def pelvis(phantom: Path) -> Surface:
    (mesh,) = read_mesh(phantom / "DeciPelvis.vtk").meshes
    return Surface(vertices_mm=mesh.vertices, triangles=mesh.triangles)


@pytest.fixture(scope="module")
def stored(pelvis: Surface, tmp_path_factory: pytest.TempPathFactory) -> tuple[CaseStore, Case]:
    store = CaseStore.open(tmp_path_factory.mktemp("store"))
    return store, stored_case(store, {"sacrum": pelvis})


@pytest.fixture(scope="module")
def truth(phantom: Path) -> RigidTransform:
    matrix = board_from_model(phantom)
    u, _, vt = np.linalg.svd(matrix[:3, :3])
    return RigidTransform(Frame.BOARD, Frame.PATIENT, u @ vt, matrix[:3, 3])


def _touched(folder: Path, places: NDArray[np.float64], truth: RigidTransform, rng: np.random.Generator) -> Path:
    points = truth.apply(places) + rng.normal(0.0, SIGMA_MM, places.shape)
    named = {str(number): point for number, point in enumerate(points)}
    return write_points(folder / "touched.csv", named, frame="board", named=False)


def _off_mm(verdict: Verdict, case: Case, truth: RigidTransform) -> float:
    assert verdict.board_from_patient is not None
    target = case.structure("sacrum").centroid_patient_mm
    return float(np.linalg.norm(verdict.board_from_patient.transform.apply(target) - truth.apply(target)))


def test_the_four_fiducials_register_it(
    phantom: Path, stored: tuple[CaseStore, Case], truth: RigidTransform, tmp_path: Path
) -> None:
    store, case = stored
    landmarks = phantom / "CT_Fiducial_Markers.txt"
    order = order_of_touching(case.id, store=store, landmarks=landmarks, frame="LPS", sigmas=FINE)
    assert sorted(step.name for step in order) == [f"point {number}" for number in (1, 2, 3, 4)]
    rng = np.random.default_rng(1)
    held = []
    for _ in range(8):
        verdict = register_with_points(
            case.id,
            BOARD,
            store=store,
            landmarks=landmarks,
            touched=_touched(tmp_path, np.loadtxt(landmarks), truth, rng),
            frame="LPS",
            sigmas=FINE,
        ).verdict
        assert verdict.accepted
        assert verdict.matched == 4
        held.append(_off_mm(verdict, case, truth) <= verdict.expected_error_mm["sacrum"])
    assert sum(held) >= 7
    stored_text = store.registration(case.id, load_board(BOARD).digest)
    assert stored_text is not None
    assert Verdict.from_json(stored_text).method is Method.POINTS


def test_a_trace_of_its_bone_makes_it_better(
    phantom: Path, pelvis: Surface, stored: tuple[CaseStore, Case], truth: RigidTransform, tmp_path: Path
) -> None:
    store, case = stored
    landmarks = phantom / "CT_Fiducial_Markers.txt"
    rng = np.random.default_rng(2)
    touched = _touched(tmp_path, np.loadtxt(landmarks), truth, rng)
    points = pelvis.vertices_mm[rng.integers(len(pelvis.vertices_mm), size=400)]
    points = points + rng.normal(0.0, SIGMA_MM, points.shape)
    points[:80] += rng.normal(0.0, 8.0, (80, 3))
    named = {str(number): point for number, point in enumerate(truth.apply(points))}
    verdicts = [
        register_with_points(
            case.id,
            BOARD,
            store=store,
            landmarks=landmarks,
            touched=touched,
            traced=traced,
            frame="LPS",
            sigmas=FINE,
        ).verdict
        for traced in (None, write_points(tmp_path / "trace.csv", named, frame="board", named=False))
    ]
    assert verdicts[1].accepted
    assert verdicts[1].method is Method.SURFACE
    assert verdicts[1].expected_error_mm["sacrum"] < 0.5 * verdicts[0].expected_error_mm["sacrum"]
    assert _off_mm(verdicts[1], case, truth) <= verdicts[1].expected_error_mm["sacrum"]


def test_the_list_of_fiducials_that_were_shifted_apart_is_refused(
    phantom: Path, stored: tuple[CaseStore, Case], truth: RigidTransform, tmp_path: Path
) -> None:
    store, case = stored
    touched = _touched(
        tmp_path, np.loadtxt(phantom / "CT_Fiducial_Markers_shifted.txt"), truth, np.random.default_rng(3)
    )
    verdict = register_with_points(
        case.id,
        BOARD,
        store=store,
        landmarks=phantom / "CT_Fiducial_Markers.txt",
        touched=touched,
        frame="LPS",
        sigmas=FINE,
    ).verdict
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("name", "count"), [("gorilla_template.fcsv", 41), ("midsag.fcsv", 56), ("mouse_skull_A_J.mrk.json", 51)]
)
def test_real_markups_of_3d_slicer_are_put_into_an_order(stored: tuple[CaseStore, Case], name: str, count: int) -> None:
    store, case = stored
    order = order_of_touching(case.id, store=store, landmarks=shared_data("slicer") / name)
    assert len({step.name for step in order}) == count
