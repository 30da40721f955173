"""Which chunks of a shared piece of work are finished, and which of its processes has which.

Everything lies in one folder: `progress.json` names the finished chunks and their checksums,
`locks/` holds a file lock for each chunk somebody works on. The operating system frees the locks
of a process that dies, so its chunks can be taken by another.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_rnn.durable_files import read_json, write_json


class ChunkLedger:
    """The state of `num_chunks` chunks, shared by every process that opens the same folder.

    Args:
        folder: an existing folder.
        num_chunks: at least 1.
    """

    def __init__(self, folder: Path, num_chunks: int) -> None:
        self.folder = folder
        self.num_chunks = num_chunks
        self._path = folder / "progress.json"
        self._claims: dict[int, FileLock] = {}

    def checksums(self) -> dict[int, int]:
        """The finished chunks with their checksums, read anew from the disk."""
        chunks = (read_json(self._path) or {}).get("chunks", {})
        return {int(chunk): int(checksum) for chunk, checksum in chunks.items()}

    def missing(self) -> list[int]:
        """Chunks that nobody has finished yet, ascending; read anew from the disk."""
        done = self.checksums()
        return [chunk for chunk in range(self.num_chunks) if chunk not in done]

    def seal(self) -> int | None:
        """What `record` was given when the last chunk was finished; None before."""
        seal = (read_json(self._path) or {}).get("seal")
        return None if seal is None else int(seal)

    def record(self, checksums: Mapping[int, int], seal: int) -> None:
        """Replaces the list of finished chunks; the caller holds a lock that all writers share.

        Args:
            checksums: of every finished chunk.
            seal: kept only if that is all of them.
        """
        complete = len(checksums) == self.num_chunks
        chunks = {str(chunk): checksums[chunk] for chunk in sorted(checksums)}
        write_json(self._path, {"chunks": chunks, "seal": seal if complete else None})
        if complete:
            shutil.rmtree(self.folder / "locks", ignore_errors=True)

    def holds(self, chunk: int) -> bool:
        """Whether this process has claimed the chunk."""
        return chunk in self._claims

    def claim(self, chunk: int, *, wait: bool = False) -> bool:
        """Takes a chunk for this process, until `release` or the end of the process.

        Args:
            chunk: its number.
            wait: wait for a process that has it, instead of returning False.

        Returns:
            False if another process has the chunk, or if it is finished.
        """
        locks = self.folder / "locks"
        locks.mkdir(exist_ok=True)
        lock = FileLock(locks / f"{chunk:06d}.lock")
        try:
            lock.acquire(blocking=wait)
        except (Timeout, FileNotFoundError):  # the locks go when the last chunk is finished
            return False
        if chunk in self.checksums():
            lock.release()
            return False
        self._claims[chunk] = lock
        return True

    def release(self, chunk: int) -> None:
        """Gives a claimed chunk back; without effect on one that is not claimed."""
        lock = self._claims.pop(chunk, None)
        if lock is not None:
            lock.release()

    def release_all(self) -> None:
        """Gives every claimed chunk back."""
        for chunk in list(self._claims):
            self.release(chunk)
