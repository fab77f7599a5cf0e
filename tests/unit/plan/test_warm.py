"""After warming nothing of planning is left to compile, so that the first plane that is dragged does not wait."""

import subprocess
import sys

COUNT = """
import sys
from orview.plan.warm import warm
from orview.plan.assess import plane_facts
from orview.plan.polyline import thinned
from orview.plan.clearance import clearance
from orview.plan.cut_line import cut_line
from tests.solids import ball
from tests.unit.plan.test_clearance import TURNS, plane

def compiled():
    return {
        f"{name}.{key}": len(value.signatures)
        for name, module in list(sys.modules.items()) if name.startswith("orview.plan")
        for key, value in vars(module).items() if hasattr(value, "signatures") and hasattr(value, "py_func")
    }

assert warm()
before = compiled()
assert sum(count > 0 for count in before.values()) >= 4, before
line = cut_line(ball(20.0), plane(5.0, TURNS[1], aside_mm=30.0))
assert thinned(line.runs_mm, 20)
assert clearance(ball(20.0), plane(31.0, TURNS[1])).least_mm > 0.0
after = compiled()
assert after == before, {key: count for key, count in after.items() if count != before.get(key)}
"""


def test_a_plane_after_warming_compiles_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
