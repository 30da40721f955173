"""A run: one row, one data set, one seed. Its key is known before anything is built."""

from __future__ import annotations

import gc
import hashlib
import json
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.data import DataSource
from benchmarks.spec import Inputs, ResolvedRow, SpecError
from benchmarks.store import Arrays, ResultStore
from benchmarks.workers import Tell

Stage = Literal["test", "held_out"]


@dataclass(frozen=True)
class RunRequest:
    """What to run; picklable.

    Attributes:
        name: for people; no part of the key.
        row: what is trained and how.
        source: the data; only what it holds, not where, is part of the key.
        data: `data_identity` of the source.
        seed: of the initial weights, the order of the batches and the held-out part.
        code: `provenance.code_version`.
        results: folder of the results.
        stage: `test` measures on the test part, `held_out` never opens it.
    """

    name: str
    row: ResolvedRow
    source: DataSource
    data: Mapping[str, str]
    seed: int
    code: str
    results: Path
    stage: Stage = "test"

    @property
    def key(self) -> str:
        """32 hexadecimal digits that change with each ingredient and with nothing else."""
        ingredients = {
            "row": self.row.to_dict(),
            "data": dict(self.data),
            "seed": self.seed,
            "code": self.code,
            "stage": self.stage,
        }
        text = json.dumps(ingredients, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class RunOutcome:
    """What came of a run.

    Attributes:
        key: of the run.
        seconds: it took.
        error: one line; None: it is finished and in the store.
        summary: the table's C-F1 and O-F1, or mAP, for people.
    """

    key: str
    seconds: float
    error: str | None
    summary: str


def data_identity(source: DataSource, inputs: Inputs = "image") -> dict[str, str]:
    """What a run sees of its data: labels and images, backbone, transform.

    Args:
        source: the data.
        inputs: what the backbone's features are of.
    Raises:
        DataError: the data is missing or malformed.
    """
    from benchmarks.run_data import encoder, opened

    images = opened(source)
    return {
        "fingerprint": images.fingerprint,
        "backbone": encoder(images, source, inputs).identity(),
        "transform": images.transform_id,
    }


def execute(request: RunRequest, tell: Tell) -> RunOutcome:
    """Trains, asks, measures, and writes the run, or what went wrong, into the store."""
    # A trainer and its task refer to each other: without this the weights, optimizers and mapped
    # features of all earlier runs of this process would stay until Python happens to look.
    gc.collect()
    started, worked = time.monotonic(), time.process_time()
    store = ResultStore(request.results)
    try:
        record, arrays, weights = _run(request, lambda word: tell(f"{request.name}, {word}"))
    except Exception as error:  # whatever it is, it is kept, and the other runs go on
        line = f"{type(error).__name__}: {error}".splitlines()[0]
        failure = {**_head(request), "error": line, "traceback": traceback.format_exc()}
        store.write_failure(request.key, failure)
        return RunOutcome(request.key, time.monotonic() - started, line, "")
    record["seconds"]["total"] = round(time.monotonic() - started, 2)
    record["seconds"]["processor"] = round(time.process_time() - worked, 2)
    store.write(request.key, record, arrays, weights)
    return RunOutcome(request.key, time.monotonic() - started, None, _summary(record))


def _head(request: RunRequest) -> dict[str, Any]:
    from benchmarks import provenance

    return {
        "name": request.name,
        "row": request.row.to_dict(),
        "data": {"name": request.source.name, **request.data},
        "seed": request.seed,
        "code": request.code,
        "stage": request.stage,
        "date": provenance.now(),
        "commit": provenance.commit(),
        "versions": provenance.versions(),
        "machine": provenance.machine(),
    }


def _run(request: RunRequest, tell: Tell) -> tuple[dict[str, Any], Arrays, bytes | None]:
    import numpy as np
    import torch

    from benchmarks import answers, evaluate, run_data, training

    torch.set_num_threads(1)  # results must not depend on how many workers share the cores
    row = request.row
    datamodule = run_data.open_for(row, request.source, request.seed)
    began = time.monotonic()
    # The ReLU-gated cell's gradients and their squares underflow; subnormals cost it three quarters
    # of its time and change no digit of a result.
    torch.set_flush_denormal(True)
    try:
        trained = training.train(row, request.source, datamodule, request.seed, tell)
    finally:
        torch.set_flush_denormal(False)
    train_seconds = time.monotonic() - began
    tell("decoding")
    began = time.monotonic()
    held_out = answers.ask(trained.model, datamodule, "val")
    threshold = None
    if held_out.best_path is None:
        threshold = evaluate.fit_threshold(
            held_out.scores, held_out.target, held_out.ignored, row.top_k
        )
    elif row.decide == "fitted_threshold":
        raise SpecError(f"{row.task}: decide: fitted_threshold is for rows without paths")
    parts = {"held_out": held_out}
    if request.stage == "test":
        parts["test"] = answers.ask(trained.model, datamodule, "test")
    measured = {
        part: evaluate.measure(
            said.scores,
            said.best_path,
            said.target,
            said.ignored,
            top_k=row.top_k,
            map_k=row.map_k,
            threshold=threshold,
        )
        for part, said in parts.items()
    }
    said = parts[request.stage]
    deciding = threshold if row.decide == "fitted_threshold" else None
    decisions = evaluate.table_decisions(said.scores, said.best_path, row.top_k, deciding)
    empty_path = torch.zeros(len(said.image_ids), 0)
    path = empty_path if said.best_path is None else said.best_path
    record = {
        **_head(request),
        "protocol": evaluate.table_protocol(said.best_path, deciding),
        "training": {
            "epochs": trained.epochs,
            "best_epoch": trained.best_epoch,
            "best_loss": trained.best_loss,
            "parameters": trained.parameters,
        },
        "history": list(trained.history),
        "threshold": threshold,
        "measured": measured,
        "seconds": {
            "train": round(train_seconds, 2),
            "decode": round(time.monotonic() - began, 2),
        },
    }
    arrays = Arrays(
        image_id=np.array(said.image_ids, dtype=np.str_),
        label_names=np.array(datamodule.label_names, dtype=np.str_),
        scores=said.scores.numpy(),
        decisions=decisions.numpy(),
        target=said.target.numpy(),
        ignored=said.ignored.numpy(),
        best_path=path.numpy().astype(np.int16),
    )
    return record, arrays, trained.weights


def _summary(record: dict[str, Any]) -> str:
    measured = record["measured"][record["stage"]]
    decided = measured["decided"][record["protocol"]]
    values = {"C-F1": decided["c_f1"], "O-F1": decided["o_f1"], "mAP": measured["ranked"]["map"]}
    return ", ".join(f"{name} {100 * v:.1f}" for name, v in values.items() if v is not None)
