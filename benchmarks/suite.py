"""Rows times seeds: finds the runs that are missing, has them run, and hands the results over."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import provenance
from benchmarks.data import DataSource
from benchmarks.runs import RunOutcome, RunRequest, Stage, data_identity, execute
from benchmarks.spec import ResolvedRow, RowSpec, TableSpec
from benchmarks.store import ResultStore
from benchmarks.workers import Launcher


@dataclass(frozen=True)
class Plan:
    """The runs of a table.

    Attributes:
        table: whose rows they are.
        source: the data.
        seeds: of each row.
        requests: by row id, one for each seed; rows that are not trained here are absent.
        store: where results lie.
    """

    table: TableSpec
    source: DataSource
    seeds: tuple[int, ...]
    requests: Mapping[str, tuple[RunRequest, ...]]
    store: ResultStore

    @property
    def all_requests(self) -> list[RunRequest]:
        """Each different run once, the first seed of every row before the second of any."""
        by_seed = zip(*self.requests.values(), strict=True)
        return list({request.key: request for group in by_seed for request in group}.values())

    @property
    def missing(self) -> list[RunRequest]:
        """The runs that are not finished."""
        return [request for request in self.all_requests if not self.store.has(request.key)]


@dataclass(frozen=True)
class Progress:
    """A word on how far the suite is.

    Attributes:
        request: the run.
        word: what it is doing; None: it is over.
        outcome: what came of it, once it is over.
    """

    request: RunRequest
    word: str | None
    outcome: RunOutcome | None


@dataclass
class SuiteResult:
    """What a table is made of.

    Attributes:
        plan: the runs.
        records: of the finished runs, by key.
        failures: one line for each failed run, by key.
        seconds: the suite took, this time.
    """

    plan: Plan
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def runs(self, row: RowSpec) -> list[dict[str, Any]]:
        """The finished runs of a row, in the order of the seeds."""
        keys = [request.key for request in self.plan.requests.get(row.id, ())]
        return [self.records[key] for key in keys if key in self.records]

    def failed(self, row: RowSpec) -> list[str]:
        """What went wrong with a row, a line for each failed run."""
        keys = [request.key for request in self.plan.requests.get(row.id, ())]
        return [self.failures[key] for key in keys if key in self.failures]


def make_plan(
    table: TableSpec,
    source: DataSource,
    seeds: Sequence[int],
    results: Path,
    only: Sequence[str] | None = None,
) -> Plan:
    """The runs of a table's rows, each known by its key, before anything is trained.

    Args:
        table: the rows.
        source: the data; its annotations are read for the fingerprint.
        seeds: at least one.
        results: folder of the results.
        only: ids of the rows to run; None: all.
    Raises:
        SpecError: a row's task does not exist or does not take its arguments.
        DataError: the data is missing or malformed.
    """
    from benchmarks.training import task_class

    resolved: dict[str, ResolvedRow] = {
        row.id: table.resolve(row, source.name)
        for row in table.rows
        if row.task is not None and (only is None or row.id in only)
    }
    for row in resolved.values():
        task_class(row.task, row.arguments)
    identity = data_identity(source)
    code = provenance.code_version()
    requests = {
        row_id: tuple(
            RunRequest(f"{row_id} seed {seed}", row, source, identity, seed, code, results)
            for seed in seeds
        )
        for row_id, row in resolved.items()
    }
    return Plan(table, source, tuple(seeds), requests, ResultStore(results))


def prepare_features(source: DataSource, stage: Stage = "test") -> None:
    """Computes the features of all images, once for all runs.

    Raises:
        FeatureCacheError: they cannot be computed or kept.
    """
    from benchmarks.spec import Training
    from benchmarks.training import open_features

    features = open_features(source, Training(), seed=0)
    features.fill(("train", "val"))
    if stage == "test":
        features.fill(("test",))


def describe(source: DataSource, held_out: float) -> str:
    """What was read of the data, in words.

    Args:
        source: the data.
        held_out: share of the training images that is held out.
    """
    from benchmarks.training import opened

    images = copy.copy(opened(source))
    images.val_fraction = held_out
    counts = {
        split: images.dataset(split).targets.sum(dim=1).float()
        for split in (images.train_split, images.test_split)
    }
    labels = "; ".join(
        f"{split}: {count.mean():.2f} labels an image, {int((count == 0).sum()):,} without any"
        for split, count in counts.items()
    )
    return f"{images.description}; {len(images.label_names)} labels; {labels}"


def run(plan: Plan, launch: Launcher, report: Callable[[Progress], None]) -> SuiteResult:
    """Runs what is missing and gathers everything that is finished.

    Args:
        plan: the runs.
        launch: who calls `execute` for each.
        report: is told of each step.
    """
    started = time.monotonic()
    result = SuiteResult(plan)
    for progress in run_requests(plan.missing, launch):
        if progress.outcome is not None and progress.outcome.error is not None:
            result.failures[progress.outcome.key] = progress.outcome.error
        report(progress)
    for requests in plan.requests.values():
        for request in requests:
            if plan.store.has(request.key):
                result.records[request.key] = plan.store.read(request.key)
    result.seconds = time.monotonic() - started
    return result


def run_requests(requests: Sequence[RunRequest], launch: Launcher) -> Iterator[Progress]:
    """Runs, as they go on and end; a run whose process dies is a failed run."""
    for event in launch(execute, requests):
        request = requests[event.index]
        if event.progress is not None:
            yield Progress(request, event.progress, None)
            continue
        outcome = event.result
        if outcome is None:
            error = (event.error or "").strip().splitlines()[-1]
            ResultStore(request.results).write_failure(
                request.key, {"name": request.name, "error": error, "traceback": event.error}
            )
            outcome = RunOutcome(request.key, 0.0, error, "")
        yield Progress(request, None, outcome)
