"""Runs captured searches in Triton's interpreter: ``test_fused_graph.py`` starts it as a process.

In the place of a CUDA graph stands a recording: every operator with the very tensors that it read
and wrote. To replay it is to run them again on the same tensors, whatever they hold by then, and no
line of Python beside. That is what a CUDA graph does. What a device loads on first use must be
loaded before a capture: an operator is not recorded unless it has run with the same shapes before.

Usage: TRITON_INTERPRET=1 python interpret_graph.py SETTING RESULTS, two files of ``torch.save``.
"""

import gc
import logging
import sys
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from cnn_rnn.decoding import fused
from cnn_rnn.decoding.fused_graph import Capture, Outputs
from cnn_rnn.decoding.fused_search import FusedSearch, Progress
from cnn_rnn.decoding.prefix_cache import forget_prefixes
from cnn_rnn.network import CNNRNN

WAITS = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape)


def waits(func: Any, args: Any) -> bool:
    """Whether the host must know values on the device to go on."""
    if func is torch.ops.aten.index.Tensor:  # by masks, not by numbers
        return any(index is not None and index.dtype == torch.bool for index in args[1])
    return any(tag in func.tags for tag in WAITS)


class Recording(TorchDispatchMode):
    """Keeps what is done; refuses what a device would wait for, or load.

    Args:
        loaded: signatures of what has run before.
    """

    def __init__(self, loaded: set[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.calls: list[tuple[Any, Any, Any, Any]] = []
        self._loaded = loaded

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if waits(func, args):
            raise RuntimeError(f"{func} waits for the device")
        # A view runs nothing on a device.
        if not func.is_view and signature(func, args) not in self._loaded:
            raise RuntimeError(f"{signature(func, args)} has not been loaded")
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, result))
        return result

    def replay(self) -> None:
        for func, args, kwargs, result in self.calls:
            again = func(*args, **kwargs)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                # Not what only views or has changed its argument.
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


class Loading(TorchDispatchMode):
    """Keeps the operators that have run, with the shapes of their arguments."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.loaded: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.loaded.add(signature(func, args))
        return func(*args, **(kwargs or {}))


def signature(func: Any, args: Any) -> str:
    leaves = tree_leaves(args)
    return f"{func} of {[tuple(leaf.shape) for leaf in leaves if isinstance(leaf, Tensor)]}"


class Graphs:
    """What ``cuda_capture`` is, with recordings; counts replays.

    Args:
        fresh: so many replays do what was recorded; those that follow do nothing.
        garbage: those that follow meet a NaN.
    """

    def __init__(self, fresh: int = 1000, garbage: bool = False) -> None:
        self.replays = 0
        self.loading = Loading()
        self._fresh, self._garbage = fresh, garbage

    def __call__(self, device: torch.device) -> Capture:
        return self.capture

    def capture(self, function: Callable[[], Outputs]) -> tuple[Outputs, Callable[[], None]]:
        with Recording(self.loading.loaded) as recording:
            outputs = function()

        def replay() -> None:
            self.replays += 1
            if self.replays <= self._fresh:
                recording.replay()
            elif self._garbage:
                outputs.progress.nan.fill_(True)

        return outputs, replay


class Heard(logging.Handler):
    """Keeps warnings."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def run(
    setting: dict[str, Any], network: CNNRNN, features: list[Tensor], graphs: Graphs
) -> dict[str, Any]:
    """Every batch in turn: paths or the error's text, and what was captured and replayed."""
    setattr(fused, "cuda_capture", graphs)  # noqa: B010
    heard = Heard()
    logging.getLogger("cnn_rnn").addHandler(heard)
    found: list[Any] = []
    replays = []
    for batch in features:
        before = graphs.replays
        try:
            beam_width, max_length, min_length = setting["arguments"]
            with graphs.loading:
                paths = fused.beam_search_fused(
                    network, batch, beam_width, max_length, min_length, graph=True
                )
            found.append(list(paths))
        except ValueError as error:
            found.append(str(error))
        replays.append(graphs.replays - before)
    logging.getLogger("cnn_rnn").removeHandler(heard)
    return {"found": found, "replays": replays, "warnings": heard.messages}


def main(setting_file: str, results: str) -> None:
    setting = torch.load(setting_file, weights_only=True)
    found: dict[str, Any] = {}

    def build() -> CNNRNN:
        network = CNNRNN(**setting["network"]).eval().requires_grad_(False)
        network.load_state_dict(setting["weights"])
        return network

    with torch.no_grad():
        network = build()
        found["captured"] = run(setting, network, setting["batches"], Graphs())
        for parameter in network.parameters():
            parameter.mul_(1.1)
        found["changed"] = run(setting, network, setting["batches"][:3], Graphs())
        ghost = weakref.ref(network)
        forget_prefixes(network)
        del network
        gc.collect()
        found["freed"] = ghost() is None
        network = build()
        found["stale"] = run(setting, network, setting["batches"][:4], Graphs(fresh=0))
        found["garbage"] = run(setting, build(), setting["batches"][:4], Graphs(0, garbage=True))
        same_size = setting["batches"][1:4] * 4
        found["later stale"] = run(setting, build(), same_size, Graphs(fresh=6))
        found["later garbage"] = run(setting, build(), same_size, Graphs(8, garbage=True))
        network = build()
        with torch.inference_mode():
            run(setting, network, setting["batches"][:2], Graphs())
        found["inference"] = run(setting, network, setting["batches"][:4], Graphs())

        honest = FusedSearch.advance

        def impatient(self: FusedSearch, steps: range) -> Progress:
            progress = honest(self, steps)
            bool(progress.done)
            return progress

        setattr(FusedSearch, "advance", impatient)  # noqa: B010
        found["impatient"] = run(setting, build(), setting["batches"][:3], Graphs())
    torch.save(found, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
