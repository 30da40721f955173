"""The beam search of section 3.3 compiled for the CPU: each image runs until it lacks a prefix.

The missing prefixes of all images go through the network in one matrix product, then the search
goes on. Prefixes live on between batches (``prefix_cache``). Where h is the identity, scores and
normalisers are sums and products of what image and prefix bring. ``docs/decoding.md`` has more.
"""

import ctypes
import math
import weakref
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.native_build import load_library
from cnn_rnn.decoding.native_lstm import LSTMStep, NewPrefixes, prefer_large_pages
from cnn_rnn.decoding.paths import Paths, empty_paths
from cnn_rnn.decoding.prefix_cache import DEFAULT_MAX_BYTES, grown, keep_for
from cnn_rnn.decoding.protocol import NAN_MESSAGE, Weights
from cnn_rnn.network import CNNRNN

# Of a node, in the compiled trie, at most (``native/trie.hpp``).
_INDEX_BYTES = 3 * 4 + 8 * (8 + 4)


class _Side(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_void_p) for name in ("embedding", "logits", "exps", "shift", "least")
    ]


class _Problem(ctypes.Structure):
    _fields_ = [
        ("num_classes", ctypes.c_int64),
        ("embedding_dim", ctypes.c_int64),
        ("beam_width", ctypes.c_int64),
        ("max_length", ctypes.c_int64),
        ("min_length", ctypes.c_int64),
        ("relu", ctypes.c_int32),
        ("image", _Side),
        *(
            (name, ctypes.c_void_p)
            for name in ("weight", "label_ids", "lengths", "log_probs", "mass", "tail")
        ),
    ]


class _Scores(NamedTuple):
    """What images or prefixes bring to the scores; the last four for h = identity only."""

    embedding: Tensor  # (n, D)
    logits: Tensor  # (n, K+1)
    exps: Tensor  # (n, K+1), exp(logits - shift)
    shift: Tensor  # (n,), the largest logit
    least: Tensor  # (n,), the smallest logit

    def side(self) -> _Side:
        return _Side(*(tensor.data_ptr() for tensor in self))


def _scores_of(embedding: Tensor, table: Tensor, relu: bool) -> _Scores:
    if relu:
        nothing = embedding.new_empty(len(embedding), 0)
        return _Scores(embedding.contiguous(), nothing, nothing, nothing, nothing)
    logits = torch.nn.functional.linear(embedding, table)
    least, shift = torch.aminmax(logits, dim=1)
    exps = (logits - shift.unsqueeze(1)).exp_()
    return _Scores(embedding.contiguous(), logits, exps, shift, least)


