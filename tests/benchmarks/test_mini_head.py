"""The packaged CNN-RNN of drawn scenes: written by its command, read by `CNNRNN.load`."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from benchmarks.mini_head import ROW, TABLE, pack
from benchmarks.spec_reading import read_table
from cnn_rnn import CNNRNN
from cnn_rnn.checkpoint_file import load_checkpoint, packaged_checkpoint
from cnn_rnn.tasks import CNNRNNTask
from data_modules.mini import coco
from data_modules.mini.catalogue import CATEGORIES

LARGEST = 3_000_000  # bytes


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        packaged_checkpoint().with_suffix(".json").read_text(encoding="utf-8")
    )
    return content


def test_the_record_is_of_the_packaged_file(record: dict[str, Any]) -> None:
    content = packaged_checkpoint().read_bytes()
    assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) < LARGEST


def test_it_is_trained_as_the_row_of_the_table(record: dict[str, Any]) -> None:
    table = read_table(TABLE)
    resolved = table.resolve(table.row(ROW), record["data"]["name"])
    assert record["row"]["arguments"] == dict(resolved.arguments)
    assert record["row"]["task"] == resolved.task


def test_it_sees_what_drawn_scenes_show() -> None:
    predictor = CNNRNN.load("mini", device="cpu")
    names = {category.id: category.name for category in CATEGORIES}
    assert set(predictor.label_names) == set(names.values())
    right = 0
    for index in range(24):
        picture, annotations, _ = coco.draw(0, "val2014", index, 96)
        shown = {names[annotation["category_id"]] for annotation in annotations}
        right += predictor.predict(picture).ranking[0].label in shown
    assert right >= 12


def test_packing_keeps_the_answers_to_half_precision(tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        task = CNNRNNTask(["a", "b"], [2, 1], {"name": "vgg16_mini", "weights": "mini"})
    content: dict[str, Any] = {
        "state_dict": task.state_dict(),
        "hyper_parameters": dict(task.hparams),
        "preprocessing": {
            "image_size": 32,
            "transform_id": "rgb8-exif-white/square-32-bilinear-antialias",
        },
    }
    task.on_save_checkpoint(content)
    torch.save(content, tmp_path / "best.ckpt")
    pack(tmp_path / "best.ckpt", tmp_path / "head.safetensors")
    stored = load_file(tmp_path / "head.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16, torch.int64}
    loaded = load_checkpoint(tmp_path / "head.safetensors")
    features = torch.rand(4, 512, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        loaded.task.predict(features).scores,
        task.eval().predict(features).scores,
        atol=0.01,
        rtol=0.01,
    )
