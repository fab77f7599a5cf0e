"""One file for each step of the road; each runs the rival beside ours and prints ratios."""

import os

# As the product's processes run: see `orview.cli`.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
