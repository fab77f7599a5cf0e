"""Compiled loops give what Python gives and let other threads go on."""

import threading

import numpy as np
from numpy.typing import NDArray

from orview.compiled import compiled


def _running_sum(values: NDArray[np.float64], rounds: int) -> float:
    total = 0.0
    for _ in range(rounds):
        for row in range(values.shape[0]):
            total += values[row] * values[row]
    return total


def test_a_compiled_loop_gives_the_same_bits() -> None:
    values = np.random.default_rng(1).normal(size=1000)
    assert compiled(_running_sum)(values, 3) == _running_sum(values, 3)


def test_another_thread_goes_on_meanwhile() -> None:
    fast = compiled(_running_sum)
    values = np.ones(1000)
    fast(values, 1)
    worker = threading.Thread(target=fast, args=(values, 200_000))
    worker.start()
    counted = 0
    while worker.is_alive():
        counted += 1
    assert counted > 100, "the loop held the interpreter"
