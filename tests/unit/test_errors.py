"""The exception tree: words and mend, kept when errors cross a process border."""

import ast
import pickle
from pathlib import Path

import pytest

from orview import errors
from orview.errors import ContractError, FrameMismatchError, InputError, NotRigidError, OrviewError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, OrviewError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_keeps_kind_words_and_mend_through_pickling(kind: type[OrviewError]) -> None:
    error = pickle.loads(pickle.dumps(kind("The folder is empty.", mend="Choose another.")))
    assert type(error) is kind
    assert (error.message, error.mend) == ("The folder is empty.", "Choose another.")
    assert str(error) == "The folder is empty. Choose another."


def test_an_error_without_a_mend_is_its_message() -> None:
    assert str(InputError("The folder is empty.")) == "The folder is empty."


def test_bugs_and_inputs_are_different_branches() -> None:
    assert issubclass(FrameMismatchError, ContractError)
    assert issubclass(NotRigidError, ContractError)
    assert not issubclass(InputError, ContractError)


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for kind in KINDS:
        assert kind.__name__ in errors.__doc__


def test_the_ground_floor_imports_nothing() -> None:
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
