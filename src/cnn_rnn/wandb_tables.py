"""What a model does, as tables, charts and pictures of W&B."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from cnn_rnn.label_counts import LabelCounts
from cnn_rnn.label_neighbors import nearest_labels
from cnn_rnn.network import CNNRNN
from cnn_rnn.prediction import Prediction

if TYPE_CHECKING:
    from wandb import Table

NEIGHBOURS = 5
# Of the attention strip, all our choice: a deconvnet's maps are speckled, so they are smoothed.
_SMOOTHING = 1 / 48  # sigma of a Gaussian, in parts of the side
_BRIGHTEST = 0.995  # quantile of an image's maps that is drawn brightest
_DIM = 0.6  # brightness of a pixel without attention
_GLOW, _GLOW_SHARE = (255.0, 190.0, 0.0), 0.65  # colour where attention is, and how much of it


class Example(NamedTuple):
    """An image with the truth and what a model says of it."""

    image: Tensor  # (3, H, W) uint8, on the CPU
    truth: tuple[str, ...]
    prediction: Prediction


def class_panels(prefix: str, counts: LabelCounts, names: Sequence[str]) -> dict[str, Any]:
    """Precision, recall and F1 of each class: a table, and a chart of bars for each of them."""
    import wandb

    columns: list[str | int] = ["label", "precision", "recall", "f1", "positives", "given"]
    rows: list[Any] = [list(quality) for quality in counts.classes(names)]
    panels: dict[str, Any] = {f"{prefix}/classes": wandb.Table(columns=columns, data=rows)}
    for place, metric in enumerate(("precision", "recall", "f1"), start=1):
        bars = wandb.Table(columns=["label", metric], data=[[row[0], row[place]] for row in rows])
        title = f"{metric} of each class ({prefix})"
        panels[f"{prefix}/{metric}_by_class"] = wandb.plot.bar(bars, "label", metric, title)
    return panels


def confusion_table(counts: LabelCounts, names: Sequence[str], top: int) -> Table:
    """Missed labels and what was given in their place, most frequent pairs first."""
    import wandb

    return wandb.Table(
        columns=["missed", "given instead", "images", "share of its misses"],
        data=[list(pair) for pair in counts.confusions(names, top)],
    )


def label_map(prefix: str, network: CNNRNN, names: Sequence[str], counts: Tensor) -> dict[str, Any]:
    """The label embedding seen along its two main axes, with the nearest labels (section 4.5).

    Args:
        prefix: of the keys.
        network: whose label embedding it is.
        names: K.
        counts: (K,) how often each label occurs in training.
    """
    import wandb

    places = projected(network.label_embedding.detach().float().cpu()).tolist()
    near = nearest_labels(network, names, min(NEIGHBOURS, max(1, len(names) - 1)))
    rows: list[Any] = [
        [name, x, y, int(count), ", ".join(f"{n.label} {n.similarity:.2f}" for n in near[name])]
        for name, (x, y), count in zip(names, places, counts.tolist(), strict=True)
    ]
    table = wandb.Table(columns=["label", "x", "y", "training images", "nearest"], data=rows)
    points = wandb.Table(columns=["x", "y"], data=[row[1:3] for row in rows])
    return {
        f"{prefix}/label_embedding": table,
        f"{prefix}/label_map": wandb.plot.scatter(points, "x", "y", "label embedding, 2-D PCA"),
    }


def projected(vectors: Tensor) -> Tensor:
    """Rows along the two axes of largest variance.

    Args:
        vectors: (K, D) float.
    Returns:
        (K, 2), centred; an axis that K or D does not give is 0. The sign of an axis is such that
        its largest entry is positive.
    """
    centred = vectors - vectors.mean(dim=0)
    left, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    places = torch.zeros(len(vectors), 2)
    kept = (left * sizes)[:, :2]
    if kept.numel():
        signs = kept.gather(0, kept.abs().argmax(dim=0, keepdim=True)).sign()
        places[:, : kept.shape[1]] = kept * torch.where(signs == 0, 1.0, signs)
    return places


def example_table(examples: Sequence[Example], attention: Sequence[Tensor] | None) -> Table:
    """Images with truth, labels given, the probability of each step, and attention.

    Args:
        examples: the rows.
        attention: of each (T+1, H, W) float, or None: no such column.
    """
    import wandb

    columns: list[str | int] = ["image", "name", "truth", "path", "steps", "missed", "wrong"]
    if attention is not None:
        columns.append("attention")
    table = wandb.Table(columns=columns)
    for index, (image, truth, said) in enumerate(examples):
        row: list[Any] = [
            wandb.Image(_pixels(image), caption=", ".join(said.labels) or "(no label)"),
            said.image,
            ", ".join(truth),
            ", ".join(said.labels),
            step_words(said),
            ", ".join(label for label in truth if label not in said.labels),
            ", ".join(label for label in said.labels if label not in truth),
        ]
        if attention is not None:
            maps = attention[index][: len(said.labels) + 1]
            before = ["before the first label", *(f"after {label}" for label in said.labels)]
            row.append(wandb.Image(attention_strip(image, maps), caption=" | ".join(before)))
        table.add_data(*row)
    return table


def step_words(said: Prediction) -> str:
    """`person 0.93 > racket 0.81 > END 0.70`; the best of the ranking for models without paths."""
    if said.end_probability is None:
        return ", ".join(f"{label} {score:.3g}" for label, score in said.ranking[:5])
    steps = [f"{step.label} {step.probability:.2f}" for step in said.steps]
    return " > ".join([*steps, f"END {said.end_probability:.2f}"])


def attention_strip(image: Tensor, maps: Tensor) -> npt.NDArray[np.uint8]:
    """The image once for each map, side by side: dimmed, and glowing where the map is high.

    Args:
        image: (3, H, W) uint8.
        maps: (S, H, W) float >= 0; each as shares of its sum, all on one scale.
    Returns:
        (H, S * W, 3) uint8.
    """
    sigma = _SMOOTHING * max(image.shape[1:])
    size = 2 * min(round(3 * sigma), min(image.shape[1:]) - 1) + 1
    maps = maps.detach().float().cpu()
    shares = maps / maps.sum(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)
    smooth = gaussian_blur(shares, [size, size], [sigma, sigma]).numpy()
    brightest = float(np.quantile(smooth, _BRIGHTEST)) or 1.0
    glow = _GLOW_SHARE * torch.from_numpy(smooth / brightest).clamp(max=1.0).unsqueeze(1)
    colour = torch.tensor(_GLOW).view(1, 3, 1, 1)
    shown = (1 - glow) * _DIM * image.float() + glow * colour  # (S, 3, H, W)
    return _pixels(torch.cat([*shown.round().to(torch.uint8)], dim=2))


def _pixels(image: Tensor) -> npt.NDArray[np.uint8]:
    pixels: npt.NDArray[np.uint8] = image.permute(1, 2, 0).contiguous().numpy()
    return pixels
