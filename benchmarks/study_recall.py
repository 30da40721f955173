"""Recall by object size with and without recurrence, as a study: the ablation's result, retold."""

from __future__ import annotations

from typing import Any

from benchmarks.ablation import AblationSpec, build
from benchmarks.metric_names import HEADINGS
from benchmarks.render_ablation import RECALL
from benchmarks.study import FORMAT
from benchmarks.study_spec import StudySpec
from benchmarks.suite import SuiteResult

OVERALL = ("first_k/c_r", "first_k/o_r", "first_k/c_p", "first_k/o_p")
X_LABEL = "size of the object"


def build_recall(
    study: StudySpec, spec: AblationSpec, result: SuiteResult, description: str
) -> dict[str, Any]:
    """The report of the study, in the form that all studies have.

    Args:
        study: of the kind `recall`.
        spec: of the ablation; each of its rows has a finished run at least.
        result: of the table's runs.
        description: what was read of the data.
    """
    told = build(spec, result, description)
    metrics = [name for name in told["metrics"] if name in OVERALL or name.startswith(RECALL)]
    rows = []
    for role in ("baseline", "row"):
        compared = told["compared"][role]
        rows.append(
            {
                "id": compared["id"],
                "name": compared["name"],
                "at": {},
                "how": f"the row of {spec.table}",
                "note": None,
                "failures": compared["failures"],
                "protocol": "first_k",
                "cells": {name: told["metrics"][name][role] for name in metrics},
                "empty_paths": None,
                "against_reference": {
                    name: _difference(told["metrics"][name]["difference"]) for name in metrics
                }
                if role == "row"
                else None,
                "history": [],
                "runs": [{"key": key} for key in compared["runs"]],
            }
        )
    kept = {name: told[name] for name in told if name not in ("metrics", "compared", "sizes")}
    return {
        **kept,
        "format": FORMAT,
        "study": study.id,
        "title": study.title,
        "kind": study.kind,
        "x_label": X_LABEL,
        "metrics": metrics,
        "headings": {name: _heading(name) for name in metrics},
        "plotted": [name for name in metrics if name.startswith(RECALL)],
        "curves": [],
        "reference": spec.baseline,
        "comparison": {"level": told["level"], "resamples": told["resamples"]},
        "sizes": told["sizes"],
        "rows": rows,
        "caption": study.caption,
    }


def _heading(name: str) -> str:
    if name.startswith(RECALL):
        return f"recall, {name.removeprefix(RECALL)}"
    return HEADINGS[name.rpartition("/")[2]]


def _difference(found: dict[str, Any]) -> dict[str, Any]:
    verdict = "no difference shown"
    if found["shown"]:
        verdict = "higher" if found["mean"] > 0 else "lower"
    return {
        "difference": found["mean"],
        "low": found["low"],
        "high": found["high"],
        "verdict": verdict,
    }
