"""Files of predictions: parts while a run lasts, then one JSON Lines or Parquet file in order.

Each process writes its batches as parts, each in one step; when all are done, they are merged by
reading. A part carries what the contact sheet shows beside the record. A killed run leaves its
parts, and the next one goes on with them if it would predict the same.
"""

from __future__ import annotations

import heapq
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from cnn_rnn.durable_files import read_json, write_json

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
_ROWS_A_GROUP = 1024  # of a Parquet file: our choice
_PLAN = "plan.json"


class PredictionFileError(ValueError):
    """A file of predictions that cannot be written or read; says what to do."""

    is_user_error = True


class Entry(TypedDict):
    """What is written of one image in a part.

    `record` is None of a broken photo, `error` of any other; `beam` is None of ranking models.
    """

    position: int
    image: str
    record: dict[str, Any] | None
    beam: dict[str, Any] | None
    error: str | None


def check_suffix(file: Path) -> Path:
    """The file itself.

    Raises:
        PredictionFileError: its suffix names no format.
    """
    if file.suffix not in SUFFIXES:
        raise PredictionFileError(
            f"predictions.file: expected a name that ends in {', '.join(SUFFIXES)}, got {file}"
        )
    return file


class Parts:
    """The unfinished predictions of a file, in a folder beside it.

    Args:
        file: the final file.
    """

    def __init__(self, file: Path) -> None:
        self.folder = file.with_name(f"{file.name}.parts")

    def begin(self, plan: Mapping[str, Any] | None) -> dict[int, int]:
        """Keeps the parts of an interrupted run of the same plan, and removes all others.

        Args:
            plan: what decides the predictions, in plain types; None: nothing can be kept.
        Returns:
            The parts that are there: the position of the first image, and how many there are.
        """
        kept: dict[int, int] = {}
        if plan is not None and read_json(self.folder / _PLAN) == json.loads(json.dumps(plan)):
            kept = {first: count for _, first, count, _ in self._found()}
        else:
            self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        if plan is not None:
            write_json(self.folder / _PLAN, plan)
        return kept

    def write(self, rank: int, entries: Sequence[Entry]) -> None:
        """One batch of a process, in one step; positions ascend from batch to batch."""
        first = entries[0]["position"]
        final = self.folder / f"{rank:05d}-{first:010d}-{len(entries)}.jsonl"
        partial = final.with_suffix(".partial")
        with partial.open("w", encoding="utf-8") as stream:
            for entry in entries:
                stream.write(json.dumps(entry, allow_nan=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(final)

    def read(self) -> Iterator[Entry]:
        """All entries in the order of the images, a few at a time in memory."""
        by_rank: dict[int, list[Path]] = {}
        for rank, _, _, path in sorted(self._found()):
            by_rank.setdefault(rank, []).append(path)
        streams = [_entries(paths) for paths in by_rank.values()]
        return heapq.merge(*streams, key=lambda entry: entry["position"])

    def remove(self) -> None:
        """Removes all parts."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _found(self) -> Iterator[tuple[int, int, int, Path]]:
        for path in self.folder.glob("*-*-*.jsonl"):
            rank, first, count = (int(number) for number in path.stem.split("-"))
            yield rank, first, count, path


def write_failures(file: Path, entries: Iterable[Entry]) -> list[str]:
    """Lists the images that could not be read, as JSON Lines; no file where there are none.

    Returns:
        What was wrong with each.
    """
    failures = [entry for entry in entries if entry["error"] is not None]
    file.unlink(missing_ok=True)
    if failures:
        _write_lines(file, ({"image": one["image"], "error": one["error"]} for one in failures))
    return [str(entry["error"]) for entry in failures]


def write_predictions(file: Path, records: Iterable[dict[str, Any]]) -> int:
    """Writes the final file in one step, in the format of its suffix.

    Args:
        file: `.jsonl`, `.ndjson` or `.parquet`; replaced if it is there.
        records: as `Prediction.to_dict` gives them.
    Returns:
        How many there were.
    """
    check_suffix(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.partial")
    write = _write_parquet if file.suffix == ".parquet" else _write_lines
    try:
        count = write(partial, records)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count


def read_predictions(file: str | Path) -> list[dict[str, Any]]:
    """The records of a file that `lightning predict` wrote.

    Raises:
        PredictionFileError: there is no such file, or its suffix names no format.
    """
    path = check_suffix(Path(file))
    if not path.is_file():
        raise PredictionFileError(f"{path}: no such file; run `lightning predict` first")
    if path.suffix == ".parquet":
        from pyarrow import parquet

        rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
        return rows
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _entries(paths: Sequence[Path]) -> Iterator[Entry]:
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                entry: Entry = json.loads(line)
                yield entry


def _write_lines(file: Path, records: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    # A file name that is no UTF-8 holds halves of characters: JSON's own escapes spell them.
    with file.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for record in records:
            count += 1
            stream.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
    return count


def _write_parquet(file: Path, records: Iterable[dict[str, Any]]) -> int:
    import pyarrow
    from pyarrow import parquet

    text, number = pyarrow.string(), pyarrow.float64()
    labels = pyarrow.list_(text)

    def structs(**fields: Any) -> Any:
        return pyarrow.list_(pyarrow.struct(list(fields.items())))

    schema = pyarrow.schema(
        [
            ("image", text),
            ("labels", labels),
            ("steps", structs(label=text, probability=number)),
            ("end_probability", number),
            ("paths", structs(labels=labels, log_prob=number)),
            ("ranking", structs(label=text, score=number)),
        ]
    )
    count, waiting = 0, list[dict[str, Any]]()
    with parquet.ParquetWriter(file, schema) as writer:
        for record in records:
            count += 1
            image = record["image"].encode("utf-8", "backslashreplace").decode()
            waiting.append({**record, "image": image})
            if len(waiting) == _ROWS_A_GROUP:
                writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
                waiting.clear()
        if waiting:
            writer.write_table(pyarrow.Table.from_pylist(waiting, schema))
    return count
