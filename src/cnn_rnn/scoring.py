"""From a beam search to a ranking of all labels: named strategies (our choice; not in the paper).

Average precision needs a score for every label, a search gives a few paths. Each strategy sums up,
while the search runs, what the network says of each label at the live prefixes; the search itself
is not changed by it. All scores are natural logarithms of a probability-like quantity, so that
labels far down a path still differ:

``prefix_mass``
    The sum over steps and live prefixes of P(prefix) P(label | prefix): the probability, as far
    as the search sees it, that the label is on the path.
``path_posterior``
    The share of the complete candidates' probability whose path holds the label, plus 1e-4 of the
    label's probability at the first step; without the latter all labels that are on no candidate
    would tie, as would all that are on every one.
``max_over_steps``
    The largest probability of the label at any step, live prefixes weighted by their probability.
``first_step``
    The probability of the label at the first step: no path is looked at.

Every strategy but ``path_posterior`` includes the first step of every label by itself, so labels
absent from all paths do not tie: only labels of probability zero, whose score is -inf, do.
"""

import math
from typing import Literal, get_args

import torch
from torch import Tensor

from cnn_rnn.decoding.choice import Implementation
from cnn_rnn.decoding.paths import Paths
from cnn_rnn.decoding.protocol import PathNetwork, outlasting
from cnn_rnn.decoding.search import search_observed, search_with_prefix_mass

Strategy = Literal["prefix_mass", "path_posterior", "max_over_steps", "first_step"]

# Weight of the first step beside the posterior: small enough to leave the order of labels on
# candidates, large enough for float32 to see. Our choice.
_FIRST_STEP_WEIGHT = 1e-4


@outlasting()
def decode_and_score(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    strategy: Strategy = "prefix_mass",
    implementation: Implementation = "auto",
) -> tuple[Paths, Tensor]:
    """Decode the best paths and score every label, in one search.

    Args:
        network: as for ``cnn_rnn.decoding.beam_search``, as are the arguments not named here.
        features: (B, F) float.
        beam_width: N; more beams see more prefixes.
        max_length: T; at 0 no label is looked at and every score is -inf.
        min_length: labels before END is allowed.
        strategy: see the module's text.
        implementation: which beam search.

    Returns:
        The paths, and scores (B, K) float32 (float64 for float64 features), at most 0 but for
        rounding and ``path_posterior`` (at most log(1 + 1e-4)); higher is more probable.

    Raises:
        ValueError: as ``beam_search``, or the strategy is unknown.
    """
    if strategy not in get_args(Strategy):
        raise ValueError(f"expected strategy to be one of {get_args(Strategy)}, got {strategy!r}")
    if strategy == "prefix_mass":
        found = search_with_prefix_mass(
            network, features, beam_width, max_length, min_length, implementation
        )
        if found is not None:
            return found
    shape = (features.shape[0], network.num_labels)
    dtype = torch.promote_types(features.dtype, torch.float32)
    scores = torch.full(shape, -torch.inf, dtype=dtype, device=features.device)
    scorer = _SCORERS[strategy](scores)
    paths = search_observed(
        network, features, beam_width, max_length, min_length, implementation, scorer.observe
    )
    return paths, scorer.finish(paths)


class _FirstStep:
    """Listens to a search (``cnn_rnn.decoding.protocol.Observer``), then gives the scores."""

    def __init__(self, scores: Tensor) -> None:
        self.scores = scores

    def observe(
        self, step: int, images: Tensor, prefix_log_probs: Tensor, label_log_probs: Tensor
    ) -> None:
        if step == 0:
            self.scores[images] = label_log_probs[:, 0].to(self.scores.dtype)

    def finish(self, paths: Paths) -> Tensor:
        return self.scores


class _PrefixMass(_FirstStep):
    def observe(
        self, step: int, images: Tensor, prefix_log_probs: Tensor, label_log_probs: Tensor
    ) -> None:
        mass = label_log_probs.logsumexp(dim=1).to(self.scores.dtype)
        self.scores[images] = torch.logaddexp(self.scores[images], mass)


class _MaxOverSteps(_FirstStep):
    def observe(
        self, step: int, images: Tensor, prefix_log_probs: Tensor, label_log_probs: Tensor
    ) -> None:
        # An image without live prefixes has -inf on both sides, and stays at -inf.
        total = prefix_log_probs.logsumexp(dim=1, keepdim=True)
        total = total.clamp(min=torch.finfo(total.dtype).min)
        probability = (label_log_probs.logsumexp(dim=1) - total).to(self.scores.dtype)
        self.scores[images] = torch.maximum(self.scores[images], probability)


class _PathPosterior(_FirstStep):
    def finish(self, paths: Paths) -> Tensor:
        # Without any complete path the shares are 0, and the first step alone ranks.
        shares = torch.softmax(paths.log_probs, dim=1).nan_to_num(0.0).to(self.scores.dtype)
        shares = shares.unsqueeze(-1).expand(paths.label_ids.shape)
        # Padding goes to a column of its own.
        num_labels = self.scores.shape[1]
        columns = torch.where(paths.label_ids < 0, num_labels, paths.label_ids)
        mass = self.scores.new_zeros(self.scores.shape[0], num_labels + 1)
        mass.scatter_add_(1, columns.flatten(1), shares.flatten(1))
        first = self.scores + math.log(_FIRST_STEP_WEIGHT)
        return torch.logaddexp(mass[:, :num_labels].log(), first)


_SCORERS: dict[str, type[_FirstStep]] = {
    "prefix_mass": _PrefixMass,
    "path_posterior": _PathPosterior,
    "max_over_steps": _MaxOverSteps,
    "first_step": _FirstStep,
}
