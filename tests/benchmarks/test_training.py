from typing import Any

import pytest
import torch

from benchmarks import training
from benchmarks.data import DataSource
from benchmarks.spec import ResolvedRow, SpecError, TableSpec, Training


@pytest.mark.parametrize(
    ("class_path", "arguments", "message"),
    [
        ("cnn_rnn.tasks.NoTask", {}, "cnn_rnn.tasks.NoTask: "),
        ("no_such_package.Task", {}, "No module named 'no_such_package'"),
        ("NoDots", {}, "task NoDots: "),
        ("cnn_rnn.backbones.BackboneSpec", {}, "expected a MultiLabelTask"),
        ("cnn_rnn.tasks.BaselineTask", {"cell": "lstm"}, "takes no 'cell'; known: fine_tune, loss"),
        ("cnn_rnn.tasks.BaselineTask", {"backbone": "vgg16"}, "takes no 'backbone'"),
    ],
)
def test_a_task_that_is_not_there_or_takes_no_such_argument_is_said_before_training(
    class_path: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        training.task_class(class_path, arguments)


def test_the_held_out_part_follows_the_seed_and_never_meets_the_rest(
    tiny_source: DataSource,
) -> None:
    parts = []
    for seed in (0, 0, 1):
        features = training.open_features(tiny_source, Training(held_out=0.25), seed)
        held_out = features.datamodule.split_indices("val")[1].tolist()
        rest = features.datamodule.split_indices("train")[1].tolist()
        assert sorted(held_out + rest) == list(range(48))
        assert len(held_out) == 12
        parts.append(held_out)
    assert parts[0] == parts[1]
    assert parts[0] != parts[2]


def test_the_weights_of_the_best_epoch_are_taken_back(
    tiny_table: TableSpec, tiny_source: DataSource
) -> None:
    # With such a rate the loss soon rises: the last epoch is not the best.
    row = ResolvedRow(
        "cnn_rnn.tasks.BaselineTask",
        {"lr": 3.0, "momentum": 0.0, "warmup_steps": 0, "dropout": 0.0},
        Training(max_epochs=8, patience=2, batch_size=16, held_out=0.25),
        2,
        10,
    )
    features = training.open_features(tiny_source, row.training, 0)
    told: list[str] = []
    trained = training.train(row, tiny_source, features, 0, told.append)
    assert told == [f"epoch {epoch + 1}" for epoch in range(trained.epochs)]
    assert trained.epochs == min(8, trained.best_epoch + 1 + 2)
    said = training.ask(trained.task, features, "val")
    loss = torch.nn.functional.binary_cross_entropy_with_logits(said.scores, said.target.float())
    assert float(loss) == pytest.approx(trained.best_loss, rel=1e-4)
    assert not trained.task.training


def test_answers_keep_the_order_of_the_data(tiny_table: TableSpec, tiny_source: DataSource) -> None:
    row = tiny_table.resolve(tiny_table.row("cnn_rnn"), tiny_source.name)
    features = training.open_features(tiny_source, row.training, 0)
    trained = training.train(row, tiny_source, features, 0, lambda _: None)
    said = training.ask(trained.task, features, "test")
    images = features.datamodule.dataset("val2014")
    assert said.image_ids == images.image_ids
    assert torch.equal(said.target, images.targets)
    assert said.best_path is not None
    alone = trained.task.predict(torch.from_numpy(features.features("val2014")[5:6].copy()))
    torch.testing.assert_close(said.scores[5:6], alone.scores)
