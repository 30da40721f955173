"""`real-voc`: a short Table 4 on the real photos that $CNN_RNN_REAL_DATA names.

It is `table4 --data voc2007` with a linear model and CNN-RNN only; photos and weights are found.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.commands import common
from benchmarks.commands.common import Commands

VARIABLE = "CNN_RNN_REAL_DATA"
WEIGHTS = "mobilenet_v2_tfslim_dequant.pth"


def add(commands: Commands) -> None:
    """Adds the command."""
    parser = common.command(
        commands, "real-voc", _real_voc, "CNN-RNN and a linear model on VOC2007 photos"
    )
    parser.add_argument("--data-root", type=Path, default=None, help="the folder with VOCdevkit")
    common.backbone_arguments(parser)
    parser.set_defaults(data="voc2007", train="devtrain", test="devtest", backbone="mobilenet_v2")


def _real_voc(options: argparse.Namespace) -> int:
    from benchmarks import render, report, suite
    from benchmarks.data_sets import DataNotFoundError
    from benchmarks.spec_reading import read_table

    named = os.environ.get(VARIABLE)
    if options.data_root is None:
        if not named:
            raise DataNotFoundError(
                "real photos are needed: name the folder that holds VOCdevkit/VOC2007 with "
                "--data-root (make: DATA_ROOT=DIR), or the folder that holds voc2007 with "
                f"${VARIABLE}"
            )
        options.data_root = Path(named) / "voc2007"
    options.weights = options.weights or str(options.data_root.parent / "weights" / WEIGHTS)
    table = read_table("real_voc")
    source = common.source(options, table)
    plan = suite.make_plan(table, source, range(options.seeds), options.results)
    result = common.run(plan, options)
    built = report.build(result, suite.describe(source, table.rows[0].training.held_out))
    files = render.write(built, options.results)
    return common.finish(result, render.to_text(built), files)
