"""Compile what is compiled, once and before anybody waits for it.

    python -m orview.edge.warm

The processes of a host call their own rooms' functions when they start: then what lies on disk is only read.
"""

import sys

from orview.mesh.warm import warm as warm_mesh
from orview.plan.warm import warm as warm_plan
from orview.track.warm import warm as warm_track

ROOMS = {"surfaces": warm_mesh, "tracking": warm_track, "planning": warm_plan}


def main() -> int:
    """Warm all rooms; return 1, with words, where a compiled loop did not find what it had to."""
    sys.stdout.write("orview: compiling loops (once)\n")
    sys.stdout.flush()
    wrong = [name for name, warm in ROOMS.items() if not warm()]
    for name in wrong:
        sys.stderr.write(f"orview: the compiled loops for {name} give wrong results on this machine.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
