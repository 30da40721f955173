"""The beam search of section 3.3 with each step of an image in one Triton kernel, for CUDA.

A step adds the image to the path embeddings, scores the sums against the label embedding, ranks
all continuations and updates the candidate set without leaving the chip. The recurrent product is
PyTorch's (``fused_lstm``). Large batches share their prefixes, small ones run in CUDA graphs.
``docs/decoding.md`` has the picture and the arithmetic.
"""

import weakref
from functools import partial

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.fused_graph import GraphedSearches, cuda_capture
from cnn_rnn.decoding.fused_lstm import FusedLSTM
from cnn_rnn.decoding.fused_search import FusedSearch, run_search
from cnn_rnn.decoding.paths import Paths, concatenate_paths, empty_paths
from cnn_rnn.decoding.prefix_cache import FreshPrefixes, keep_for, prefixes_of
from cnn_rnn.decoding.protocol import Weights
from cnn_rnn.network import CNNRNN

# Live paths searched at once: bounds their recurrent states to 512 MiB for an LSTM of 512.
_MOST_PATHS = 1 << 17
# Both by arithmetic on an H100, not timed: from here on the products that sharing saves cost more
# than looking for equal prefixes does,
_SHARE_FROM_PATHS = 1 << 12
# and up to here launches cost more than the device's work.
_MOST_GRAPHED_PATHS = 1 << 11


def beam_search_fused(
    network: CNNRNN,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    share_prefixes: bool | None = None,
    weights: Weights = "float32",
    graph: bool | None = None,
) -> Paths:
    """The ``beam_width`` most probable paths of each image, a kernel a step.

    Arguments and result are those of ``cnn_rnn.decoding.beam_search``, which checks them;
    ``cnn_rnn.decoding.choice`` says which networks are served. ``share_prefixes`` advances equal
    prefixes once, ``graph`` replays CUDA graphs (an LSTM, prefixes not shared); by default the
    number of live paths decides both.
    """
    paths = features.shape[0] * beam_width
    if share_prefixes is None:
        share_prefixes = min(_MOST_PATHS, paths) >= _SHARE_FROM_PATHS
    lstm = _lstm_of(network, features.device, weights)
    if graph is None:
        graph = paths <= _MOST_GRAPHED_PATHS
    image_embedding = network.encode_image(features).float()
    sizes = (max_length, min_length, network.joint_activation == "relu")
    table = network.output_table.float()
    if share_prefixes:
        return _search_shared(network, image_embedding, table, beam_width, *sizes, lstm, weights)

    proxy = weakref.proxy(network)  # what is kept for a network must not keep the network

    def new_search() -> FusedSearch:
        return FusedSearch(FreshPrefixes(proxy, features.device, lstm), table, *sizes)

    def without_graphs() -> Paths:
        chunk = max(1, _MOST_PATHS // beam_width)
        parts = [
            run_search(new_search(), part, beam_width, max_length)
            for part in torch.split(image_embedding, chunk)
        ]
        return concatenate_paths(parts)

    if not graph or lstm is None:
        return without_graphs()
    graphs = keep_for(
        network,
        features.device,
        lambda: GraphedSearches(partial(cuda_capture, features.device)),
        weights,
    )
    variant = (min_length, network.joint_activation)
    return graphs.run(image_embedding, beam_width, max_length, variant, new_search, without_graphs)


def _lstm_of(network: CNNRNN, device: torch.device, weights: Weights) -> FusedLSTM | None:
    """The LSTM's own step; None for the other cells, which go through ``network.advance``."""
    cell = network.cell
    if type(cell) is not LSTMCell:
        return None
    return keep_for(network, device, lambda: FusedLSTM(network, cell, weights), weights)


def _search_shared(
    network: CNNRNN,
    image_embedding: Tensor,
    table: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    relu: bool,
    lstm: FusedLSTM | None,
    weights: Weights,
) -> Paths:
    """Equal prefixes once, and kept for the next batch as long as memory allows."""
    device = image_embedding.device
    advance = None if lstm is None else lstm.advance_few
    cache = prefixes_of(network, device, advance, f"fused {weights}")
    most_paths = 1 + beam_width * max_length
    chunk = max(1, min(_MOST_PATHS // beam_width, cache.max_nodes // 2 // most_paths))
    parts = [empty_paths(0, beam_width, max_length, device=device)]
    for part in torch.split(image_embedding, chunk):
        if not cache.room_for(part.shape[0] * most_paths):
            cache.clear()
        search = FusedSearch(cache, table, max_length, min_length, relu)
        parts.append(run_search(search, part, beam_width, max_length))
    return concatenate_paths(parts)
