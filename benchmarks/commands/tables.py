"""`table3` and its kin: train, decode and measure a table's rows beside the published cells."""

from __future__ import annotations

import argparse

from benchmarks.commands import common
from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the commands."""
    parser = common.command(commands, "table3", _table3, "train, decode and measure Table 3")
    common.data_arguments(parser)


def _table3(options: argparse.Namespace) -> int:
    """Runs a table and writes its three files."""
    from benchmarks import render, report, suite
    from benchmarks.spec_reading import read_table

    table = read_table("table3")
    source = common.source(options, table)
    plan = suite.make_plan(table, source, range(options.seeds), options.results)
    result = common.run(plan, options)
    description = suite.describe(source, table.rows[0].training.held_out)
    built = report.build(result, description)
    files = render.write(built, options.results)
    return common.finish(result, render.to_text(built), files)
