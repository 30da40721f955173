"""`study NAME`: label orders, beam width, sizes, cells, rankings, recall by object size."""

from __future__ import annotations

import argparse

from benchmarks.commands import common
from benchmarks.commands.common import Commands


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
    from benchmarks import ablation, study_recall, study_render, suite
    from benchmarks.spec_reading import read_table
    from benchmarks.study_spec import read_study

    spec = ablation.read_ablation()
    table = read_table(spec.table)
    source = common.source(options, table)
    only = (spec.baseline, spec.row)
    plan = suite.make_plan(table, source, range(options.seeds), options.results, only)
    result = common.run(plan, options)
    if not all(result.runs(table.row(row)) for row in only):
        return common.finish(result, "No comparison: a row has no finished run.", [])
    description = suite.describe(source, table.row(spec.row).training.held_out)
    built = study_recall.build_recall(read_study(options.name), spec, result, description)
    files = study_render.write(built, options.results)
    return common.finish(result, study_render.to_text(built), files)
