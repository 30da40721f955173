"""Losses as functions: the path cross-entropy (section 3.4) and those of the other rows."""

from __future__ import annotations

import torch
from torch import Tensor


def path_cross_entropy(log_probs: Tensor, paths: Tensor) -> Tensor:
    """Cross-entropy of every step of the paths, END included (section 3.4).

    Args:
        log_probs: (B, T+1, K+1), position t given the first t labels.
        paths: (B, T) int64, padded with -1.
    Returns:
        Mean over the positions of the batch (labels and one END an image), 0-d.
    """
    end_id = log_probs.shape[-1] - 1
    ends = paths.new_full((len(paths), 1), -1)
    targets = torch.cat([paths, ends], dim=1)  # (B, T+1)
    lengths = (paths >= 0).sum(dim=1, keepdim=True)
    targets = targets.scatter(1, lengths, end_id)
    return torch.nn.functional.nll_loss(log_probs.flatten(0, 1), targets.flatten(), ignore_index=-1)


def softmax_cross_entropy(logits: Tensor, target: Tensor, ignored: Tensor) -> Tensor:
    """Softmax over labels against the normalised label set (Gong et al. 2013, equation 2).

    Args:
        logits: (B, K).
        target: (B, K) bool.
        ignored: (B, K) bool; an ignored label takes no part in an image's softmax.
    Returns:
        Mean over images that have a label, 0-d; 0 where none has.
    """
    positive = (target & ~ignored).to(logits.dtype)
    counts = positive.sum(dim=1)
    # An image without a label takes no part; masking all of its labels would give NaN gradients.
    left_out = ignored & (counts > 0).unsqueeze(1)
    log_probs = logits.masked_fill(left_out, -torch.inf).log_softmax(dim=1)
    per_image = -log_probs.masked_fill(positive == 0, 0).sum(dim=1) / counts.clamp(min=1)
    return per_image.sum() / (counts > 0).sum().clamp(min=1)


def binary_cross_entropy(logits: Tensor, target: Tensor, ignored: Tensor) -> Tensor:
    """One sigmoid a label; mean over the labels that are not ignored.

    Args:
        logits: (B, K).
        target: (B, K) bool.
        ignored: (B, K) bool.
    Returns:
        0-d.
    """
    losses = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, target.to(logits.dtype), reduction="none"
    )
    kept = ~ignored
    return (losses * kept).sum() / kept.sum().clamp(min=1)


def asymmetric(
    logits: Tensor,
    target: Tensor,
    ignored: Tensor,
    gamma_neg: float = 4.0,
    gamma_pos: float = 0.0,
    margin: float = 0.05,
) -> Tensor:
    """Asymmetric loss (Ridnik et al. 2021, equations 4 to 7; the defaults are theirs).

    With p the label's probability, a positive costs -(1 - p)^gamma_pos log p and a negative
    -q^gamma_neg log(1 - q), q = max(p - margin, 0): easy negatives weigh less, and those below the
    margin nothing. Gradients flow through the weights too, as in the equations. Theirs is summed
    over labels; the mean here is that over kept labels, as in `binary_cross_entropy`, which this
    loss equals with both exponents and the margin at 0.

    Args:
        logits: (B, K).
        target: (B, K) bool.
        ignored: (B, K) bool.
        gamma_neg: exponent of a negative's weight, at least 0.
        gamma_pos: exponent of a positive's weight, at least 0.
        margin: probability in [0, 1).
    Returns:
        0-d.
    Raises:
        ValueError: an exponent or the margin is outside its range.
    """
    check_asymmetry(gamma_neg, gamma_pos, margin)
    log_sigmoid = torch.nn.functional.logsigmoid
    probability = logits.sigmoid()
    shifted = probability - margin
    # log(1 - q), exact where 1 - p underflows; at the margin and below it is log 1.
    log_rest = log_sigmoid(-logits)
    if margin > 0:
        log_rest = torch.logaddexp(log_rest, torch.full_like(logits, margin).log()).clamp(max=0)
    # A power of exactly 0 has an infinite derivative for exponents below 1.
    tiny = torch.finfo(logits.dtype).eps
    negative = shifted.clamp(min=tiny) ** gamma_neg * log_rest
    positive = (1 - probability).clamp(min=tiny) ** gamma_pos * log_sigmoid(logits)
    kept = ~ignored
    losses = -torch.where(target, positive, negative)
    return (losses * kept).sum() / kept.sum().clamp(min=1)


def check_asymmetry(gamma_neg: float, gamma_pos: float, margin: float) -> None:
    """Checks the arguments of `asymmetric`.

    Raises:
        ValueError: an exponent is negative, or the margin is outside [0, 1).
    """
    if not (gamma_neg >= 0 and gamma_pos >= 0 and 0 <= margin < 1):
        raise ValueError(
            "expected gamma_neg >= 0, gamma_pos >= 0 and a margin of the probability in [0, 1), "
            f"got {gamma_neg}, {gamma_pos} and {margin}: 4, 0 and 0.05 are usual"
        )


def squared_error(logits: Tensor, target: Tensor, ignored: Tensor) -> Tensor:
    """Squared distance of the scores from 0 and 1 (the loss of I-FT); mean over labels kept.

    Args:
        logits: (B, K).
        target: (B, K) bool.
        ignored: (B, K) bool.
    Returns:
        0-d.
    """
    kept = ~ignored
    return ((logits - target.to(logits.dtype)).square() * kept).sum() / kept.sum().clamp(min=1)


def warp(logits: Tensor, target: Tensor, ignored: Tensor, margin: float = 1.0) -> Tensor:
    """Weighted approximate-rank pairwise loss (Gong et al. 2013, equation 3).

    For each label of an image, the negatives within the margin are its violators; with r of them
    the label's loss is L(r) times their mean hinge, L(r) = 1 + 1/2 + ... + 1/r. The original
    estimates r by sampling negatives until one violates; with all scores at hand r is exact.

    Args:
        logits: (B, K).
        target: (B, K) bool.
        ignored: (B, K) bool; an ignored label is neither positive nor negative.
        margin: of the hinge.
    Returns:
        Mean over the labels of the batch, 0-d; 0 where no image has a label.
    """
    rows, labels = torch.nonzero(target & ~ignored, as_tuple=True)
    negative = ~(target | ignored)[rows]  # (P, K), P = positive labels in the batch
    hinge = (margin - logits[rows, labels].unsqueeze(1) + logits[rows]).clamp(min=0) * negative
    violators = (hinge > 0).sum(dim=1)
    ranks = torch.arange(1, logits.shape[1] + 1, device=logits.device, dtype=logits.dtype)
    weights = torch.cat([ranks.new_zeros(1), (1 / ranks).cumsum(0)])[violators]
    per_label = weights * hinge.sum(dim=1) / violators.clamp(min=1)
    return per_label.sum() / max(len(rows), 1)
