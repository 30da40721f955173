"""`table1` ... `table4`, and `tables`: every row beside the published cells (section 4)."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.commands import common, rehearsal, wandb
from benchmarks.commands.common import Commands
from benchmarks.data import REHEARSAL

if TYPE_CHECKING:
    from benchmarks.suite import Plan, SuiteResult

TABLES = {
    "table1": "Table 1, NUS-WIDE with 81 concepts",
    "table2": "Table 2, NUS-WIDE with 1,000 tags",
    "table3": "Table 3, MS-COCO",
    "table4": "Table 4, PASCAL VOC 2007",
}


def add(commands: Commands) -> None:
    """Adds the commands."""
    for name, title in TABLES.items():
        words = f"train, decode and measure {title}"
        parser = common.command(commands, name, partial(_table, name), words)
        common.data_arguments(parser, *((REHEARSAL,) if name == "table3" else ()))
        common.backbone_arguments(parser)
        parser.add_argument(
            "--rows", nargs="+", metavar="ROW", default=None, help="only these, by their ids"
        )
        wandb.add_option(parser)
    every = common.command(commands, "tables", _tables, "all four tables, in one queue of runs")
    every.add_argument(
        "--data",
        choices=("auto", "mini"),
        default="auto",
        help="auto: each real set whose folder an environment variable names, otherwise MINI",
    )
    every.set_defaults(data_root=None)
    wandb.add_option(every)


def _table(name: str, options: argparse.Namespace) -> int:
    """Runs a table and writes its files."""
    if options.data == REHEARSAL:
        return rehearsal.run(name, options)
    wandb.check(options)
    plan = _plan(name, options)
    result = common.run(plan, options)
    return _write(result, options)


def _tables(options: argparse.Namespace) -> int:
    """Runs all tables; each is written as soon as its runs are over."""
    wandb.check(options)
    plans = [_plan(name, options) for name in TABLES]
    ended: list[int] = []
    common.run_all(plans, options, lambda result: ended.append(_write(result, options)))
    return max(ended)


def _plan(name: str, options: argparse.Namespace) -> Plan:
    from benchmarks import suite
    from benchmarks.spec_reading import read_table

    table = read_table(name)
    source = common.source(options, table)
    only = getattr(options, "rows", None)
    return suite.make_plan(table, source, range(options.seeds), options.results, only)


def _write(result: SuiteResult, options: argparse.Namespace) -> int:
    from benchmarks import render, report, suite

    plan = result.plan
    held_out = next(row for row in plan.table.rows if row.id in plan.requests).training.held_out
    built = report.build(result, suite.describe(plan.source, held_out))
    files = render.write(built, plan.store.folder)
    status = common.finish(result, render.to_text(built), files)
    wandb.log(options, plan.table.id)
    return status
