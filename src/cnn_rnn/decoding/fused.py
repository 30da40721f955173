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
from cnn_rnn.decoding.paths import Paths, concatenate_paths
from cnn_rnn.decoding.prefix_cache import FreshPrefixes, PrefixCache, keep_for
from cnn_rnn.decoding.protocol import Weights
from cnn_rnn.network import CNNRNN

# Live paths searched at once: bounds their recurrent states to 512 MiB for an LSTM of 512.
_MOST_PATHS = 1 << 17
# Both by arithmetic on an H100, not timed: from here on the products that sharing saves cost more
# than looking for equal prefixes does,
_SHARE_FROM_PATHS = 1 << 12
# and up to here launches cost more than the device's work.
_MOST_GRAPHED_PATHS = 1 << 11


class _Kept:
    """What is kept of a network as long as its weights stay the same; does not keep the network.

    Args:
        network: in evaluation mode.
        device: of the network.
        weights: of the recurrent product.
    """

    def __init__(self, network: CNNRNN, device: torch.device, weights: Weights) -> None:
        self.network = weakref.proxy(network)
        cell = network.cell
        # The other cells go through ``network.advance``.
        self.lstm = FusedLSTM(network, cell, weights) if type(cell) is LSTMCell else None
        few = None if self.lstm is None else self.lstm.advance_few
        self.shared = PrefixCache(self.network, device, advance=few)
        self.graphs = GraphedSearches(partial(cuda_capture, device))


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
    prefixes once, ``graph`` replays CUDA graphs (a float32 LSTM, prefixes not shared); by default
    the number of live paths decides both.
    """
    device = features.device
    paths = features.shape[0] * beam_width
    chunk = _MOST_PATHS // beam_width
    if share_prefixes is None:
        share_prefixes = paths >= _SHARE_FROM_PATHS
    if graph is None:
        graph = paths <= _MOST_GRAPHED_PATHS
    kept = keep_for(network, device, lambda: _Kept(network, device, weights), weights)
    image_embedding = network.encode_image(features).float()
    sizes = (max_length, min_length, network.joint_activation == "relu")
    table = network.output_table.float()
    if share_prefixes:
        # The paths of a step and what continues them fit the cache.
        chunk = min(chunk, kept.shared.max_nodes // (2 * beam_width))

    def new_search() -> FusedSearch:
        alone = FreshPrefixes(kept.network, device, kept.lstm)
        return FusedSearch(kept.shared if share_prefixes else alone, table, *sizes)

    def without_graphs() -> Paths:
        parts = [
            run_search(new_search(), part, beam_width, max_length)
            for part in torch.split(image_embedding, max(1, chunk))
        ]
        return concatenate_paths(parts)

    # In bfloat16, sums in another order may find other paths: a graph could not prove itself.
    if share_prefixes or not graph or kept.lstm is None or weights == "bfloat16":
        return without_graphs()
    variant = (min_length, network.joint_activation)
    return kept.graphs.run(
        image_embedding, beam_width, max_length, variant, new_search, without_graphs
    )
