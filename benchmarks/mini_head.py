"""Trains the packaged CNN-RNN of drawn scenes: `python -m benchmarks.mini_head`.

It is row `cnn_rnn` of Table 3 on MINI with one seed, as `make table3` trains it, on the packaged
mini VGG16; `CNNRNN.load("mini")` reads it. Its weights are kept in half precision.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import platform
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from benchmarks import answers, data_sets, evaluate, run_data, runs, suite
from benchmarks.spec_reading import read_table
from benchmarks.store import ResultStore
from cnn_rnn.checkpoint_file import load_checkpoint, packaged_checkpoint, read_checkpoint

logger = logging.getLogger("benchmarks.mini_head")

TABLE, ROW, DATA = "table3", "cnn_rnn", "coco"
# What a checkpoint says beside its weights, as `cnn_rnn.checkpoint_file` reads it.
_KEPT = ("task", "label_names", "hyper_parameters", "preprocessing")


class HeadError(RuntimeError):
    """The run that makes the head failed."""

    is_user_error = True


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the CNN-RNN that comes with the package and write it with a record of itself."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mini_head", description=main.__doc__, allow_abbrev=False
    )
    parser.add_argument(
        "--out", type=Path, default=packaged_checkpoint(), help="the .safetensors file"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with tempfile.TemporaryDirectory(prefix="cnn-rnn-") as folder:
        request = plan(options.seed, Path(folder))
        outcome = runs.execute(request, logger.info)
        if outcome.error is not None:
            raise HeadError(outcome.error)
        store = ResultStore(request.results)
        pack(store.weights_file(request.key), options.out)
    record = describe(options.out, request)
    options.out.with_suffix(".json").write_text(
        json.dumps(record, indent=2) + "\n", encoding="utf-8"
    )
    logger.info("MINI test images: %s; wrote %s", record["test"], options.out)


def plan(seed: int, results: Path) -> runs.RunRequest:
    """The run of the table that makes the head."""
    source = data_sets.choose(DATA, data_sets.DataOptions(choice="mini"))
    planned = suite.make_plan(read_table(TABLE), source, [seed], results, [ROW])
    return planned.requests[ROW][0]


def pack(checkpoint: Path, out: Path) -> None:
    """Writes a Lightning checkpoint as safetensors: floating-point weights as float16."""
    content = read_checkpoint(checkpoint)
    weights = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in content["state_dict"].items()
    }
    said = json.dumps({key: content[key] for key in _KEPT}, sort_keys=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, out, {"checkpoint": said})
    out.chmod(0o644)  # others may read what is installed; safetensors writes for its owner only


def describe(out: Path, request: runs.RunRequest) -> dict[str, Any]:
    """How the written file came about, and what it does on the test images, read back."""
    datamodule = run_data.open_for(request.row, request.source, request.seed)
    task = load_checkpoint(out).task
    with torch.inference_mode():
        said = answers.ask(task, datamodule, "test")
    measured = evaluate.measure(
        said.scores,
        said.best_path,
        said.target,
        said.ignored,
        top_k=request.row.top_k,
        map_k=request.row.map_k,
    )
    decided = measured["decided"]["first_k"]
    return {
        "command": "python -m benchmarks.mini_head",
        "table": TABLE,
        "row": request.row.to_dict(),
        "data": {"name": request.source.name, **request.data},
        "seed": request.seed,
        "test": {
            "c_f1": round(decided["c_f1"], 4),
            "o_f1": round(decided["o_f1"], 4),
            "map": round(measured["ranked"]["map"], 4),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("torch", "torchvision", "pillow")},
        },
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    main()
