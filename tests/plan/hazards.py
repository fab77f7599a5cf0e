"""The table of hazards and the tests that prove their controls: `python -m tests.plan.hazards` writes it."""

import ast
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "docs" / "hazards.toml"
TABLE = ROOT / "docs" / "hazards.md"
SEVERITY = {"C": "serious injury or death", "B": "less", "P": "privacy"}


def rows() -> dict[str, dict[str, Any]]:
    """Return the rows of docs/hazards.toml by their id."""
    return tomllib.loads(ROWS.read_text(encoding="utf-8"))


def proofs_of_rows() -> dict[str, list[str]]:
    """Return the tests marked `@pytest.mark.hazard(ID)` by id, as `path::name`."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("mark.hazard"):
                    for argument in decorator.args:
                        found[ast.literal_eval(argument)].append(f"{path.relative_to(ROOT).as_posix()}::{node.name}")
    return dict(found)


def table() -> str:
    """Return the text of docs/hazards.md."""
    tests = proofs_of_rows()
    lines = [
        "<!-- generated from docs/hazards.toml and the tests by: python -m tests.plan.hazards -->",
        "# Hazards, controls, tests",
        "",
        "orview is for research and is not a medical device. Whatever it draws wrongly on a patient could hurt",
        "somebody, so each hazard has a control in the code and each control a test. *Shown so far* is what the",
        "named tests prove today, with simulated rooms where a camera, a headset or a patient would be needed;",
        "a row without tests is not claimed. S: "
        + ", ".join(f"{key} {words}" for key, words in SEVERITY.items())
        + ".",
        "",
        "| row | hazard | S | control | shown so far |",
        "|---|---|---|---|---|",
    ]
    for key, row in rows().items():
        proofs = "<br>".join(f"`{name.split('/', 1)[1]}`" for name in tests.get(key, [])) or "not claimed"
        lines.append(f"| {key} | {row['hazard']} | {row['severity']} | {row['control']} | {proofs} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
