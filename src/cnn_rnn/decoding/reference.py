"""The specification: the beam search of one image in plain Python (section 3.3).

Every other implementation returns what this one returns. A path is ranked by its log-probability,
added up step by step in the network's own precision (at least float32).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cnn_rnn.decoding.paths import Paths, concatenate_paths, empty_paths
from cnn_rnn.decoding.protocol import NAN_MESSAGE, Observer, PathNetwork, State, log_probs_of


@dataclass(frozen=True)
class _Path:
    label_ids: tuple[int, ...]
    log_prob: float
    state: State
    """The state before the last label of the path (before START for the empty path)."""


@dataclass(frozen=True)
class _Continuation:
    log_prob: float
    parent: int
    """Rank of the path that is continued."""
    next_id: int
    """A label, or END, whose id comes after every label's."""

    def rank(self) -> tuple[float, int, int]:
        return (-self.log_prob, self.parent, self.next_id)


def beam_search_reference(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    observe: Observer | None = None,
) -> Paths:
    """The ``beam_width`` most probable paths of each image, one image after the other.

    Arguments and result are those of ``cnn_rnn.decoding.beam_search``, which checks them.
    """
    image_embedding = network.encode_image(features)
    parts = [
        _search_image(
            network, image_embedding[i : i + 1], i, beam_width, max_length, min_length, observe
        )
        for i in range(features.shape[0])
    ]
    return concatenate_paths(
        [empty_paths(0, beam_width, max_length, device=features.device), *parts]
    )


def _search_image(
    network: PathNetwork,
    image_embedding: Tensor,
    image: int,
    beam_width: int,
    max_length: int,
    min_length: int,
    observe: Observer | None,
) -> Paths:
    num_labels, end_id = network.num_labels, network.end_id
    live = [_Path((), 0.0, network.initial_state(1))]
    candidates: list[_Path] = []
    dtype = torch.float32

    for step in range(max_length + 1):
        states: list[State] = []
        rows: list[Tensor] = []
        for path in live:
            last_id = path.label_ids[-1] if path.label_ids else network.start_id
            state, path_embedding = network.advance(
                path.state, torch.tensor([last_id], device=image_embedding.device)
            )
            log_probs = log_probs_of(network, image_embedding, path_embedding)[0]
            dtype = log_probs.dtype
            if bool(log_probs.isnan().any()):
                raise ValueError(NAN_MESSAGE)
            totals = path.log_prob + log_probs  # (K+1,)
            # A label is used once; its probability is lost, nothing is renormalised.
            totals[list(path.label_ids)] = -torch.inf
            states.append(state)
            rows.append(totals)

        if observe is not None and step < max_length:
            prefix_log_probs = rows[0].new_tensor([[path.log_prob for path in live]])
            labels = torch.stack([totals[:num_labels] for totals in rows]).unsqueeze(0)
            observe(step, torch.tensor([image]), prefix_log_probs, labels)

        continuations = [
            _Continuation(total, parent, next_id)
            for parent, totals in enumerate(rows)
            for next_id, total in enumerate(totals.tolist())
            if total > -torch.inf
            and (step >= min_length if next_id == end_id else step < max_length)
        ]
        continuations.sort(key=_Continuation.rank)

        # END ends a path only among the N best of all continuations.
        candidates += [
            _Path(live[best.parent].label_ids, best.log_prob, states[best.parent])
            for best in continuations[:beam_width]
            if best.next_id == end_id
        ]
        # The sort is stable: of equals, the earlier candidate stays ahead.
        candidates.sort(key=lambda path: -path.log_prob)
        candidates = candidates[:beam_width]

        # END takes no slot: the N best continuations by a label live on.
        live = [
            _Path((*live[best.parent].label_ids, best.next_id), best.log_prob, states[best.parent])
            for best in [c for c in continuations if c.next_id != end_id][:beam_width]
        ]
        if not live:
            break
        # Log-probabilities only fall, so nothing can enter a full set any more.
        if len(candidates) == beam_width and live[0].log_prob <= candidates[-1].log_prob:
            break

    result = empty_paths(1, beam_width, max_length, dtype=dtype, device=image_embedding.device)
    for slot, path in enumerate(candidates):
        length = len(path.label_ids)
        result.label_ids[0, slot, :length] = torch.tensor(path.label_ids, dtype=torch.int64)
        result.lengths[0, slot] = length
        result.log_probs[0, slot] = path.log_prob
    return result
