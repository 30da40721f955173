"""A tiny data set in COCO's layout, a random backbone for it, and tables of short runs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.data import DataSource
from benchmarks.published import PublishedCell
from benchmarks.spec import RowSpec, TableSpec, Training
from cnn_rnn.backbones import BackboneSpec

NAMES = ("red", "green", "blue", "rare")
COLOURS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (240, 240, 40))


def _write_split(root: Path, split: str, count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    folder = root / split
    folder.mkdir(parents=True)
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for index in range(count):
        pixels = generator.integers(0, 60, (32, 32, 3), dtype=np.uint8)
        number = 1000 * (seed + 1) + index
        name = f"{number:012d}.png"
        for label, chance in enumerate((0.7, 0.5, 0.4, 0.2)):
            if generator.random() < chance:
                side = int(generator.integers(3, 15))
                top, left = 16 * (label // 2), 16 * (label % 2)
                pixels[top : top + side, left : left + side] = COLOURS[label]
                boxes.append(
                    {
                        "id": len(boxes) + 1,
                        "image_id": number,
                        "category_id": 10 * (label + 1),
                        "bbox": [left, top, side, side],
                        "area": side * side,
                        "iscrowd": 0,
                    }
                )
        Image.fromarray(pixels).save(folder / name)
        images.append({"id": number, "file_name": name, "width": 32, "height": 32})
    categories = [{"id": 10 * (i + 1), "name": name} for i, name in enumerate(NAMES)]
    content = {"images": images, "annotations": boxes, "categories": categories}
    (root / "annotations").mkdir(exist_ok=True)
    (root / "annotations" / f"instances_{split}.json").write_text(json.dumps(content))


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory: pytest.TempPathFactory) -> DataSource:
    """48 images to train, 16 to test, four labels; a VGG16 of random weights in a file."""
    root = tmp_path_factory.mktemp("tiny")
    _write_split(root, "train2014", 48, seed=0)
    _write_split(root, "val2014", 16, seed=1)
    torch.manual_seed(0)
    weights = root / "weights.pth"
    torch.save(BackboneSpec("vgg16_mini", None).build().body.state_dict(), weights)
    return DataSource(
        name="mini_tiny",
        title="MINI (a tiny set)",
        data_module="data_modules.coco.COCODataModule",
        arguments={
            "root": str(root),
            "image_size": 32,
            "train_split": "train2014",
            "test_split": "val2014",
        },
        backbone={"name": "vgg16_mini", "weights": str(weights)},
        image_batch_size=16,
        num_workers=0,
    )


@pytest.fixture
def tiny_table(tmp_path: Path) -> TableSpec:
    """A ranking row and a path model, one epoch each."""
    training = Training(max_epochs=1, patience=1, batch_size=16, held_out=0.25)
    rows = (
        RowSpec(
            "bce",
            "Binary cross-entropy",
            "cnn_rnn.tasks.BaselineTask",
            {"loss": "bce", "lr": 0.01},
            training,
            {"c_f1": PublishedCell(58.9), "o_f1": PublishedCell(63.3, "~")},
        ),
        RowSpec(
            "cnn_rnn",
            "CNN-RNN",
            "cnn_rnn.tasks.CNNRNNTask",
            {"cell": "gru", "hidden_dim": 8, "embedding_dim": 4, "beam_width": 2, "lr": 0.01},
            training,
            {"c_f1": PublishedCell(60.4), "o_f1": PublishedCell(67.8)},
        ),
    )
    return TableSpec(
        id="tiny",
        title="A tiny table",
        kind="top_k",
        top_k=2,
        map_k=10,
        columns=("c_f1", "o_f1", "map_at_k"),
        rows=rows,
        settings={},
        file=tmp_path / "tiny.yaml",
    )


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Features go into a folder of the test session, not into the user's cache."""
    home = tmp_path_factory.getbasetemp() / "home"
    monkeypatch.setenv("CNN_RNN_HOME", str(home))
