"""Label lists to time things on: COCO's own where they are there, drawn ones otherwise.

With ``$CNN_RNN_REAL_DATA`` the 80-label lists are those of COCO train2014; all others are drawn
from scenes with a long tail, at COCO's mean of 2.9 labels an image.
"""

import gzip
import os
from pathlib import Path

import torch
from torch import Tensor

MEAN_LABELS = 2.9
NUM_SCENES = 12


def label_lists(num_labels: int, count: int, generator: torch.Generator) -> tuple[Tensor, str]:
    """Labels of ``count`` images, and where they come from.

    Returns:
        (count, K) bool, label 0 the most frequent; the name of the source.
    """
    real = _coco_lists(count, generator) if num_labels == 80 else None
    targets = _drawn_lists(num_labels, count, generator) if real is None else real
    order = targets.sum(dim=0).argsort(descending=True, stable=True)
    source = "drawn label lists" if real is None else "COCO train2014 label lists"
    return targets[:, order], source


def _drawn_lists(num_labels: int, count: int, generator: torch.Generator) -> Tensor:
    """(count, K) bool: scenes whose labels have a long tail."""
    tail = 1 / torch.arange(1, num_labels + 1, dtype=torch.float64)
    preference = torch.rand(NUM_SCENES, num_labels, generator=generator, dtype=torch.float64) ** 6
    weights = tail * preference
    rates = (MEAN_LABELS * weights / weights.sum(dim=1, keepdim=True)).clamp(max=0.95)
    scenes = torch.randint(NUM_SCENES, (count,), generator=generator)
    return torch.rand(count, num_labels, generator=generator) < rates[scenes].float()


def _coco_lists(count: int, generator: torch.Generator) -> Tensor | None:
    """(count, 80) bool, in random order, again from the start where they run out."""
    folder = os.environ.get("CNN_RNN_REAL_DATA")
    path = Path(folder or ".") / "coco2014" / "train2014_labels.txt.gz"
    if folder is None or not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        lists = [[int(word) for word in line.split()[1:]] for line in lines]
    targets = torch.zeros(len(lists), 80, dtype=torch.bool)
    for row, label_ids in enumerate(lists):
        targets[row, label_ids] = True
    order = torch.randperm(len(lists), generator=generator)
    return targets[order.repeat(-(-count // len(lists)))[:count]]
