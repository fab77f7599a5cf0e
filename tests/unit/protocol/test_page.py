"""docs/protocol.md tells every message, field, layout, limit, code and key, as the code has them."""

import inspect
from pathlib import Path

import pytest

from orview.edge.network.discovery import HEADSET_SERVICE, HOST_SERVICE
from orview.protocol import limits, pairing
from orview.protocol.binary import PICTURE_LAYOUT, POSE_LAYOUT, STATE_NUMBERS
from orview.protocol.codec import CLIENT_TYPES, HOST_TYPES, PROTOCOL_VERSION
from orview.protocol.faults import CloseCode, Fault
from orview.protocol.layout import Slot, offsets
from orview.protocol.looking import HEAD_LAYOUT, LOOK_LAYOUT
from orview.protocol.messages import ROLES_BY_CLIENT_MESSAGE, ROLES_BY_HOST_MESSAGE, Role
from orview.protocol.overlay import HIDE_WORDS
from orview.protocol.schema import Items, Kind, Maybe, Part, field_kinds

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text under a heading, up to the next heading."""
    assert PAGE.count(f"\n{heading}\n") == 1, heading
    return PAGE.split(f"\n{heading}\n")[1].split("\n#")[0]


def parts_in(cls: type) -> set[type]:
    found: set[type] = set()
    for kind in field_kinds(cls).values():
        inner: Kind | None = kind
        while inner is not None:
            if isinstance(inner, Part):
                found |= {inner.cls} | parts_in(inner.cls)
            inner = inner.of if isinstance(inner, Maybe | Items) else None
    return found


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:3] == "| `"]


def test_the_page_is_of_this_version() -> None:
    """A change of any message changes the version, and sends whoever made it to the page."""
    assert f"Version of this page: `{PROTOCOL_VERSION}`" in PAGE


@pytest.mark.parametrize("cls", [*CLIENT_TYPES.values(), *HOST_TYPES.values()], ids=lambda cls: cls.TYPE)
def test_every_message_stands_there_with_its_fields_kinds_and_roles(cls: type) -> None:
    text = section(f"### `{cls.TYPE}`")  # type: ignore[attr-defined]
    told = {row[0]: row[1:] for row in rows(text)}
    assert [row[0] for row in rows(text)] == [f"`{name}`" for name in field_kinds(cls)]
    for name, kind in field_kinds(cls).items():
        assert told[f"`{name}`"][0] == kind.words()
        assert len(told[f"`{name}`"][1]) > 5
    roles = {**ROLES_BY_CLIENT_MESSAGE, **ROLES_BY_HOST_MESSAGE}[cls]  # type: ignore[index]
    words = {frozenset({Role.NURSE}): "`nurse` only", frozenset({Role.NURSE, Role.SURGEON}): "`surgeon` and `nurse`"}
    assert words.get(roles, "every role") in text
    assert (inspect.getdoc(cls) or "?") in text


def test_every_part_stands_there() -> None:
    parts = {part for cls in (*CLIENT_TYPES.values(), *HOST_TYPES.values()) for part in parts_in(cls)}
    assert len(parts) == 46
    for part in parts:
        told = rows(section(f"#### `{part.__name__}`"))
        assert [row[:2] for row in told] == [[f"`{name}`", kind.words()] for name, kind in field_kinds(part).items()]


@pytest.mark.parametrize(
    ("heading", "layout"),
    [
        ("### Pose (84 bytes)", POSE_LAYOUT),
        ("### Picture (80 bytes, corners and a JPEG)", PICTURE_LAYOUT),
        ("### Look (24 bytes, heads and a JPEG)", LOOK_LAYOUT),
        ("#### A head of a look (36 bytes)", HEAD_LAYOUT),
    ],
    ids=["pose", "picture", "look", "head"],
)
def test_every_offset_stands_there(heading: str, layout: tuple[Slot, ...]) -> None:
    text = section(heading)
    for slot in layout:
        kind = slot.type if slot.count == 1 else f"{slot.type} x {slot.count}"
        assert f"| {offsets(layout)[slot.name]} | `{slot.name}` | {kind} |" in text
    last = layout[-1].name
    assert offsets((*layout, Slot("end", "u8")))["end"] == int(heading.split("(")[1].split()[0]), last


def test_every_state_limit_code_and_reason_stands_there() -> None:
    for state, number in STATE_NUMBERS.items():
        assert f"{number} {state}" in section("### Pose (84 bytes)")
        assert f"| `{state}` |" in section("## States")
    for name in (name for name in dir(limits) if name.isupper()):
        assert f"| `{name}` | {getattr(limits, name)} |" in section("## Limits")
    for code in CloseCode:
        assert f"| {code.value} | `{code.name}` |" in section("### Close codes")
    for fault in Fault:
        assert f"| `{fault.value}` |" in section("### Faults")
    for reason, words in HIDE_WORDS.items():
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{reason}` |"))
        assert row.endswith(f"| {words} |")


def test_every_refusal_of_the_door_stands_there() -> None:
    source = inspect.getsource(pairing)
    codes = {part.split('"')[1] for part in source.split("_refuse(")[1:] if '"' in part.split(")")[0]}
    assert {"NOT_PAIRED", "CODE_WRONG", "CODE_VOID", "TOKEN_VOID", "WRONG_ROLE"} <= codes
    for code in codes:
        assert f"| `{code}` |" in section("## Refusals")


def test_services_and_their_keys_stand_there() -> None:
    text = section("## Discovery")
    assert f"`{HOST_SERVICE}`" in text
    assert f"`{HEADSET_SERVICE}`" in text
    assert [row[0] for row in rows(text)] == ["`v`", "`path`", "`tls`", "`fp`", "`id`"]
