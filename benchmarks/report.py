"""What a table says, as plain data: the JSON of the results, from which all other forms are made.

Numbers are percentages. Every cell can be traced: each row lists the keys of its runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from benchmarks import claims, comparison, provenance
from benchmarks.metric_names import DECIDED, RANKED
from benchmarks.published import EVIDENCE, PublishedCell
from benchmarks.resampled_ranking import CLASS_PREFIXES, PREFIXES
from benchmarks.spec import RowSpec
from benchmarks.statistics import spread
from benchmarks.suite import SuiteResult

FORMAT = 1
ORACLE = "oracle"

Record = dict[str, Any]


def build(result: SuiteResult, description: str) -> dict[str, Any]:
    """The report of a table.

    Args:
        result: the finished and the failed runs.
        description: what was read of the data.
    """
    table = result.plan.table
    compared = comparison.against_reference(
        result.plan.store,
        {row.id: [run["key"] for run in result.runs(row)] for row in table.rows},
        table.reference,
        table.columns,
        table.kind,
        table.map_k,
    )
    rows = [_row(result, row, compared.get(row.id)) for row in table.rows]
    if table.kind == "top_k" and result.records:
        rows.append(_oracle(result))
    report = {
        "format": FORMAT,
        "table": table.id,
        "title": table.title,
        "kind": table.kind,
        "columns": list(table.columns),
        **header(result, description),
        "reference": table.reference,
        "comparison": {
            "level": comparison.LEVEL,
            "resamples": comparison.RESAMPLES,
            "seed": comparison.SEED,
        },
        "rows": rows,
        "evidence": EVIDENCE,
    }
    return {**report, "claims": claims.answers(report)}


def header(result: SuiteResult, description: str) -> dict[str, Any]:
    """What every report of runs says: unit, data, settings, seeds, provenance."""
    plan, records = result.plan, list(result.records.values())
    first = plan.all_requests[0]
    settings = plan.table.settings.get(plan.source.name)
    return {
        "unit": "percent",
        "is_mini": plan.source.is_mini,
        "data": {
            "name": plan.source.name,
            "title": plan.source.title,
            "description": description,
            **first.data,
        },
        "settings": settings.tuned if settings else None,
        "top_k": plan.table.top_k,
        "map_k": plan.table.map_k,
        "seeds": list(plan.seeds),
        "provenance": {
            "date": provenance.now(),
            "commit": provenance.commit(),
            "code": first.code,
            "versions": _distinct(records, "versions"),
            "machine": _distinct(records, "machine"),
            "seconds": round(result.seconds, 1),
            "run_seconds": round(sum(record["seconds"]["total"] for record in records), 1),
        },
    }


def in_percent(shares: Sequence[float]) -> dict[str, Any]:
    """Mean and standard deviation of what several seeds gave, in percent; one seed has no sd."""
    mean, sd, seeds = spread([100 * share for share in shares])
    return {"mean": mean, "sd": None if math.isnan(sd) else sd, "seeds": seeds}


def _row(
    result: SuiteResult, row: RowSpec, against_reference: dict[str, Any] | None
) -> dict[str, Any]:
    records = result.runs(row)
    failed = result.failed(row)
    requests = result.plan.requests.get(row.id, ())
    if row.task is None:
        status = "published only"
    elif failed:
        status = "failed"
    else:
        status = "finished" if len(records) == len(requests) > 0 else "not run"
    resolved = result.plan.table.resolve(row, result.plan.source.name) if row.task else None
    return {
        "id": row.id,
        "name": row.name,
        "below_line": row.below_line,
        "status": status,
        "failures": failed,
        "note": row.note,
        "trained": resolved.to_dict() if resolved else None,
        "cells": _cells(result, row, records),
        "against_reference": against_reference,
        "protocol": records[0]["protocol"] if records else None,
        "protocols": _protocols(records),
        "ranked": {name: spread_of(records, "ranked", name) for name in RANKED},
        "empty_classes": records[0]["measured"]["test"]["ranked"]["empty_classes"]
        if records
        else None,
        "empty_paths": spread_of(records, "empty_paths"),
        "average_precision": _by_class(result, records)
        if result.plan.table.kind == "average_precision"
        else None,
        "runs": [
            {
                "key": record["key"],
                "seed": record["seed"],
                "threshold": record["threshold"],
                **record["training"],
                "seconds": record["seconds"],
            }
            for record in records
        ],
    }


def _cells(result: SuiteResult, row: RowSpec, records: Sequence[Record]) -> dict[str, Any]:
    table = result.plan.table
    by_class = _by_class(result, records) if table.kind == "average_precision" else {}
    classes = {
        prefix + name: found
        for method, prefix in PREFIXES.items()
        for name, found in by_class.get(method, {}).items()
    }
    cells: dict[str, Any] = {}
    for column in table.columns:
        published = row.published.get(column, PublishedCell())
        cells[column] = {
            "ours": classes.get(column)
            if column.startswith(CLASS_PREFIXES)
            else _column(records, column),
            "published": published.value,
            "evidence": published.mark if published.value is not None else None,
        }
    return cells


def _column(records: Sequence[Record], column: str) -> dict[str, Any] | None:
    if column in DECIDED:
        protocol = records[0]["protocol"] if records else ""
        return spread_of(records, "decided", protocol, column)
    return spread_of(records, "ranked", column)


def _protocols(records: Sequence[Record]) -> dict[str, Any]:
    names = records[0]["measured"]["test"]["decided"] if records else ()
    return {
        protocol: {metric: spread_of(records, "decided", protocol, metric) for metric in DECIDED}
        for protocol in names
    }


def _by_class(result: SuiteResult, records: Sequence[Record]) -> dict[str, Any]:
    """AP of each class by method: `{method: {class: spread}}`."""
    if not records:
        return {}
    names = result.plan.store.read_arrays(records[0]["key"]).label_names.tolist()
    return {
        method: {
            name: spread_of(records, "average_precision", method, index)
            for index, name in enumerate(names)
        }
        for method in ("11_points", "all_points")
    }


def spread_of(records: Sequence[Record], *keys: str | int) -> dict[str, Any] | None:
    """Mean and sd in percent of what the runs measured on the test part, found by its keys.

    None without runs, and where a run has no such number.
    """
    shares: list[float] = []
    for record in records:
        found = record["measured"]["test"]
        for key in keys:
            found = found[key]
        if found is None:
            return None
        shares.append(found)
    return in_percent(shares) if shares else None


def _oracle(result: SuiteResult) -> dict[str, Any]:
    """What exactly k labels an image reach with the truth at hand, on the same test images."""
    import torch

    from cnn_rnn.metrics import functional

    table = result.plan.table
    arrays = result.plan.store.read_arrays(next(iter(result.records)))
    target, ignored = torch.from_numpy(arrays.target), torch.from_numpy(arrays.ignored)
    top_k = min(table.top_k, target.shape[1])
    decisions = functional.oracle_exactly_k(target, top_k, ignored)
    reached = functional.precision_recall_f1(decisions, target, ignored)
    values = {name: 100 * float(value) for name, value in reached.items()}
    ranking = functional.map_at_k(
        target.float(), target, min(table.map_k, target.shape[1]), ignored
    )
    values["map_at_k"] = 100 * float(ranking)
    return {
        "id": ORACLE,
        "name": f"Oracle: exactly {top_k} labels",
        "below_line": True,
        "status": "computed",
        "failures": [],
        "note": "The best that exactly k labels an image can reach: true labels, then others. "
        "C-P and C-F1 are reached, but not proven to be the highest.",
        "trained": None,
        "cells": {
            column: {
                "ours": {"mean": values[column], "sd": None, "seeds": 1}
                if column in values
                else None,
                "published": None,
                "evidence": None,
            }
            for column in table.columns
        },
        "against_reference": None,
        "protocol": "exactly_k",
        "protocols": {},
        "ranked": {},
        "empty_classes": None,
        "empty_paths": None,
        "average_precision": None,
        "runs": [],
    }


def _distinct(records: Sequence[Record], name: str) -> list[Any]:
    """The different values that the runs have, in the order of their appearance."""
    found: list[Any] = []
    for record in records:
        if record[name] not in found:
            found.append(record[name])
    return found
