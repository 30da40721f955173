"""Figures 6, 9 and 10 and Table 5: what one trained model says of single images and of labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from benchmarks import example_choice
from benchmarks.drawing import Drawing, Tabulated, source_words
from benchmarks.store import ResultError
from benchmarks.trained_models import TrainedModels
from cnn_rnn import label_neighbors, plots
from cnn_rnn.attention import attention_maps, is_traced_to_pixels
from data_modules.records import ImageBoxes

SOFTMAX, CNN_RNN = "softmax", "cnn_rnn"
EXAMPLES, NEAREST_EXAMPLES, ATTENTION_EXAMPLES = 8, 6, 4  # images of Figures 6, 9 and 10
TOP = 5  # labels of the lists


def figure6(models: TrainedModels) -> Drawing:
    """Example images with truth and prediction."""
    record, arrays = models.records(CNN_RNN)[0], models.arrays(CNN_RNN)[0]
    paths = [[label for label in path if label >= 0] for path in arrays.best_path.tolist()]
    decisions = np.zeros_like(arrays.target)
    for row, path in zip(decisions, paths, strict=True):
        row[path] = True
    chosen = example_choice.from_best_to_worst(decisions, arrays.target, EXAMPLES)
    f1 = example_choice.image_f1(decisions, arrays.target)
    figure = plots.draw_examples(
        [models.photo(index) for index in chosen],
        [_names(models, np.flatnonzero(arrays.target[index])) for index in chosen],
        [_names(models, paths[index]) for index in chosen],
        [f"F1 {f1[index]:.2f}" for index in chosen],
        models.result.plan.source.is_mini,
    )
    return Drawing(
        "figure6",
        "Figure 6. Example images with truth and prediction",
        "The labels that CNN-RNN predicts, numbered in the order of its best path, and the labels "
        "of the image that it does not. The images were chosen by rule: test images with at least "
        f"two labels, ordered by the F1 of their prediction, at {len(chosen)} equal distances from "
        f"the best to the worst. {source_words(models, [record])}",
        f"{len(chosen)} test images, each above the list of its labels. A check mark says that a "
        "label was predicted and is in the image, a cross that it was predicted and is not, a "
        "circle that it is in the image and was not predicted.",
        figure,
    )


def table5(models: TrainedModels) -> Tabulated:
    """The nearest neighbours of each label in the embedding."""
    record, names = models.records(CNN_RNN)[0], models.label_names
    counts = models.images.label_counts.tolist()
    network = models.network(record)
    plain = label_neighbors.nearest_labels(network, names, TOP)
    centred = label_neighbors.nearest_labels(network, names, TOP, centred=True)
    order = sorted(range(len(names)), key=lambda label: (-counts[label], label))
    return Tabulated(
        "table5",
        "Table 5. Nearest neighbours of labels in the embedding",
        f"For each label the {TOP} labels whose embeddings are nearest to its own, with the "
        "cosine: as they are, and after the mean of all embeddings is taken away, which all scores "
        "have in common, so that it ranks no label above another. Labels from the most frequent in "
        "the training split to the rarest. "
        f"{source_words(models, [record], models.images.train_split)}",
        ("label", "training images", "nearest labels", "nearest, mean taken away"),
        [
            (
                names[label],
                f"{counts[label]:,}",
                _listed(plain[names[label]]),
                _listed(centred[names[label]]),
            )
            for label in order
        ],
        {
            "neighbors": {
                names[label]: [[near.label, round(near.similarity, 4)] for near in found]
                for label, found in ((label, plain[names[label]]) for label in order)
            }
        },
    )


def figure9(models: TrainedModels) -> Drawing:
    """Nearest labels of an image against the top labels of the softmax model."""
    record, softmax_record = models.records(CNN_RNN)[0], models.records(SOFTMAX)[0]
    softmax = models.arrays(SOFTMAX)[0]
    chosen = example_choice.with_labels(softmax.target, 2, NEAREST_EXAMPLES)
    nearest = label_neighbors.nearest_labels_of_images(
        models.network(record), models.features(chosen), models.label_names, TOP
    )
    # The scores of the softmax row are log-probabilities.
    ranked = [np.argsort(-softmax.scores[index], kind="stable")[:TOP] for index in chosen]
    figure = plots.draw_nearest(
        [models.photo(index) for index in chosen],
        [_names(models, np.flatnonzero(softmax.target[index])) for index in chosen],
        [[(near.label, near.similarity) for near in near_ones] for near_ones in nearest],
        [
            [
                (models.label_names[label], float(np.exp(softmax.scores[index, label])))
                for label in labels
            ]
            for index, labels in zip(chosen, ranked, strict=True)
        ],
        models.result.plan.source.is_mini,
    )
    return Drawing(
        "figure9",
        "Figure 9. Nearest labels of an image, and the top labels of the softmax model",
        f"Left the {TOP} labels nearest to the image in CNN-RNN's joint embedding (cosine of the "
        f"projected image with the label, before any label is given), right the {TOP} most "
        "probable labels of the softmax model. The images were chosen by rule: test images with at "
        f"least two labels, at {len(chosen)} equal distances in their order. "
        f"{source_words(models, [record, softmax_record])}",
        f"{len(chosen)} test images, each beside two lists of {TOP} labels with bars: those "
        "nearest to the image in the embedding, with the cosine, and those of the softmax model, "
        "with the probability. Check marks stand before labels that are in the image, crosses "
        "before others.",
        figure,
    )


def figure10(models: TrainedModels) -> Drawing:
    """Attention before and after the first label."""
    record, arrays = models.records(CNN_RNN)[0], models.arrays(CNN_RNN)[0]
    chosen, rule = example_choice.first_two_right(
        arrays.best_path, arrays.target, ATTENTION_EXAMPLES
    )
    if not chosen:
        raise ResultError(
            f"Figure 10 needs two predicted labels of an image, and no path of {CNN_RNN} seed "
            f"{record['seed']} has two: the model has learned too little"
        )
    network = models.network(record)
    images = torch.stack([models.seen(index) for index in chosen])
    paths = torch.from_numpy(arrays.best_path[chosen, :2].astype(np.int64))
    maps = attention_maps(models.backbone, network, images, paths[:, :1]).numpy()
    with torch.no_grad():
        probabilities = network(models.features(chosen), paths[:, :1]).exp()
    examples = []
    for place, (index, (first, second)) in enumerate(zip(chosen, paths.tolist(), strict=True)):
        picture = images[place].permute(1, 2, 0).numpy()
        boxes = models.boxes[index]
        examples.append(
            plots.Attention(
                picture,
                maps[place, 0],
                maps[place, 1],
                (models.label_names[first], models.label_names[second]),
                (
                    float(probabilities[place, 0, first]),
                    float(probabilities[place, 1, second]),
                ),
                (
                    boxes_of(boxes, first, picture.shape[0]),
                    boxes_of(boxes, second, picture.shape[0]),
                ),
            )
        )
    method = (
        "a deconvolutional network (Zeiler and Fergus) through the image encoder"
        if is_traced_to_pixels(models.backbone)
        else "Grad-CAM at the last convolutional map of the image encoder"
    )
    return Drawing(
        "figure10",
        "Figure 10. Attention before and after the first label",
        f"Where CNN-RNN looks before any label is given and after the first one is, by {method}: "
        "the average over the label nodes, each with its softmax probability, traced back. Boxes: "
        "the label about to be predicted, with its probability. The last column is the difference "
        "of the two maps as shares of the attention. Maps are smoothed for the eye, and each image "
        f"has a scale of its own. The images were chosen by rule: {rule}, at {len(chosen)} equal "
        "distances in their order. What holds "
        f"on average is measured in attention.md. {source_words(models, [record])}",
        f"{len(chosen)} rows of four pictures: a test image, a heat map of the attention before "
        "any label is given, one after the first label is given, and their difference. The boxes "
        "of the label about to be predicted are outlined.",
        plots.draw_attention(examples, models.result.plan.source.is_mini),
    )


def boxes_of(image: ImageBoxes, label_id: int, side: int) -> list[list[float]]:
    """The boxes of a label, in pixels of the image stretched to a square of that side."""
    scale = torch.tensor([side / image.width, side / image.height] * 2)
    found: list[list[float]] = (image.boxes[image.label_ids == label_id] * scale).tolist()
    return found


def _names(models: TrainedModels, label_ids: Any) -> list[str]:
    return [models.label_names[label] for label in label_ids]


def _listed(neighbors: Sequence[label_neighbors.Neighbor]) -> str:
    return ", ".join(f"{near.label} ({near.similarity:.2f})" for near in neighbors)
