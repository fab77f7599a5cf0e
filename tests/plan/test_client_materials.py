"""The headset page draws with three.js' own materials, and with those alone whose shaders its build keeps.

Headsets may render both eyes in one pass (multiview), which no emulator checks: a shader of ours could draw one eye
only, and nobody here would see it.
"""

import re
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "headset_client" / "src"
KEPT = {"MeshBasicMaterial", "MeshLambertMaterial", "MeshMatcapMaterial", "SpriteMaterial"}
"""What `vite.config.ts` leaves shaders of; any other would be built and draw nothing."""
OF_OUR_OWN = re.compile(
    r"\b(ShaderMaterial|RawShaderMaterial|NodeMaterial|onBeforeCompile|GLSL3|gl_Position|gl_FragColor)\b"
)


def code_of(path: Path) -> str:
    """The source without its comments."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_there_is_no_shader_of_our_own():
    assert [path.name for path in SOURCES.rglob("*.ts") if OF_OUR_OWN.search(code_of(path))] == []


def test_every_material_is_one_the_build_keeps():
    made = {name for path in SOURCES.rglob("*.ts") for name in re.findall(r"new (\w+Material)\b", code_of(path))}
    assert made, "no material was found: the check reads nothing"
    assert made <= KEPT
