"""Predictions as JSON Lines."""

import json
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningDataModule, Trainer
from torch.utils.data import DataLoader

from cnn_rnn.callbacks import PredictionWriter, prediction_records
from cnn_rnn.decoding import Paths
from cnn_rnn.tasks import BaselineTask, Predictions

NAMES = ["cat", "dog", "cow"]


def test_records_name_the_labels_of_paths_in_path_order() -> None:
    paths = Paths(
        torch.tensor([[[2, 0], [1, -1]], [[-1, -1], [-1, -1]]]),
        torch.tensor([[2, 1], [0, -1]]),
        torch.tensor([[-0.5, -1.0], [-0.25, -torch.inf]]),
    )
    scores = torch.tensor([[0.2, 0.9, 0.5], [0.1, 0.1, 0.3]])
    decisions = torch.tensor([[True, False, True], [False, False, False]])
    first, second = prediction_records(["a", "b"], Predictions(scores, decisions, paths), NAMES)
    assert first["labels"] == ["cow", "cat"]
    assert first["paths"] == [
        {"labels": ["cow", "cat"], "log_prob": -0.5},
        {"labels": ["dog"], "log_prob": -1.0},
    ]
    assert [name for name, _ in first["ranking"]] == ["dog", "cow", "cat"]
    assert second["labels"] == []
    assert second["paths"] == [{"labels": [], "log_prob": -0.25}]


def test_records_of_rankings_list_the_decided_labels_best_first() -> None:
    scores = torch.tensor([[0.2, 0.9, 0.5]])
    decisions = torch.tensor([[True, True, False]])
    (record,) = prediction_records(["a"], Predictions(scores, decisions, None), NAMES)
    assert record["labels"] == ["dog", "cat"]
    assert "paths" not in record


class OneBatch(LightningDataModule):
    label_names = NAMES

    def predict_dataloader(self) -> DataLoader[Any]:
        return DataLoader(dataset=range(4), batch_size=2, collate_fn=self.collate)  # type: ignore[arg-type]  # a range is a map dataset

    def collate(self, indices: list[int]) -> dict[str, Any]:
        labels = torch.zeros(len(indices), 3, dtype=torch.bool)
        return {
            "features": torch.randn(len(indices), 512),
            "target": labels,
            "ignored": labels,
            "image_id": [f"photo {index}.jpg" for index in indices],
        }


def test_predict_writes_one_line_an_image_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    file = tmp_path / "new" / "predictions.jsonl"
    task = BaselineTask(NAMES, [1, 1, 1], {"name": "vgg16_mini", "weights": None}, top_k=1)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[PredictionWriter(str(file))],
        default_root_dir=tmp_path,
    )
    trainer.predict(task, datamodule=OneBatch(), return_predictions=False)
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert [record["image"] for record in records] == [f"photo {index}.jpg" for index in range(4)]
    assert all(len(record["labels"]) == 1 and len(record["ranking"]) == 3 for record in records)
    assert list(file.parent.iterdir()) == [file]
