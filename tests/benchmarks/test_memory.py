import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.memory import PeakMemory, tree_bytes

pytestmark = pytest.mark.skipif(
    not PeakMemory().known, reason="this system has no /proc: peak memory is not known"
)
SIZE = 64 * 2**20


def test_what_was_held_for_a_while_is_the_peak() -> None:
    held = np.ones(SIZE, dtype=np.uint8)
    with PeakMemory(every=60) as memory:  # looks at once, and not again in this test
        pass
    del held
    assert memory.peak_bytes >= SIZE
    assert tree_bytes(os.getpid()) <= memory.peak_bytes - SIZE // 2


def test_children_count() -> None:
    words = f"held = bytearray(b'x') * {SIZE}; print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        assert tree_bytes(os.getpid()) - tree_bytes(child.pid) > 0
        assert tree_bytes(child.pid) >= SIZE
        assert tree_bytes(os.getpid()) >= SIZE
        child.communicate("\n")
