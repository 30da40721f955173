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
from benchmarks.spec import Inputs, ResolvedRow, RowSpec, SpecError, TableSpec, Training
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
        SpecError: a row's task does not exist or does not take its arguments, or `only` names a
            row that there is not.
        DataError: the data is missing or malformed.
    """
    from benchmarks.training import task_class

    for row_id in only or ():
        if row_id not in [row.id for row in table.rows if row.task is not None]:
            known = ", ".join(row.id for row in table.rows if row.task is not None)
            raise SpecError(f"{table.id} trains no row {row_id!r}; known: {known}")
    resolved: dict[str, ResolvedRow] = {
        row.id: table.resolve(row, source.name)
        for row in table.rows
        if row.task is not None and (only is None or row.id in only)
    }
    for row in resolved.values():
        task_class(row.task, row.arguments)
    identities = {
        inputs: data_identity(source, inputs)
        for inputs in dict.fromkeys(row.inputs for row in resolved.values())
    }
    code = provenance.code_version()
    requests = {
        row_id: tuple(
            RunRequest(
                f"{row_id} seed {seed}", row, source, identities[row.inputs], seed, code, results
            )
            for seed in seeds
        )
        for row_id, row in resolved.items()
    }
    return Plan(table, source, tuple(seeds), requests, ResultStore(results))


def prepare_features(
    source: DataSource, stage: Stage = "test", inputs: Sequence[Inputs] = ("image",)
) -> None:
    """Computes the features of all images, once for all runs.

    Args:
        source: the data.
        stage: `held_out` leaves the test split alone.
        inputs: what they are of.
    Raises:
        FeatureCacheError: they cannot be computed or kept.
    """
    from benchmarks.run_data import open_features

    for of_what in inputs:
        features = open_features(source, Training(), 0, of_what)
        features.fill(("train", "val"))
        if stage == "test":
            features.fill(("test",))


def inputs_of(requests: Sequence[RunRequest]) -> tuple[Inputs, ...]:
    """What features some runs need; those that are fine-tuned need none."""
    needed = (request.row.inputs for request in requests if not request.row.fine_tuned)
    return tuple(sorted(set(needed)))


def describe(source: DataSource, held_out: float) -> str:
    """What was read of the data, in words.

    Args:
        source: the data.
        held_out: share of the training images that is held out.
    """
    from benchmarks.run_data import opened

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
    results: list[SuiteResult] = []
    run_all([plan], launch, report, results.append)
    return results[0]


def missing_of(plans: Sequence[Plan]) -> list[RunRequest]:
    """The runs of several plans that are not finished, each once, first seeds first."""
    found = [
        (request.seed, number, request)
        for number, plan in enumerate(plans)
        for request in plan.missing
    ]
    found.sort(key=lambda one: one[:2])
    return list({request.key: request for _, _, request in found}.values())


def run_all(
    plans: Sequence[Plan],
    launch: Launcher,
    report: Callable[[Progress], None],
    finished: Callable[[SuiteResult], None],
) -> None:
    """Runs what is missing of several plans, in one queue.

    Args:
        plans: with one results folder.
        launch: who calls `execute` for each.
        report: is told of each step.
        finished: is given the result of each plan as soon as its last run is over.
    """
    started = time.monotonic()
    requests = missing_of(plans)
    waiting = [{request.key for request in plan.missing} for plan in plans]
    failures: dict[str, str] = {}

    def gather(plan: Plan) -> SuiteResult:
        result = SuiteResult(plan, seconds=time.monotonic() - started)
        for request in plan.all_requests:
            if request.key in failures:
                result.failures[request.key] = failures[request.key]
            elif plan.store.has(request.key):
                result.records[request.key] = plan.store.read(request.key)
        return result

    for plan, keys in zip(plans, waiting, strict=True):
        if not keys:
            finished(gather(plan))
    for progress in run_requests(requests, launch):
        report(progress)
        outcome = progress.outcome
        if outcome is None:
            continue
        if outcome.error is not None:
            failures[outcome.key] = outcome.error
        for plan, keys in zip(plans, waiting, strict=True):
            if outcome.key in keys:
                keys.remove(outcome.key)
                if not keys:
                    finished(gather(plan))


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
        elif outcome.error is None:  # a run done elsewhere leaves the note of an earlier failure
            ResultStore(request.results).failure_file(request.key).unlink(missing_ok=True)
        yield Progress(request, None, outcome)
