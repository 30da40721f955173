"""`ablation`: No RNN against CNN-RNN, by object size (section 4.3)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from benchmarks.commands import common
from benchmarks.commands.common import Commands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.ablation import AblationSpec
    from benchmarks.suite import SuiteResult


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(
        commands, "ablation", _ablation, "No RNN against CNN-RNN, by object size"
    )
    common.data_arguments(parser)


def _ablation(options: argparse.Namespace) -> int:
    """Compares two rows of a table, on its own runs."""
    from benchmarks import ablation, render_ablation

    def write(
        spec: AblationSpec, result: SuiteResult, description: str
    ) -> tuple[str, Sequence[Path]]:
        built = ablation.build(spec, result, description)
        return render_ablation.to_text(built), render_ablation.write(built, options.results)

    return compare(options, write)


def compare(
    options: argparse.Namespace,
    write: Callable[[AblationSpec, SuiteResult, str], tuple[str, Sequence[Path]]],
) -> int:
    """Runs what the ablation's two rows lack, and reports on them.

    Args:
        options: of the command.
        write: is given the ablation, its runs and what was read of the data; gives what is to be
            printed, and the files that it wrote.
    """
    from benchmarks import ablation, suite
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
    text, files = write(spec, result, description)
    return common.finish(result, text, files)
