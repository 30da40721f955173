"""Runs the fused search in Triton's interpreter: ``test_fused.py`` starts it as a process.

Usage: TRITON_INTERPRET=1 python interpret_fused.py CASES RESULTS, two files of ``torch.save``.
"""

import sys
from typing import Any

import torch
from torch import Tensor

from cnn_rnn.decoding.fused import beam_search_fused
from cnn_rnn.decoding.fused_lstm import lstm_step
from cnn_rnn.decoding.fused_ops import beam_step, read_paths
from cnn_rnn.network import CNNRNN

_EMPTY_LIKE = torch.empty_like


def poisoned(like: Tensor, **options: Any) -> Tensor:
    """Memory as bad as it may be: NaN, or integers far out of range."""
    result = _EMPTY_LIKE(like, **options)
    return result.fill_(torch.nan if result.is_floating_point() else -(2**31) + 77)


def run(case: dict[str, Any]) -> list[Tensor] | str:
    network = CNNRNN(**case["network"]).eval()
    network.load_state_dict(case["weights"])
    try:
        features, beam_width, max_length, min_length = case["arguments"]
        options = case["options"]
        return list(
            beam_search_fused(network, features, beam_width, max_length, min_length, **options)
        )
    except ValueError as error:
        return str(error)


def step_arguments() -> tuple[Any, ...]:
    """A step of two images, four beams, 40 labels in the middle of a search."""
    generator = torch.Generator().manual_seed(5)
    costs = torch.rand(2, 4, generator=generator).sort(dim=1).values
    used = torch.randint(0, 2**20, (2, 4, 2), dtype=torch.int32, generator=generator)
    candidates = torch.tensor([[3, 1, -1, -1], [2, -1, -1, -1]])
    return (
        torch.randn(2, 8, generator=generator),
        torch.randn(8, 8, generator=generator),
        torch.arange(8).view(2, 4),
        torch.randn(41, 8, generator=generator),
        costs,
        used,
        torch.where(candidates >= 0, 2.5, torch.inf),
        candidates,
        2,
        0,
        6,
        False,
    )


def lstm_arguments() -> tuple[Tensor, ...]:
    """Three prefixes of two parents, more units than a program takes, saturated gates too."""
    generator = torch.Generator().manual_seed(6)
    units = 150
    products = 3 * torch.randn(2, 4 * units, generator=generator)
    products[1, ::7] = 200.0
    products[1, 1::7] = -200.0
    input_gates = torch.randn(5, 4 * units, generator=generator)
    memory = torch.randn(4, units, generator=generator)
    rows, product_of = torch.tensor([3, 0, 3]), torch.tensor([0, 1, 0])
    return products, product_of, input_gates, memory, rows, torch.tensor([4, 0, 2])


def paths_arguments() -> tuple[Any, ...]:
    """Three steps of two images and three slots; the second image has one candidate."""
    generator = torch.Generator().manual_seed(7)
    parents = torch.randint(0, 3, (3, 2, 3), generator=generator)
    label_ids = torch.randint(0, 9, (3, 2, 3), generator=generator)
    return parents, label_ids, torch.tensor([[8, 0, 3], [5, -1, -1]]), 4


def main(cases: str, results: str) -> None:
    setattr(torch, "empty_like", poisoned)  # noqa: B010
    found: dict[str, Any] = {"searches": []}
    with torch.no_grad():
        for case in torch.load(cases, weights_only=True):
            found["searches"].append(run(case))
        arguments = step_arguments()
        found["eager"] = list(beam_step(*arguments))
        compiled = torch.compile(lambda *given: beam_step(*given), fullgraph=True, backend="eager")
        found["compiled"] = list(compiled(*arguments))
        # Schema, fake shapes and functional tracing; raises where one is wrong.
        torch.library.opcheck(beam_step, arguments)
        torch.library.opcheck(lstm_step, lstm_arguments())
        found["lstm"] = list(lstm_step(*lstm_arguments()))
        products, *rest = lstm_arguments()
        found["lstm bfloat16"] = list(lstm_step(products.bfloat16(), *rest))
        torch.library.opcheck(read_paths, paths_arguments())
        found["paths"] = list(read_paths(*paths_arguments()))
        found["paths arguments"] = list(paths_arguments())
        found["lstm arguments"] = list(lstm_arguments())
    torch.save(found, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
