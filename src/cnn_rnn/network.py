"""The CNN-RNN network (section 3.2): image and label path in one space, labels scored there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from cnn_rnn.cells import CellName, LSTMCell, State, build_cell
from cnn_rnn.prefix_trie import PrefixTrie, build_prefix_trie
from cnn_rnn.trie_lstm import run_trie_lstm

if TYPE_CHECKING:
    from cnn_rnn.predictor import Predictor


class CNNRNN(nn.Module):
    """Image features and label prefixes meet in a joint space and are scored against the labels.

    `x_t = h(U_o^x out(t) + U_I^x I)`, `s(t) = U_l^T x_t`, softmax over K labels and END. The image
    enters only here: the recurrent state depends on the label prefix alone, so that equal prefixes
    can be computed once. START is only an input, END only an output; both have id K.

    Args:
        num_labels: K.
        feature_dim: F, size of the image features I.
        embedding_dim: D, of labels and of the joint space (the paper: 64).
        hidden_dim: H, of the recurrent layer (the paper: 512).
        cell: `lstm`, `gru`, `paper` (section 3.1), `paper_bounded`, or `linear` (section 4.3).
        joint_activation: h; the paper does not state it.
        dropout: on the projections (the paper: 0.5).
        dropout_on: `inputs` of the two projections, or `sums`, the joint vectors.
        label_scale: standard deviation of the label embedding's initial values.
    Raises:
        ValueError: a size below one, dropout outside [0, 1), or an unknown name.
    """

    def __init__(
        self,
        num_labels: int,
        feature_dim: int,
        embedding_dim: int = 64,
        hidden_dim: int = 512,
        cell: CellName = "lstm",
        joint_activation: Literal["identity", "relu"] = "identity",
        dropout: float = 0.5,
        dropout_on: Literal["inputs", "sums"] = "inputs",
        label_scale: float = 0.1,
    ) -> None:
        super().__init__()
        for name, size in (
            ("num_labels", num_labels),
            ("feature_dim", feature_dim),
            ("embedding_dim", embedding_dim),
            ("hidden_dim", hidden_dim),
        ):
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must lie in [0, 1), got {dropout}")
        if joint_activation not in ("identity", "relu"):
            raise ValueError(f"joint_activation must be identity or relu, got {joint_activation!r}")
        if dropout_on not in ("inputs", "sums"):
            raise ValueError(f"dropout_on must be inputs or sums, got {dropout_on!r}")
        self.num_labels = num_labels
        self.start_id = num_labels
        self.end_id = num_labels
        self.joint_activation = joint_activation
        self.label_embedding = nn.Parameter(torch.randn(num_labels, embedding_dim) * label_scale)
        self.start_embedding = nn.Parameter(torch.randn(1, embedding_dim) * label_scale)
        self.end_embedding = nn.Parameter(torch.randn(1, embedding_dim) * label_scale)
        self.cell = build_cell(cell, embedding_dim, hidden_dim)
        self.project_path = nn.Linear(hidden_dim, embedding_dim, bias=False)  # U_o^x
        self.project_image = nn.Linear(feature_dim, embedding_dim, bias=False)  # U_I^x
        self.input_dropout = nn.Dropout(dropout if dropout_on == "inputs" else 0.0)
        self.sum_dropout = nn.Dropout(dropout if dropout_on == "sums" else 0.0)

    @classmethod
    def load(
        cls,
        checkpoint: str | Path,
        device: str | torch.device | None = None,
        *,
        backbone_weights: str | None = None,
        image_size: int | None = None,
    ) -> Predictor:
        """`Predictor.load`: a trained model that takes photos, from a `.ckpt` file or `mini`."""
        from cnn_rnn.predictor import Predictor  # which needs this module

        return Predictor.load(
            checkpoint, device, backbone_weights=backbone_weights, image_size=image_size
        )

    @property
    def input_table(self) -> Tensor:
        """(K+1, D): what the recurrent layer reads; row K is START."""
        return torch.cat([self.label_embedding, self.start_embedding])

    @property
    def output_table(self) -> Tensor:
        """(K+1, D): what scores are taken against; row K is END."""
        return torch.cat([self.label_embedding, self.end_embedding])

    def encode_image(self, features: Tensor) -> Tensor:
        """U_I^x I.

        Args:
            features: (B, F) float.
        Returns:
            (B, D).
        """
        embedding: Tensor = self.project_image(self.input_dropout(features))
        return embedding

    def initial_state(self, batch_size: int) -> State:
        """The state before START, rows first."""
        return self.cell.initial_state(batch_size)

    def advance(self, state: State, label_ids: Tensor) -> tuple[State, Tensor]:
        """Feed one label (or START) a row.

        Args:
            state: rows first, as `initial_state` and `advance` give it.
            label_ids: (B,) int64 in 0..K; K is START.
        Returns:
            The next state, and U_o^x out(t), (B, D).
        """
        state, output = self.cell(self.input_table[label_ids], state)
        return state, self.project_path(self.input_dropout(output))

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        """Scores of all labels and END.

        Args:
            image_embedding: (..., D).
            path_embedding: (..., D), broadcast against it.
        Returns:
            (..., K+1); the last is END.
        """
        joint = image_embedding + path_embedding
        if self.joint_activation == "relu":
            joint = torch.relu(joint)
        return nn.functional.linear(self.sum_dropout(joint), self.output_table)

    def forward(self, features: Tensor, paths: Tensor) -> Tensor:
        """Teacher forcing: the log-probabilities after each prefix of the given paths.

        Each different prefix of the batch passes the cell once; dropout is drawn for each position.

        Args:
            features: (B, F) float.
            paths: (B, T) int64 labels, padded with -1, without START and END.
        Returns:
            (B, T+1, K+1) log-probabilities: position t is given the first t labels. Positions
            behind the end of a path repeat what follows the whole path.
        Raises:
            ValueError: shapes that do not fit.
        """
        if features.ndim != 2 or paths.ndim != 2 or len(features) != len(paths):
            raise ValueError(
                f"expected features (B, F) and paths (B, T), got {tuple(features.shape)} "
                f"and {tuple(paths.shape)}"
            )
        trie = build_prefix_trie(paths, self.num_labels)
        lengths = (paths >= 0).sum(dim=1, keepdim=True)
        steps = torch.arange(paths.shape[1] + 1, device=paths.device)
        real = steps <= lengths  # (B, T+1); all that follows is for these P positions only
        gather = nn.functional.embedding
        image_ids = torch.nonzero(real, as_tuple=True)[0]
        path_embedding = self._path_embedding(trie, trie.nodes[real])
        logits = self.logits(gather(image_ids, self.encode_image(features)), path_embedding)
        last = (lengths + 1).cumsum(dim=0) - 1
        places = last - lengths + torch.minimum(steps, lengths)  # (B, T+1), of 0..P-1
        return gather(places, logits.log_softmax(dim=-1))

    def _path_embedding(self, trie: PrefixTrie, nodes: Tensor) -> Tensor:
        """U_o^x out of the given nodes, (P, D); dropout is drawn for each of the P positions."""
        outputs = self._prefix_outputs(trie)
        if self.training and self.input_dropout.p > 0:
            embedded: Tensor = self.project_path(
                self.input_dropout(nn.functional.embedding(nodes, outputs))
            )
            return embedded
        return nn.functional.embedding(nodes, self.project_path(outputs))

    def _prefix_outputs(self, trie: PrefixTrie) -> Tensor:
        """The cell's output after START and each prefix, (nodes, H)."""
        table = self.input_table
        if isinstance(self.cell, LSTMCell) and not torch.is_autocast_enabled(table.device.type):
            weights = self.cell.cell
            bias = weights.bias_ih + weights.bias_hh
            input_gates = nn.functional.linear(table, weights.weight_ih, bias)
            return run_trie_lstm(input_gates, weights.weight_hh, trie, self.start_id)
        state, output = self.cell(table[-1:], self.initial_state(1))
        outputs = [output]
        for parents, label_ids in zip(trie.parents, trie.label_ids, strict=True):
            state = tuple(part.index_select(0, parents) for part in state)
            state, output = self.cell(table.index_select(0, label_ids), state)
            outputs.append(output)
        return torch.cat(outputs)
