"""Label orders that the network itself decides: easiest first (section 3.4), and aligned orders.

The aligned ones are of "Orderless Recurrent Models for Multi-label Classification" (Yazici et
al., CVPR 2020). The network runs freely for as many steps as the image has labels, n, each step
given the labels it predicted itself; then the true labels L are laid on the n steps:

``minimal_loss``
    The assignment of labels to steps with the smallest summed cross-entropy,
    min over permutations p of sum over t of -log P_t(p(t)) (the Hungarian algorithm).
``predicted_label``
    A step whose predicted label is in L keeps it; the labels that are left go to the steps that
    are left with the smallest cross-entropy. A label that was found is so never asked for again.

Ours, where that paper's network differs from this one: a predicted label is the most probable
*label that was not predicted before* (there, END and a label twice can be predicted and fed back;
here END is no input, and paths hold a label once, as in the search), and the free run is made in
evaluation mode, apart from the pass that is trained (the same where dropout is 0).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cnn_rnn.network import CNNRNN

_NEVER = 1e9  # cost of a label without probability: above any sum of others


@torch.no_grad()
def greedy_paths(
    network: CNNRNN, features: Tensor, allowed: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """Paths that take the most probable allowed label at each step, in evaluation mode.

    Args:
        network: whose mode is the same after.
        features: (B, F) float.
        allowed: (B, K) bool, the labels that may stand on an image's path, each once.
        lengths: (B,) int64, labels on each path.
    Returns:
        Paths (B, T) int64, padded with -1, T the largest length, equal probabilities by lower id;
        and the log-probabilities (B, T, K+1) of each step, 0 behind a path's end.
    Raises:
        ValueError: a path is longer than its image has labels that are allowed.
    """
    if bool((lengths > allowed.sum(dim=1)).any()):
        raise ValueError("a path cannot be longer than there are labels allowed on it")
    longest = int(lengths.max()) if len(lengths) else 0
    paths = lengths.new_full((len(lengths), longest), -1)
    with _evaluating(network):
        images = network.encode_image(features)
        log_probs = images.new_zeros(len(lengths), longest, network.num_labels + 1)
        start = lengths.new_full((1,), network.start_id)
        state, path_embedding = network.advance(network.initial_state(1), start)
        rows = torch.arange(len(lengths), device=lengths.device)
        state = tuple(part.expand(len(rows), *part.shape[1:]) for part in state)
        path_embedding = path_embedding.expand(len(rows), -1)
        left = allowed.clone()
        for step in range(longest):
            going = lengths[rows] > step
            rows = rows[going]
            state = tuple(part[going] for part in state)
            step_log_probs = network.logits(images[rows], path_embedding[going]).log_softmax(dim=1)
            taken = step_log_probs[:, :-1].masked_fill(~left[rows], -torch.inf).argmax(dim=1)
            left[rows, taken] = False
            paths[rows, step] = taken
            log_probs[rows, step] = step_log_probs
            if step + 1 < longest:
                state, path_embedding = network.advance(state, taken)
    return paths, log_probs


def easiest_first(network: CNNRNN, features: Tensor, target: Tensor) -> Tensor:
    """The labels of each image, at each step the one that the network finds most probable.

    Greedy: the first is the most probable of all true labels, the second the most probable of the
    others given the first, and so on (section 3.4 does not say how; this reading is ours).

    Args:
        network: as it is now.
        features: (B, F) float.
        target: (B, K) bool.
    Returns:
        (B, T) int64, padded with -1.
    """
    return greedy_paths(network, features, target, target.sum(dim=1))[0]


def free_run(network: CNNRNN, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """What the network predicts by itself, for as many steps as each image has labels.

    Args:
        network: as it is now.
        features: (B, F) float.
        target: (B, K) bool; only how many there are counts.
    Returns:
        As `greedy_paths`.
    """
    return greedy_paths(network, features, torch.ones_like(target), target.sum(dim=1))


def minimal_loss(log_probs: Tensor, target: Tensor) -> Tensor:
    """The true labels in the order of the smallest cross-entropy (MLA).

    Args:
        log_probs: (B, T, K+1) of a free run.
        target: (B, K) bool, at most T labels an image.
    Returns:
        (B, T) int64, padded with -1.
    """
    nothing = torch.full(log_probs.shape[:2], -1, dtype=torch.int64)
    return _aligned(log_probs, nothing, target)


def predicted_label(log_probs: Tensor, predicted: Tensor, target: Tensor) -> Tensor:
    """The true labels, those that were predicted in the step where they were (PLA).

    Args:
        log_probs: (B, T, K+1) of a free run.
        predicted: (B, T) int64 its labels, each once, padded with -1.
        target: (B, K) bool; as many labels as the free run has steps.
    Returns:
        (B, T) int64, padded with -1.
    """
    return _aligned(log_probs, predicted, target)


def _aligned(log_probs: Tensor, predicted: Tensor, target: Tensor) -> Tensor:
    """True labels that were predicted stay in their step, the others cost the least."""
    # scipy has no types and comes with scikit-learn: looked for on first use.
    try:
        assign: Any = importlib.import_module("scipy.optimize").linear_sum_assignment
    except ImportError as error:
        raise ImportError("aligned orders need scipy: pip install 'cnn-rnn[suite]'") from error
    # A diverged network is found by its loss, not here.
    costs = np.nan_to_num(-log_probs.detach().float().cpu().numpy(), nan=_NEVER, posinf=_NEVER)
    ours = predicted.cpu().numpy()
    truth = target.cpu().numpy()
    paths: npt.NDArray[np.int64] = np.full(costs.shape[:2], -1, dtype=np.int64)
    for image, path in enumerate(paths):
        labels = np.flatnonzero(truth[image])
        steps = np.arange(len(labels))
        kept = np.isin(ours[image, steps], labels)
        path[steps[kept]] = ours[image, steps[kept]]
        steps, labels = steps[~kept], np.setdiff1d(labels, path)
        if len(labels) == 1:
            path[steps] = labels
        elif len(labels):
            rows, columns = assign(costs[image][np.ix_(steps, labels)])
            path[steps[rows]] = labels[columns]
    return torch.from_numpy(paths).to(target.device)


@contextmanager
def _evaluating(network: CNNRNN) -> Iterator[None]:
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)
