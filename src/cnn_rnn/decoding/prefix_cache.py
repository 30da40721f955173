"""Recurrent states of label prefixes: the state depends on the prefix alone, never on the image.

So equal prefixes are advanced once for all beams of all images (section 3.2), and for a network
whose weights can be watched, once for all batches until the weights change.
"""

import ctypes
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from cnn_rnn.decoding.child_table import child_table
from cnn_rnn.decoding.protocol import PathNetwork, State, select_rows
from cnn_rnn.network import CNNRNN

# Memory of the states that a network keeps between batches. Our choice: a COCO network (K=80, LSTM
# of 512) holds 114,000 prefixes in it, and 4,096 images of real COCO need about 10,000.
DEFAULT_MAX_BYTES = 512 * 2**20


Kept = TypeVar("Kept")

Advance = Callable[[State, Tensor, Tensor], tuple[State, Tensor]]
"""States, rows of them (R,), one label for each (R,) -> R states and (R, D) path embeddings."""


def advance_rows(network: PathNetwork) -> Advance:
    """Gathers the rows and hands them to the network."""

    def advance(state: State, rows: Tensor, label_ids: Tensor) -> tuple[State, Tensor]:
        advanced: tuple[State, Tensor] = network.advance(select_rows(state, rows), label_ids)
        return advanced

    return advance


class Prefixes(Protocol):
    """Gives each prefix a row and advances it; row 0 is the empty prefix."""

    @property
    def embeddings(self) -> Tensor:
        """(rows, D): the path embedding of each prefix."""

    def begin(self) -> None:
        """Have the empty prefix ready, before the first ``extend`` of a search."""

    def extend(self, parent_rows: Tensor, label_ids: Tensor) -> Tensor:
        """One more label each: (R,), (R,) int64 -> the rows of the longer prefixes, (R,) int64."""


class FreshPrefixes:
    """Advances every path on its own and remembers the last step only, in order."""

    def __init__(
        self, network: PathNetwork, device: torch.device, advance: Advance | None = None
    ) -> None:
        self._network = network
        self._advance = advance or advance_rows(network)
        self._start = torch.tensor([network.start_id], device=device)
        self._state: State = ()
        self.embeddings = torch.empty(0, 0, device=device)

    def begin(self) -> None:
        """See ``Prefixes``."""
        state = self._network.initial_state(1)
        self._state, self.embeddings = self._network.advance(state, self._start)

    def extend(self, parent_rows: Tensor, label_ids: Tensor) -> Tensor:
        """See ``Prefixes``; the rows hold until the next call."""
        self._state, self.embeddings = self._advance(self._state, parent_rows, label_ids)
        return torch.arange(label_ids.shape[0], device=label_ids.device)


