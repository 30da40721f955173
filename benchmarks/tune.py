"""Chooses each row's settings on a held-out part of the training images, never on a test image.

Every row gets the same number of trials. A trial is trained like a run of the table and measured
on the images that were held out; the test split is replaced by the training split, so that not
even its annotations are read.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import provenance
from benchmarks.data import DataSource
from benchmarks.runs import RunRequest, data_identity
from benchmarks.spec import ResolvedRow, RowSpec, Settings, SpecError, TableSpec
from benchmarks.store import ResultStore, write_json, write_text
from benchmarks.suite import Progress, run_requests
from benchmarks.workers import Launcher

FORMAT = 1
HELD_OUT = 0.2  # of the training images: more than a table holds out, for a surer choice
MARKER = "# >>> Settings. `python -m benchmarks tune` rewrites everything from here to the end"
CRITERIA = {
    "top_k": "mean of C-F1 and O-F1 by the table's protocol",
    "average_precision": "mAP, all-point",
}


@dataclass(frozen=True)
class Trial:
    """One combination of values for a row, with a run for each seed."""

    row: RowSpec
    values: Mapping[str, Any]
    requests: tuple[RunRequest, ...]


def make_trials(
    table: TableSpec, source: DataSource, seeds: Sequence[int], results: Path
) -> list[Trial]:
    """The trials of all rows that have something to search.

    Args:
        table: whose rows are tuned; what was chosen before has no influence.
        source: the data; it is opened without its test split.
        seeds: of each trial.
        results: folder of the results.
    Raises:
        SpecError: nothing to search, or not the same number of trials for every row.
        DataError: the data is missing or malformed.
    """
    rows = [row for row in table.rows if row.search]
    sizes = {row.id: len(combinations(row.search)) for row in rows}
    if len(set(sizes.values())) != 1:
        raise SpecError(
            f"{table.file.name}: every row is to get the same number of trials, and at least one "
            f"row is to have some; got {sizes}"
        )
    untouched = source.without_test()
    identities = {
        inputs: data_identity(untouched, inputs)
        for inputs in dict.fromkeys(row.inputs for row in rows)
    }
    code = provenance.code_version()
    trials: list[Trial] = []
    for row in rows:
        assert row.task is not None  # nothing else has a search
        training = dataclasses.replace(row.training, held_out=HELD_OUT)
        for values in combinations(row.search):
            resolved = ResolvedRow(
                row.task,
                {**row.arguments, **values},
                training,
                table.top_k,
                table.map_k,
                row.inputs,
                row.decide,
            )
            name = " ".join([row.id, *(f"{key}={value}" for key, value in values.items())])
            requests = tuple(
                RunRequest(
                    f"{name} seed {seed}",
                    resolved,
                    untouched,
                    identities[row.inputs],
                    seed,
                    code,
                    results,
                    stage="held_out",
                )
                for seed in seeds
            )
            trials.append(Trial(row, values, requests))
    return trials


def combinations(search: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Every combination of the values; the last name varies fastest."""
    return [
        dict(zip(search, values, strict=True)) for values in itertools.product(*search.values())
    ]


def missing(trials: Sequence[Trial]) -> list[RunRequest]:
    """The runs that are not finished."""
    wanted = [request for trial in trials for request in trial.requests]
    return [one for one in wanted if not ResultStore(one.results).has(one.key)]


def run(
    trials: Sequence[Trial], launch: Launcher, report: Callable[[Progress], None]
) -> dict[str, str]:
    """Runs the trials that are not finished.

    Returns:
        One line for each failed run, by key; a trial that fails is not chosen.
    """
    failures: dict[str, str] = {}
    for progress in run_requests(missing(trials), launch):
        if progress.outcome is not None and progress.outcome.error is not None:
            failures[progress.outcome.key] = progress.outcome.error
        report(progress)
    return failures


def score(record: Mapping[str, Any], kind: str) -> float:
    """What is compared between the trials of a row, from a finished run, in [0, 1]."""
    held_out = record["measured"]["held_out"]
    if kind == "average_precision":
        return float(held_out["ranked"]["map"])
    decided = held_out["decided"][record["protocol"]]
    return float(decided["c_f1"] + decided["o_f1"]) / 2


def summarise(table: TableSpec, trials: Sequence[Trial]) -> dict[str, Any]:
    """The search as plain data: every trial's scores, and the best of each row.

    Raises:
        ValueError: all trials of a row failed.
    """
    store = ResultStore(trials[0].requests[0].results)
    rows: dict[str, Any] = {}
    for trial in trials:
        scores = [
            100 * score(store.read(request.key), table.kind) if store.has(request.key) else None
            for request in trial.requests
        ]
        known = [value for value in scores if value is not None]
        mean = math.fsum(known) / len(known) if len(known) == len(scores) else None
        row = rows.setdefault(trial.row.id, {"chosen": None, "best": None, "trials": []})
        row["trials"].append(
            {
                "values": dict(trial.values),
                "scores": scores,
                "mean": mean,
                "runs": [request.key for request in trial.requests],
            }
        )
        if mean is not None and (row["best"] is None or mean > row["best"]):
            row["chosen"], row["best"] = dict(trial.values), mean
    failed = [row for row, found in rows.items() if found["chosen"] is None]
    if failed:
        raise ValueError(f"all trials of {', '.join(failed)} failed: widen their search")
    first = trials[0].requests[0]
    return {
        "format": FORMAT,
        "table": table.id,
        "data": {"name": first.source.name, "title": first.source.title, **first.data},
        "criterion": CRITERIA[table.kind],
        "held_out": HELD_OUT,
        "seeds": [request.seed for request in trials[0].requests],
        "rows": rows,
        "date": provenance.now(),
        "commit": provenance.commit(),
        "code": first.code,
        "versions": provenance.versions(),
        "machine": provenance.machine(),
    }


def save(table: TableSpec, found: dict[str, Any]) -> list[Path]:
    """Writes what was chosen into the table's YAML, and the search beside it.

    Returns:
        The files.
    """
    data = found["data"]["name"]
    beside = table.file.parent / "tuned" / f"{table.id}.{data}.json"
    trials = len(next(iter(found["rows"].values()))["trials"])
    seeds = "1 seed" if len(found["seeds"]) == 1 else f"{len(found['seeds'])} seeds"
    before = table.settings.get(data)
    kept = before.rows if before else {}  # of rows that are not searched
    settings = Settings(
        tuned=(
            f"on {data}, {found['date'][:10]}: the best of {trials} trials a row by the "
            f"{found['criterion']} on {100 * found['held_out']:g}% of the training images, held "
            f"out, mean of {seeds}; all trials: tuned/{beside.name}"
        ),
        rows={**kept, **{row: result["chosen"] for row, result in found["rows"].items()}},
    )
    write_json(beside, found)
    write_settings(table.file, {**table.settings, data: settings})
    return [table.file, beside]


def write_settings(file: Path, settings: Mapping[str, Settings]) -> None:
    """Replaces the settings at the end of a table's YAML; what stands before them is kept.

    Raises:
        SpecError: the line that marks them is not there.
    """
    text = file.read_text(encoding="utf-8")
    before, marker, _ = text.partition(MARKER)
    if not marker:
        raise SpecError(f"{file}: the line {MARKER!r} is missing: add it before `settings:`")
    content = {
        "settings": {
            name: {"tuned": one.tuned, "rows": {row: dict(v) for row, v in one.rows.items()}}
            for name, one in settings.items()
        }
    }
    written = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    write_text(file, f"{before}{MARKER} of the file.\n{written}")
