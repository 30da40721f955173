"""An (N, F) array on disk that is filled chunk by chunk and is never read half-written.

A store is a folder::

    features.npy    (N, F), allocated whole before the first row is written; any NumPy reads it
    manifest.json   what the rows are
    progress.json   the checksum of every chunk whose rows are safely on the disk
    locks/          while it is filled: who works on which chunk

A chunk becomes visible in this order: rows, fsync, then progress.json by an atomic rename. So a
process may be killed at any moment, and any number of processes may fill one store together.
It is made for the features of frozen networks (section 3.4: the CNN is fixed).
"""

import errno
import logging
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from cnn_rnn.chunk_ledger import ChunkLedger
from cnn_rnn.durable_files import in_words, is_full_disk, read_json, reserve, write_json

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


class FeatureCacheError(RuntimeError):
    """The feature cache cannot be written or read, and the message says what to do."""

    is_user_error = True


@dataclass(frozen=True)
class StoreSpec:
    """What a store holds; two stores are the same if all of this is equal.

    Attributes:
        num_rows: N, at least 1.
        num_columns: F, at least 1.
        dtype: NumPy name of the element type.
        source: what the rows were computed from, by name; written into the manifest.
    """

    num_rows: int
    num_columns: int
    dtype: str = "float32"
    source: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if min(self.num_rows, self.num_columns) < 1:
            raise ValueError(f"expected rows and columns, got {self.num_rows} x {self.num_columns}")

    @property
    def row_bytes(self) -> int:
        """Size of a row on disk."""
        return self.num_columns * np.dtype(self.dtype).itemsize

    @property
    def num_bytes(self) -> int:
        """Size of all rows on disk, without the header."""
        return self.num_rows * self.row_bytes

    def manifest(self) -> dict[str, Any]:
        """The part of manifest.json that has to be equal."""
        return {
            "format": FORMAT_VERSION,
            "num_rows": self.num_rows,
            "num_columns": self.num_columns,
            "dtype": np.dtype(self.dtype).str,
            "source": dict(self.source),
        }


