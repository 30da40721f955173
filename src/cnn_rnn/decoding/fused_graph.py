"""The fused search as CUDA graphs, for batches so small that launches would take most of the time.

A graph holds a few steps and the reading of the paths; the host asks for the done flag between
graphs. Images are padded to a size that has been captured before. A graph proves itself before it
is trusted: it decodes the images that it was captured with in another order, and what it finds is
held against the search without graphs, as it is again at runs 2, 4, 8, 16 and so on.
``docs/decoding.md`` has the arithmetic.
"""

import logging
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_rnn.decoding.fused_search import (
    FusedSearch,
    Progress,
    chunks_of_steps,
    start_costs,
)
from cnn_rnn.decoding.paths import Paths

_LOGGER = logging.getLogger(__name__)

# Of one network; the oldest goes. A search of 2,048 live paths and an LSTM of 512 holds some 50 MB:
# its graphs share their memory. Our choice.
MOST_KEPT = 8

# Two searches may add up in another order; the project's tolerance (docs/protocols.md).
_TOLERANCE = 1e-5

_OTHER_PATHS = "a captured search found other paths than the search without graphs"


class Outputs(NamedTuple):
    """What a graph writes at each replay, in the same place."""

    progress: Progress
    paths: Paths


Capture = Callable[[Callable[[], Outputs]], tuple[Outputs, Callable[[], None]]]
"""Records what a function does to tensors -> its outputs, and a call that does it again."""


class _Memory:
    """Where the graphs of a thread work, and the stream that they are captured on.

    cuBLAS has one workspace for each stream, and a graph that goes may take that of its stream
    along (pytorch/pytorch#193402). Graphs of one stream and one pool have it in that pool, which
    lives as long as any of them: what goes, goes into the pool. No search outlives its call, so no
    two of a thread work there at once.
    """

    def __init__(self, device: torch.device) -> None:
        self.pool = torch.cuda.graph_pool_handle()
        # Streams come from a few that all share; those of high priority are seldom used, so that
        # no product outside of graphs has left a workspace on this one.
        self.stream = torch.cuda.Stream(device, priority=-1)  # type: ignore[no-untyped-call]


class _Memories(threading.local):
    """Of each device; gone with the last graph, since a pool without graphs takes no new one."""

    def __init__(self) -> None:
        self.by_device: weakref.WeakValueDictionary[torch.device, _Memory]
        self.by_device = weakref.WeakValueDictionary()


_MEMORIES = _Memories()
_ONE_CAPTURE_AT_A_TIME = threading.Lock()  # of a process: PyTorch's rule


def cuda_capture(device: torch.device) -> Capture:
    """Captures in CUDA graphs, which share their memory: they are to run in order of capture."""
    memory = _MEMORIES.by_device.get(device)
    if memory is None:
        memory = _MEMORIES.by_device[device] = _Memory(device)

    def capture(function: Callable[[], Outputs]) -> tuple[Outputs, Callable[[], None]]:
        graph = torch.cuda.CUDAGraph()
        # PyTorch leaves its capturing stream the current one where a capture fails.
        before = torch.cuda.stream(torch.cuda.current_stream(device))
        # Other threads may go on calling CUDA meanwhile.
        recording = torch.cuda.graph(
            graph, memory.pool, memory.stream, capture_error_mode="thread_local"
        )
        with _ONE_CAPTURE_AT_A_TIME, before, recording:
            outputs = function()
        return outputs, partial(_replay, graph, memory)

    return capture


def _replay(graph: torch.cuda.CUDAGraph, memory: _Memory) -> None:  # which lives as long
    graph.replay()


class GraphedSearch:
    """A search of up to B images, captured.

    Args:
        search: of prefixes that do not look for equal ones.
        image_embedding: (n, D), some images of the network's.
        size: B.
        beam_width: N.
        max_length: T.
        capture: see ``Capture``.
    """

    def __init__(
        self,
        search: FusedSearch,
        image_embedding: Tensor,
        size: int,
        beam_width: int,
        max_length: int,
        capture: Capture,
    ) -> None:
        # Graphs read and write tensors by their addresses: all of them live as long as this does.
        self._search = search
        self._beam_width = beam_width
        self._runs = 0
        chunks = chunks_of_steps(max_length)
        # Tensors of inference mode could not be written to outside of it.
        with torch.inference_mode(False), torch.no_grad():
            self._image_embedding = image_embedding.new_zeros(size, image_embedding.shape[1])
            self._costs = image_embedding.new_full((size, beam_width), torch.inf)
            for steps in chunks:  # loads every kernel: none may be loaded during a capture
                self._take(steps)
            self._graphs = [capture(partial(self._take, steps)) for steps in chunks]

    @property
    def to_be_checked(self) -> bool:
        """Whether the next run is the first, second, fourth, eighth and so on."""
        return (self._runs + 1).bit_count() == 1

    def _take(self, steps: range) -> Outputs:
        if steps.start == 0:
            self._search.begin(self._image_embedding, self._costs)
        return Outputs(self._search.advance(steps), self._search.paths())

    def run(self, image_embedding: Tensor) -> Paths | None:
        """The paths of up to B images; None where a live path has met a NaN."""
        count = image_embedding.shape[0]
        self._runs += 1
        self._image_embedding[:count] = image_embedding
        self._costs.fill_(torch.inf)  # images that are not there have no live path
        self._costs[:count] = start_costs(image_embedding, self._beam_width)
        for place, (outputs, replay) in enumerate(self._graphs):
            replay()
            if place + 1 < len(self._graphs) and bool(outputs.progress.done):
                break
        paths = Paths(*(part[:count].clone() for part in outputs.paths))
        # Also waits for the end: the next search writes to the same tensors.
        return None if bool(outputs.progress.nan) else paths


