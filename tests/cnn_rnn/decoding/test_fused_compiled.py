"""The Triton kernels, compiled for two GPUs: what they take of a multiprocessor."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

triton = pytest.importorskip("triton", reason="triton comes with PyTorch on Linux only")


def compile_step_for(
    capability: int, beam_width: int, num_classes: int, relu: bool
) -> dict[str, int]:
    """Registers a thread and bytes of stack of the shipped configuration."""
    from cnn_rnn.decoding.fused_kernel import beam_step_kernel
    from cnn_rnn.decoding.fused_ops import kernel_options

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
    constants = {name: options.pop(name) for name in names if name in options}
    return compile_for(capability, beam_step_kernel, signature, constants, options)


def compile_for(
    capability: int,
    kernel: Any,
    signature: dict[str, str],
    constants: dict[str, Any],
    options: dict[str, Any],
) -> dict[str, int]:
    """Registers a thread and bytes of stack."""
    from triton.backends.compiler import GPUTarget  # type: ignore[import-untyped]
    from triton.compiler import ASTSource  # type: ignore[import-untyped]

    # What a launch finds out by itself: tensors are aligned, sizes such as 64 are multiples of 16.
    aligned = [
        (place,)
        for place, name in enumerate(kernel.arg_names)
        if signature[name].startswith("*") or name in ("embedding_dim", "units")
    ]
    attributes = {place: [["tt.divisibility", 16]] for place in aligned}
    source = ASTSource(kernel, signature, constexprs=constants, attrs=attributes)
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
    [
        (1, 81, False, 128),
        (5, 81, False, 128),
        (8, 1001, True, 128),
        (16, 1001, False, 128),
        (17, 1001, False, 168),
        (32, 81, False, 168),
    ],
    ids=["N1-K80", "N5-K80", "N8-K1000-relu", "N16-K1000", "N17-K1000", "N32-K80"],
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
    usage = compile_step_for(capability, beam_width, num_classes, relu)
    assert usage["REG"] <= most_registers
    assert usage["STACK"] == usage["LOCAL"] == 0


@pytest.mark.parametrize("capability", [80, 90], ids=["sm_80", "sm_90"])
@pytest.mark.parametrize("weights", ["fp32", "bf16"])
def test_the_compiled_lstm_step_fits_its_registers(
    capability: int, weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnn_rnn.decoding.fused_lstm import BLOCK, lstm_step_kernel

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    signature = dict.fromkeys(lstm_step_kernel.arg_names, "*fp32")
    signature |= dict.fromkeys(("product_of", "rows", "label_ids"), "*i64")
    signature |= {"products": f"*{weights}", "units": "i32", "BLOCK": "constexpr"}
    usage = compile_for(capability, lstm_step_kernel, signature, {"BLOCK": BLOCK}, {"num_warps": 4})
    assert usage["REG"] <= 64
    assert usage["STACK"] == usage["LOCAL"] == 0


@pytest.mark.parametrize("capability", [80, 90], ids=["sm_80", "sm_90"])
@pytest.mark.parametrize("beam_width", [5, 32])
def test_the_compiled_reading_of_paths_fits_its_registers(
    capability: int, beam_width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cnn_rnn.decoding.fused_kernel import read_paths_kernel

    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    signature = dict.fromkeys(read_paths_kernel.arg_names, "*i64")
    signature |= dict.fromkeys(("batch_size", "steps", "max_length"), "i32")
    constants = {
        "N": beam_width,
        "SLOTS": triton.next_power_of_2(beam_width),
        "MISSING_LENGTH": -1,
    }
    signature |= dict.fromkeys(constants, "constexpr")
    usage = compile_for(capability, read_paths_kernel, signature, constants, {"num_warps": 1})
    assert usage["REG"] <= 64
    assert usage["STACK"] == usage["LOCAL"] == 0
