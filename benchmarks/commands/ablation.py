"""`ablation`: No RNN against CNN-RNN, by object size (section 4.3)."""

from __future__ import annotations

import argparse

from benchmarks.commands import common
from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(
        commands, "ablation", _ablation, "No RNN against CNN-RNN, by object size"
    )
    common.data_arguments(parser)


def _ablation(options: argparse.Namespace) -> int:
    """Compares two rows of a table, on its own runs."""
    from benchmarks import ablation, render_ablation, suite
    from benchmarks.spec_reading import read_table

    spec = ablation.read_ablation()
    table = read_table(spec.table)
    source = common.source(options, table)
    only = (spec.baseline, spec.row)
    plan = suite.make_plan(table, source, range(options.seeds), options.results, only)
    result = common.run(plan, options)
    if not all(result.runs(table.row(row)) for row in only):
        return common.finish(result, "No comparison: a row has no finished run.", [])
    description = suite.describe(source, table.row(spec.row).training.held_out)
    built = ablation.build(spec, result, description)
    files = render_ablation.write(built, options.results)
    return common.finish(result, render_ablation.to_text(built), files)
