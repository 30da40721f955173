import dataclasses
import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning import Trainer

from benchmarks import evaluate
from benchmarks.data import DataSource
from benchmarks.runs import RunRequest, data_identity, execute
from benchmarks.spec import ResolvedRow, TableSpec, Training
from benchmarks.store import ResultStore
from cnn_rnn.metrics.functional import precision_recall_f1


def _request(
    table: TableSpec, source: DataSource, results: Path, row: str, seed: int = 0
) -> RunRequest:
    resolved = table.resolve(table.row(row), source.name)
    return RunRequest(row, resolved, source, data_identity(source), seed, "code", results)


def _ignore(word: str) -> None:
    pass


ROW = ResolvedRow("some.Task", {"lr": 0.1, "cell": "lstm"}, Training(), 3, 10)
SOURCE = DataSource("mini", "MINI", "some.Data", {"root": "/a"}, {"name": "vgg16"})
DATA = {"fingerprint": "f", "backbone": "b", "transform": "t"}
REQUEST = RunRequest("row seed 0", ROW, SOURCE, DATA, 0, "code", Path("results"))


@pytest.mark.parametrize(
    "change",
    [
        {"row": dataclasses.replace(ROW, task="other.Task")},
        {"row": dataclasses.replace(ROW, arguments={"lr": 0.2, "cell": "lstm"})},
        {"row": dataclasses.replace(ROW, arguments={"lr": 0.1})},
        {"row": dataclasses.replace(ROW, training=Training(max_epochs=31))},
        {"row": dataclasses.replace(ROW, training=Training(gradient_clip=None))},
        {"row": dataclasses.replace(ROW, top_k=4)},
        {"row": dataclasses.replace(ROW, map_k=11)},
        {"row": dataclasses.replace(ROW, inputs="regions")},
        {"row": dataclasses.replace(ROW, decide="fitted_threshold")},
        {"row": dataclasses.replace(ROW, training=Training(augment=True))},
        {"data": {**DATA, "fingerprint": "g"}},
        {"data": {**DATA, "backbone": "c"}},
        {"data": {**DATA, "transform": "u"}},
        {"seed": 1},
        {"code": "other code"},
        {"stage": "held_out"},
    ],
)
def test_the_key_changes_with_each_ingredient(change: dict[str, Any]) -> None:
    assert dataclasses.replace(REQUEST, **change).key != REQUEST.key


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another name"},
        {"results": Path("elsewhere")},
        {"source": dataclasses.replace(SOURCE, arguments={"root": "/b"}, num_workers=7)},
        {"row": dataclasses.replace(ROW, arguments={"cell": "lstm", "lr": 0.1})},
    ],
)
def test_the_key_changes_with_nothing_else(change: dict[str, Any]) -> None:
    assert dataclasses.replace(REQUEST, **change).key == REQUEST.key


def test_the_key_is_the_same_on_every_machine() -> None:
    assert REQUEST.key == "86efd886354ef555a8e62bb55b69b9c9"


@pytest.mark.parametrize("row", ["bce", "cnn_rnn"])
def test_a_run_leaves_numbers_that_its_arrays_give_again(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path, row: str
) -> None:
    request = _request(tiny_table, tiny_source, tmp_path, row)
    outcome = execute(request, _ignore)
    assert outcome.error is None
    store = ResultStore(tmp_path)
    record, arrays = store.read(request.key), store.read_arrays(request.key)
    decided = record["measured"]["test"]["decided"][record["protocol"]]
    tensors = [torch.from_numpy(part) for part in (arrays.decisions, arrays.target, arrays.ignored)]
    for name, value in precision_recall_f1(*tensors).items():
        assert decided[name] == pytest.approx(float(value))
    path = torch.from_numpy(arrays.best_path).long() if row == "cnn_rnn" else None
    again = evaluate.table_decisions(torch.from_numpy(arrays.scores), path, 2)
    assert torch.equal(again, tensors[0])
    assert arrays.label_names.tolist() == ["red", "green", "blue", "rare"]
    assert arrays.image_id.tolist() == [str(2000 + index) for index in range(16)]
    assert (record["threshold"] is None) == (row == "cnn_rnn")
    assert record["training"]["epochs"] == 1
    assert record["seed"] == 0
    assert record["versions"]["torch"]
    assert len(record["history"]) == 1
    assert record["history"][0].keys() == {"epoch", "train_loss", "val_loss", "lr"}
    checkpoint = torch.load(store.weights_file(request.key), weights_only=True)
    assert checkpoint["label_names"] == ["red", "green", "blue", "rare"]
    assert checkpoint["state_dict"]
    assert "optimizer_states" not in checkpoint


def test_a_fitted_threshold_decides_where_the_row_says_so(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    request = _request(tiny_table, tiny_source, tmp_path, "bce")
    fitted = dataclasses.replace(
        request, row=dataclasses.replace(request.row, decide="fitted_threshold")
    )
    assert fitted.key != request.key
    assert execute(fitted, _ignore).error is None
    store = ResultStore(tmp_path)
    record, arrays = store.read(fitted.key), store.read_arrays(fitted.key)
    assert record["protocol"] == "at_most_k"
    expected = torch.from_numpy(arrays.scores) > record["threshold"]
    assert not torch.from_numpy(arrays.decisions)[~expected].any()
    assert arrays.decisions.sum(axis=1).max() <= 2


def test_a_path_model_has_no_threshold_to_decide_with(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    request = _request(tiny_table, tiny_source, tmp_path, "cnn_rnn")
    row = dataclasses.replace(request.row, decide="fitted_threshold")
    outcome = execute(dataclasses.replace(request, row=row), _ignore)
    assert outcome.error is not None
    assert "rows without paths" in outcome.error


def test_a_run_is_the_same_when_it_is_made_again_and_another_for_another_seed(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    scores = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        request = _request(tiny_table, tiny_source, tmp_path / folder, "cnn_rnn", seed)
        execute(request, _ignore)
        scores.append(ResultStore(tmp_path / folder).read_arrays(request.key).scores)
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])


def test_a_run_that_breaks_is_kept_apart_with_its_traceback(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    request = _request(tiny_table, tiny_source, tmp_path, "cnn_rnn")
    broken = dataclasses.replace(request, row=request.row.with_arguments({"dropout": 2.0}))
    outcome = execute(broken, _ignore)
    assert outcome.error is not None
    assert outcome.error.startswith("ValueError: ")
    store = ResultStore(tmp_path)
    assert not store.has(broken.key)
    failure = json.loads(store.failure_file(broken.key).read_text())
    assert "Traceback" in failure["traceback"]
    assert failure["row"]["arguments"]["dropout"] == 2.0


def test_a_run_on_held_out_images_measures_nothing_else(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    request = dataclasses.replace(
        _request(tiny_table, tiny_source, tmp_path, "bce"), stage="held_out"
    )
    assert execute(request, _ignore).error is None
    store = ResultStore(tmp_path)
    assert set(store.read(request.key)["measured"]) == {"held_out"}
    held_out = store.read_arrays(request.key).image_id.tolist()
    assert len(held_out) == 12
    assert all(1000 <= int(name) < 1048 for name in held_out)


def test_a_run_frees_what_the_one_before_it_left(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    requests = [_request(tiny_table, tiny_source, tmp_path, "bce", seed) for seed in range(3)]
    gc.collect()
    gc.disable()  # Python looks when it likes, so that the test would not say anything
    try:
        for request in requests:
            assert execute(request, _ignore).error is None
        left = sum(type(one) is Trainer for one in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 1
