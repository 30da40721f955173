"""Results of runs on disk: `runs/<key>.json` with `<key>.npz`, and failures kept apart."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

FORMAT = 1  # of the files; readers refuse others


class ResultError(ValueError):
    """A file of results is not what this version writes."""

    is_user_error = True


@dataclass(frozen=True)
class Arrays:
    """What a run says of the test images, as outside evaluators can read it.

    Attributes:
        image_id: (B,) text.
        label_names: (K,) text.
        scores: (B, K) float32; only their order means something.
        decisions: (B, K) bool, the labels given: the k best by score of a ranking row, the first k
            of the best path of a path model.
        target: (B, K) bool.
        ignored: (B, K) bool, neither right nor wrong.
        best_path: (B, T) int16 labels of the best path, padded with -1; T = 0 for ranking rows.
    """

    image_id: npt.NDArray[np.str_]
    label_names: npt.NDArray[np.str_]
    scores: npt.NDArray[np.float32]
    decisions: npt.NDArray[np.bool_]
    target: npt.NDArray[np.bool_]
    ignored: npt.NDArray[np.bool_]
    best_path: npt.NDArray[np.int16]


class ResultStore:
    """The runs of a results folder.

    A run is there once its JSON is: weights and arrays are written first, each file in one step, so
    that an interruption at any moment leaves a whole run or none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run_file(self, key: str) -> Path:
        """The JSON of a finished run."""
        return self.folder / "runs" / f"{key}.json"

    def arrays_file(self, key: str) -> Path:
        """The arrays of a finished run."""
        return self.folder / "runs" / f"{key}.npz"

    def weights_file(self, key: str) -> Path:
        """The Lightning checkpoint of a finished run's best epoch; estimators leave none."""
        return self.folder / "runs" / f"{key}.ckpt"

    def failure_file(self, key: str) -> Path:
        """What went wrong when the run was last tried."""
        return self.folder / "failed" / f"{key}.json"

    def has(self, key: str) -> bool:
        """Whether the run is finished."""
        return self.run_file(key).exists() and self.arrays_file(key).exists()

    def write(
        self, key: str, record: dict[str, Any], arrays: Arrays, weights: bytes | None = None
    ) -> None:
        """A finished run; an earlier failure of it is forgotten.

        Args:
            key: of the run.
            record: plain data.
            arrays: what it says of the images.
            weights: a checkpoint's bytes.
        """
        if weights is not None:
            write_atomically(self.weights_file(key), lambda file: file.write(weights))
        write_atomically(
            self.arrays_file(key), lambda file: np.savez_compressed(file, **vars(arrays))
        )
        write_json(self.run_file(key), {"format": FORMAT, "key": key, **record})
        self.failure_file(key).unlink(missing_ok=True)

    def write_failure(self, key: str, record: dict[str, Any]) -> None:
        """A run that failed; it counts as missing and is tried again next time."""
        write_json(self.failure_file(key), {"format": FORMAT, "key": key, **record})

    def read(self, key: str) -> dict[str, Any]:
        """The record of a finished run.

        Raises:
            ResultError: the file is damaged or of another format.
        """
        file = self.run_file(key)
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            record = None
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ResultError(f"{file} is no run of this version: delete it, and it is made again")
        return record

    def read_arrays(self, key: str) -> Arrays:
        """The arrays of a finished run.

        Raises:
            ResultError: the file is damaged.
        """
        file = self.arrays_file(key)
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return Arrays(**{name: arrays[name] for name in Arrays.__dataclass_fields__})
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ResultError(f"{file} is damaged ({error}): delete it to make it again") from None


def write_json(file: Path, content: object) -> None:
    """JSON, replaced in one step."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(file, text)


def write_text(file: Path, text: str) -> None:
    """A text file, replaced in one step."""
    write_atomically(file, lambda opened: opened.write(text.encode("utf-8")))


def write_atomically(file: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Replaces a file in one step: whoever reads it sees all of the old or all of the new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            write(opened)
            opened.flush()
            os.fsync(opened.fileno())
        Path(partial).chmod(0o644)  # mkstemp's are the owner's alone
        Path(partial).replace(file)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
