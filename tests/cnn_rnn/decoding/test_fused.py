"""The Triton kernels: interpreted in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding import Paths, beam_search
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN

triton = pytest.importorskip("triton", reason="triton comes with PyTorch on Linux only")

Check = Callable[[Paths, Paths], None]


@dataclass(frozen=True)
class Case:
    batch_size: int
    num_labels: int
    beam_width: int
    max_length: int
    min_length: int = 0
    cell: str = "lstm"
    joint_activation: str = "identity"
    share_prefixes: bool = False
    change: str = "none"
    weights: str = "float32"

    def __str__(self) -> str:
        name = f"B{self.batch_size}-K{self.num_labels}-N{self.beam_width}-T{self.max_length}"
        shared = "-shared" if self.share_prefixes else ""
        return (
            f"{name}-m{self.min_length}-{self.cell}-{self.joint_activation}{shared}-{self.change}"
        )

    @property
    def options(self) -> dict[str, Any]:
        return {"share_prefixes": self.share_prefixes, "weights": self.weights}


CASES = (
    Case(5, 12, 3, 5),
    Case(5, 12, 3, 5, 2, share_prefixes=True),
    Case(3, 80, 5, 5, 0, "paper", "relu"),
    Case(2, 130, 8, 3, 1, "gru"),
    Case(2, 31, 4, 4, 0, "linear", "relu", share_prefixes=True),
    Case(2, 32, 1, 6, 3),
    Case(1, 33, 20, 2),
    Case(2, 3, 6, 7, 3),
    Case(1, 1, 1, 1, 1),
    Case(1, 1, 4, 3),
    Case(2, 5, 2, 0),
    Case(3, 7, 5, 4, change="ties"),
    Case(2, 40, 4, 3, change="ties"),
    Case(2, 6, 3, 4, change="end impossible"),
    Case(2, 6, 3, 4, change="end certain"),
    Case(2, 6, 3, 4, change="a label impossible"),
    Case(2, 6, 3, 4, change="nan"),
)
BFLOAT16 = (
    Case(3, 40, 4, 4, weights="bfloat16"),
    Case(3, 40, 4, 4, share_prefixes=True, weights="bfloat16"),
)


def build(case: Case) -> tuple[CNNRNN, Tensor]:
    torch.manual_seed(case.num_labels)
    network = CNNRNN(
        case.num_labels,
        feature_dim=9,
        embedding_dim=24,
        hidden_dim=16,
        cell=case.cell,  # type: ignore[arg-type]
        joint_activation=case.joint_activation,  # type: ignore[arg-type]
    )
    network.eval().requires_grad_(False)
    # An untrained cell may hardly speak, and then all orders of some labels nearly tie.
    for parameter in network.parameters():
        parameter.normal_(std=0.4)
    features = torch.randn(case.batch_size, 9)
    if case.change == "ties":
        # Every score is zero: all continuations of a step are equal.
        network.label_embedding.zero_()
        network.end_embedding.zero_()
    if case.change == "nan":
        features[1, 3] = torch.nan
    if case.change in ("end impossible", "end certain", "a label impossible"):
        # One joint dimension is always 1, and one row alone reads it.
        network.project_image.weight[0] = 0
        network.project_path.weight[0] = 0
        features[:, 0] = 1
        network.project_image.weight[0, 0] = 1
        network.label_embedding[:, 0] = 0
        network.end_embedding[:, 0] = 100.0 if case.change == "end certain" else 0.0
        if case.change == "end impossible":
            network.end_embedding[:, 0] = -torch.inf
        if case.change == "a label impossible":
            network.label_embedding[2, 0] = -torch.inf
            network.start_embedding.zero_()
            # What the cell reads must stay finite.
            assert isinstance(network.cell, LSTMCell)
            network.cell.cell.weight_ih[:, 0] = 0
    return network, features


def arguments_of(case: Case, features: Tensor) -> tuple[Tensor, int, int, int]:
    return features, case.beam_width, case.max_length, case.min_length


@pytest.fixture(scope="module")
def interpreted(interpret: Callable[[str, Any], Any]) -> dict[str, Any]:
    cases: list[dict[str, Any]] = []
    for case in CASES + BFLOAT16:
        network, features = build(case)
        options = {"num_labels": case.num_labels, "feature_dim": 9, "embedding_dim": 24}
        cases.append(
            {
                "network": {
                    **options,
                    "hidden_dim": 16,
                    "cell": case.cell,
                    "joint_activation": case.joint_activation,
                },
                "weights": network.state_dict(),
                "arguments": arguments_of(case, features),
                "options": case.options,
            }
        )
    results: dict[str, Any] = interpret("interpret_fused.py", cases)
    return results


@pytest.mark.parametrize("place", range(len(CASES)), ids=[str(case) for case in CASES])
def test_the_interpreted_kernel_agrees_with_the_reference(
    place: int, interpreted: dict[str, Any], assert_same_paths: Check
) -> None:
    network, features = build(CASES[place])
    found = interpreted["searches"][place]
    if CASES[place].change == "nan":
        assert "got NaN" in found
        return
    expected = beam_search_reference(network, *arguments_of(CASES[place], features))
    assert_same_paths(Paths(*found), expected)


@pytest.mark.parametrize("place", range(len(BFLOAT16)), ids=["alone", "shared"])
def test_interpreted_bfloat16_weights_change_the_recurrent_product_alone(
    place: int, interpreted: dict[str, Any], assert_same_paths: Check
) -> None:
    network, features = build(BFLOAT16[place])
    assert isinstance(network.cell, LSTMCell)
    rounded = network.cell.cell.weight_hh
    rounded.copy_(rounded.bfloat16())
    found = Paths(*interpreted["searches"][len(CASES) + place])
    expected = beam_search_reference(network, *arguments_of(BFLOAT16[place], features))
    torch.testing.assert_close(found.log_probs, expected.log_probs, rtol=0, atol=0.03)
    assert not torch.equal(found.log_probs, expected.log_probs)


def test_the_interpreted_lstm_step_is_pytorchs(interpreted: dict[str, Any]) -> None:
    products, product_of, input_gates, memory, rows, label_ids = interpreted["lstm arguments"]
    for name, brought in (("lstm", products), ("lstm bfloat16", products.bfloat16().float())):
        gates = brought[product_of] + input_gates[label_ids]
        entering, kept, candidate, shown = gates.chunk(4, dim=1)
        expected = kept.sigmoid() * memory[rows] + entering.sigmoid() * candidate.tanh()
        hidden, found = interpreted[name]
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(hidden, shown.sigmoid() * expected.tanh(), rtol=1e-6, atol=1e-6)


def test_interpreted_paths_are_read_off_the_back_pointers(interpreted: dict[str, Any]) -> None:
    parents, label_ids, candidates, max_length = interpreted["paths arguments"]
    paths, lengths = interpreted["paths"]
    for image in range(2):
        for slot, candidate in enumerate(candidates[image].tolist()):
            length, at = divmod(candidate, 3) if candidate >= 0 else (-1, 0)
            expected = [-1] * max_length
            for step in range(length - 1, -1, -1):
                expected[step] = int(label_ids[step, image, at])
                at = int(parents[step, image, at])
            assert paths[image, slot].tolist() == expected
            assert lengths[image, slot] == length


def test_tied_paths_come_in_the_order_of_the_reference(interpreted: dict[str, Any]) -> None:
    for case, found in zip(CASES, interpreted["searches"], strict=False):
        if case.change == "ties":
            network, features = build(case)
            expected = beam_search_reference(network, *arguments_of(case, features))
            assert torch.equal(found[0], expected.label_ids)
            assert torch.equal(found[1], expected.lengths)


def test_the_compiled_operator_gives_what_the_eager_one_gives(interpreted: dict[str, Any]) -> None:
    for compiled, eager in zip(interpreted["compiled"], interpreted["eager"], strict=True):
        assert torch.equal(compiled, eager)
    assert interpreted["eager"][0].isfinite().any()


def test_the_operator_can_be_exported() -> None:
    from cnn_rnn.decoding.fused_ops import beam_step

    class Step(torch.nn.Module):
        def forward(self, *tensors: Tensor) -> list[Tensor]:
            return list(beam_step(*tensors, 1, 0, 4, False))

    size = (3, 2)
    costs, counts = torch.zeros(size), torch.zeros(size, dtype=torch.int64)
    used = torch.zeros(*size, 1, dtype=torch.int32)
    tensors = (torch.zeros(3, 8), torch.zeros(6, 8), counts, torch.zeros(10, 8))
    program = torch.export.export(Step(), (*tensors, costs, used, costs, counts))
    assert "cnn_rnn.beam_step" in str(program.graph)
    shapes = [tuple(node.meta["val"].shape) for node in program.graph.output_node().args[0]]
    assert shapes == [size, (*size, 1), size, size, size, size, (3,)]


@pytest.mark.parametrize(
    ("beam_width", "reason"), [(5, "not on a CUDA device"), (33, "not on a CUDA device")]
)
def test_where_the_kernel_does_not_serve_the_reason_is_named(beam_width: int, reason: str) -> None:
    network, features = build(CASES[0])
    with pytest.raises(ValueError, match=f"'fused' does not serve here: .*{reason}"):
        beam_search(network, features, beam_width, 3, implementation="fused")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_kernel_on_a_gpu_agrees_with_the_reference(
    case: Case, assert_same_paths: Check
) -> None:
    from cnn_rnn.decoding.fused import beam_search_fused

    network, features = build(case)
    given = arguments_of(case, features)
    on_gpu = (given[0].cuda(), *given[1:])
    if case.change == "nan":
        with pytest.raises(ValueError, match="got NaN"):
            beam_search_fused(network.cuda(), *on_gpu, **case.options)
        return
    expected = beam_search_reference(network, *given)
    found = beam_search_fused(network.cuda(), *on_gpu, **case.options)
    assert_same_paths(Paths(*(part.cpu() for part in found)), expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("case", BFLOAT16, ids=["alone", "shared"])
def test_bfloat16_weights_on_a_gpu_are_those_of_the_cpu(case: Case) -> None:
    from cnn_rnn.decoding.fused import beam_search_fused

    network, features = build(case)
    given = arguments_of(case, features)
    expected = beam_search(network, *given, implementation="native", weights="bfloat16")
    found = beam_search_fused(network.cuda(), given[0].cuda(), *given[1:], **case.options)
    torch.testing.assert_close(found.log_probs.cpu(), expected.log_probs, rtol=0, atol=0.03)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("graph", [False, True])
def test_the_last_device_and_a_stream_of_the_callers_serve_as_well(
    graph: bool, assert_same_paths: Check
) -> None:
    from cnn_rnn.decoding.fused import beam_search_fused

    network, features = build(CASES[0])
    given = arguments_of(CASES[0], features)
    expected = beam_search_reference(network, *given)
    device = torch.device("cuda", torch.cuda.device_count() - 1)  # the current one is the first
    network.to(device)
    own = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # torch's
    for stream in (torch.cuda.default_stream(device), own):
        with torch.cuda.stream(stream), torch.cuda.device(0):
            on_gpu = given[0].to(device)
            for _ in range(3):  # the second one captures, where there are graphs
                found = beam_search_fused(network, on_gpu, *given[1:], graph=graph)
                assert_same_paths(Paths(*(part.cpu() for part in found)), expected)
