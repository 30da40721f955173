"""`study NAME`: label orders, beam width, sizes, cells, rankings, recall by object size."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.commands import ablation, common
from benchmarks.commands.common import Commands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.ablation import AblationSpec
    from benchmarks.suite import SuiteResult


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(commands, "study", _study, "one thing of CNN-RNN varied, with a plot")
    parser.add_argument("name", help="orders, beam, sizes, cells, scoring, recall, or a YAML file")
    common.data_arguments(parser)


def _study(options: argparse.Namespace) -> int:
    """Runs a study and writes its five files."""
    from benchmarks import study, study_render, suite
    from benchmarks.spec_reading import read_table
    from benchmarks.study_spec import read_study

    spec = read_study(options.name)
    table = read_table(spec.table)
    source = common.source(options, table)
    if spec.kind == "recall":
        return _recall(options)
    plan = study.plan_study(spec, source, range(options.seeds), options.results)
    result = common.run(plan.runs, options)
    records = study.finish(plan, result, lambda name: print(f"made from runs: {name}"))
    if not records[spec.reference]:
        return common.finish(result, "No study: its reference row has no finished run.", [])
    description = suite.describe(source, plan.runs.table.rows[0].training.held_out)
    built = study.build(plan, result, records, description)
    files = study_render.write(built, options.results)
    return common.finish(result, study_render.to_text(built), files)


def _recall(options: argparse.Namespace) -> int:
    """The ablation's runs, by object size."""
    from benchmarks import study_recall, study_render
    from benchmarks.study_spec import read_study

    def write(
        spec: AblationSpec, result: SuiteResult, description: str
    ) -> tuple[str, Sequence[Path]]:
        study = read_study(options.name)
        built = study_recall.build_recall(study, spec, result, description)
        return study_render.to_text(built), study_render.write(built, options.results)

    return ablation.compare(options, write)
