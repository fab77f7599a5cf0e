"""Finding a board's definition, a file somebody names or one that is delivered, and writing what is made of it."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path

from orview.errors import InputError
from orview.markers.board import Board
from orview.markers.board_checks import check_told_apart


def delivered_boards() -> dict[str, Traversable]:
    """Return the definitions that come with orview, by name."""
    # An installed wheel carries them as package data; a checkout reads the folder they are copied from.
    folder: Traversable = files("orview") / "boards"
    if not folder.is_dir():
        folder = Path(__file__).resolve().parents[2] / "calibration" / "boards"
    if not folder.is_dir():
        return {}
    return {entry.name.removesuffix(".toml"): entry for entry in folder.iterdir() if entry.name.endswith(".toml")}


def load_board(name_or_path: str | Path) -> Board:
    """Read a board by the name of a delivered definition or from a TOML file.

    Raises:
        InputError: there is no such board, or its definition cannot be used.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        return Board.from_toml(_read(path))
    delivered = delivered_boards()
    if str(name_or_path) not in delivered:
        raise InputError(
            f"There is no board {str(name_or_path)!r}.",
            mend=f"Name a TOML file or one of: {', '.join(sorted(delivered)) or 'none delivered'}.",
        )
    return Board.from_toml(delivered[str(name_or_path)].read_text(encoding="utf-8"))


def load_boards(*names_or_paths: str | Path) -> tuple[Board, ...]:
    """Read boards that are to be seen in one picture.

    Raises:
        InputError: as `load_board`, or two of them share a marker, so that one could be taken for the other.
    """
    boards = tuple(load_board(one) for one in names_or_paths)
    for one, other in combinations(boards, 2):
        check_told_apart(one.name, one.faces, other.name, other.faces)
    return boards


def write_files(contents: dict[Path, bytes], *, what: str) -> None:
    """Write files.

    Raises:
        InputError: one cannot be written.
    """
    for path, content in contents.items():
        try:
            path.write_bytes(content)
        except OSError as error:
            raise InputError(f"The {what} cannot be written ({error.strerror}).", mend=f"Check {path}.") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The board definition cannot be read.", mend=f"Check the file {path}.") from error
