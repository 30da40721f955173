"""`verify`: re-runs, and says which cells are not what they were."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.commands import common
from benchmarks.commands.common import Commands
from benchmarks.commands.tables import TABLES

if TYPE_CHECKING:
    from benchmarks.suite import SuiteResult


def add(commands: Commands) -> None:
    """Adds the command."""
    words = "re-run and compare with the expected cells of MINI"
    parser = common.command(commands, "verify", _verify, words)
    parser.add_argument(
        "--full",
        action="store_true",
        help="run the four tables on MINI too, as far as --results does not have them",
    )
    parser.add_argument(
        "--write", action="store_true", help="make the expected files from what was found"
    )


def _verify(options: argparse.Namespace) -> int:
    """Runs the small setting, and compares it and the tables in --results with what is expected.

    Returns:
        0; 1 if a cell moved further than its tolerance allows, or a run failed.
    """
    from benchmarks import provenance, verify

    failures = _run_tables(options) if options.full else 0
    print("The small setting, run anew:")
    with tempfile.TemporaryDirectory(prefix="cnn-rnn-verify-") as folder:
        reports = {verify.SMALL: verify.run_small(Path(folder), Path(folder) / "home")}
    for name in TABLES:
        file = options.results / f"{name}.json"
        found = _report(file)
        if found is None:
            print(f"{name}: not in {options.results}: `make {name}` or `verify --full` makes it")
        elif not found["is_mini"]:
            print(f"{name}: not compared: it is on {found['data']['title']}")
        elif found["provenance"]["code"] != provenance.code_version():
            print(
                f"{name}: not compared: other sources made {file}: `make {name}` or "
                "`verify --full` makes it anew"
            )
        else:
            reports[name] = found
    if options.write:
        files = [verify.write_expected(name, report) for name, report in reports.items()]
        print("Written: " + ", ".join(map(str, files)))
        return failures
    beyond = sum([_told(verify.compare(name, report)) for name, report in reports.items()])
    return 1 if beyond else failures


def _told(compared: Any) -> int:
    """Says what moved; how many cells moved too far."""
    if not compared.moved:
        print(f"{compared.name}: all {compared.cells} cells identical")
    else:
        print(
            f"{compared.name}: {len(compared.moved)} of {compared.cells} cells moved, "
            f"{len(compared.beyond)} further than the tolerance"
        )
    for cell in compared.moved:
        print(f"  {'within' if cell.is_within else 'BEYOND'}  {cell}")
    return len(compared.beyond)


def _run_tables(options: argparse.Namespace) -> int:
    """Makes the four tables on MINI; the exit status."""
    from benchmarks import data_sets, render, report, suite
    from benchmarks.spec_reading import read_table

    plans = []
    for name in TABLES:
        table = read_table(name)
        source = data_sets.choose(table.data, data_sets.DataOptions("mini"))
        plans.append(suite.make_plan(table, source, range(options.seeds), options.results))
    ended: list[int] = []

    def write(result: SuiteResult) -> None:
        held_out = next(row for row in result.plan.table.rows if row.task).training.held_out
        built = report.build(result, suite.describe(result.plan.source, held_out))
        files = render.write(built, options.results)
        ended.append(common.finish(result, f"{built['title']}: run", files))

    common.run_all(plans, options, write)
    return max(ended)


def _report(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
