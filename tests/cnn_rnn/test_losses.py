"""Losses against plain loops."""

import math

import pytest
import torch
from torch import Tensor

from cnn_rnn.losses import (
    binary_cross_entropy,
    path_cross_entropy,
    softmax_cross_entropy,
    squared_error,
    warp,
)


def case() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 5, generator=generator, dtype=torch.float64) * 2
    target = torch.tensor(
        [[1, 0, 0, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], dtype=torch.bool
    )
    ignored = torch.tensor(
        [[0, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0]], dtype=torch.bool
    )
    return logits, target, ignored


def test_path_cross_entropy_is_the_mean_over_labels_and_ends() -> None:
    log_probs = torch.randn(3, 3, 5).log_softmax(-1)
    paths = torch.tensor([[2, 0], [1, -1], [-1, -1]])
    terms = [
        *(log_probs[0, 0, 2], log_probs[0, 1, 0], log_probs[0, 2, 4]),
        *(log_probs[1, 0, 1], log_probs[1, 1, 4]),
        log_probs[2, 0, 4],
    ]
    expected = -torch.stack(terms).mean()
    torch.testing.assert_close(path_cross_entropy(log_probs, paths), expected)


def test_softmax_divides_each_image_by_its_number_of_labels() -> None:
    logits, target, ignored = case()
    images = []
    for image in range(3):
        kept = [label for label in range(5) if not ignored[image, label]]
        total = math.log(sum(math.exp(logits[image, label]) for label in kept))
        positives = [label for label in kept if target[image, label]]
        images.append(sum(total - logits[image, label] for label in positives) / len(positives))
    loss = softmax_cross_entropy(logits, target, ignored)
    assert loss.item() == pytest.approx(float(sum(images)) / 3)


def test_binary_cross_entropy_and_squared_error_leave_ignored_labels_out() -> None:
    logits, target, ignored = case()
    entropies, squares = [], []
    for image in range(4):
        for label in range(5):
            if not ignored[image, label]:
                score, truth = logits[image, label].item(), float(target[image, label])
                probability = 1 / (1 + math.exp(-score))
                entropies.append(-math.log(probability if truth else 1 - probability))
                squares.append((score - truth) ** 2)
    bce = binary_cross_entropy(logits, target, ignored).item()
    assert bce == pytest.approx(sum(entropies) / len(entropies))
    mse = squared_error(logits, target, ignored).item()
    assert mse == pytest.approx(sum(squares) / len(squares))


def test_warp_weighs_the_mean_hinge_by_the_harmonic_number_of_the_rank() -> None:
    logits, target, ignored = case()
    terms = []
    for image in range(4):
        negatives = [k for k in range(5) if not target[image, k] and not ignored[image, k]]
        for label in range(5):
            if target[image, label] and not ignored[image, label]:
                hinges = [1 - logits[image, label] + logits[image, k] for k in negatives]
                hinges = [hinge for hinge in hinges if hinge > 0]
                rank = len(hinges)
                weight = sum(1 / place for place in range(1, rank + 1))
                terms.append(weight * float(sum(hinges)) / rank if rank else 0.0)
    assert warp(logits, target, ignored).item() == pytest.approx(sum(terms) / len(terms))


def test_warp_of_a_perfect_ranking_is_zero() -> None:
    target = torch.tensor([[True, False, False]])
    assert warp(torch.tensor([[5.0, 1.0, 0.0]]), target, torch.zeros_like(target)) == 0


@pytest.mark.parametrize("loss", [softmax_cross_entropy, warp, binary_cross_entropy, squared_error])
def test_batches_without_labels_give_finite_losses_and_gradients(loss: object) -> None:
    logits = torch.randn(2, 3, requires_grad=True)
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    everything = torch.ones(2, 3, dtype=torch.bool)
    for ignored in (nothing, everything):
        value = loss(logits, nothing, ignored)  # type: ignore[operator]  # parametrised
        assert value.isfinite()
        (gradient,) = torch.autograd.grad(value, logits)
        assert gradient.isfinite().all()
