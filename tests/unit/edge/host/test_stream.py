"""The stream process loads nothing heavy."""

import subprocess
import sys

HEAVY = (
    "cv2",
    "numba",
    "open3d",
    "SimpleITK",
    "pygltflib",
    "meshoptimizer",
    "pydicom",
    "scipy",
    "pandas",
    "fpdf",
    "typer",
    "rich",
)


def test_stream_loads_no_heavy_library():
    script = f"import sys, orview.edge.host.stream; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_host_that_starts_the_processes_loads_no_heavy_library_either():
    script = f"import sys, orview.edge.host.host; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
