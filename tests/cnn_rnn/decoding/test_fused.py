"""The Triton kernel: interpreted in a process of its own, compiled here for two GPUs."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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

    def __str__(self) -> str:
        name = f"B{self.batch_size}-K{self.num_labels}-N{self.beam_width}-T{self.max_length}"
        shared = "-shared" if self.share_prefixes else ""
        return (
            f"{name}-m{self.min_length}-{self.cell}-{self.joint_activation}{shared}-{self.change}"
        )


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
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All cases in one process, since the interpreter is chosen when Triton is imported."""
    folder = tmp_path_factory.mktemp("interpreted")
    cases = []
    for case in CASES:
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
                "share_prefixes": case.share_prefixes,
            }
        )
    torch.save(cases, folder / "cases.pt")
    script = Path(__file__).with_name("interpret_fused.py")
    subprocess.run(
        [sys.executable, str(script), str(folder / "cases.pt"), str(folder / "results.pt")],
        check=True,
        env={**os.environ, "TRITON_INTERPRET": "1"},
    )
    results: dict[str, Any] = torch.load(folder / "results.pt", weights_only=True)
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


def test_tied_paths_come_in_the_order_of_the_reference(interpreted: dict[str, Any]) -> None:
    for case, found in zip(CASES, interpreted["searches"], strict=True):
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
    from cnn_rnn.decoding.fused import beam_step

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


def compile_for(capability: int, beam_width: int, num_classes: int, relu: bool) -> dict[str, int]:
    """Registers a thread and bytes of stack of the shipped configuration."""
    from triton.backends.compiler import GPUTarget  # type: ignore[import-untyped]
    from triton.compiler import ASTSource  # type: ignore[import-untyped]

    from cnn_rnn.decoding.fused import kernel_options
    from cnn_rnn.decoding.fused_kernel import beam_step_kernel

    options = kernel_options(beam_width, num_classes, relu)
    names = beam_step_kernel.arg_names
    integers = {"rows", "candidates_in", "parents_out", "label_ids_out", "candidates_out"}
    signature = {}
    for place, name in enumerate(names):
        if name in options:
            signature[name] = "constexpr"
        elif place >= names.index("num_classes"):
            signature[name] = "i32"
        elif name in integers:
            signature[name] = "*i64"
        else:
            signature[name] = "*i32" if name in ("used_in", "used_out", "nan_out") else "*fp32"
    source = ASTSource(
        beam_step_kernel,
        signature,
        constexprs={name: options.pop(name) for name in names if name in options},
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    cubin = Path(os.environ["TRITON_CACHE_DIR"]) / "kernel.cubin"
    cubin.write_bytes(compiled.asm["cubin"])
    usage = subprocess.run(
        [tool, "-res-usage", cubin], check=True, capture_output=True, text=True
    ).stdout
    return {name: int(value) for name, value in re.findall(r"(REG|STACK|LOCAL):(\d+)", usage)}


@pytest.mark.parametrize("capability", [80, 90], ids=["sm_80", "sm_90"])
@pytest.mark.parametrize(
    ("beam_width", "num_classes", "relu", "most_registers"),
    [(1, 81, False, 128), (5, 81, False, 128), (8, 1001, True, 128), (32, 81, False, 232)],
    ids=["N1-K80", "N5-K80", "N8-K1000-relu", "N32-K80"],
)
def test_the_compiled_kernel_fits_its_registers(
    capability: int,
    beam_width: int,
    num_classes: int,
    relu: bool,
    most_registers: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    usage = compile_for(capability, beam_width, num_classes, relu)
    assert usage["REG"] <= most_registers
    assert usage["STACK"] == usage["LOCAL"] == 0


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
            beam_search_fused(network.cuda(), *on_gpu, share_prefixes=case.share_prefixes)
        return
    expected = beam_search_reference(network, *given)
    found = beam_search_fused(network.cuda(), *on_gpu, share_prefixes=case.share_prefixes)
    assert_same_paths(Paths(*(part.cpu() for part in found)), expected)
