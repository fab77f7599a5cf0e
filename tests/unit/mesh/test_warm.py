"""After warming nothing is left to compile, so that the first case of a process does not wait."""

import subprocess
import sys

COUNT = """
import sys
from orview.mesh.given import Segmentation
from orview.mesh.warm import warm
from orview.pipeline import build_case
from tests.shapes import small_patient

def compiled():
    return {
        f"{name}.{key}": len(value.signatures)
        for name, module in list(sys.modules.items()) if name.startswith("orview.")
        for key, value in vars(module).items() if hasattr(value, "signatures") and hasattr(value, "py_func")
    }

assert warm()
before = compiled()
assert sum(count > 0 for count in before.values()) > 20
volume, labels = small_patient()
build_case(
    volume, Segmentation(label_maps=(labels,)), case_id="0123456789ab", name="Case",
    created_utc="2026-01-01T00:00:00Z", progress=lambda stage, fraction: None, first_look=lambda scene: None,
)
after = compiled()
assert after == before, {key: count for key, count in after.items() if count != before.get(key)}
"""


def test_a_case_after_warming_compiles_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