class GraphedSearches:
    """The captured searches of one network, by size; kept as long as its weights stay the same.

    Args:
        capture: makes what captures the graphs of one search.
    """

    def __init__(self, capture: Callable[[], Capture]) -> None:
        self._capture = capture
        self._kept: OrderedDict[Hashable, GraphedSearch | None] = OrderedDict()
        self._refused = False

    def run(
        self,
        image_embedding: Tensor,
        beam_width: int,
        max_length: int,
        variant: Hashable,
        new_search: Callable[[], FusedSearch],
        without_graphs: Callable[[], Paths],
    ) -> Paths:
        """The paths of the images; the second search of a size is captured.

        Args:
            image_embedding: (n, D).
            beam_width: N.
            max_length: T.
            variant: what else decides the steps.
            new_search: a search to capture.
            without_graphs: the same search, step after step.
        """
        size = padded_size(image_embedding.shape[0])
        key = (size, beam_width, max_length, variant)
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            found = None if known.to_be_checked else known.run(image_embedding)
            if found is not None:
                return found
        paths = without_graphs()  # raises where there is a NaN
        if self._refused:
            return paths
        if known is not None:
            if not agree(known.run(image_embedding), paths):
                self._refuse(f"{_OTHER_PATHS}; what it found since the last check may be wrong")
            return paths
        if key in self._kept:
            self._kept[key] = self._captured(image_embedding, size, paths, new_search())
        self._kept.setdefault(key, None)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return paths

    def _captured(
        self, image_embedding: Tensor, size: int, expected: Paths, search: FusedSearch
    ) -> GraphedSearch | None:
        """The search, if it finds the same in the same images in another order."""
        beam_width, max_length = expected.label_ids.shape[1:]
        try:
            graphed = GraphedSearch(
                search, image_embedding, size, beam_width, max_length, self._capture()
            )
            backwards = graphed.run(image_embedding.flip(0))
        except RuntimeError as error:  # what PyTorch raises where a step cannot be captured
            reason = f"a step could not be captured: {error}"
        else:
            if agree(backwards, Paths(*(part.flip(0) for part in expected))):
                return graphed
            reason = _OTHER_PATHS
        self._refuse(reason)
        return None

    def _refuse(self, reason: str) -> None:
        self._refused = True
        self._kept.clear()
        _LOGGER.warning(
            "beam search: no CUDA graph for this network, since %s. Results are those of the "
            "search without graphs. Please report this, with the versions of PyTorch, Triton and "
            "the driver.",
            reason,
        )


def padded_size(count: int) -> int:
    """Images of the graph that serves this many: a power of two up to 64, then a multiple of 64."""
    if count > 64:
        return -(-count // 64) * 64
    return 1 << (count - 1).bit_length()


def agree(found: Paths | None, expected: Paths) -> bool:
    """Equal log-probabilities within tolerance, and equal paths where no other is so near.

    What follows the last path is not known: it has to be the same for most images.
    """
    if found is None or not torch.allclose(
        found.log_probs, expected.log_probs, _TOLERANCE, _TOLERANCE
    ):
        return False
    # No path is -inf; far apart from all that are there.
    log_probs = expected.log_probs.nan_to_num(neginf=-1e30)
    gap = torch.full_like(log_probs, torch.inf)
    distance = (log_probs[:, :-1] - log_probs[:, 1:]).abs()
    gap[:, :-1] = distance
    gap[:, 1:] = torch.minimum(gap[:, 1:], distance)
    near = gap <= 4 * _TOLERANCE * (1 + log_probs.abs())
    same = (found.label_ids == expected.label_ids).all(dim=2) & (found.lengths == expected.lengths)
    most_last = 2 * same[:, -1].sum() > same.shape[0]
    return bool((same | near)[:, :-1].all() & most_last)
