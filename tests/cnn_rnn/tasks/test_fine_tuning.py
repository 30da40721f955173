"""Fine-tuning: what is trained, how fast, from which weights; a checkpoint holds it all."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.tasks import BaselineTask, CNNRNNTask, HypothesisPoolingTask, MultiLabelTask

MINI: dict[str, Any] = {"name": "vgg16_mini", "weights": "mini"}
TASKS: list[type[MultiLabelTask]] = [CNNRNNTask, BaselineTask, HypothesisPoolingTask]


def build(kind: type[MultiLabelTask], data: Any, **arguments: Any) -> MultiLabelTask:
    backbone = {**MINI, "regions": 2} if kind is HypothesisPoolingTask else MINI
    arguments = {"backbone": backbone, "fine_tune": True, "dropout": 0.0, **arguments}
    if kind is CNNRNNTask:
        arguments = {"hidden_dim": 16, "embedding_dim": 8, **arguments}
    names, counts = data.label_names, data.label_counts.tolist()
    return kind(label_names=names, label_counts=counts, **arguments)


def photos(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("kind", TASKS)
def test_the_gradient_reaches_every_weight_of_the_backbone(
    kind: type[MultiLabelTask], image_data: Any
) -> None:
    task = build(kind, image_data)
    batch: Any = {**image_data.collate([0, 1, 2, 3]), "image": photos(4)}
    loss = task.compute_loss(task.features(batch), batch)
    torch.autograd.backward(loss)
    assert task.backbone is not None
    for name, weight in task.backbone.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_training_starts_from_the_pretrained_weights(image_data: Any) -> None:
    task = build(BaselineTask, image_data).eval()
    batch: Any = {"image": photos(2)}
    with torch.no_grad():
        expected = BackboneSpec.parse(MINI).build()(batch["image"])
        torch.testing.assert_close(task.features(batch), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", TASKS)
def test_a_frozen_backbone_stays_as_it_was(
    kind: type[MultiLabelTask], image_data: Any, short_trainer: Trainer
) -> None:
    task = build(kind, image_data, fine_tune=False, lr=0.1)
    short_trainer.fit(task, datamodule=image_data)
    frozen = task.image_encoder()
    for name, weight in BackboneSpec.parse(MINI).build().body.state_dict().items():
        assert torch.equal(frozen.body.state_dict()[name], weight), name


def test_the_backbone_moves_by_its_own_rate(image_data: Any, short_trainer: Trainer) -> None:
    task = build(BaselineTask, image_data, lr=1e-3, backbone_lr_factor=0.01, warmup_steps=1)
    before = {name: value.clone() for name, value in task.state_dict().items()}
    short_trainer.fit(task, datamodule=image_data)  # one step of RMSprop: 10 * lr a weight
    rates = [group["initial_lr"] for group in short_trainer.optimizers[0].param_groups]
    assert rates == pytest.approx([1e-3, 1e-5])
    moved = {
        name: float((value - before[name]).abs().max()) for name, value in task.state_dict().items()
    }
    assert moved["network.linear.weight"] == pytest.approx(1e-2, rel=0.01)
    assert moved["backbone.body.features.0.weight"] == pytest.approx(1e-4, rel=0.01)


@pytest.mark.parametrize("kind", TASKS)
def test_a_checkpoint_restores_the_tuned_backbone_exactly(
    kind: type[MultiLabelTask], image_data: Any, short_trainer: Trainer, tmp_path: Path
) -> None:
    task = build(kind, image_data, lr=1e-2)
    short_trainer.fit(task, datamodule=image_data)
    file = tmp_path / "model.ckpt"
    short_trainer.save_checkpoint(file, weights_only=True)
    again = kind.load_from_checkpoint(file, weights_only=True)
    assert again.fine_tune
    assert set(again.state_dict()) == set(task.state_dict())
    for name, value in task.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    start = BackboneSpec.parse(MINI).build().body.state_dict()["features.0.weight"]
    assert not torch.equal(again.state_dict()["backbone.body.features.0.weight"], start)
    batch: Any = {"image": photos(3)}
    with torch.no_grad():
        ours, theirs = task.eval().features(batch), again.eval().features(batch)
        assert torch.equal(ours, theirs)
        assert torch.equal(task.predict(ours).scores, again.predict(theirs).scores)


def test_testing_a_checkpoint_uses_the_tuned_backbone(
    image_data: Any, short_trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = photos(16)  # instead of new noise in each batch

    def collate(indices: list[int]) -> dict[str, Any]:
        target = image_data.target[indices]
        names = [str(index) for index in indices]
        ignored = torch.zeros_like(target)
        image = fixed[indices]
        return {"image": image, "target": target, "ignored": ignored, "image_id": names}

    monkeypatch.setattr(image_data, "collate", collate)
    task = build(BaselineTask, image_data, lr=1e-2)
    short_trainer.fit(task, datamodule=image_data)
    short_trainer.save_checkpoint(tmp_path / "model.ckpt")
    (tuned,) = short_trainer.test(task, image_data, verbose=False)
    other = build(BaselineTask, image_data)
    (untuned,) = short_trainer.test(other, image_data, verbose=False)
    (restored,) = short_trainer.test(
        other, image_data, ckpt_path=tmp_path / "model.ckpt", verbose=False, weights_only=True
    )
    assert restored == tuned
    assert untuned != tuned


@pytest.mark.parametrize("kind", TASKS)
def test_a_backbone_rate_of_nothing_is_refused(kind: type[MultiLabelTask], image_data: Any) -> None:
    with pytest.raises(ValueError, match="backbone_lr_factor must be above 0, got 0"):
        build(kind, image_data, backbone_lr_factor=0)
