"""The page of all findings, made from the code: `python -m tests.plan.findings_page` writes it.

Findings are collected with ast from every call of `Finding`, so that none can be left out; what a message fills in
at run time stands as an ellipsis.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "findings.md"


@dataclass(frozen=True, kw_only=True, order=True)
class Row:
    """One `Finding(...)` in the code.

    Attributes:
        code: the finding's code.
        severity: "info", "warning" or "error"; several with "or" between.
        words: the message, with "…" for what is filled in.
        module: where it is said.
    """

    code: str
    severity: str
    words: str
    module: str


def rows() -> list[Row]:
    """Return every finding of the code, sorted by code."""
    found: set[Row] = set()
    for path in sorted((ROOT / "orview").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in _calls(tree, "Finding"):
            found.update(_rows_of(call, tree, module))
    return sorted(found)


def _calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] == name
    ]


def _rows_of(call: ast.Call, tree: ast.Module, module: str) -> list[Row]:
    found = []
    for known in _known(call, tree):
        values = {keyword.arg: keyword.value for keyword in call.keywords}
        severity = " or ".join(dict.fromkeys(name.lower() for name in _names(values["severity"], known)))
        words = " / ".join(_texts(values["message"], known))
        codes = _texts(values["code"], known)
        found += [Row(code=code, severity=severity, words=words, module=module) for code in codes]
    return found


Known = dict[str, ast.expr]
"""What names stand for."""


def _known(call: ast.Call, tree: ast.Module) -> list[Known]:
    """Return what the names around a call stand for: once, or once for each call of a function that makes findings."""
    around = _function_around(call, tree)
    if around is None:
        return [{}]
    assigned = _assigned(around)
    parameters = [argument.arg for argument in (*around.args.args, *around.args.kwonlyargs)]
    used = {node.id for keyword in call.keywords for node in ast.walk(keyword.value) if isinstance(node, ast.Name)}
    if not used & set(parameters) & {"code", "severity", "message", "words"}:
        return [assigned]
    found = []
    for other in _calls(tree, around.name):
        caller = _function_around(other, tree)
        there = _assigned(caller) if caller else {}
        handed = [*zip(parameters, other.args, strict=False)]
        handed += [(keyword.arg, keyword.value) for keyword in other.keywords if keyword.arg]
        found.append(
            assigned
            | {name: there.get(value.id, value) if isinstance(value, ast.Name) else value for name, value in handed}
        )
    return found


def _function_around(call: ast.Call, tree: ast.Module) -> ast.FunctionDef | None:
    return next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and call in ast.walk(node)), None)


def _assigned(function: ast.FunctionDef) -> Known:
    return {
        node.targets[0].id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _names(node: ast.expr, known: Known) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _names(node.body, known) + _names(node.orelse, known)
    if isinstance(node, ast.Name) and node.id in known:
        return _names(known[node.id], known)
    return [node.attr] if isinstance(node, ast.Attribute) else []


def _texts(node: ast.expr, known: Known) -> list[str]:
    """Return what a text expression can say; each branch of a condition by itself."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body, known) + _texts(node.orelse, known)
    if isinstance(node, ast.JoinedStr):
        parts = [_texts(part, known) for part in node.values]
        return ["".join(part[0] if len(part) == 1 else "…" for part in parts)]
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Call):
        return _texts(node.value, known)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "counted":
        return [f"… {noun}s" for noun in _texts(node.args[1], known)]
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name):
        return _texts(node.value, known)
    if isinstance(node, ast.Name) and node.id in known:
        value = known[node.id]
        counted = isinstance(value, ast.Constant) and not isinstance(value.value, str)
        return (
            ["…"] if counted or not isinstance(value, ast.Constant | ast.JoinedStr | ast.IfExp) else _texts(value, {})
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in _texts(node.left, known) for right in _texts(node.right, known)]
    return ["…"]


def page() -> str:
    """Return the text of docs/findings.md."""
    lines = [
        "<!-- generated from the calls of Finding in orview/ by: python -m tests.plan.findings_page -->",
        "# Findings",
        "",
        "What is doubtful about a patient's data is said as a *finding*: a code that stays the same, a severity, plain",
        "words and, where there is one, a place. Findings are collected while a case is built, listed by",
        "`orview prepare` and kept in the case. *info* is for the record, a *warning* is shown wherever the case is,",
        "an *error* refuses the case. What cannot be used at all never becomes a finding: it ends in one sentence and",
        "leaves nothing behind. An ellipsis stands for what is filled in.",
        "",
        "| code | severity | words | said by |",
        "|---|---|---|---|",
    ]
    for row in rows():
        words = row.words.replace("|", "\\|")
        lines.append(f"| `{row.code}` | {row.severity} | {words} | `{row.module.removeprefix('orview.')}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
