"""A stored case is registered by touched landmarks and traced bone: true where accepted, else nothing changes."""

from collections.abc import Callable, Mapping
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.edge.check_plans import store_check_plan
from orview.edge.registration import Sigmas
from orview.edge.registration_points import order_of_touching, register_with_points
from orview.errors import InputError
from orview.mesh.surface import Surface
from orview.model.case import Case
from orview.register.verdict import Method, Verdict
from tests.bony import BOARD_FROM_PATIENT, TARGET, bony, bony_case, landmarks_of, places_on, surface_of, write_points

BOARD = load_board("patient_folded")
FINE = Sigmas(in_ct_mm=0.2, touch_mm=0.3)
Points = dict[str, NDArray[np.float64]]


@pytest.fixture(scope="module")
def bone() -> Surface:
    return surface_of(bony)


@pytest.fixture(scope="module")
def places(bone: Surface) -> NDArray[np.float64]:
    return places_on(bony, bone)


class Room:
    """A stored case, and files of its landmarks with what a pointer says of them."""

    def __init__(self, folder: Path, bone: Surface, places: NDArray[np.float64], *, seed: int = 1) -> None:
        self.folder = folder
        self.store = CaseStore.open(folder / "store")
        self.case: Case = bony_case(self.store, bone)
        self.rng = np.random.default_rng(seed)
        self.known: Points = landmarks_of(places)
        self.touched: Points = {
            name: BOARD_FROM_PATIENT.apply(place) + self.rng.normal(0.0, 0.3, 3) for name, place in self.known.items()
        }

    def trace(self, places: NDArray[np.float64], *, count: int = 300) -> Path:
        points = places[self.rng.integers(len(places), size=count)] + self.rng.normal(0.0, 0.3, (count, 3))
        lifted = self.rng.permutation(count)[: count // 5]
        points[lifted] += np.outer(self.rng.uniform(3.0, 25.0, len(lifted)), (0.0, 1.0, 0.0))
        named = {str(number): point for number, point in enumerate(BOARD_FROM_PATIENT.apply(points))}
        return write_points(self.folder / "trace.csv", named, frame="board", named=False)

    def register(
        self,
        *,
        known: Mapping[str, NDArray[np.float64]] | None = None,
        touched: Mapping[str, NDArray[np.float64]] | None = None,
        frame: str = "LPS",
        says: str = "LPS",
        board: str = "board",
        named: bool = True,
        traced: Path | None = None,
        on: tuple[str, ...] = (),
        sigmas: Sigmas = FINE,
    ) -> Verdict:
        sign = (1.0, 1.0, 1.0) if frame == "LPS" else (-1.0, -1.0, 1.0)
        points = {name: place * sign for name, place in (known or self.known).items()}
        return register_with_points(
            self.case.id,
            "patient_folded",
            store=self.store,
            landmarks=write_points(self.folder / "landmarks.csv", points, frame=says),
            touched=write_points(self.folder / "touched.csv", touched or self.touched, frame=board, named=named),
            traced=traced,
            traced_on=on,
            sigmas=sigmas,
        ).verdict

    def stored(self) -> str | None:
        return self.store.registration(self.case.id, BOARD.digest)

    def off_mm(self, verdict: Verdict) -> float:
        assert verdict.board_from_patient is not None
        target = self.case.structure("tumour").centroid_patient_mm
        return float(
            np.linalg.norm(verdict.board_from_patient.transform.apply(target) - BOARD_FROM_PATIENT.apply(target))
        )


@pytest.fixture
def room(tmp_path: Path, bone: Surface, places: NDArray[np.float64]) -> Room:
    return Room(tmp_path, bone, places)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("frame", ["LPS", "RAS"])
def test_touched_landmarks_give_the_pose_and_are_stored(room: Room, frame: str, named: bool) -> None:
    verdict = room.register(frame=frame, says=frame, named=named)
    assert verdict.accepted
    assert verdict.method is Method.POINTS
    assert verdict.matched == len(room.known)
    assert room.off_mm(verdict) <= verdict.expected_error_mm["tumour"]
    assert verdict.links["tumour"].keys() == {"ct_fiducials", "touch", "pointer"}
    assert room.stored() == verdict.to_json()


def test_the_sigma_of_a_file_counts_before_the_usual_one(room: Room) -> None:
    usual = room.register(sigmas=Sigmas())
    fine = room.register()
    assert usual.expected_error_mm["tumour"] > 1.5 * fine.expected_error_mm["tumour"]
    written = register_with_points(
        room.case.id,
        "patient_folded",
        store=room.store,
        landmarks=write_points(room.folder / "landmarks.csv", room.known, frame="LPS", sigma_mm=0.2),
        touched=write_points(room.folder / "touched.csv", room.touched, frame="board", sigma_mm=0.3),
    ).verdict
    assert written.expected_error_mm["tumour"] == pytest.approx(fine.expected_error_mm["tumour"])


def test_what_a_file_says_touches_share_counts_before_the_usual_part(room: Room) -> None:
    def pointer_share(**more: float) -> float:
        return register_with_points(
            room.case.id,
            "patient_folded",
            store=room.store,
            landmarks=write_points(room.folder / "landmarks.csv", room.known, frame="LPS"),
            touched=write_points(room.folder / "touched.csv", room.touched, frame="board", sigma_mm=0.3, **more),
        ).verdict.links["tumour"]["pointer"]

    assert pointer_share(shared_mm=0.05) < 0.3 * pointer_share() < 0.3 * pointer_share(shared_mm=0.2)


def test_a_check_point_is_no_landmark_and_a_landmark_no_check_point(room: Room) -> None:
    """A person marks the same spine twice, 1 mm apart, once in each list."""

    def checking(name: str) -> Path:
        places = {"check": room.known[name] + 0.6, "other": np.add(TARGET, (0.0, 90.0, 0.0))}
        return write_points(room.folder / "checks.csv", places, frame="LPS")

    plan = {"store": room.store, "max_age_min": 30.0, "sigma_mm": 0.7}
    accepted = room.register()
    with pytest.raises(InputError, match="is a point the registration rests on"):
        store_check_plan(room.case.id, checking("tip"), **plan)
    assert not room.store.check_plan(room.case.id).landmarks
    # A landmark that was left untouched may be one.
    del room.touched["tip"]
    assert room.register().accepted
    store_check_plan(room.case.id, checking("tip"), **plan)
    before = room.stored()
    room.touched["tip"] = BOARD_FROM_PATIENT.apply(room.known["tip"])
    with pytest.raises(InputError, match="rest on the check point check"):
        room.register()
    assert room.stored() == before != accepted.to_json()


def test_one_wrong_touch_is_left_out_and_named(room: Room) -> None:
    room.touched["tip"] = room.touched["tip"] + (4.0, -3.0, 0.0)
    verdict = room.register()
    assert verdict.matched == len(room.known) - 1
    assert "tip was left out: touch it again." in verdict.advice
    assert room.off_mm(verdict) <= verdict.expected_error_mm["tumour"]


@pytest.mark.parametrize("on", [(), ("sacrum",)])
def test_traced_bone_is_laid_from_the_landmarks(room: Room, places: NDArray[np.float64], on: tuple[str, ...]) -> None:
    by_landmarks = room.register(sigmas=Sigmas())
    verdict = room.register(sigmas=Sigmas(), traced=room.trace(places), on=on)
    assert verdict.accepted
    assert verdict.method is Method.SURFACE
    assert verdict.expected_error_mm["tumour"] < by_landmarks.expected_error_mm["tumour"]
    assert room.off_mm(verdict) <= verdict.expected_error_mm["tumour"]
    assert room.stored() == verdict.to_json()


def test_a_trace_that_lies_elsewhere_is_refused_and_stored_as_that(room: Room, places: NDArray[np.float64]) -> None:
    room.register()
    verdict = room.register(traced=room.trace(np.add(places, (0.0, 30.0, 0.0))))
    assert not verdict.accepted
    assert room.stored() == verdict.to_json()


def test_touches_that_disagree_replace_what_was_accepted(room: Room) -> None:
    assert room.register().accepted
    for name in ("tip", "wing_left", "ridge"):
        room.touched[name] = room.touched[name] + room.rng.normal(0.0, 9.0, 3)
    verdict = room.register()
    assert not verdict.accepted
    # The board may have moved: the earlier verdict must not stand.
    assert room.stored() == verdict.to_json()


def _turned(points: Mapping[str, NDArray[np.float64]], by: object) -> Points:
    return {name: np.asarray(place * by) for name, place in points.items()}


def _on_a_line(points: Mapping[str, NDArray[np.float64]]) -> Points:
    return {name: np.array([10.0 * number, 5.0, 7.0]) for number, name in enumerate(points)}


def _with(points: Mapping[str, NDArray[np.float64]], name: str, place: NDArray[np.float64]) -> Points:
    return {**points, name: place}


BAD: dict[str, tuple[Callable[[Room], Verdict], str, str]] = {
    "RAS that says LPS": (lambda r: r.register(frame="RAS"), "LPS and RAS", "landmarks.csv"),
    "mirrored CT": (lambda r: r.register(known=_turned(r.known, (-1, 1, 1))), "left and right", "landmarks.csv"),
    "mirrored pointer": (lambda r: r.register(touched=_turned(r.touched, (1, 1, -1))), "mirror", "touched.csv"),
    "touched points of the CT": (
        lambda r: r.register(touched=r.known),
        "not places in the board's frame",
        "touched.csv",
    ),
    "touched points of the CT in RAS": (
        lambda r: r.register(touched=_turned(r.known, (-1, -1, 1))),
        "not places in the board's frame",
        "touched.csv",
    ),
    "touched file of LPS": (lambda r: r.register(board="LPS"), "says its points are in LPS", "touched.csv"),
    "landmarks of the board": (lambda r: r.register(says="board"), "board's frame, not of the CT", "landmarks.csv"),
    "NaN": (
        lambda r: r.register(touched=_with(r.touched, "tip", np.array([1.0, np.nan, 2.0]))),
        "line 6: y is nan",
        "touched.csv",
    ),
    "one line": (lambda r: r.register(touched=_on_a_line(r.touched)), "on one line", "touched.csv"),
    "one line in the CT": (lambda r: r.register(known=_on_a_line(r.known)), "on one line", "landmarks.csv"),
    "twice": (
        lambda r: r.register(touched=_with(r.touched, "tip", r.touched["top"] + 0.2)),
        "line 6: tip lies where top does (line 5)",
        "touched.csv",
    ),
    "unknown": (
        lambda r: r.register(touched={**r.touched, "nose": np.zeros(3)}),
        "line 10: nose is no landmark of landmarks.csv",
        "touched.csv",
    ),
    "too few": (
        lambda r: r.register(touched=dict(list(r.touched.items())[:3])),
        "holds 3 touched points",
        "touched.csv",
    ),
    **{
        f"touched x{factor:g}": (
            lambda r, factor=factor: r.register(touched=_turned(r.touched, factor)),  # type: ignore[misc]
            "",
            "touched.csv",
        )
        for factor in (0.001, 0.01, 10.0, 25.4, 1000.0)
    },
    **{
        f"landmarks x{factor:g}": (
            lambda r, factor=factor: r.register(known=_turned(r.known, factor)),  # type: ignore[misc]
            "",
            "landmarks.csv",
        )
        for factor in (0.001, 0.01, 10.0, 25.4, 1000.0)
    },
}


@pytest.mark.hazard("H04")
@pytest.mark.hazard("H05")
@pytest.mark.hazard("H30")
@pytest.mark.parametrize("name", BAD)
def test_points_that_cannot_be_used_are_told_and_change_nothing(room: Room, name: str) -> None:
    room.register()
    before = room.stored()
    act, words, file = BAD[name]
    with pytest.raises(InputError) as caught:
        act(room)
    assert file in caught.value.message
    assert words in caught.value.message
    assert caught.value.mend
    assert room.stored() == before


@pytest.mark.slow
@pytest.mark.hazard("H04")
def test_all_47_wrong_axes_of_the_landmarks_are_told_and_change_nothing(room: Room) -> None:
    room.register()
    before = room.stored()
    wrong = 0
    for order, signs in product(permutations(range(3)), product((1.0, -1.0), repeat=3)):
        if order == (0, 1, 2) and signs == (1.0, 1.0, 1.0):
            continue
        with pytest.raises(InputError, match=r"landmarks\.csv: The points lie on the patient only when"):
            room.register(known={name: place[list(order)] * signs for name, place in room.known.items()})
        wrong += 1
    assert wrong == 47
    assert room.stored() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "touched.csv is empty"),
        ("# frame = board\nname,x,y,z\na,1,2\n", "touched.csv, line 3: it has 3 columns, not 4"),
    ],
)
def test_a_file_that_is_no_table_changes_nothing(room: Room, text: str, words: str) -> None:
    file = room.folder / "touched.csv"
    file.write_text(text)
    landmarks = write_points(room.folder / "landmarks.csv", room.known, frame="LPS")
    with pytest.raises(InputError, match=words):
        register_with_points(
            room.case.id, "patient_folded", store=room.store, landmarks=landmarks, touched=file, sigmas=FINE
        )
    assert room.stored() is None


def test_structures_that_are_not_there_are_told(room: Room, places: NDArray[np.float64]) -> None:
    with pytest.raises(InputError, match="no structure 'skull'"):
        room.register(traced=room.trace(places), on=("skull",))
    assert room.stored() is None


def test_the_order_of_touching_promises_less_and_less_error_and_stores_nothing(room: Room) -> None:
    landmarks = write_points(room.folder / "landmarks.csv", room.known, frame="LPS")
    order = order_of_touching(room.case.id, store=room.store, landmarks=landmarks, sigmas=FINE)
    assert sorted(step.name for step in order) == sorted(room.known)
    promised = [step.promised_error_mm for step in order]
    assert promised[:3] == [None, None, None]
    later = [error for error in promised if error is not None]
    assert later == sorted(later, reverse=True)
    assert room.stored() is None
    assert later[-1] == pytest.approx(room.register().expected_error_mm["tumour"], rel=0.05)
