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

    Nodes live until ``clear``; rows stay valid as long. Looking for the prefixes that are missing
    makes the host wait for the device.

    Args:
        network: whose weights do not change while nodes live.
        device: of the states.
        max_bytes: bound of the memory that ``room_for`` keeps to.
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
        self.clear()

    def __len__(self) -> int:
        """Nodes, the empty prefix among them."""
        return self._size

    def clear(self) -> None:
        """Forget all nodes."""
        self._size = self._capacity = 0
        self._tables: list[Tensor] = []  # (capacity, ...): the parts of the state, the embedding
        self._state_is_tensor = False
        self._parents = torch.empty(0, dtype=torch.int64, device=self._device)  # -1: the empty one
        self._children = child_table(self._num_labels, self._device)

    def room_for(self, paths: int) -> bool:
        """Whether that many new nodes are sure to stay within the bound."""
        return self._size + paths <= self.max_nodes

    @property
    def max_nodes(self) -> int:
        """Nodes that ``max_bytes`` hold, at least one."""
        self.begin()
        per_node = self._parents.element_size() + self._children.bytes_per_node
        per_node += sum(table.element_size() * table[0].numel() for table in self._tables)
        return max(1, self._max_bytes // per_node)

    def nodes_by_depth(self) -> list[int]:
        """How many prefixes of each length are held, from the empty one on."""
        depths, above = torch.zeros_like(self._parents), self._parents
        while bool((above >= 0).any()):
            depths += above >= 0
            above = torch.where(above >= 0, self._parents[above], -1)
        counts: list[int] = depths.bincount().tolist()
        return counts

    @property
    def embeddings(self) -> Tensor:
        """See ``Prefixes``."""
        return self._tables[-1]

    def begin(self) -> None:
        """See ``Prefixes``."""
        if self._size == 0:
            start = torch.tensor([self._network.start_id], device=self._device)
            state, embedding = self._network.advance(self._network.initial_state(1), start)
            self._append(torch.full_like(start, -1), state, embedding)

    def extend(self, parent_rows: Tensor, label_ids: Tensor) -> Tensor:
        """See ``Prefixes``."""
        edges = parent_rows * self._num_labels + label_ids  # (R,)
        rows = self._children.find(edges)
        missing = edges[rows < 0]
        if missing.shape[0] > 0:
            new = torch.unique(missing)
            parents, new_label_ids = new // self._num_labels, new % self._num_labels
            first = self._size
            state = self._tables[0] if self._state_is_tensor else tuple(self._tables[:-1])
            self._append(parents, *self._advance(state, parents, new_label_ids))
            self._children.add(new, first)
            rows = self._children.find(edges)
        return rows

    def _append(self, parents: Tensor, state: State, embedding: Tensor) -> None:
        self._state_is_tensor = isinstance(state, Tensor)
        parts = [state] if isinstance(state, Tensor) else list(state)
        parts.append(embedding)
        size = self._size + embedding.shape[0]
        if size > self._capacity:
            self._capacity = max(64, 2 * size)
            old = self._tables or [part[:0] for part in parts]
            self._tables = [grown(table, self._capacity) for table in old]
            self._children.reserve(self._capacity)
        for table, part in zip(self._tables, parts, strict=True):
            table[self._size : size] = part
        self._parents = torch.cat([self._parents, parents])
        self._size = size


def grown(table: Tensor, capacity: int) -> Tensor:
    """The table with room for ``capacity`` rows; the new ones hold anything."""
    grown = table.new_empty(capacity, *table.shape[1:])
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


def prefixes_of(
    network: PathNetwork, device: torch.device, advance: Advance | None = None, variant: str = ""
) -> PrefixCache:
    """The network's prefixes: those of earlier batches if its weights are still the same.

    Another ``advance`` wants a ``variant`` of its own, and holds no reference to the network.

    Only a ``CNNRNN`` in evaluation mode is known to depend on nothing but its weights; the
    prefixes of any other network begin anew.
    """
    if not isinstance(network, CNNRNN) or type(network) is not CNNRNN or network.training:
        return PrefixCache(network, device, advance=advance)
    # What is kept for a network must not keep the network.
    proxy = weakref.proxy(network)
    return keep_for(network, device, lambda: PrefixCache(proxy, device, advance=advance), variant)


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
