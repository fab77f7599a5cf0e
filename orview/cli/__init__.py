"""One file per verb; main.py only picks the verb."""

import os

# The matrices here are small and our own threads keep every core busy: threads inside BLAS would wait for one another.
# Read once, when numpy loads, and handed down to every process started from here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
