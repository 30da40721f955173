"""The tree of label prefixes that a beam search kept alive (section 3.3), for people to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnn_rnn.decoding import Paths
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.ranking import best_of_rows
from cnn_rnn.network import CNNRNN

_Prefix = tuple[int, ...]


@dataclass(frozen=True)
class BeamNode:
    """A label prefix of the beam and what was kept of its continuations.

    Attributes:
        label: its last label; "" of the empty prefix, the root.
        probability: of that label, given the prefix before it; 1 of the root.
        log_prob: of the whole prefix.
        rank: the place from 0 of the path that ENDs here among the N best; None if none does.
        end_probability: of END, given the prefix; None where no path ENDs.
        children: prefixes one label longer, most probable first.
    """

    label: str
    probability: float
    log_prob: float
    rank: int | None = None
    end_probability: float | None = None
    children: tuple[BeamNode, ...] = ()

    def walk(self) -> Iterator[BeamNode]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def best_rank(self) -> int | None:
        """The best rank of a path through this prefix; None if the search gave it up."""
        ranks = [node.rank for node in self.walk() if node.rank is not None]
        return min(ranks, default=None)

    def to_dict(self) -> dict[str, object]:
        """Plain types, for JSON."""
        return {
            "label": self.label,
            "probability": self.probability,
            "log_prob": self.log_prob,
            "rank": self.rank,
            "end_probability": self.end_probability,
            "children": [child.to_dict() for child in self.children],
        }


@torch.no_grad()
def beam_trees(
    network: CNNRNN,
    features: Tensor,
    paths: Paths,
    max_length: int,
    min_length: int,
    names: Sequence[str],
) -> list[BeamNode]:
    """The tree of each image: every prefix that was alive at some step, and the N best paths.

    The search runs once more, watched; it costs as much as the search by which `paths` came.

    Args:
        network: in evaluation mode.
        features: (B, F) float.
        paths: what a search of these images gave.
        max_length: of that search, as is `min_length`.
        min_length: labels before END is allowed.
        names: K label names.
    Returns:
        B roots.
    """
    width = paths.lengths.shape[1]
    watched = _Watch(len(features), width)
    beam_search_batched(network, features, width, max_length, min_length, watched.observe)
    trees = []
    for image, alive in enumerate(watched.alive):
        label_ids, lengths, log_probs = (part[image].tolist() for part in paths)
        ends = {
            tuple(path[:length]): (rank, log_prob)
            for rank, (path, length, log_prob) in enumerate(
                zip(label_ids, lengths, log_probs, strict=True)
            )
            if length >= 0
        }
        for prefix in {path[:length] for path in ends for length in range(len(path) + 1)}:
            if prefix in alive:
                continue
            # Born at the last step, which is not watched; or the search that gave the paths ranked
            # a near tie the other way round.
            born = watched.born[image].get(prefix)
            alive[prefix] = _log_prob(network, features[image], prefix) if born is None else born
        trees.append(_node((), alive, _children(alive), ends, names))
    return trees


class _Watch:
    """Writes down the live prefixes of each image while a search runs."""

    def __init__(self, num_images: int, width: int) -> None:
        self.width = width
        self.alive: list[dict[_Prefix, float]] = [{} for _ in range(num_images)]
        # Everything that became one of the N best continuations, with its log-probability.
        self.born: list[dict[_Prefix, float]] = [{(): 0.0} for _ in range(num_images)]
        self.beams: list[list[_Prefix]] = [[()] for _ in range(num_images)]

    def observe(
        self, step: int, images: Tensor, prefix_log_probs: Tensor, label_log_probs: Tensor
    ) -> None:
        num_labels = label_log_probs.shape[2]
        flat = label_log_probs.flatten(1)
        values, index = best_of_rows(flat, min(self.width, flat.shape[1]))
        rows = zip(
            images.tolist(),
            prefix_log_probs.tolist(),
            values.tolist(),
            index.tolist(),
            strict=True,
        )
        for image, of_prefixes, of_best, places in rows:
            beam = self.beams[image]
            for prefix, log_prob in zip(beam, of_prefixes, strict=True):
                if log_prob > -math.inf:
                    self.alive[image][prefix] = log_prob
            born = [(*beam[place // num_labels], place % num_labels) for place in places]
            self.born[image].update(zip(born, of_best, strict=True))
            self.beams[image] = born


def _log_prob(network: CNNRNN, features: Tensor, prefix: _Prefix) -> float:
    """Log P(prefix) of one image, by the network alone."""
    label_ids = torch.tensor([prefix], device=features.device)
    log_probs = network(features.unsqueeze(0), label_ids)[0, : len(prefix)]  # (T, K+1)
    return float(log_probs.gather(1, label_ids.T).sum())


def _children(alive: dict[_Prefix, float]) -> dict[_Prefix, list[_Prefix]]:
    """The prefixes one label longer than each, most probable first."""
    children: dict[_Prefix, list[_Prefix]] = {prefix: [] for prefix in alive}
    for prefix in sorted(alive, key=lambda prefix: (-alive[prefix], prefix)):
        if prefix:
            children[prefix[:-1]].append(prefix)
    return children


def _node(
    prefix: _Prefix,
    alive: dict[_Prefix, float],
    children: dict[_Prefix, list[_Prefix]],
    ends: dict[_Prefix, tuple[int, float]],
    names: Sequence[str],
) -> BeamNode:
    """The node of a prefix with its subtree."""
    log_prob = alive[prefix]
    rank, end_probability = None, None
    if prefix in ends:
        rank, total = ends[prefix]
        end_probability = math.exp(min(0.0, total - log_prob))
    return BeamNode(
        label=names[prefix[-1]] if prefix else "",
        probability=math.exp(min(0.0, log_prob - alive[prefix[:-1]])) if prefix else 1.0,
        log_prob=log_prob,
        rank=rank,
        end_probability=end_probability,
        children=tuple(_node(other, alive, children, ends, names) for other in children[prefix]),
    )
