"""The joint embedding as a task."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer

from cnn_rnn import losses
from cnn_rnn.tasks import Batch, JointEmbeddingTask


def test_the_loss_is_warp_over_the_scores(data: Any, feature_backbone: dict[str, Any]) -> None:
    task = JointEmbeddingTask(data.label_names, data.label_counts.tolist(), feature_backbone).eval()
    nothing = torch.zeros_like(data.target)
    batch: Batch = {"target": data.target, "ignored": nothing, "image_id": []}
    expected = losses.warp(task.network(data.features), data.target, nothing)
    torch.testing.assert_close(task.compute_loss(data.features, batch), expected)


def test_training_ranks_the_labels_and_keeps_the_vectors_short(
    data: Any, feature_backbone: dict[str, Any], trainer: Trainer
) -> None:
    task = JointEmbeddingTask(
        data.label_names,
        data.label_counts.tolist(),
        feature_backbone,
        embedding_dim=3,
        max_norm=0.8,
        dropout=0.0,
        lr=0.03,
        warmup_steps=1,
    )
    trainer.fit(task, datamodule=data)
    assert task.network.image.weight.norm(dim=0).max() <= 0.8 + 1e-6
    lengths = task.network.label.weight.norm(dim=1)
    assert lengths.max() <= 0.8 + 1e-6
    assert (lengths > 0.79).any()  # the bound is felt
    (found,) = trainer.test(task, datamodule=data, verbose=False)
    assert found["test/map"] > 0.9


def test_a_checkpoint_brings_the_head_back(
    data: Any, feature_backbone: dict[str, Any], short_trainer: Trainer, tmp_path: Path
) -> None:
    task = JointEmbeddingTask(
        data.label_names, data.label_counts.tolist(), feature_backbone, embedding_dim=3, max_norm=2
    )
    short_trainer.fit(task, datamodule=data)
    short_trainer.save_checkpoint(tmp_path / "last.ckpt")
    again = JointEmbeddingTask.load_from_checkpoint(tmp_path / "last.ckpt", weights_only=True)
    assert again.network.max_norm == 2
    expected = task.eval().predict(data.features)
    assert torch.equal(again.eval().predict(data.features).scores, expected.scores)


def test_wrong_arguments_are_named(data: Any, feature_backbone: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="embedding_dim must be at least 1"):
        JointEmbeddingTask(
            data.label_names, data.label_counts.tolist(), feature_backbone, embedding_dim=0
        )
