"""What all tasks share: metrics, checkpoints, frozen and fine-tuned backbones."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningDataModule, Trainer

from cnn_rnn.label_space import LabelSpaceError
from cnn_rnn.tasks import BaselineTask, CNNRNNTask, MultiLabelTask, TrainingDivergedError

TASKS: list[type[MultiLabelTask]] = [CNNRNNTask, BaselineTask]


def build(kind: type[MultiLabelTask], data: Any, **arguments: Any) -> MultiLabelTask:
    if kind is CNNRNNTask:
        arguments = {"hidden_dim": 16, "embedding_dim": 8, "dropout": 0.0, **arguments}
    return kind(label_names=data.label_names, label_counts=data.label_counts.tolist(), **arguments)


@pytest.mark.parametrize("kind", TASKS)
def test_a_task_learns_what_can_be_read_off_the_features(
    kind: type[MultiLabelTask],
    data: LightningDataModule,
    trainer: Trainer,
    feature_backbone: dict[str, Any],
) -> None:
    task = build(kind, data, backbone=feature_backbone, lr=3e-3)
    trainer.fit(task, datamodule=data)
    logged = trainer.callback_metrics
    assert logged["val/o_f1"] > 0.95
    assert logged["val/c_f1"] > 0.95
    assert logged["val/map"] > 0.95
    (results,) = trainer.test(task, datamodule=data, verbose=False)
    assert results["test/o_f1"] == pytest.approx(logged["val/o_f1"].item())
    assert {"test/c_p", "test/c_r", "test/c_f1", "test/o_p", "test/o_r", "test/map"} <= set(results)


@pytest.mark.parametrize("kind", TASKS)
def test_a_checkpoint_gives_the_same_predictions(
    kind: type[MultiLabelTask],
    data: Any,
    short_trainer: Trainer,
    feature_backbone: dict[str, Any],
    tmp_path: Path,
) -> None:
    task = build(kind, data, backbone=feature_backbone)
    short_trainer.fit(task, datamodule=data)
    short_trainer.save_checkpoint(tmp_path / "model.ckpt")
    again = kind.load_from_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    task.eval()
    again.eval()
    with torch.no_grad():
        ours, theirs = task.predict(data.features), again.predict(data.features)
    assert torch.equal(ours.scores, theirs.scores)
    assert torch.equal(ours.decisions, theirs.decisions)


@pytest.mark.parametrize("kind", TASKS)
def test_a_checkpoint_of_other_labels_is_refused(
    kind: type[MultiLabelTask],
    data: Any,
    short_trainer: Trainer,
    feature_backbone: dict[str, Any],
    tmp_path: Path,
) -> None:
    task = build(kind, data, backbone=feature_backbone)
    short_trainer.fit(task, datamodule=data)
    short_trainer.save_checkpoint(tmp_path / "model.ckpt")
    data.label_names = ["dog", "cat", "cow", "emu"]
    with pytest.raises(LabelSpaceError, match="the same names in another order"):
        short_trainer.test(
            build(kind, data, backbone=feature_backbone),
            data,
            ckpt_path=str(tmp_path / "model.ckpt"),
        )
    with pytest.raises(LabelSpaceError, match="the labels of the data"):
        short_trainer.test(task, data)


@pytest.mark.parametrize("kind", TASKS)
def test_a_frozen_backbone_encodes_images_and_stays_out_of_the_checkpoint(
    kind: type[MultiLabelTask], image_data: Any, short_trainer: Trainer, tmp_path: Path
) -> None:
    task = build(kind, image_data, backbone={"name": "vgg16_mini", "weights": None})
    short_trainer.fit(task, datamodule=image_data)
    assert all("backbone" not in name for name in task.state_dict())
    assert all("backbone" not in name for name, _ in task.named_parameters())


def test_a_loss_that_is_not_finite_stops_the_training_and_says_what_to_change(
    data: Any, short_trainer: Trainer, feature_backbone: dict[str, Any]
) -> None:
    data.features[3] = torch.inf
    task = build(BaselineTask, data, backbone=feature_backbone)
    with pytest.raises(TrainingDivergedError, match="lower lr"):
        short_trainer.fit(task, datamodule=data)


def test_validation_can_leave_predictions_out(
    data: Any, short_trainer: Trainer, feature_backbone: dict[str, Any]
) -> None:
    task = build(CNNRNNTask, data, backbone=feature_backbone, val_metrics_every=0)
    short_trainer.fit(task, datamodule=data)
    assert "val/loss" in short_trainer.callback_metrics
    assert "val/o_f1" not in short_trainer.callback_metrics
