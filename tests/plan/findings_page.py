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
    values = {keyword.arg: keyword.value for keyword in call.keywords}
    severity = " or ".join(dict.fromkeys(name.lower() for name in _names(values["severity"])))
    texts = [text for value in _given(values["message"], call, tree) for text in _texts(value)]
    return [
        Row(code=code, severity=severity, words=" / ".join(texts), module=module) for code in _texts(values["code"])
    ]


def _given(value: ast.expr, call: ast.Call, tree: ast.Module) -> list[ast.expr]:
    """Return what a value can be: itself, or, where it is handed to the function around it, what callers hand."""
    if not isinstance(value, ast.Name):
        return [value]
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and call in ast.walk(function):
            names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
            if value.id in names:
                return [
                    handed
                    for other in _calls(tree, function.name)
                    for name, handed in (*zip(names, other.args, strict=False), *_keywords(other))
                    if name == value.id
                ]
    return [value]


def _keywords(call: ast.Call) -> list[tuple[str | None, ast.expr]]:
    return [(keyword.arg, keyword.value) for keyword in call.keywords]


def _names(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _names(node.body) + _names(node.orelse)
    return [node.attr] if isinstance(node, ast.Attribute) else []


def _texts(node: ast.expr) -> list[str]:
    """Return what a text expression can say; each branch of a condition by itself."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return ["".join(_texts(part)[0] if isinstance(part, ast.Constant) else "…" for part in node.values)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [left + right for left in _texts(node.left) for right in _texts(node.right)]
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


def codes() -> dict[str, set[str]]:
    """Return the modules that say each code."""
    said: dict[str, set[str]] = {}
    for row in rows():
        said.setdefault(row.code, set()).add(row.module)
    return said


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
