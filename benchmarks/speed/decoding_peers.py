"""The searches that public implementations run, one image at a time, and the floor under ours.

Both peers follow the same rules as ``cnn_rnn.decoding`` and return the same paths, so that only
the way of computing differs.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding import Paths
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.native import beam_search_native, native_prefixes_of
from cnn_rnn.decoding.native_build import why_not_available
from cnn_rnn.decoding.prefix_cache import forget_prefixes, prefixes_of
from cnn_rnn.network import CNNRNN


class _Hypothesis(NamedTuple):
    log_prob: float
    label_ids: list[int]
    state: tuple[Tensor, ...]


def search_by_hypothesis(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int
) -> Paths:
    """One forward a hypothesis: each beam of each image on its own."""
    return _search_images(network, features, beam_width, max_length, together=False)


def search_by_image(network: CNNRNN, features: Tensor, beam_width: int, max_length: int) -> Paths:
    """One forward a step: the beams of an image in one batch, image after image."""
    return _search_images(network, features, beam_width, max_length, together=True)


def _search_images(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int, together: bool
) -> Paths:
    size = (len(features), beam_width)
    label_ids = torch.full((*size, max_length), -1)
    lengths = torch.full(size, -1)
    log_probs = torch.full(size, -torch.inf)
    for image in range(len(features)):
        embedding = network.encode_image(features[image : image + 1])
        complete = _search_image(network, embedding, beam_width, max_length, together)
        for slot, path in enumerate(complete):
            length = len(path.label_ids)
            label_ids[image, slot, :length] = torch.tensor(path.label_ids, dtype=torch.int64)
            lengths[image, slot] = length
            log_probs[image, slot] = path.log_prob
    return Paths(label_ids, lengths, log_probs)


def _search_image(
    network: CNNRNN, embedding: Tensor, beam_width: int, max_length: int, together: bool
) -> list[_Hypothesis]:
    end_id = network.end_id
    live = [_Hypothesis(0.0, [], network.initial_state(1))]
    complete: list[_Hypothesis] = []
    for step in range(max_length + 1):
        states, rows = _forward(network, embedding, live, together)
        found = []
        for parent, (path, row) in enumerate(zip(live, rows, strict=True)):
            row[path.label_ids] = -torch.inf
            if step == max_length:
                row[:end_id] = -torch.inf
            values, ids = row.topk(min(2 * beam_width, row.shape[0]))
            for value, next_id in zip(values.tolist(), ids.tolist(), strict=True):
                if value > -torch.inf:
                    found.append((-(path.log_prob + value), parent, next_id))
        found.sort()
        for cost, parent, next_id in found[:beam_width]:
            if next_id == end_id:
                complete.append(_Hypothesis(-cost, live[parent].label_ids, states[parent]))
        complete = sorted(complete, key=lambda path: -path.log_prob)[:beam_width]
        live = [
            _Hypothesis(-cost, [*live[parent].label_ids, next_id], states[parent])
            for cost, parent, next_id in [one for one in found if one[2] != end_id][:beam_width]
        ]
        full = len(complete) == beam_width
        if not live or (full and live[0].log_prob <= complete[-1].log_prob):
            break
    return complete


def _forward(
    network: CNNRNN, embedding: Tensor, live: list[_Hypothesis], together: bool
) -> tuple[list[tuple[Tensor, ...]], list[Tensor]]:
    """The state and the (K+1,) log-probabilities after each live path."""
    last = [path.label_ids[-1] if path.label_ids else network.start_id for path in live]
    if not together:
        states, rows = [], []
        for path, label_id in zip(live, last, strict=True):
            state, path_embedding = network.advance(
                path.state, torch.tensor([label_id], device=embedding.device)
            )
            states.append(state)
            rows.append(network.logits(embedding, path_embedding).log_softmax(dim=1)[0])
        return states, rows
    joined = tuple(torch.cat(parts) for parts in zip(*(path.state for path in live), strict=True))
    state, path_embedding = network.advance(joined, torch.tensor(last, device=embedding.device))
    log_probs = network.logits(embedding, path_embedding).log_softmax(dim=1)
    by_row = [tuple(part[i : i + 1] for part in state) for i in range(len(live))]
    return by_row, list(log_probs)


class FloorSizes(NamedTuple):
    """Rows of the matrix products that a search cannot do without, level by level.

    Attributes:
        prefixes: projected and scored.
        recurrent: multiplied with the recurrent weights.
        inputs: multiplied with the input weights; 0 where a table of all labels stands instead.
    """

    prefixes: list[int]
    recurrent: list[int]
    inputs: list[int]


def floor_sizes(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int
) -> dict[str, FloorSizes]:
    """The products of a cold search: one for each live prefix, and those that native takes."""
    forget_prefixes(network)
    beam_search_batched(network, features, beam_width, max_length, share_prefixes=True)
    nodes = prefixes_of(network, features.device).nodes_by_depth()
    sizes = {"floor: a product for each live prefix": FloorSizes(nodes, nodes, nodes)}
    if features.device.type == "cpu" and why_not_available() is None:
        beam_search_native(network, features, beam_width, max_length)
        nodes, products = native_prefixes_of(network).counts_by_depth()
        sizes["own products: of native, cold"] = FloorSizes(nodes, products, [0] * len(nodes))
    return sizes


def floor_products(network: CNNRNN, sizes: FloorSizes) -> Callable[[Tensor], Tensor]:
    """The matrix products alone, of images' features: the LSTM's, and the projections.

    For h = identity the scores are a sum of two products with the label embedding. Weights lie as
    products of few rows want them.
    """
    assert isinstance(network.cell, LSTMCell)
    lstm = network.cell.cell
    views = (lstm.weight_ih, lstm.weight_hh, network.project_path.weight, network.output_table)
    of_input, of_hidden, project, output = (view.T.contiguous() for view in views)

    def multiply(features: Tensor) -> Tensor:
        result = network.encode_image(features) @ output
        for prefixes, recurrent, inputs in zip(*sizes, strict=True):
            features.new_zeros(inputs, len(of_input)).mm(of_input)
            features.new_zeros(recurrent, len(of_hidden)).mm(of_hidden)
            result = features.new_zeros(prefixes, len(project)) @ project @ output
        return result

    return multiply
