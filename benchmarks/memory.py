"""Peak memory of this process and all of its children, mapped file pages apart."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType


class PeakMemory:
    """Watches, in a thread, what belongs to a tree of processes alone (Linux: RssAnon, RssShmem).

    Pages of mapped files (features, libraries) are left out: the system takes them back when it
    needs the memory. Between two looks a peak can be missed.

    Args:
        every: seconds between two looks.
    """

    def __init__(self, every: float = 0.25) -> None:
        self.every = every
        self.peak_bytes = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def known(self) -> bool:
        """Whether this system tells."""
        return Path("/proc/self/status").exists()

    def __enter__(self) -> PeakMemory:
        if self.known:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self.known:
            self._over.set()
            self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, tree_bytes(os.getpid()))
            if self._over.wait(self.every):
                return


def tree_bytes(root: int) -> int:
    """Bytes that a process and its descendants hold now, mapped file pages apart."""
    children: dict[int, list[int]] = {}
    held: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            lines = (folder / "status").read_text().splitlines()
        except OSError:  # it ended meanwhile
            continue
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        process = int(folder.name)
        children.setdefault(int(fields["PPid"]), []).append(process)
        held[process] = 1024 * sum(
            int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem") if name in fields
        )
    total, todo = 0, [root]
    while todo:
        process = todo.pop()
        total += held.get(process, 0)
        todo += children.get(process, [])
    return total
