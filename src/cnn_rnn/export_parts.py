"""The pieces of a model that are exported, each a module of tensors in, tensors out (section 3).

They hold the network's own layers, so that what is exported is what was trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnn_rnn.exported_search import ExportableBeamSearch
from cnn_rnn.network import CNNRNN

ONNX_PARTS = ("backbone", "encode_image", "advance", "logits", "forward")
"""Parts that also leave as ONNX: the decoding does not, it is a program of many small steps."""


@dataclass(frozen=True)
class Part:
    """A module to export.

    Attributes:
        module: in evaluation mode.
        inputs: an example; the first axis of each is the batch.
        input_names: of the arguments.
        output_names: of the results.
    """

    module: nn.Module
    inputs: tuple[Tensor, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]


class EncodeImage(nn.Module):
    """Features (B, F) -> image embedding (B, D)."""

    def __init__(self, network: CNNRNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        """`CNNRNN.encode_image`."""
        return self.network.encode_image(features)


class Advance(nn.Module):
    """Label ids (B,) and the state's tensors -> the path embedding (B, D) and the next state."""

    def __init__(self, network: CNNRNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, label_ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """`CNNRNN.advance`."""
        after, path_embedding = self.network.advance(state, label_ids)
        return (path_embedding, *after)


class Logits(nn.Module):
    """Image and path embedding (B, D) -> logits and log-probabilities (B, K+1)."""

    def __init__(self, network: CNNRNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, image_embedding: Tensor, path_embedding: Tensor) -> tuple[Tensor, Tensor]:
        """`CNNRNN.logits`, and their log-softmax over labels and END."""
        logits = self.network.logits(image_embedding, path_embedding)
        return logits, logits.log_softmax(dim=-1)


class TeacherForcing(nn.Module):
    """`CNNRNN.forward` step by step: which prefixes are equal is no question for a fixed graph.

    Args:
        network: in evaluation mode.
        num_steps: T of the paths.
    """

    def __init__(self, network: CNNRNN, num_steps: int) -> None:
        super().__init__()
        self.network = network
        self.num_steps = num_steps

    def forward(self, features: Tensor, paths: Tensor) -> Tensor:
        """Features (B, F), paths (B, T) int64 padded with -1 -> log-probabilities (B, T+1, K+1)."""
        network = self.network
        image_embedding = network.encode_image(features)
        start = torch.full_like(paths[:, :1], network.start_id).squeeze(1)
        state, embedding = network.advance(network.initial_state(features.shape[0]), start)
        logits = [network.logits(image_embedding, embedding)]
        for step in range(self.num_steps):
            label_ids = paths[:, step]
            on = (label_ids >= 0).unsqueeze(1)  # (B, 1)
            after, moved = network.advance(state, label_ids.clamp(min=0))
            state = tuple(torch.where(on, new, old) for new, old in zip(after, state, strict=True))
            embedding = torch.where(on, moved, embedding)
            logits.append(network.logits(image_embedding, embedding))
        return torch.stack(logits, dim=1).log_softmax(dim=-1)


def head_parts(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> dict[str, Part]:
    """The network's pieces and the decoding, with examples made from features.

    Args:
        network: in evaluation mode.
        features: (B, F) float; B at least 2, so that the batch is not taken for a constant.
        beam_width: N of the decoding.
        max_length: T of the decoding and of `forward`.
        min_length: of the decoding.
    """
    batch = len(features)
    with torch.no_grad():
        embedding = network.encode_image(features)
        start = torch.full((batch,), network.start_id)
        state, path_embedding = network.advance(network.initial_state(batch), start)
    # Labels at random places: every step has live and padded rows.
    drawn = torch.rand(batch, network.num_labels, generator=torch.Generator().manual_seed(0))
    paths = drawn.argsort(dim=1)[:, :max_length]
    lengths = torch.arange(batch).remainder(max_length + 1).unsqueeze(1)
    paths = paths.masked_fill(torch.arange(paths.shape[1]) >= lengths, -1)
    state_names = tuple(f"state_{index}" for index in range(len(state)))
    next_names = tuple(f"next_{name}" for name in state_names)
    search = ExportableBeamSearch(network, beam_width, max_length, min_length)
    return {
        "encode_image": Part(
            EncodeImage(network).eval(), (features,), ("features",), ("image_embedding",)
        ),
        "advance": Part(
            Advance(network).eval(),
            (start, *state),
            ("label_ids", *state_names),
            ("path_embedding", *next_names),
        ),
        "logits": Part(
            Logits(network).eval(),
            (embedding, path_embedding),
            ("image_embedding", "path_embedding"),
            ("logits", "log_probs"),
        ),
        "forward": Part(
            TeacherForcing(network, max_length).eval(),
            (features, paths),
            ("features", "paths"),
            ("log_probs",),
        ),
        "beam_search": Part(
            search.eval(), (features,), ("features",), ("label_ids", "lengths", "log_probs")
        ),
    }


def dynamic_batch(module: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    """The shapes for `torch.export`: the first axis of every input is the batch."""
    batch = torch.export.Dim("batch")
    shapes = tuple({0: batch} for _ in inputs)
    if isinstance(module, Advance):  # its state is a variable number of arguments
        return ({0: batch}, shapes[1:])
    return shapes