class NativePrefixes:
    """The trie of prefixes that the compiled search reads, with their states and scores.

    Kept for a network as long as it lives, so it holds no reference to it.
    """

    def __init__(
        self,
        network: CNNRNN,
        max_bytes: int = DEFAULT_MAX_BYTES,
        weights: Weights = "float32",
    ) -> None:
        library = load_library()
        self.trie = ctypes.c_void_p(library.trie_new(network.num_labels))
        weakref.finalize(self, library.trie_free, self.trie)
        self.state: list[Tensor] = []
        self.relu = network.joint_activation == "relu"
        self.output_table = network.output_table
        self.weight = self.output_table.T.contiguous()  # (D, K+1)
        self._lstm: LSTMStep | None = None
        if type(network.cell) is LSTMCell:
            self._lstm = LSTMStep(network, network.cell, weights)
        self._compute_root(network)
        self.max_bytes = max_bytes
        self._bytes_per_node = _INDEX_BYTES + sum(
            table.element_size() * math.prod(table.shape[1:])
            for table in (*self.state, *self.scores)
        )
        # Memory that is not written yet is only promised by the system, not taken.
        self._grow(1 + max_bytes // self._bytes_per_node)
        if self._lstm is not None:
            self._lstm.grow(1 + max_bytes // self._lstm.bytes_per_product)

    def __len__(self) -> int:
        """Nodes, the empty prefix among them."""
        return int(load_library().trie_size(self.trie))

    def clear(self) -> None:
        """Forget all prefixes but the empty one."""
        load_library().trie_clear(self.trie)
        if self._lstm is not None:
            self._lstm.num_products = 0

    def counts_by_depth(self) -> tuple[list[int], list[int]]:
        """How many prefixes of each length are held, and how many recurrent products of them."""
        counts = torch.zeros(2, self.output_table.shape[0] + 1, dtype=torch.int64)
        load_library().trie_count_by_depth(self.trie, *(row.data_ptr() for row in counts))
        depths = int(counts[0].count_nonzero())
        return counts[0, :depths].tolist(), counts[1, :depths].tolist()

    def has_room_for(self, count: int) -> bool:
        """Whether that many new prefixes are sure to stay within ``max_bytes``."""
        needed = (len(self) + count) * self._bytes_per_node
        if self._lstm is not None:
            needed += (self._lstm.num_products + count) * self._lstm.bytes_per_product
        return needed <= self.max_bytes

    def scores_of(self, embedding: Tensor) -> _Scores:
        """What images or prefixes of these embeddings, (n, D), bring to the scores."""
        return _scores_of(embedding, self.output_table, self.relu)

    def _compute_root(self, network: CNNRNN) -> None:
        start = torch.tensor([network.start_id])
        state, embedding = network.advance(network.initial_state(1), start)
        self.state = [part.contiguous() for part in state]
        self.scores = self.scores_of(embedding)

    def _grow(self, capacity: int) -> None:
        self.state = [grown(table, capacity, prefer_large_pages) for table in self.state]
        scores = (grown(table, capacity, prefer_large_pages) for table in self.scores)
        self.scores = _Scores(*scores)

    def extend(self, network: CNNRNN, search: ctypes.c_void_p, count: int) -> None:
        """Compute the ``count`` prefixes that the search waits for."""
        try:
            self._extend(network, search, count)
        except BaseException:  # such as Ctrl-C: the trie has nodes whose states were not written
            self.clear()
            raise

    def _extend(self, network: CNNRNN, search: ctypes.c_void_p, count: int) -> None:
        first = len(self)
        rows = torch.empty(4, count, dtype=torch.int64)
        num_outer = load_library().search_extend(search, *(row.data_ptr() for row in rows))
        parents, label_ids, product_of, outer = rows
        if first + count > len(self.scores.embedding):
            self._grow(2 * (first + count))
        new = slice(first, first + count)
        if self._lstm is not None:
            prefixes = NewPrefixes(parents, label_ids, product_of, outer[:num_outer])
            embedding = self._lstm(self.state[0], self.state[1], prefixes, first)
        else:
            state = tuple(part.index_select(0, parents) for part in self.state)
            state, embedding = network.advance(state, label_ids)
            for table, part in zip(self.state, state, strict=True):
                table[new] = part
        for table, part in zip(self.scores, self.scores_of(embedding), strict=True):
            table[new] = part


def native_prefixes_of(network: CNNRNN, weights: Weights = "float32") -> NativePrefixes:
    """The network's prefixes: those of earlier batches if its weights are still the same."""
    return keep_for(
        network, torch.device("cpu"), lambda: NativePrefixes(network, weights=weights), weights
    )


def beam_search_native(
    network: CNNRNN,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    weights: Weights = "float32",
) -> Paths:
    """The ``beam_width`` most probable paths of each image, on the CPU.

    Arguments and result are those of ``cnn_rnn.decoding.beam_search``, which checks them;
    ``cnn_rnn.decoding.choice`` says which networks are served.
    """
    return _Run(network, features, beam_width, max_length, min_length, weights).paths


def beam_search_native_with_mass(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int, min_length: int = 0
) -> tuple[Paths, Tensor]:
    """The paths, and the logarithm of each label's prefix mass, (B, K) float32 (``scoring``)."""
    run = _Run(network, features, beam_width, max_length, min_length, with_mass=True)
    return run.paths, torch.logaddexp(run.mass.log().float(), run.tail)


class _Run:
    """One search: the memory that the compiled code reads and writes."""

    def __init__(
        self,
        network: CNNRNN,
        features: Tensor,
        beam_width: int,
        max_length: int,
        min_length: int,
        weights: Weights = "float32",
        with_mass: bool = False,
    ) -> None:
        size = (features.shape[0], network.num_labels) if with_mass else (0, 0)
        self.paths = empty_paths(features.shape[0], beam_width, max_length)
        self.mass = torch.zeros(size, dtype=torch.float64)
        self.tail = torch.full(size, -torch.inf)
        self._network = network
        self._prefixes = native_prefixes_of(network, weights)
        self._image = self._prefixes.scores_of(network.encode_image(features))
        self._problem = _Problem(
            network.num_labels + 1,
            self._prefixes.weight.shape[0],
            beam_width,
            max_length,
            min_length,
            self._prefixes.relu,
            self._image.side(),
            self._prefixes.weight.data_ptr(),
            *(part.data_ptr() for part in self.paths),
            *((self.mass.data_ptr(), self.tail.data_ptr()) if with_mass else (None, None)),
        )
        self._search(torch.arange(features.shape[0]))

    def _search(self, rows: Tensor, anew: bool = False) -> None:
        """Search the images of these rows of the features, with empty prefixes or what is kept."""
        library, prefixes = load_library(), self._prefixes
        search = ctypes.c_void_p(
            library.search_new(
                prefixes.trie, ctypes.byref(self._problem), rows.data_ptr(), rows.shape[0]
            )
        )
        try:
            while True:
                side = prefixes.scores.side()
                missing = library.search_run(search, ctypes.byref(side), torch.get_num_threads())
                if missing < 0:
                    raise ValueError(NAN_MESSAGE)
                if missing == 0:
                    return
                alone = anew and rows.shape[0] == 1  # no fewer could need less
                if not alone and not prefixes.has_room_for(missing):
                    break
                prefixes.extend(self._network, search, missing)
            left = torch.empty_like(rows)
            left = left[: library.search_open_rows(search, left.data_ptr())]
        finally:
            library.search_free(search)
        # The bound is met: those that are not done begin again, fewer at once.
        if self.mass.numel() > 0:
            self.mass[left] = 0
            self.tail[left] = -torch.inf
        for part in left.chunk(2):
            prefixes.clear()
            self._search(part.contiguous(), anew=True)
