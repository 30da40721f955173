"""Studies (sections 3.4, 4.3 and 4.4): plans their runs, makes what is derived, and reports.

Rows that are trained are runs as a table's: a row that equals a row of the table is the same run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import comparison, study_derived
from benchmarks.data import DataSource
from benchmarks.metric_names import DECIDED, HEADINGS
from benchmarks.report import header, spread_of
from benchmarks.runs import RunRequest
from benchmarks.study_derived import DerivedRequest
from benchmarks.study_spec import SEED_STEP, StudyRow, StudySpec
from benchmarks.suite import Plan, SuiteResult, make_plan

FORMAT = 1
METRICS = (*DECIDED, "map_at_k", "map")


@dataclass(frozen=True)
class StudyPlan:
    """The runs of a study.

    Attributes:
        study: whose they are.
        runs: what is trained; the networks of an ensemble of one row have rows of their own there.
        derived: by row id, what is made of the runs, one for each seed.
    """

    study: StudySpec
    runs: Plan
    derived: Mapping[str, tuple[DerivedRequest, ...]]


def plan_study(
    study: StudySpec, source: DataSource, seeds: Sequence[int], results: Path
) -> StudyPlan:
    """All that a study needs, each known by its key, before anything is trained.

    Args:
        study: the rows.
        source: the data.
        seeds: at least one.
        results: folder of the results.
    Raises:
        SpecError: a task does not take an argument.
        DataError: the data is missing or malformed.
    """
    plan = make_plan(study.as_table(source.name), source, seeds, results)
    requests = dict(plan.requests)
    derived: dict[str, tuple[DerivedRequest, ...]] = {}
    for row in study.rows:
        if row.is_trained:
            continue
        for member, number in _members(row):
            requests[_member_id(member, number)] = tuple(
                _again(request, number) for request in requests[member]
            )
        networks = [requests[_member_id(member, number)] for member, number in _members(row)]
        derived[row.id] = tuple(
            DerivedRequest(f"{row.id} seed {seed}", parents, row.decode, seed)
            for seed, parents in zip(seeds, zip(*networks, strict=True), strict=True)
        )
    return StudyPlan(study, replace(plan, requests=requests), derived)


def finish(
    plan: StudyPlan, result: SuiteResult, tell: Callable[[str], None]
) -> dict[str, list[dict[str, Any]]]:
    """The records of every row, in the order of the seeds; what is derived is made now.

    Args:
        plan: of the study.
        result: of its runs; rows whose runs failed have fewer records.
        tell: is told the name of what is made.
    """
    store = plan.runs.store
    records: dict[str, list[dict[str, Any]]] = {}
    for row in plan.study.rows:
        if row.is_trained:
            found = [result.records.get(request.key) for request in plan.runs.requests[row.id]]
            records[row.id] = [record for record in found if record is not None]
            continue
        records[row.id] = []
        for request in plan.derived[row.id]:
            if all(parent.key in result.records for parent in request.parents):
                tell(request.name)
                records[row.id].append(study_derived.make(request, store))
    return records


def build(
    plan: StudyPlan,
    result: SuiteResult,
    records: Mapping[str, Sequence[dict[str, Any]]],
    description: str,
) -> dict[str, Any]:
    """The report of a study.

    Args:
        plan: of the study.
        result: of its runs.
        records: as `finish` gives them.
        description: what was read of the data.
    """
    study, table = plan.study, plan.runs.table
    against = comparison.against_reference(
        plan.runs.store,
        {row: [record["key"] for record in found] for row, found in records.items()},
        study.reference,
        METRICS,
        "top_k",
        table.map_k,
    )
    head = header(result, description)
    return {
        "format": FORMAT,
        "study": study.id,
        "title": study.title,
        "kind": study.kind,
        **head,
        "x_label": ", ".join(dict.fromkeys(name for row in study.rows for name in row.at)),
        "metrics": list(METRICS),
        "headings": {name: HEADINGS[name].format(k=table.map_k) for name in METRICS},
        "plotted": list(study.plotted),
        "curves": list(study.curves),
        "reference": study.reference,
        "comparison": {"level": comparison.LEVEL, "resamples": comparison.RESAMPLES},
        "rows": [
            _row(plan, result, row, records[row.id], against.get(row.id)) for row in study.rows
        ],
        "caption": study.caption,
    }


def _row(
    plan: StudyPlan,
    result: SuiteResult,
    row: StudyRow,
    records: Sequence[dict[str, Any]],
    against: Mapping[str, Any] | None,
) -> dict[str, Any]:
    requests = plan.runs.requests[row.id] if row.is_trained else ()
    protocol = records[0]["protocol"] if records else ""
    return {
        "id": row.id,
        "name": row.name,
        "at": dict(row.at),
        "how": _how(plan, row),
        "note": row.note,
        "failures": [result.failures[one.key] for one in requests if one.key in result.failures],
        "protocol": protocol,
        "cells": {
            metric: spread_of(records, *_path(metric, protocol), metric) for metric in METRICS
        },
        "empty_paths": spread_of(records, "empty_paths"),
        "against_reference": None if against is None else dict(against),
        "history": [record["history"] for record in records if record.get("history")],
        "runs": [
            {
                "key": record["key"],
                "seed": record["seed"],
                "seconds": record["seconds"]["total"],
                **record.get("training", {}),
            }
            for record in records
        ],
    }


def _path(metric: str, protocol: str) -> tuple[str, ...]:
    return ("decided", protocol) if metric in DECIDED else ("ranked",)


def _how(plan: StudyPlan, row: StudyRow) -> str:
    """How a row came about, in words."""
    if row.decode:
        changed = ", ".join(f"{name} {value}" for name, value in row.decode.items())
        return f"the networks of {plan.study.row(row.of).name!r}, decoded with {changed}"
    if row.ensemble:
        names = ", ".join(repr(plan.study.row(member).name) for member in row.ensemble)
        seeds = f", {row.networks} networks of different seeds" if row.networks > 1 else ""
        return f"ensemble of {names}{seeds}"
    arguments = plan.runs.requests[row.id][0].row.arguments
    return "trained with " + ", ".join(f"{name} {value}" for name, value in arguments.items())


def _members(row: StudyRow) -> list[tuple[str, int]]:
    """The rows whose networks are taken, and which network of a row it is, from 0."""
    if row.decode:
        return [(row.of, 0)]
    return [(member, number) for member in row.ensemble for number in range(row.networks)]


def _member_id(member: str, number: int) -> str:
    return member if number == 0 else f"{member}+{number}"


def _again(request: RunRequest, number: int) -> RunRequest:
    """The same row with another seed; the request itself for number 0."""
    if number == 0:
        return request
    seed = request.seed + number * SEED_STEP
    row_id = request.name.removesuffix(f" seed {request.seed}")
    return replace(request, seed=seed, name=f"{row_id} seed {seed}")
