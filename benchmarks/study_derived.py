"""Results that need no training: networks decoded anew, and ensembles of networks.

Both become runs of the store, under keys of their own that follow from the runs they are made of:
what is there is not made again.

An ensemble's score of a label is the mean over its networks of exp(score), back to a logarithm:
with `prefix_mass`, the mean probability that the label is on the path. It gives the labels that
stand on the best path of at least half of its networks (the voting of ensembles of classifier
chains, Read et al. 2009), ordered by that score; cut at k as a path is.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks import evaluate, provenance
from benchmarks.runs import RunRequest
from benchmarks.store import Arrays, ResultError, ResultStore
from cnn_rnn.label_space import paths_to_targets


@dataclass(frozen=True)
class DerivedRequest:
    """What is to be made of finished runs.

    Attributes:
        name: for people; no part of the key.
        parents: the runs, of one seed or of several.
        decode: arguments of the task that decoding sees, for one parent; empty: an ensemble.
        seed: that stands beside the result.
    """

    name: str
    parents: tuple[RunRequest, ...]
    decode: Mapping[str, Any]
    seed: int

    @property
    def key(self) -> str:
        """32 hexadecimal digits."""
        ingredients = {
            "parents": [parent.key for parent in self.parents],
            "decode": dict(self.decode),
            "code": [self.parents[0].code, _own_code()],
        }
        text = json.dumps(ingredients, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def make(request: DerivedRequest, store: ResultStore) -> dict[str, Any]:
    """The record of a derived result, made if it is not there; its parents are finished.

    Raises:
        ResultError: a parent has no checkpoint to decode.
    """
    if store.has(request.key):
        return store.read(request.key)
    began = time.monotonic()
    parents = [store.read_arrays(parent.key) for parent in request.parents]
    first, row = parents[0], request.parents[0].row
    if request.decode:
        scores, best_path = _decoded_anew(request, store)
    else:
        scores, best_path = combined(
            [torch.from_numpy(parent.scores) for parent in parents],
            [torch.from_numpy(parent.best_path).long() for parent in parents],
        )
    target, ignored = torch.from_numpy(first.target), torch.from_numpy(first.ignored)
    measured = evaluate.measure(
        scores, best_path, target, ignored, top_k=row.top_k, map_k=row.map_k
    )
    decisions = evaluate.table_decisions(scores, best_path, row.top_k)
    record = {
        "name": request.name,
        "derived": {"parents": [p.key for p in request.parents], "decode": dict(request.decode)},
        "data": {"name": request.parents[0].source.name, **request.parents[0].data},
        "seed": request.seed,
        "code": request.parents[0].code,
        "stage": "test",
        "date": provenance.now(),
        "commit": provenance.commit(),
        "versions": provenance.versions(),
        "machine": provenance.machine(),
        "protocol": evaluate.table_protocol(best_path),
        "measured": {"test": measured},
        "seconds": {"total": round(time.monotonic() - began, 2)},
    }
    arrays = Arrays(
        image_id=first.image_id,
        label_names=first.label_names,
        scores=scores.numpy(),
        decisions=decisions.numpy(),
        target=first.target,
        ignored=first.ignored,
        best_path=best_path.numpy().astype(np.int16),
    )
    store.write(request.key, record, arrays)
    return store.read(request.key)


def combined(scores: Sequence[Tensor], best_paths: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """The scores and the labels of an ensemble, as the module's text says.

    Args:
        scores: of each network, (B, K) natural logarithms.
        best_paths: of each network, (B, T) int64, padded with -1; T may differ.
    Returns:
        (B, K) float32, and (B, T) int64, padded with -1: the labels voted for, best score first,
        equal ones by lower id.
    """
    num_labels = scores[0].shape[1]
    stacked = torch.stack(list(scores)).double()
    mean = (stacked.logsumexp(dim=0) - float(np.log(len(scores)))).float()
    votes = sum(paths_to_targets(path, num_labels).long() for path in best_paths)
    given = torch.as_tensor(votes) * 2 >= len(best_paths)
    lengths = given.sum(dim=1, keepdim=True)
    ranking = mean.argsort(dim=1, descending=True, stable=True)
    # Those that are given first; stable, so that they stay in the order of their scores.
    front = (~given.gather(1, ranking)).long().argsort(dim=1, stable=True)
    ranking = ranking.gather(1, front)
    longest = int(lengths.max()) if len(lengths) else 0
    steps = torch.arange(longest)
    return mean, torch.where(steps < lengths, ranking[:, :longest], -1)


def _decoded_anew(request: DerivedRequest, store: ResultStore) -> tuple[Tensor, Tensor]:
    """Scores and best paths of a trained network, searched otherwise."""
    from benchmarks import answers, run_data
    from benchmarks.training import task_class

    (parent,) = request.parents
    file = store.weights_file(parent.key)
    if not file.exists():
        raise ResultError(
            f"{file} is missing, which decoding needs: delete {store.run_file(parent.key)}, and "
            "the run is made again with its weights"
        )
    found: Any = task_class(parent.row.task, request.decode)
    task = found.load_from_checkpoint(
        file, map_location="cpu", weights_only=True, **dict(request.decode)
    )
    datamodule = run_data.open_for(parent.row, parent.source, parent.seed)
    said = answers.ask(task.eval(), datamodule, "test")
    if said.best_path is None:
        raise ResultError(f"row {parent.name} has no paths to decode")
    return said.scores, said.best_path


@cache
def _own_code() -> str:
    """Changes with this module; what it calls is in the runs' own code version."""
    file = Path(__file__)
    return provenance.sources_hash([(file.parent, file)])
