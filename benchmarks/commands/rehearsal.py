"""`table3 --data coco-labels`: the table at COCO's size on drawn features, for time and memory."""

from __future__ import annotations

import argparse
import time

from benchmarks.commands import common

EPOCHS = 2  # trained of each row: the second shows what an epoch costs without the first's set-up


def run(name: str, options: argparse.Namespace) -> int:
    """Rehearses a table and writes what it cost."""
    from benchmarks import memory, rehearsal, suite
    from benchmarks.spec_reading import read_table

    table = read_table(name)
    source = rehearsal.source(options.data_root)
    print(rehearsal.TITLE)
    stages: list[tuple[str, float]] = []
    began = time.monotonic()

    def ended(stage: str) -> None:
        nonlocal began
        stages.append((stage, time.monotonic() - began))
        began = time.monotonic()

    with memory.PeakMemory() as watched:
        short = rehearsal.shortened(table, EPOCHS)
        plan = suite.make_plan(
            short, source, range(options.seeds), options.results, getattr(options, "rows", None)
        )
        ended("reading label lists, drawing pictures")
        suite.prepare_features(source)
        ended("features, once for all runs")
        result = common.run(plan, options)
        ended(f"{len(plan.all_requests)} runs, side by side")
        description = suite.describe(source, short.rows[0].training.held_out)
    built = rehearsal.build(
        table, result, description, stages, watched.peak_bytes if watched.known else None
    )
    return common.finish(
        result, rehearsal.to_markdown(built), rehearsal.write(built, options.results)
    )
