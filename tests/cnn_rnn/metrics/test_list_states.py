import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cnn_rnn.metrics.functional import (
    average_precision,
    map_at_k,
    mean_average_precision,
    precision_recall_f1,
)

LabelledImages = tuple[Tensor, Tensor, Tensor]

WORKER = Path(__file__).with_name("two_processes.py")


def test_two_processes_agree_with_one(images: LabelledImages, tmp_path: Path) -> None:
    """Uneven shares; the last one leaves a process without any image."""
    all_scores, all_target, all_ignored = images
    splits = [30, 53]
    torch.save(
        {"scores": all_scores, "target": all_target, "ignored": all_ignored}, tmp_path / "images.pt"
    )
    (tmp_path / "splits.json").write_text(json.dumps(splits))

    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(rank), str(tmp_path)],
            stderr=(tmp_path / f"stderr{rank}").open("w"),
        )
        for rank in range(2)
    ]
    codes = [worker.wait() for worker in workers]
    messages = [(tmp_path / f"stderr{rank}").read_text() for rank in range(2)]

    assert codes == [0, 0], "\n".join(messages)
    decided = precision_recall_f1(all_scores > -2, all_target, all_ignored)
    mean, num_empty_classes = mean_average_precision(*images, method="11_points")
    for rank in range(2):
        results = json.loads((tmp_path / f"rank{rank}.json").read_text())
        for split in splits:
            values = results[str(split)]
            assert values["decided"] == {name: value.item() for name, value in decided.items()}
            assert values["ranked"] == average_precision(*images).nan_to_num(-1).tolist()
            assert values["mean_ranked"] == mean.item()
            assert values["num_empty_classes"] == num_empty_classes
            assert values["listed"] == pytest.approx(
                map_at_k(all_scores, all_target, 3, all_ignored).item(), abs=1e-6
            )
            # What a process has seen itself is its own again after compute.
            assert values["own_images"] == (split if rank == 0 else len(all_target) - split)
