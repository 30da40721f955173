"""Losses against plain loops."""

import math

import pytest
import torch
from torch import Tensor

from cnn_rnn.losses import (
    asymmetric,
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


@pytest.mark.parametrize(
    ("logit", "positive", "expected"),
    [
        # p = 1/2: a positive costs (1/2)^1 log 2, a negative (0.4)^2 (-log 0.6).
        (0.0, True, 0.5 * math.log(2)),
        (0.0, False, -0.16 * math.log(0.6)),
        # p = 1/11 lies below the margin of 0.1, p = 3/4 above it.
        (math.log(0.1), False, 0.0),
        (math.log(3), True, -0.25 * math.log(0.75)),
        (math.log(3), False, -(0.65**2) * math.log(0.35)),
    ],
)
def test_asymmetric_loss_by_hand(logit: float, positive: bool, expected: float) -> None:
    logits = torch.tensor([[logit, 5.0]], dtype=torch.float64)
    target = torch.tensor([[positive, False]])
    ignored = torch.tensor([[False, True]])
    loss = asymmetric(logits, target, ignored, gamma_neg=2.0, gamma_pos=1.0, margin=0.1)
    assert loss.item() == pytest.approx(expected)


def test_asymmetric_loss_without_exponents_and_margin_is_binary_cross_entropy() -> None:
    logits, target, ignored = case()
    logits = torch.cat([logits, torch.full((1, 5), 800.0), torch.full((1, 5), -800.0)])
    target = torch.cat([target, target[:2]])
    ignored = torch.cat([ignored, ignored[:2]])
    logits.requires_grad_()
    found = asymmetric(logits, target, ignored, gamma_neg=0, gamma_pos=0, margin=0)
    expected = binary_cross_entropy(logits, target, ignored)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        torch.autograd.grad(found, logits)[0], torch.autograd.grad(expected, logits)[0]
    )


@pytest.mark.parametrize("gammas", [(4.0, 0.0), (4.0, 1.0), (0.5, 0.5)])
@pytest.mark.parametrize("margin", [0.0, 0.05])
def test_asymmetric_loss_of_extreme_scores_has_finite_gradients(
    gammas: tuple[float, float], margin: float
) -> None:
    logits = torch.tensor([[-200.0, -20.0, -2.0, 0.0, 2.0, 20.0, 200.0]], requires_grad=True)
    nothing = torch.zeros(1, 7, dtype=torch.bool)
    for target in (nothing, ~nothing):
        loss = asymmetric(logits, target, nothing, *gammas, margin)
        (gradient,) = torch.autograd.grad(loss, logits)
        assert loss.isfinite()
        assert gradient.isfinite().all()


@pytest.mark.parametrize("arguments", [(-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)])
def test_asymmetric_loss_refuses_what_is_no_loss(arguments: tuple[float, float, float]) -> None:
    logits, target, ignored = case()
    with pytest.raises(ValueError, match="expected gamma_neg >= 0"):
        asymmetric(logits, target, ignored, *arguments)


@pytest.mark.parametrize(
    "loss", [softmax_cross_entropy, warp, binary_cross_entropy, squared_error, asymmetric]
)
def test_batches_without_labels_give_finite_losses_and_gradients(loss: object) -> None:
    logits = torch.randn(2, 3, requires_grad=True)
    nothing = torch.zeros(2, 3, dtype=torch.bool)
    everything = torch.ones(2, 3, dtype=torch.bool)
    for ignored in (nothing, everything):
        value = loss(logits, nothing, ignored)  # type: ignore[operator]  # parametrised
        assert value.isfinite()
        (gradient,) = torch.autograd.grad(value, logits)
        assert gradient.isfinite().all()
