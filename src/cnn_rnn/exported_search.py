"""The beam search of section 3.3 with every size but the batch fixed: what `torch.export` can take.

The same rules as `cnn_rnn.decoding`, without a host decision: all images go through all steps, and
what has finished or cannot win is masked. It is slower than the searches there, and it leaves.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnn_rnn.cells import State
from cnn_rnn.decoding.ranking import best_of_rows
from cnn_rnn.network import CNNRNN


class ExportableBeamSearch(nn.Module):
    """Features in, the N best paths out; the network is inside.

    Args:
        network: in evaluation mode.
        beam_width: N.
        max_length: T, at most K.
        min_length: labels before END is allowed.
    Raises:
        ValueError: a size is out of range.
    """

    def __init__(
        self, network: CNNRNN, beam_width: int, max_length: int, min_length: int = 0
    ) -> None:
        super().__init__()
        if beam_width < 1 or not 0 <= min_length <= max_length <= network.num_labels:
            raise ValueError(
                "expected beam_width >= 1 and 0 <= min_length <= max_length <= "
                f"{network.num_labels} labels, got {beam_width}, {min_length} and {max_length}"
            )
        self.network = network
        self.beam_width = beam_width
        self.max_length = max_length
        self.min_length = min_length

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The paths of `cnn_rnn.decoding.beam_search`.

        Args:
            features: (B, F) float.
        Returns:
            label_ids (B, N, T) int64 padded with -1, lengths (B, N) int64 (-1: no path), log_probs
            (B, N) float32 (-inf: no path).
        """
        network, width = self.network, self.beam_width
        batch, num_labels = features.shape[0], network.num_labels
        image_embedding = network.encode_image(features).unsqueeze(1)  # (B, 1, D)
        # The live paths. At first only the empty one, in slot 0.
        live = features.new_full((batch, width), -torch.inf)
        live[:, 0] = 0.0
        labels = torch.full((batch, width, 0), -1, dtype=torch.int64, device=features.device)
        used = features.new_zeros((batch, width, num_labels), dtype=torch.bool)
        fed = features.new_full((batch, width), network.start_id, dtype=torch.int64)
        state = network.initial_state(batch * width)
        ended = (  # the candidates
            features.new_full((batch, width, self.max_length), -1, dtype=torch.int64),
            features.new_full((batch, width), -1, dtype=torch.int64),
            features.new_full((batch, width), -torch.inf),
        )
        for step in range(self.max_length + 1):
            state, path_embedding = network.advance(state, fed.flatten())
            logits = network.logits(image_embedding, path_embedding.view(batch, width, -1))
            totals = live.unsqueeze(-1) + logits.log_softmax(dim=-1)  # (B, N, K+1)
            by_label = totals[..., :num_labels].masked_fill(used, -torch.inf)
            by_end = totals[..., network.end_id]
            if step < self.min_length:
                by_end = torch.full_like(by_end, -torch.inf)
            if step == self.max_length:
                by_label = torch.full_like(by_label, -torch.inf)
            best, index = best_of_rows(by_label.flatten(1), width)
            parents, new = index // num_labels, index % num_labels
            ended = self._merge(ended, labels, by_end, _enters(by_end, best, parents, width), step)
            if step == self.max_length:
                break
            # Log-probabilities only fall: what does not beat the worst candidate cannot enter.
            live = best.masked_fill(best <= ended[2][:, -1:], -torch.inf)
            labels = torch.cat([_rows(labels, parents), new.unsqueeze(-1)], dim=-1)
            used = _rows(used, parents).scatter(2, new.unsqueeze(-1), True)
            state = self._select(state, parents)
            fed = new
        return ended

    def _merge(
        self,
        ended: tuple[Tensor, Tensor, Tensor],
        labels: Tensor,
        by_end: Tensor,
        entering: Tensor,
        step: int,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The N best of the candidates and the paths that END now; of equals, the earlier."""
        padded = nn.functional.pad(labels, (0, self.max_length - step), value=-1)
        padded = padded.masked_fill(~entering.unsqueeze(-1), -1)
        log_probs = torch.cat([ended[2], by_end.masked_fill(~entering, -torch.inf)], dim=1)
        best, index = best_of_rows(log_probs, self.beam_width)
        lengths = torch.cat([ended[1], torch.where(entering, step, -1)], dim=1)
        return _rows(torch.cat([ended[0], padded], dim=1), index), lengths.gather(1, index), best

    def _select(self, state: State, parents: Tensor) -> State:
        """The state of each new live path: its parent's row."""
        batch, width = parents.shape
        return tuple(_rows(part.view(batch, width, -1), parents).flatten(0, 1) for part in state)


def _enters(by_end: Tensor, best: Tensor, parents: Tensor, width: int) -> Tensor:
    """(B, N) bool: is this END among the N best continuations of all live paths?

    Ranked before it: what is more probable; of equals a smaller parent, then labels before END.
    """
    rank = torch.arange(width, device=by_end.device).unsqueeze(-1)  # (N, 1)
    end = by_end.unsqueeze(-1)
    labels, ends = best.unsqueeze(1), by_end.unsqueeze(1)
    before = ((labels > end) | ((labels == end) & (parents.unsqueeze(1) <= rank))).sum(dim=-1)
    before = before + ((ends > end) | ((ends == end) & (rank > rank.T))).sum(dim=-1)
    return (before < width) & (by_end > -torch.inf)


def _rows(values: Tensor, index: Tensor) -> Tensor:
    """(B, n, X) values and (B, m) places in n -> (B, m, X)."""
    return values.gather(1, index.unsqueeze(-1).expand(-1, -1, values.shape[-1]))
