import io
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks import answers, run_data, training
from benchmarks.data import DataSource
from benchmarks.spec import ResolvedRow, SpecError, TableSpec, Training
from cnn_rnn.baselines import FeatureEstimator
from cnn_rnn.tasks import CNNRNNTask, MultiLabelTask


class Counts(FeatureEstimator):
    """Scores that are the labels' counts to some power, plus the seed."""

    def __init__(self, power: int = 1) -> None:
        self.power = power

    def fit(self, features: Tensor, target: Tensor, ignored: Tensor, *, seed: int) -> None:
        assert len(features) == len(target) == len(ignored)
        self.said = target.sum(dim=0).float() ** self.power + seed

    def scores(self, features: Tensor) -> Tensor:
        return self.said.expand(len(features), -1).clone()


@pytest.mark.parametrize(
    ("class_path", "arguments", "message"),
    [
        ("cnn_rnn.tasks.NoTask", {}, "cnn_rnn.tasks.NoTask: "),
        ("no_such_package.Task", {}, "No module named 'no_such_package'"),
        ("NoDots", {}, "task NoDots: "),
        ("cnn_rnn.backbones.BackboneSpec", {}, "expected a MultiLabelTask or a FeatureEstimator"),
        ("cnn_rnn.tasks.BaselineTask", {"cell": "lstm"}, "takes no 'cell'; known: fine_tune, loss"),
        ("cnn_rnn.tasks.BaselineTask", {"backbone": "vgg16"}, "takes no 'backbone'"),
    ],
)
def test_a_task_that_is_not_there_or_takes_no_such_argument_is_said_before_training(
    class_path: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        training.task_class(class_path, arguments)


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
    features = run_data.open_for(row, tiny_source, 0)
    told: list[str] = []
    trained = training.train(row, tiny_source, features, 0, told.append)
    assert trained.epochs is not None
    assert told == [f"epoch {epoch + 1}" for epoch in range(trained.epochs)]
    assert trained.best_epoch is not None
    assert trained.epochs == min(8, trained.best_epoch + 1 + 2)
    said = answers.ask(trained.model, features, "val")
    loss = torch.nn.functional.binary_cross_entropy_with_logits(said.scores, said.target.float())
    assert float(loss) == pytest.approx(trained.best_loss, rel=1e-4)
    assert isinstance(trained.model, MultiLabelTask)
    assert not trained.model.training
    curve = [epoch["val_loss"] for epoch in trained.history]
    assert curve[trained.best_epoch] == pytest.approx(trained.best_loss) == min(curve)
    assert [epoch["epoch"] for epoch in trained.history] == list(range(trained.epochs))


def test_the_weights_of_a_task_are_a_checkpoint_that_gives_it_again(
    tiny_table: TableSpec, tiny_source: DataSource
) -> None:
    row = tiny_table.resolve(tiny_table.row("cnn_rnn"), tiny_source.name)
    features = run_data.open_for(row, tiny_source, 0)
    trained = training.train(row, tiny_source, features, 0, lambda _: None)
    assert trained.weights is not None
    again = CNNRNNTask.load_from_checkpoint(
        io.BytesIO(trained.weights), map_location="cpu", weights_only=True
    ).eval()
    said = [answers.ask(model, features, "test").scores for model in (trained.model, again)]
    torch.testing.assert_close(said[0], said[1])


def test_an_estimator_is_fitted_on_what_is_not_held_out(tiny_source: DataSource) -> None:
    row = ResolvedRow(f"{__name__}.Counts", {"power": 2}, Training(held_out=0.25), 2, 10)
    features = run_data.open_for(row, tiny_source, 3)
    trained = training.train(row, tiny_source, features, 3, lambda _: None)
    assert isinstance(trained.model, FeatureEstimator)
    assert trained == training.Trained(trained.model)  # neither epochs nor a checkpoint
    _, target, _ = run_data.labels_of(features, "train")
    assert len(target) == 36
    said = answers.ask(trained.model, features, "test")
    assert said.best_path is None
    assert said.scores.shape == (16, 4)
    torch.testing.assert_close(said.scores[7], target.sum(dim=0).float() ** 2 + 3)


def test_a_fine_tuned_row_changes_the_backbone_and_begins_with_its_weights(
    tiny_source: DataSource,
) -> None:
    row = ResolvedRow(
        "cnn_rnn.tasks.BaselineTask",
        {"fine_tune": True, "lr": 1e-3},
        Training(max_epochs=1, batch_size=16, held_out=0.25, augment=True),
        2,
        10,
    )
    images = run_data.open_for(row, tiny_source, 0)
    trained = training.train(row, tiny_source, images, 0, lambda _: None)
    assert isinstance(trained.model, MultiLabelTask)
    assert trained.model.backbone is not None
    before = tiny_source.backbone_spec().build().state_dict()
    after = trained.model.backbone.state_dict()
    moved = {name: float((after[name] - before[name]).abs().max()) for name in before}
    assert 0 < max(moved.values()) < 0.5
    said = answers.ask(trained.model, images, "test")
    assert said.image_ids == images.dataset("val2014").image_ids
    batch = torch.stack([images.dataset("val2014")[index]["image"] for index in range(16)])
    with torch.no_grad():
        alone = trained.model.predict(trained.model.backbone(batch)).scores
    torch.testing.assert_close(said.scores, alone, atol=1e-5, rtol=1e-5)
