"""What a model says of one photo, with label names, in plain types: from Python and in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnn_rnn.beam_tree import BeamNode, beam_trees
from cnn_rnn.network import CNNRNN
from cnn_rnn.tasks import CNNRNNTask, MultiLabelTask, Predictions

_DIGITS = 6  # of probabilities and logarithms in files: float32 has no more


class Step(NamedTuple):
    """A label of the path, and its probability given the labels before it."""

    label: str
    probability: float


class LabelPath(NamedTuple):
    """A path of labels and the logarithm of its probability, END included."""

    labels: tuple[str, ...]
    log_prob: float


class RankedLabel(NamedTuple):
    """A label and its score; only the order means something."""

    label: str
    score: float


@dataclass(frozen=True)
class Prediction:
    """One photo's labels and how they came about.

    Attributes:
        image: the file, or `photo <i>` where pixels were given.
        labels: the labels given; of path models in the order of the path.
        steps: each of them with its probability given those before; () of ranking models.
        end_probability: of ending the path there; None of ranking models.
        paths: the N best, best first; () of ranking models.
        ranking: all K labels, best first.
        beam: the root of the beam's tree; None of ranking models.
        features: (F,) float32 on the CPU: what the backbone made of the photo.
        path_ids: (T,) int64 ids of `labels`.
    """

    image: str
    labels: tuple[str, ...]
    steps: tuple[Step, ...]
    end_probability: float | None
    paths: tuple[LabelPath, ...]
    ranking: tuple[RankedLabel, ...]
    beam: BeamNode | None = field(repr=False)
    features: Tensor = field(repr=False, compare=False)
    path_ids: Tensor = field(repr=False, compare=False)

    def tree(self) -> BeamNode:
        """The beam's tree: every prefix that was alive at some step, and the paths that ENDed.

        Raises:
            ValueError: a ranking model searches no paths.
        """
        if self.beam is None:
            raise ValueError("a ranking model has no beam; see `ranking`")
        return self.beam

    def to_dict(self) -> dict[str, Any]:
        """The record of a prediction file: plain types, scores of -inf as None."""
        return {
            "image": self.image,
            "labels": list(self.labels),
            "steps": [
                {"label": step.label, "probability": _rounded(step.probability)}
                for step in self.steps
            ],
            "end_probability": _rounded(self.end_probability),
            "paths": [
                {"labels": list(path.labels), "log_prob": _rounded(path.log_prob)}
                for path in self.paths
            ],
            "ranking": [
                {"label": label, "score": _rounded(score)} for label, score in self.ranking
            ],
        }


@torch.no_grad()
def predictions_of(
    task: MultiLabelTask, image_ids: Sequence[str], said: Predictions, features: Tensor
) -> list[Prediction]:
    """What a task said of a batch, image by image.

    Args:
        task: in evaluation mode.
        image_ids: B names.
        said: the task's answer.
        features: (B, F), what it was asked about.
    """
    names = task.labels.names
    scores = said.scores.float().cpu()
    ranking = scores.argsort(dim=1, descending=True, stable=True)
    trees: list[BeamNode | None] = [None] * len(image_ids)
    if said.paths is not None and isinstance(task, CNNRNNTask):
        assert isinstance(task.network, CNNRNN)
        longest = min(task.max_length, task.labels.num_labels)
        trees = [*beam_trees(task.network, features, said.paths, longest, task.min_length, names)]
    decisions, kept = said.decisions.cpu(), features.float().cpu()
    predictions = []
    for image, image_id in enumerate(image_ids):
        order = ranking[image].tolist()
        paths, path_ids = _paths(said, image, names)
        if path_ids is None:
            path_ids = torch.tensor([k for k in order if decisions[image, k]], dtype=torch.int64)
        steps, end_probability = _steps(trees[image])
        predictions.append(
            Prediction(
                image=image_id,
                labels=tuple(names[k] for k in path_ids.tolist()),
                steps=steps,
                end_probability=end_probability,
                paths=paths,
                ranking=tuple(
                    RankedLabel(names[k], score)
                    for k, score in zip(order, scores[image, order].tolist(), strict=True)
                ),
                beam=trees[image],
                features=kept[image].clone(),
                path_ids=path_ids,
            )
        )
    return predictions


def _paths(
    said: Predictions, image: int, names: Sequence[str]
) -> tuple[tuple[LabelPath, ...], Tensor | None]:
    """The paths of an image, and the ids of the best; None of ranking models."""
    if said.paths is None:
        return (), None
    label_ids, lengths, log_probs = (part[image].cpu() for part in said.paths)
    paths = tuple(
        LabelPath(tuple(names[k] for k in path[:length]), log_prob)
        for path, length, log_prob in zip(
            label_ids.tolist(), lengths.tolist(), log_probs.tolist(), strict=True
        )
        if length >= 0
    )
    return paths, label_ids[0, : max(0, int(lengths[0]))].clone()


def _steps(tree: BeamNode | None) -> tuple[tuple[Step, ...], float | None]:
    """The steps of the best path, read off the tree."""
    steps: list[Step] = []
    node = tree
    while node is not None and node.rank != 0:
        node = next((child for child in node.children if child.best_rank == 0), None)
        if node is not None:
            steps.append(Step(node.label, node.probability))
    return (tuple(steps), node.end_probability) if node is not None else ((), None)


def _rounded(value: float | None) -> float | None:
    """For files: six digits behind the point, None for what JSON cannot say."""
    return None if value is None or value == -torch.inf else round(value, _DIGITS)
