import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from cnn_rnn.backbone_weights import WeightsError
from cnn_rnn.checkpoint_file import CheckpointError, load_checkpoint, read_checkpoint
from cnn_rnn.tasks import BaselineTask, CNNRNNTask

BEST = Path("results/tiny/version_0/checkpoints/best.ckpt")


def changed(source: Path, target: Path, **changes: Any) -> Path:
    """A copy of a checkpoint with some keys replaced, or left out where the value is None."""
    content = torch.load(source, weights_only=True) | changes
    torch.save({key: value for key, value in content.items() if value is not None}, target)
    return target


def test_training_on_cached_features_says_how_photos_are_prepared(folder: Path) -> None:
    assert read_checkpoint(BEST)["preprocessing"] == {
        "image_size": 32,
        "transform_id": "rgb8-exif-white/square-32-bilinear-antialias",
    }


def test_the_task_comes_back_ready_to_predict(folder: Path) -> None:
    loaded = load_checkpoint(BEST)
    assert isinstance(loaded.task, CNNRNNTask)
    assert not loaded.task.training
    assert not any(weight.requires_grad for weight in loaded.task.parameters())
    assert loaded.task.labels.names == ["person", "bottle", "toothbrush"]
    assert loaded.transform(torch.zeros(3, 50, 40, dtype=torch.uint8)).shape == (3, 32, 32)


def test_a_fine_tuned_task_needs_no_weights_file(tmp_path: Path) -> None:
    task = BaselineTask(["a", "b"], [1, 1], {"name": "vgg16_mini", "weights": None}, True)
    content: dict[str, Any] = {
        "state_dict": task.state_dict(),
        "hyper_parameters": {
            **task.hparams,
            "backbone": {"name": "vgg16_mini", "weights": "gone.pth"},
        },
        "preprocessing": {
            "image_size": 32,
            "transform_id": "rgb8-exif-white/crop-32-bilinear-antialias",
        },
    }
    task.on_save_checkpoint(content)
    torch.save(content, tmp_path / "tuned.ckpt")
    loaded = load_checkpoint(tmp_path / "tuned.ckpt")
    assert loaded.task.backbone is not None
    for key, weight in task.state_dict().items():
        assert torch.equal(loaded.task.state_dict()[key], weight)


def test_safetensors_hold_a_checkpoint_as_well(folder: Path) -> None:
    content = read_checkpoint(BEST)
    weights = {key: value.contiguous() for key, value in content["state_dict"].items()}
    kept = ("hyper_parameters", "label_names", "task", "preprocessing")
    metadata = {"checkpoint": json.dumps({key: content[key] for key in kept})}
    save_file(weights, "head.safetensors", metadata)
    features = torch.rand(2, 512, generator=torch.Generator().manual_seed(0))
    first, second = (
        load_checkpoint(file).task.predict(features) for file in (BEST, "head.safetensors")
    )
    assert torch.equal(first.scores, second.scores)


class Payload:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("touched"),))


def test_pickled_code_is_not_run(folder: Path) -> None:
    Path("evil.ckpt").write_bytes(pickle.dumps({"state_dict": Payload()}))
    torch.save({"state_dict": Payload()}, "evil.pt")
    for name in ("evil.ckpt", "evil.pt"):
        with pytest.raises(CheckpointError, match=f"{name}: not a checkpoint of plain data"):
            load_checkpoint(name)
    assert not Path("touched").exists()


def test_a_checkpoint_imports_nothing_from_outside(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(".")
    Path("own_task.py").write_text("open('touched', 'w')\n")
    changed(BEST, Path("own.ckpt"), task="own_task.Task")
    with pytest.raises(CheckpointError, match=r"its task is own_task.Task, .*; import the module"):
        load_checkpoint("own.ckpt")
    assert not Path("touched").exists()


@pytest.mark.parametrize("task", ["cnn_rnn.tasks.base.LightningModule", "cnn_rnn.nowhere.A", "A"])
def test_a_class_that_is_no_task_is_refused(folder: Path, task: str) -> None:
    changed(BEST, Path("other.ckpt"), task=task)
    with pytest.raises(CheckpointError, match="which is not known here"):
        load_checkpoint("other.ckpt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label_names": None}, r"it has no label_names; give"),
        ({"preprocessing": None}, r"does not say how photos are resized .* image_size=224"),
        (
            {"preprocessing": {"image_size": 8, "transform_id": "new"}},
            r"unknown preprocessing 'new'",
        ),
        ({"state_dict": {}}, r"its weights do not fit CNNRNNTask .*Missing key"),
        ({"label_names": ["person", "bottle"]}, r"the labels of .*other.ckpt"),
    ],
    ids=["no-labels", "no-preprocessing", "unknown-preprocessing", "no-weights", "other-labels"],
)
def test_what_is_missing_or_does_not_fit_is_named(
    folder: Path, changes: dict[str, Any], message: str
) -> None:
    changed(BEST, Path("other.ckpt"), **changes)
    with pytest.raises(ValueError, match=message) as raised:
        load_checkpoint("other.ckpt")
    assert "other.ckpt" in str(raised.value)
    assert getattr(raised.value, "is_user_error", False)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 half of one"])
@pytest.mark.parametrize("name", ["a.ckpt", "a.safetensors"])
def test_other_files_are_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{name}: not a checkpoint of plain data"):
        load_checkpoint(tmp_path / name)


def test_a_missing_file_is_said_with_where_they_come_from(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"gone.ckpt: no such checkpoint; .*lightning fit"):
        load_checkpoint(tmp_path / "gone.ckpt")


def test_the_image_size_can_be_said_by_the_caller(folder: Path) -> None:
    changed(BEST, Path("other.ckpt"), preprocessing=None)
    assert load_checkpoint("other.ckpt", image_size=48).preprocessing == {
        "image_size": 48,
        "transform_id": "rgb8-exif-white/square-48-bilinear-antialias",
    }


def test_moved_backbone_weights_are_named_and_can_be_replaced(folder: Path) -> None:
    Path("weights.pth").rename("moved.pth")
    with pytest.raises(WeightsError, match=r"no file 'weights.pth'"):
        load_checkpoint(BEST).task.image_encoder()
    assert load_checkpoint(BEST, "moved.pth").task.image_encoder() is not None