class PrefixCache:
    """A trie of label prefixes: each node's state and path embedding are computed once.

    Where the next nodes would outgrow the memory, all but their parents are forgotten. Looking for
    the prefixes that are missing makes the host wait for the device.

    Args:
        network: whose weights do not change while nodes live.
        device: of the states.
        max_bytes: bound of the memory, exceeded only where the paths of one step need more.
        advance: in place of the network's own, giving the same.
    """

    def __init__(
        self,
        network: PathNetwork,
        device: torch.device,
        max_bytes: int = DEFAULT_MAX_BYTES,
        advance: Advance | None = None,
    ) -> None:
        self._network = network
        self._advance = advance or advance_rows(network)
        self._device = device
        self._max_bytes = max_bytes
        self._num_labels = network.num_labels
        self._clear()

    def _clear(self) -> None:
        self._size = self._capacity = 0
        # (capacity, ...): the parts of the state, the path embedding, the length of the prefix.
        self._tables: list[Tensor] = []
        self._children = child_table(self._num_labels, self._device)

    def __len__(self) -> int:
        """Nodes, the empty prefix among them."""
        return self._size

    @property
    def max_nodes(self) -> int:
        """Nodes that ``max_bytes`` hold, at least one."""
        self.begin()
        return self._max_nodes

    def nodes_by_depth(self) -> list[int]:
        """How many prefixes of each length are held, from the empty one on."""
        counts: list[int] = self._tables[-1][: self._size].bincount().tolist()
        return counts

    @property
    def embeddings(self) -> Tensor:
        """See ``Prefixes``."""
        return self._tables[-2]

    def begin(self) -> None:
        """See ``Prefixes``."""
        if self._size == 0:
            start = torch.tensor([self._network.start_id], device=self._device)
            state, embedding = self._network.advance(self._network.initial_state(1), start)
            self._state_is_tensor = isinstance(state, Tensor)
            self._append(state, embedding, torch.zeros_like(start))

    def extend(self, parent_rows: Tensor, label_ids: Tensor) -> Tensor:
        """See ``Prefixes``; the rows hold until the next call."""
        edges = parent_rows * self._num_labels + label_ids  # (R,)
        rows = self._children.find(edges)
        new = torch.unique(edges[rows < 0])
        if new.shape[0] == 0:
            return rows
        if self._size + new.shape[0] > self.max_nodes:
            edges = self._keep_only(parent_rows) * self._num_labels + label_ids
            new = torch.unique(edges)
        parents, new_label_ids = new // self._num_labels, new % self._num_labels
        first = self._size
        state = self._tables[0] if self._state_is_tensor else tuple(self._tables[:-2])
        state, embedding = self._advance(state, parents, new_label_ids)
        self._append(state, embedding, self._tables[-1][parents] + 1)
        self._children.add(new, first)
        return self._children.find(edges)

    def _keep_only(self, rows: Tensor) -> Tensor:
        """Forgets all but these rows, (R,), and the empty prefix -> where they are now, (R,)."""
        with_empty = torch.cat([rows.new_zeros(1), rows])
        kept, places = torch.unique(with_empty, return_inverse=True)
        *state, embedding, depths = (table[kept] for table in self._tables)
        self._clear()
        self._append(tuple(state), embedding, depths)
        moved: Tensor = places[1:]
        return moved

    def _append(self, state: State, embedding: Tensor, depths: Tensor) -> None:
        parts = [state] if isinstance(state, Tensor) else list(state)
        parts += [embedding, depths]
        if not self._tables:
            per_node = sum(part.element_size() * part[0].numel() for part in parts)
            self._max_nodes = max(1, self._max_bytes // (per_node + self._children.bytes_per_node))
            self._tables = [part[:0] for part in parts]
        size = self._size + depths.shape[0]
        if size > self._capacity:
            capacity = max(size, min(max(64, 2 * size), self._max_nodes))
            tables = [grown(table, capacity) for table in self._tables]
            self._children.reserve(capacity)
            # Not before all the memory is there.
            self._tables, self._capacity = tables, capacity
        for table, part in zip(self._tables, parts, strict=True):
            table[self._size : size] = part
        self._size = size


def grown(
    table: Tensor, capacity: int, prepare: Callable[[Tensor], object] | None = None
) -> Tensor:
    """The table with room for ``capacity`` rows; the new ones hold anything.

    ``prepare`` is handed its memory before anything is written to it.
    """
    # Deterministic algorithms would have them filled, and so take what is only promised.
    switch: Any = torch.utils.deterministic
    filled, switch.fill_uninitialized_memory = switch.fill_uninitialized_memory, False
    try:
        grown = table.new_empty(capacity, *table.shape[1:])
    finally:
        switch.fill_uninitialized_memory = filled
    if prepare is not None:
        prepare(grown)
    grown[: table.shape[0]] = table
    return grown


class _Kept(threading.local):
    """What is kept for each network, in each thread: two searches must not grow the same tables."""

    def __init__(self) -> None:
        self.by_network: weakref.WeakKeyDictionary[CNNRNN, tuple[object, dict[object, Any]]]
        self.by_network = weakref.WeakKeyDictionary()


_KEPT = _Kept()


def keep_for(
    network: CNNRNN, device: torch.device, build: Callable[[], Kept], variant: str = ""
) -> Kept:
    """What ``build`` gave for this network before, or gives now if the weights have changed.

    ``build`` is told from others by its qualified name, and by ``variant``.
    """
    token = weights_token(network, device)
    known = _KEPT.by_network.get(network)
    if known is None or known[0] != token:
        known = _KEPT.by_network[network] = (token, {})
    name = f"{build.__module__}.{build.__qualname__} {variant}"
    if name not in known[1]:
        known[1][name] = build()
    kept: Kept = known[1][name]
    return kept


def prefixes_of(network: PathNetwork, device: torch.device) -> PrefixCache:
    """The network's prefixes: those of earlier batches if its weights are still the same.

    Only a ``CNNRNN`` in evaluation mode is known to depend on nothing but its weights; the
    prefixes of any other network begin anew.
    """
    if not isinstance(network, CNNRNN) or type(network) is not CNNRNN or network.training:
        return PrefixCache(network, device)
    # What is kept for a network must not keep the network.
    proxy = weakref.proxy(network)
    return keep_for(network, device, lambda: PrefixCache(proxy, device))


def forget_prefixes(network: CNNRNN) -> None:
    """Free what this thread keeps of the network's prefixes."""
    _KEPT.by_network.pop(network, None)


def weights_token(network: CNNRNN, device: torch.device) -> object:
    """Equal tokens mean equal weights and arithmetic.

    Every tensor counts with its place in memory, its version (which each in-place change raises)
    and some of its values, which also shows changes of all values behind PyTorch's back, as by
    ``weight.data.mul_``. A change of single values through ``.data`` is not seen.
    """
    tensors = [*network.parameters(), *network.buffers()]
    if any(tensor.is_inference() for tensor in tensors):
        return object()  # their changes are not counted: equal to no other token
    places = tuple((tensor.data_ptr(), tensor._version, tensor.shape) for tensor in tensors)
    if device.type == "cpu":
        samples: object = tuple(_some_values(tensor) for tensor in tensors)
    else:
        # All at once: the host waits for the device.
        samples = torch.cat([_few_of(tensor.detach()) for tensor in tensors]).tolist()
    arithmetic = (
        network.joint_activation,
        type(network.cell),
        getattr(network.cell, "bounded", None),
        torch.is_autocast_enabled(device.type),
        torch.get_autocast_dtype(device.type),
        torch.get_float32_matmul_precision(),
    )
    return places, samples, arithmetic


def _few_of(tensor: Tensor) -> Tensor:
    return tensor.flatten()[:: max(1, tensor.numel() // 12)]


def _some_values(tensor: Tensor) -> object:
    """A few values of a tensor, as cheaply as can be: a search of one image takes 0.1 ms."""
    if tensor.device.type != "cpu" or not tensor.is_contiguous() or tensor.numel() < 32:
        return tuple(_few_of(tensor).tolist())
    middle = tensor.numel() // 2
    return ctypes.string_at(tensor.data_ptr() + middle * tensor.element_size(), 16)
