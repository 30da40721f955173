"""`real-voc`: CNN-RNN and a linear model on real VOC2007 photos."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.commands import common
from benchmarks.commands.common import Commands


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(
        commands, "real-voc", _real_voc, "CNN-RNN and a linear model on VOC2007 photos"
    )
    parser.add_argument("--data-root", type=Path, default=None, help="the folder with VOCdevkit")
    parser.add_argument("--train", default="devtrain", help="split to train on")
    parser.add_argument("--test", default="devtest", help="split to test on")
    parser.add_argument("--weights", type=Path, default=None, help="MobileNetV2 from TensorFlow")


def _real_voc(options: argparse.Namespace) -> int:
    from benchmarks import data, render, report, suite
    from benchmarks.spec_reading import read_table

    table = read_table("real_voc")
    source = data.find_voc2007_photos(
        options.data_root, options.train, options.test, options.weights
    )
    plan = suite.make_plan(table, source, range(options.seeds), options.results)
    result = common.run(plan, options)
    built = report.build(result, suite.describe(source, table.rows[0].training.held_out))
    files = render.write(built, options.results)
    return common.finish(result, render.to_text(built), files)
