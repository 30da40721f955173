"""Figures 7 and 8: what the runs of two rows reach for each class, and by the area of objects."""

from __future__ import annotations

import itertools

import numpy as np

from benchmarks import figure_data, object_size
from benchmarks.drawing import Drawing, source_words
from benchmarks.trained_models import TrainedModels
from cnn_rnn import plots

SOFTMAX, NO_RNN, CNN_RNN = "softmax", "no_rnn", "cnn_rnn"
# Shares of the image; our choice: each twice the one before, where most objects lie.
AREA_EDGES = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.5)
RESAMPLES = 2000


def figure7(models: TrainedModels) -> Drawing:
    """Precision and recall of each class."""
    rows = (SOFTMAX, CNN_RNN)
    counts = models.images.label_counts.numpy()
    order = np.argsort(-counts, kind="stable")
    arrays = [models.arrays(row) for row in rows]
    precision = np.stack([figure_data.class_precision(runs) for runs in arrays])[:, order]
    recall = np.stack([figure_data.class_recall(runs) for runs in arrays])[:, order]
    names = [models.row(row).name for row in rows]
    figure = plots.draw_class_bars(
        [models.label_names[label] for label in order],
        names,
        precision,
        recall,
        models.result.plan.source.is_mini,
    )
    k = models.result.plan.table.top_k
    never = [
        f"{name} never predicts {int(np.isnan(values).sum())}"
        for name, values in zip(names, precision, strict=True)
    ]
    records = [record for row in rows for record in models.records(row)]
    return Drawing(
        "figure7",
        "Figure 7. Precision and recall of each class",
        f"By the table's protocol: exactly {k} labels an image for {names[0]}, the best path cut "
        f"at {k} for {names[1]}; means over seeds. Classes from the most frequent in the training "
        f"split to the rarest; of {len(order)} classes {' and '.join(never)}. "
        f"{source_words(models, records)}",
        f"Horizontal bars for {len(order)} classes: precision and recall of {names[0]}, hatched, "
        f"and of {names[1]}, filled.",
        figure,
    )


def figure8(models: TrainedModels) -> Drawing:
    """Recall against box area, with and without recurrence."""
    rows = (CNN_RNN, NO_RNN)
    arrays = [models.arrays(row) for row in rows]
    shares = object_size.size_shares(models.boxes, len(models.label_names))
    bins = object_size.bin_of(shares, AREA_EDGES)
    first = arrays[0][0]
    known = first.target & ~first.ignored
    names = area_names(AREA_EDGES)
    counts = [int(((bins == index) & known).sum()) for index in range(len(names))]
    recall, difference = figure_data.recall_by_area(arrays, bins, names, RESAMPLES)
    titles = [models.row(row).name for row in rows]
    largest = f"{100 * float(np.nanmax(shares)):.0f}%"
    drop = float(recall[0, -1, 0] - recall[0, -2, 0])
    words = (
        ""
        if np.isnan(drop)
        else f" From the last bin but one to the last, that of the largest objects, the recall of "
        f"{titles[0]} changes by {drop:+.1f} points."
    )
    records = [record for row in rows for record in models.records(row)]
    return Drawing(
        "figure8",
        "Figure 8. Recall against the area of objects, with and without recurrence",
        f"The share of true labels that are among the labels given (the best path cut at "
        f"{models.result.plan.table.top_k}), by the area of the label's largest box; below, "
        f"{titles[0]} minus {titles[1]}. Bars: 95% intervals, paired bootstrap over test images, "
        f"{RESAMPLES:,} resamples; means over seeds. The largest box covers {largest} of its image."
        f"{words} {source_words(models, records)}",
        f"Two lines of recall against the area of the label's largest box, for {titles[0]} and "
        f"{titles[1]}, with intervals, and below them their difference.",
        plots.draw_recall_by_area(
            names, counts, titles, recall, difference, models.result.plan.source.is_mini
        ),
    )


def area_names(edges: tuple[float, ...]) -> list[str]:
    """`< 0.25`, `0.25-0.5`, ..., `> 50`, in percent."""
    shown = [f"{100 * edge:g}" for edge in edges]
    between = [f"{low}\N{EN DASH}{high}" for low, high in itertools.pairwise(shown)]
    return [f"< {shown[0]}", *between, f"\N{GREATER-THAN OR EQUAL TO} {shown[-1]}"]
