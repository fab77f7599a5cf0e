"""Every sentence the host can tell the nurse has its German: a new one is told in both languages from the first day."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "headset_client" / "src" / "console" / "messages" / "host_de.ts"
TELLING = (
    "orview/session/checks.py",
    "orview/session/happenings.py",
    "orview/plan/margin_verdict.py",
    "orview/session/record.py",
    "orview/session/staging.py",
    "orview/session/state.py",
    "orview/session/time_out.py",
    "orview/session/vouching.py",
    "orview/edge/host/*_desk.py",
    "orview/edge/host/camera_check.py",
    "orview/edge/host/capture.py",
    "orview/edge/host/crowd.py",
    "orview/edge/host/drawing.py",
    "orview/edge/host/headset_place.py",
    "orview/edge/host/inbox_survey.py",
    "orview/edge/host/jobs.py",
    "orview/edge/host/keeper.py",
    "orview/edge/host/looker.py",
    "orview/edge/host/network_watch.py",
    "orview/edge/host/place_finder.py",
    "orview/edge/host/plan_process.py",
    "orview/edge/host/plan_news.py",
    "orview/edge/host/reception.py",
    "orview/edge/host/requests.py",
    "orview/edge/host/replay.py",
    "orview/edge/host/room.py",
    "orview/edge/host/staying_awake.py",
    "orview/edge/host/stream.py",
    "orview/edge/host/time_out_items.py",
    "orview/edge/host/track_process.py",
    "orview/edge/host/work_process.py",
    "orview/edge/host/worn_*.py",
    "orview/plan/assess.py",
    "orview/plan/cut_plane.py",
    "orview/plan/draft.py",
    "orview/plan/ground.py",
    "orview/plan/plan.py",
    "orview/plan/roots.py",
    "orview/plan/sketch.py",
    "orview/register/*.py",
    "orview/track/*.py",
    "orview/calibrate/advice.py",
    "orview/calibrate/bundle.py",
    "orview/calibrate/guide.py",
    "orview/calibrate/intrinsics.py",
    "orview/calibrate/lens_fit.py",
    "orview/image/*.py",
    "orview/mesh/*.py",
    "orview/model/*.py",
    "orview/segment/*.py",
    "orview/pipeline.py",
    "orview/edge/images/**/*.py",
    "orview/edge/calibration_pictures.py",
    "orview/edge/case_*.py",
    "orview/edge/given_sources.py",
    "orview/edge/prepare.py",
    "orview/edge/registration.py",
    "orview/edge/segmenters.py",
    "orview/edge/source_key.py",
    "orview/edge/store_file.py",
    "orview/edge/recording/writer.py",
    "orview/protocol/pairing.py",
    "orview/protocol/peer.py",
    "orview/edge/cameras/live.py",
    "orview/edge/profiles.py",
)
"""Where what a console shows is put in words."""
PROGRAMMERS = {"ContractError", "ValueError", "TypeError", "FrameMismatchError", "NotRigidError"}
"""What these say, no nurse reads."""
_SENTENCE = re.compile(r"^[A-Z{].* .*[.:]$|^[A-Z{].*[.] .*", re.S)
_PLACE = re.compile(r"\{\w*\}")


def shape(text: str) -> str:
    """The text with every place the same."""
    return _PLACE.sub("{}", text)


def german() -> dict[str, str]:
    """The table as the page has it: its body is JSON but for comments and the last comma."""
    text = TABLE.read_text(encoding="utf-8")
    body = text[text.index("HostWords = {") + len("HostWords = ") : text.rindex("}") + 1]
    body = re.sub(r"^\s*//.*$", "", body, flags=re.M)
    found = json.loads(re.sub(r",\s*\}$", "}", body))
    assert isinstance(found, dict)
    return found


def sentences(source: str) -> Iterator[str]:
    """The sentences a file holds, with `{}` for what is put in; neither docstrings nor what only programmers read."""
    tree = ast.parse(source)
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(id(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PROGRAMMERS:
            left_out.update(id(inner) for inner in ast.walk(node))
        if isinstance(node, ast.JoinedStr):
            left_out.update(id(inner) for inner in ast.walk(node) if isinstance(inner, ast.Constant))
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        if _SENTENCE.match(text):
            yield text


FILES = sorted(path for pattern in TELLING for path in ROOT.glob(pattern))


def test_there_is_much_to_tell():
    assert len(german()) > 200
    assert sum(len(list(sentences(path.read_text(encoding="utf-8")))) for path in FILES) > 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_has_its_german(path: Path):
    known = {shape(english) for english in german()}
    missing = [text for text in sentences(path.read_text(encoding="utf-8")) if shape(text) not in known]
    assert missing == [], f"put these into {TABLE.relative_to(ROOT)}, one line each, places as {{a}}, {{b}}"


def test_a_sentence_is_found_where_it_is_told():
    source = '''
"""The docstring. It is none."""
WORDS = {"key": "Choose a case."}
def act(name):
    """Another one."""
    raise RefusedError(f"The {name} is gone: look after it.", mend="Look again.")
    raise ContractError("Points have shape (N, 3).")
'''
    assert list(sentences(source)) == ["Choose a case.", "The {} is gone: look after it.", "Look again."]
