"""CNN-RNN as a task: paths, ignored labels, decoded decisions, the empty-path warning."""

import logging
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer

from cnn_rnn.label_space import paths_to_targets
from cnn_rnn.tasks import Batch, CNNRNNTask


def build(data: Any, backbone: dict[str, Any], **arguments: Any) -> CNNRNNTask:
    arguments = {"hidden_dim": 16, "embedding_dim": 8, **arguments}
    return CNNRNNTask(data.label_names, data.label_counts.tolist(), backbone, **arguments).eval()


def test_paths_are_frequency_first(data: Any, feature_backbone: dict[str, Any]) -> None:
    task = build(data, feature_backbone)
    counts = data.label_counts[task.label_order].tolist()
    assert counts == sorted(counts, reverse=True)


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
