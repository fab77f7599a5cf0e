"""Registering a stored case with a board: read, decide, store the verdict, whichever way it fell."""

from datetime import UTC, datetime

from orview.edge.boards import load_board
from orview.edge.case_store import CaseStore
from orview.register.board_in_ct import register_case
from orview.register.verdict import DEFAULT_LIMIT_MM, Verdict


def register_with_board(
    case_id: str, board_name: str, *, store: CaseStore, limit_mm: float = DEFAULT_LIMIT_MM
) -> Verdict:
    """Register a case with a board and store the verdict; a refused one replaces an accepted one too.

    Args:
        case_id: which case of the store.
        board_name: a delivered board's name, or the path of a definition.
        store: where the case lives.
        limit_mm: largest expected error, 95 %, at the target that is accepted.

    Raises:
        StoreError: there is no such case, or the store cannot be written.
        InputError: there is no such board, or its definition cannot be used.
    """
    board = load_board(board_name)
    case = store.case(case_id)
    verdict = register_case(
        case.fiducials,
        board,
        targets={structure.key: structure.centroid_patient_mm for structure in case.structures},
        target_key=case.target_key,
        limit_mm=limit_mm,
    )
    store.put_registration(case.id, board.digest, verdict.to_json(), datetime.now(UTC).isoformat(timespec="seconds"))
    return verdict