class FeatureStore:
    """Opens the store in `folder`, creating it if nothing (or nothing valid) is there.

    A finished store whose file was not touched since is opened without reading its rows and
    without writing anything, so it may lie on a read-only disk. Whatever else is found (an
    unfinished store, a copied or edited file) has its checksums compared; chunks that differ are
    forgotten, and so computed again.

    Args:
        folder: where the store is; parents are made.
        spec: what it must hold; a store that says otherwise is stale and is replaced.
        chunk_size: rows written at once, for a new store; an existing one keeps its own.
        verify: compare all checksums even of a finished store.

    Attributes:
        ledger: which chunks are finished; work is taken from it by `ledger.claim(chunk)`.

    Raises:
        FeatureCacheError: there is no room on the disk for the whole of it.
    """

    def __init__(
        self, folder: Path, spec: StoreSpec, *, chunk_size: int = 256, verify: bool = False
    ) -> None:
        if chunk_size < 1:
            raise ValueError(f"chunk_size is at least 1, got {chunk_size}")
        self.folder = folder
        self.spec = spec
        self.chunk_size = chunk_size
        self._data = folder / "features.npy"
        self._offset = 0
        if not self._adopt():
            folder.mkdir(parents=True, exist_ok=True)
            with _full_disk_is_an_error(folder), self._lock():
                if not self._adopt():
                    self._create()
        self.ledger = ChunkLedger(folder, -(-spec.num_rows // self.chunk_size))
        if verify or self.ledger.seal() != self._data.stat().st_mtime_ns:
            self._forget_torn_chunks()

    @property
    def is_complete(self) -> bool:
        """Whether every row is on the disk."""
        return not self.ledger.missing()

    def rows(self, chunk: int) -> range:
        """Row numbers of a chunk; the last chunk may be shorter."""
        start = chunk * self.chunk_size
        return range(start, min(start + self.chunk_size, self.spec.num_rows))

    def num_rows_done(self) -> int:
        """How many rows are on the disk, whoever wrote them."""
        return sum(len(self.rows(chunk)) for chunk in self.ledger.checksums())

    def write(self, chunk: int, values: npt.NDArray[Any]) -> None:
        """Writes a claimed chunk, marks it finished and gives the claim back.

        Args:
            chunk: its number.
            values: (rows of the chunk, F); cast to the store's dtype.

        Raises:
            FeatureCacheError: the disk is full; the chunk counts as not written.
        """
        shape = (len(self.rows(chunk)), self.spec.num_columns)
        if values.shape != shape or not self.ledger.holds(chunk):
            raise ValueError(f"chunk {chunk}: claim it and give {shape}, got {values.shape}")
        raw = np.ascontiguousarray(values, dtype=self.spec.dtype).tobytes()
        with _full_disk_is_an_error(self.folder):
            # Not through a memory map: a full disk would end the process with a bus error there.
            with self._data.open("r+b") as file:
                file.seek(self._offset + self.rows(chunk).start * self.spec.row_bytes)
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            with self._lock():
                self._record(self.ledger.checksums() | {chunk: zlib.crc32(raw)})
        self.ledger.release(chunk)

    def array(self) -> npt.NDArray[Any]:
        """The rows, (N, F), memory-mapped and read-only.

        Raises:
            FeatureCacheError: some chunk is not finished.
        """
        missing = self.ledger.missing()
        if missing:
            raise FeatureCacheError(
                f"{self.folder}: {len(missing)} of {self.ledger.num_chunks} chunks are missing"
            )
        mapped: npt.NDArray[Any] = np.load(self._data, mmap_mode="r", allow_pickle=False)
        return mapped

    def _lock(self) -> FileLock:
        """Held for moments, by whoever writes a JSON file."""
        return FileLock(self.folder / "store.lock")

    def _adopt(self) -> bool:
        """Whether a store of this spec is here; takes over its chunk size and offset."""
        manifest = read_json(self.folder / "manifest.json")
        if manifest is None:
            return False
        own = {name: manifest.pop(name, 0) for name in ("chunk_size", "offset", "created")}
        size = self._data.stat().st_size if self._data.is_file() else -1
        if manifest != self.spec.manifest() or size != own["offset"] + self.spec.num_bytes:
            logger.warning("%s: stale or damaged, will be written anew", self.folder)
            return False
        self.chunk_size, self._offset = own["chunk_size"], own["offset"]
        return True

    def _create(self) -> None:
        free, needed = shutil.disk_usage(self.folder).free, in_words(self.spec.num_bytes)
        logger.info(
            "Feature cache: %s (%d x %d %s) will be written to %s, where %s are free",
            needed,
            self.spec.num_rows,
            self.spec.num_columns,
            self.spec.dtype,
            self.folder,
            in_words(free),
        )
        if self.spec.num_bytes > free:
            raise _full_disk(self.folder, f"{needed} are needed")
        for name in ("manifest.json", "progress.json"):
            (self.folder / name).unlink(missing_ok=True)
        partial = self._data.with_suffix(".partial")
        try:
            with partial.open("wb") as file:
                shape = (self.spec.num_rows, self.spec.num_columns)
                descr = np.dtype(self.spec.dtype).str
                header = {"descr": descr, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                file.flush()
                self._offset = file.tell()
                reserve(file.fileno(), self._offset + self.spec.num_bytes)
                os.fsync(file.fileno())
            partial.replace(self._data)  # whoever maps a stale file keeps the old one
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        created = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        own = {"chunk_size": self.chunk_size, "offset": self._offset, "created": created}
        write_json(self.folder / "manifest.json", self.spec.manifest() | own)

    def _record(self, checksums: Mapping[int, int]) -> None:
        self.ledger.record(checksums, seal=self._data.stat().st_mtime_ns)

    def _forget_torn_chunks(self) -> None:
        torn = self._torn(self.ledger.checksums())
        if torn:
            logger.warning("%s: %d damaged chunks are computed again", self.folder, len(torn))
        try:
            with self._lock():
                now = self.ledger.checksums()
                torn = self._torn({chunk: now[chunk] for chunk in torn if chunk in now})
                self._record({chunk: now[chunk] for chunk in now if chunk not in torn})
        except OSError as error:
            if torn or error.errno not in _READ_ONLY:
                raise
            logger.info("%s: intact, but read-only: every run verifies it again", self.folder)

    def _torn(self, checksums: Mapping[int, int]) -> set[int]:
        torn = set()
        with self._data.open("rb") as file:
            for chunk, checksum in checksums.items():
                rows = self.rows(chunk)
                file.seek(self._offset + rows.start * self.spec.row_bytes)
                content = file.read(len(rows) * self.spec.row_bytes)
                if not rows or zlib.crc32(content) != checksum:
                    torn.add(chunk)
        return torn


@contextmanager
def _full_disk_is_an_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not is_full_disk(error):
            raise
        raise _full_disk(folder, "it filled up while features were written") from error


def _full_disk(folder: Path, what: str) -> FeatureCacheError:
    free = in_words(shutil.disk_usage(folder).free)
    return FeatureCacheError(
        f"{folder}: the disk is full ({what}, {free} are free). What was finished is kept. Free "
        "some space and run the same command again, or set CNN_RNN_HOME to a folder on another disk"
    )
