"""HCP as a task: training on regions' features, its checkpoint, its refusals."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.tasks import HypothesisPoolingTask

REGIONS: dict[str, Any] = {"name": "vgg16_mini", "weights": "mini", "regions": 2}


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two hypotheses an image: the two halves of this data's features."""
    monkeypatch.setattr(BackboneSpec, "feature_dim", property(lambda _self: 8))
    return REGIONS


def build(data: Any, **arguments: Any) -> HypothesisPoolingTask:
    return HypothesisPoolingTask(
        label_names=data.label_names, label_counts=data.label_counts.tolist(), **arguments
    )


@pytest.mark.parametrize("loss", ["squared", "bce"])
def test_labels_are_learned_where_one_hypothesis_shows_each(
    loss: Any, data: Any, trainer: Trainer, halves: dict[str, Any]
) -> None:
    # Two labels are visible in the first half alone, two in the second alone.
    first = torch.tensor([True, True, False, False])
    data.features[:, :4] *= first
    data.features[:, 4:] *= ~first
    task = build(data, backbone=halves, loss=loss, lr=1e-2, dropout=0.0)
    trainer.fit(task, datamodule=data)
    assert trainer.callback_metrics["val/o_f1"] > 0.9
    assert trainer.callback_metrics["val/map"] > 0.95


def test_a_checkpoint_gives_the_same_predictions(
    data: Any, short_trainer: Trainer, halves: dict[str, Any], tmp_path: Path
) -> None:
    task = build(data, backbone=halves, loss="bce", dropout=0.25)
    short_trainer.fit(task, datamodule=data)
    short_trainer.save_checkpoint(tmp_path / "model.ckpt")
    again = HypothesisPoolingTask.load_from_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    assert again.backbone_spec == task.backbone_spec
    assert again.hparams["loss"] == "bce"
    with torch.no_grad():
        ours = task.eval().predict(data.features)
        theirs = again.eval().predict(data.features)
    assert torch.equal(ours.scores, theirs.scores)
    assert torch.equal(ours.decisions, theirs.decisions)


def test_images_are_encoded_region_by_region(image_data: Any, short_trainer: Trainer) -> None:
    task = build(image_data, backbone=REGIONS)
    short_trainer.fit(task, datamodule=image_data)
    batch: Any = {"image": torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)}
    assert task.features(batch).shape == (2, 2 * 512)


def test_a_backbone_without_regions_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"set backbone.regions to 2 or more .* got 1"):
        build(data, backbone={**REGIONS, "regions": 1})


def test_a_loss_of_the_ranking_rows_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="'squared', 'bce'"):
        build(data, backbone=REGIONS, loss="warp")


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_the_loss_is_a_mean_of_the_pooled_and_the_whole_images(
    weight: float, data: Any, halves: dict[str, Any]
) -> None:
    task = build(data, backbone=halves, dropout=0.0, whole_image_weight=weight)
    batch: Any = data.collate(list(range(8)))
    halves_of = batch["features"].view(8, 2, 4)
    first, second = (task.network.classifier(halves_of[:, region]) for region in (0, 1))
    target = batch["target"].float()
    pooled = (torch.maximum(first, second) - target).square().mean()
    whole = (first - target).square().mean()
    loss = task.compute_loss(batch["features"], batch)
    torch.testing.assert_close(loss, (1 - weight) * pooled + weight * whole)


def test_a_weight_outside_of_its_range_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"whole_image_weight must lie in 0..1, got 1.5"):
        build(data, backbone=REGIONS, whole_image_weight=1.5)
