"""Exports a trained model by `torch.export` and ONNX, and checks it against the original.

    python -m cnn_rnn.export --checkpoint best.ckpt --out exported --photos photos

`docs/export.md` says what each file takes and gives.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cnn_rnn.cli import user_message
from cnn_rnn.export_parts import ONNX_PARTS, Part, dynamic_batch, head_parts
from cnn_rnn.network import CNNRNN
from cnn_rnn.photos import PhotoError
from cnn_rnn.predictor import Predictor
from cnn_rnn.tasks import CNNRNNTask

logger = logging.getLogger("cnn_rnn.export")

TOLERANCE = 1e-4  # absolute and relative; float32 summed in another order differs by about 1e-6
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_EXAMPLES = 8  # photos that the exported files are compared on


class ExportError(ValueError):
    """A model that cannot be exported, or came out different; says what to do."""

    is_user_error = True


def export(
    predictor: Predictor, folder: Path, images: Tensor, *, onnx: bool = True
) -> dict[str, Any]:
    """Writes all parts of a model into a folder, each compared with the original.

    Args:
        predictor: of a CNN-RNN checkpoint, on the CPU.
        folder: is made; `<part>.pt2`, `<part>.onnx` and `export.json` are written.
        images: (B, 3, S, S) uint8 prepared photos, B at least 2: examples, and what the outputs
            are compared on, at this and at another size of the batch.
        onnx: also as ONNX, which needs the extra `export`.
    Returns:
        The content of `export.json`: labels, sizes, preprocessing, and for each file the largest
        difference from the original.
    Raises:
        ExportError: a ranking model, no ONNX there, or an output that differs.
    """
    task, network = predictor.task, predictor.network
    if not isinstance(network, CNNRNN) or not isinstance(task, CNNRNNTask):
        raise ExportError("only CNN-RNN checkpoints are exported; this one ranks by a linear layer")
    if onnx:
        _need_onnx()
    with torch.no_grad():
        features = predictor.features(images).clone()
    longest = min(task.max_length, network.num_labels)
    sizes = {
        "beam_width": task.beam_width,
        "max_length": longest,
        "min_length": task.min_length,
    }
    parts = {
        "backbone": Part(predictor.backbone.eval(), (images,), ("image",), ("features",)),
        **head_parts(network, features, **sizes),
    }
    folder.mkdir(parents=True, exist_ok=True)
    differences: dict[str, float] = {}
    for name, part in parts.items():
        file = folder / f"{name}.pt2"
        differences[file.name] = _to_program(part, file)
        if onnx and name in ONNX_PARTS:
            file = folder / f"{name}.onnx"
            differences[file.name] = _to_onnx(part, file)
        logger.info("%s: exported and compared", name)
    record = {
        "label_names": predictor.label_names,
        "start_id": network.start_id,
        "end_id": network.end_id,
        "preprocessing": dict(predictor.preprocessing),
        **sizes,
        "state_sizes": [int(part.shape[1]) for part in network.initial_state(1)],
        "parts": {
            name: {"inputs": part.input_names, "outputs": part.output_names}
            for name, part in parts.items()
        },
        "largest_difference": differences,
        "torch": torch.__version__,
    }
    (folder / "export.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


def _to_program(part: Part, file: Path) -> float:
    """Writes a `torch.export` program; its largest difference from the module, read back."""
    with torch.no_grad():
        program = torch.export.export(
            part.module, part.inputs, dynamic_shapes=dynamic_batch(part.module, part.inputs)
        )
        torch.export.save(program, file)
        loaded = torch.export.load(file).module()
        return max(
            _difference(_tensors(loaded(*inputs)), _tensors(part.module(*inputs)), file)
            for inputs in _batches(part)
        )


def _to_onnx(part: Part, file: Path) -> float:
    """Writes ONNX; the largest difference of ONNX Runtime's outputs from the module's."""
    import onnxruntime

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own names of axes
        torch.onnx.export(
            part.module,
            part.inputs,
            file,
            input_names=list(part.input_names),
            output_names=list(part.output_names),
            dynamic_shapes=dynamic_batch(part.module, part.inputs),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        largest = 0.0
        for inputs in _batches(part):
            fed = {
                name: value.numpy() for name, value in zip(part.input_names, inputs, strict=True)
            }
            outputs = [torch.from_numpy(value) for value in session.run(None, fed)]
            expected = _tensors(part.module(*inputs))
            largest = max(largest, _difference(outputs, expected, file))
    return largest


def _batches(part: Part) -> list[tuple[Tensor, ...]]:
    """The example, one row of it, and a batch of another size."""
    twice = tuple(torch.cat([value, value.flip(0), value[:1]]) for value in part.inputs)
    return [part.inputs, tuple(value[:1] for value in part.inputs), twice]


def _difference(outputs: Sequence[Tensor], expected: Sequence[Tensor], file: Path) -> float:
    """The largest absolute difference; ids and lengths have to be equal.

    Raises:
        ExportError: more than the tolerance.
    """
    largest = 0.0
    for output, right in zip(outputs, expected, strict=True):
        try:
            torch.testing.assert_close(output, right, atol=TOLERANCE, rtol=TOLERANCE)
        except AssertionError as error:
            first = " ".join(str(error).split())
            raise ExportError(f"{file}: its outputs differ from the model's: {first}") from None
        if right.is_floating_point():
            gap = (output - right).abs().nan_to_num(0.0)  # -inf minus -inf
            largest = max(largest, float(gap.max()) if gap.numel() else 0.0)
    return largest


def _tensors(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (outputs,) if isinstance(outputs, Tensor) else outputs


def _need_onnx() -> None:
    try:
        import onnx
        import onnxruntime
        import onnxscript
    except ImportError as error:
        raise ExportError(
            f"ONNX needs {error.name}: pip install 'cnn-rnn[export]', or leave ONNX out (--no-onnx)"
        ) from None
    del onnx, onnxruntime, onnxscript


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m cnn_rnn.export", description="Export a trained CNN-RNN.", allow_abbrev=False
    )
    parser.add_argument("--checkpoint", required=True, help="a .ckpt file, or mini")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("exported"),
        help="a folder, made where it is not there (exported)",
    )
    parser.add_argument(
        "--photos", type=Path, required=True, help="a folder of photos to compare the outputs on"
    )
    parser.add_argument("--no-onnx", action="store_true", help="torch.export only")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")  # the exporter has much to say
    logger.setLevel(logging.INFO)
    try:
        predictor = Predictor.load(options.checkpoint, device="cpu")
        images = torch.stack([predictor.prepare(photo) for photo in _examples(options.photos)])
        record = export(predictor, options.out, images, onnx=not options.no_onnx)
    except Exception as error:  # any kind may be the user's to mend; the others go on
        message = user_message(error)
        if message is None:
            raise
        logger.error("error: %s", message)
        return 2
    worst = max(record["largest_difference"].values())
    logger.info("%s: compared on %d photos, at most %.1g apart", options.out, len(images), worst)
    return 0


def _examples(folder: Path) -> list[Path]:
    """The first photos of a folder; at least two, so that a batch is one.

    Raises:
        PhotoError: there is no such folder, or there are fewer.
    """
    if not folder.is_dir():
        raise PhotoError(f"--photos {folder}: no such folder; name one that holds photos")
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _SUFFIXES]
    if len(found) < 2:
        raise PhotoError(f"{folder}: expected two photos at least, got {len(found)}; add some")
    return found[:_EXAMPLES]


if __name__ == "__main__":
    raise SystemExit(main())
