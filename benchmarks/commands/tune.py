"""`tune`: search the rows' settings on held-out training data."""

from __future__ import annotations

import argparse

from benchmarks.commands import common
from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(
        commands, "tune", _tune, "search the rows' settings on held-out training data"
    )
    parser.add_argument("--table", default="table3", help="name of a table, or its YAML file")
    common.data_arguments(parser)
    common.backbone_arguments(parser)


def _tune(options: argparse.Namespace) -> int:
    """Searches and writes what was chosen into the table's YAML."""
    from benchmarks import suite, tune
    from benchmarks.spec_reading import read_table

    table = read_table(options.table)
    source = common.source(options, table)
    trials = tune.make_trials(table, source, range(options.seeds), options.results)
    requests = [request for trial in trials for request in trial.requests]
    suite.prepare_features(requests[0].source, "held_out", suite.inputs_of(requests))
    launch = common.launcher(options, len(requests))
    with common.Bar(f"tune {table.id}", len(requests)) as bar:
        bar.skip(len(requests) - len(tune.missing(trials)))
        tune.run(trials, launch, bar)
    found = tune.summarise(table, trials)
    for row, result in found["rows"].items():
        values = ", ".join(f"{name} {value}" for name, value in result["chosen"].items())
        print(f"{row}: {values} ({found['criterion']} {result['best']:.1f})")
    print("Written: " + ", ".join(map(str, tune.save(table, found))))
    return 0
