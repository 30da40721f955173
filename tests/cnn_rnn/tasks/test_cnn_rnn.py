"""CNN-RNN as a task: paths, ignored labels, decoded decisions, the empty-path warning."""

import logging
from typing import Any, get_args

import pytest
import torch
from lightning.pytorch import Trainer

from cnn_rnn import aligned_orders
from cnn_rnn.label_space import paths_to_targets, targets_to_paths
from cnn_rnn.losses import path_cross_entropy
from cnn_rnn.ordering import LabelOrder, MovingOrder
from cnn_rnn.tasks import Batch, CNNRNNTask


def build(data: Any, backbone: dict[str, Any], **arguments: Any) -> CNNRNNTask:
    arguments = {"hidden_dim": 16, "embedding_dim": 8, **arguments}
    return CNNRNNTask(data.label_names, data.label_counts.tolist(), backbone, **arguments).eval()


def test_paths_are_frequency_first(data: Any, feature_backbone: dict[str, Any]) -> None:
    task = build(data, feature_backbone)
    counts = data.label_counts[task.label_order].tolist()
    assert counts == sorted(counts, reverse=True)


def whole(data: Any) -> Batch:
    """All images of the data in one batch."""
    return data.collate(list(range(len(data.target))))  # type: ignore[no-any-return]


@pytest.mark.parametrize("order", get_args(LabelOrder))
def test_every_order_trains_on_all_labels_and_is_learned(
    order: LabelOrder, data: Any, trainer: Trainer, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone, order=order, lr=1e-2, dropout=0.0)
    with torch.no_grad():
        before = task.compute_loss(data.features, whole(data))
    trainer.fit(task.train(), datamodule=data)
    task.eval()
    with torch.no_grad():
        inputs, paths = task._paths(data.features, data.target)
        after = task.compute_loss(data.features, whole(data))
    assert torch.equal(paths_to_targets(paths, 4), data.target)
    assert torch.equal((inputs >= 0).sum(1), data.target.sum(1))
    assert after < 0.8 * before
    assert (task.predict(data.features).decisions == data.target).float().mean() > 0.9


@pytest.mark.parametrize("order", get_args(MovingOrder))
def test_orders_that_move_add_nothing_to_a_checkpoint(
    order: MovingOrder, data: Any, feature_backbone: dict[str, Any]
) -> None:
    moving, fixed = build(data, feature_backbone, order=order), build(data, feature_backbone)
    assert list(moving.state_dict()) == list(fixed.state_dict())
    assert torch.equal(moving.label_order, fixed.label_order)


def test_random_per_batch_draws_one_permutation_for_all_images_of_a_batch(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone, order="random_per_batch").train()
    everything = torch.ones(5, 4, dtype=torch.bool)
    drawn = [task._paths(data.features[:5], everything)[1] for _ in range(20)]
    assert all((paths == paths[0]).all() for paths in drawn)
    assert len({tuple(paths[0].tolist()) for paths in drawn}) > 5


def test_held_out_permutations_are_the_same_in_every_epoch(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone, order="random_per_batch", order_seed=3)
    drawn = []
    for _ in range(2):
        task.on_validation_epoch_start()
        drawn.append([task._paths(data.features, data.target)[1].tolist() for _ in range(4)])
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[0][1]


def test_easiest_first_starts_with_frequency_and_keeps_its_orders_through_an_epoch(
    data: Any, short_trainer: Trainer, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone, order="easiest_first").train()
    frequency = targets_to_paths(data.target, task.label_order)
    assert torch.equal(task._paths(data.features, data.target)[1], frequency)
    short_trainer.fit(task, datamodule=data)  # the next epoch has number 1
    task.on_train_epoch_start()
    judged = aligned_orders.easiest_first(task.network, data.features, data.target)
    task.train()
    torch.nn.init.normal_(task.network.label_embedding)
    assert torch.equal(task._paths(data.features, data.target)[1], judged)
    now = aligned_orders.easiest_first(task.network, data.features, data.target)
    assert not torch.equal(now, judged)
    assert torch.equal(task.eval()._paths(data.features, data.target)[1], now)


@pytest.mark.parametrize("order", ["minimal_loss", "predicted_label"])
def test_an_aligned_loss_is_that_of_the_aligned_labels_after_predicted_or_true_ones(
    order: LabelOrder, data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone, order=order)
    fed_true = build(data, feature_backbone, order=order, aligned_inputs="true")
    fed_true.load_state_dict(task.state_dict())
    predicted, log_probs = aligned_orders.free_run(task.network, data.features, data.target)
    aligned = (
        aligned_orders.minimal_loss(log_probs, data.target)
        if order == "minimal_loss"
        else aligned_orders.predicted_label(log_probs, predicted, data.target)
    )
    for made, inputs in ((task, predicted), (fed_true, aligned)):
        expected = path_cross_entropy(task.network(data.features, inputs), aligned)
        assert made.compute_loss(data.features, whole(data)) == expected


def test_unknown_orders_and_inputs_are_refused(data: Any, feature_backbone: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown order 'easiest'"):
        build(data, feature_backbone, order="easiest")
    with pytest.raises(ValueError, match="aligned_inputs"):
        build(data, feature_backbone, order="minimal_loss", aligned_inputs="both")


def test_decisions_are_the_labels_of_the_best_path(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    predictions = build(data, feature_backbone).predict(data.features)
    assert predictions.paths is not None
    best = paths_to_targets(predictions.paths.label_ids[:, 0], 4)
    assert torch.equal(predictions.decisions, best)
    assert predictions.scores.shape == (64, 4)


def test_min_length_is_kept(data: Any, feature_backbone: dict[str, Any]) -> None:
    predictions = build(data, feature_backbone, min_length=2).predict(data.features)
    assert (predictions.decisions.sum(1) >= 2).all()


def test_an_ignored_label_is_not_on_the_training_path(
    data: Any, feature_backbone: dict[str, Any]
) -> None:
    task = build(data, feature_backbone)
    target = torch.tensor([[True, True, False, False]])
    ignored = torch.tensor([[False, True, False, False]])
    without: Batch = {
        "target": target & ~ignored,
        "ignored": torch.zeros_like(ignored),
        "image_id": ["a"],
    }
    batch: Batch = {"target": target, "ignored": ignored, "image_id": ["a"]}
    features = data.features[:1]
    assert task.compute_loss(features, batch) == task.compute_loss(features, without)


def test_training_says_loudly_when_all_decoded_paths_are_empty(
    data: Any,
    short_trainer: Trainer,
    feature_backbone: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    data.target[:] = False
    with caplog.at_level(logging.WARNING, logger="cnn_rnn"):
        short_trainer.fit(build(data, feature_backbone, lr=1e-2), datamodule=data)
    assert "100% of the decoded paths are empty" in caplog.text


@pytest.mark.parametrize("arguments", [{"beam_width": 0}, {"min_length": 3, "max_length": 2}])
def test_impossible_searches_are_refused_at_once(
    arguments: dict[str, Any], data: Any, feature_backbone: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="beam_width"):
        build(data, feature_backbone, **arguments)
