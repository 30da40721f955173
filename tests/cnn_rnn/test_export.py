"""Exported parts against the original, on photos, softmax included."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cnn_rnn.cli import main as lightning
from cnn_rnn.export import ExportError, _difference, export, main
from cnn_rnn.export_parts import ONNX_PARTS, TeacherForcing
from cnn_rnn.network import CNNRNN
from cnn_rnn.predictor import Predictor
from cnn_rnn.tasks import CNNRNNTask

BEST = "results/tiny/version_0/checkpoints/best.ckpt"
HAS_ONNX = all(
    importlib.util.find_spec(name) is not None for name in ("onnx", "onnxruntime", "onnxscript")
)
needs_onnx = pytest.mark.skipif(
    not HAS_ONNX, reason="onnx, onnxruntime or onnxscript is absent: pip install 'cnn-rnn[export]'"
)


@pytest.fixture
def predictor(folder: Path) -> Predictor:
    loaded = CNNRNN.load(BEST, device="cpu")
    assert isinstance(loaded.task, CNNRNNTask)
    loaded.task.max_length = 3  # short graphs
    return loaded


def photos(predictor: Predictor, count: int = 4) -> Tensor:
    files = sorted(Path("coco/val2014").glob("*.jpg"))[:count]
    return torch.stack([predictor.prepare(file) for file in files])


def test_a_photo_goes_through_the_exported_programs_as_through_the_model(
    predictor: Predictor,
) -> None:
    record = export(predictor, Path("out"), photos(predictor), onnx=False)
    assert json.loads(Path("out/export.json").read_text()) == json.loads(json.dumps(record))
    programs = {
        name: torch.export.load(Path("out", f"{name}.pt2")).module()
        for name in ("backbone", "beam_search")
    }
    images = photos(predictor, 7)  # another batch than that of the export
    with torch.no_grad():
        label_ids, lengths, log_probs = programs["beam_search"](programs["backbone"](images))
    said = predictor.predict([*images])
    for image, prediction in enumerate(said):
        best = label_ids[image, 0, : int(lengths[image, 0])].tolist()
        assert [record["label_names"][k] for k in best] == list(prediction.labels)
        assert log_probs[image, 0].item() == pytest.approx(prediction.paths[0].log_prob, abs=1e-4)


@needs_onnx
def test_onnx_runtime_gives_the_networks_softmax(predictor: Predictor) -> None:
    import onnxruntime

    record = export(predictor, Path("out"), photos(predictor))
    written = {path.name for path in Path("out").glob("*.onnx")}
    assert written == {f"{name}.onnx" for name in ONNX_PARTS}
    assert max(record["largest_difference"].values()) < 1e-4

    def run(name: str, **inputs: Tensor) -> list[Tensor]:
        session = onnxruntime.InferenceSession(
            Path("out", f"{name}.onnx"), providers=["CPUExecutionProvider"]
        )
        fed = {key: value.numpy() for key, value in inputs.items()}
        return [torch.from_numpy(value) for value in session.run(None, fed)]

    # By hand, as another program would: photo -> features -> the first step's probabilities.
    network = predictor.network
    assert isinstance(network, CNNRNN)
    images = photos(predictor, 5)
    (features,) = run("backbone", image=images)
    (image_embedding,) = run("encode_image", features=features)
    state = {
        f"state_{index}": torch.zeros(5, size) for index, size in enumerate(record["state_sizes"])
    }
    start = torch.full((5,), record["start_id"])
    path_embedding, *_ = run("advance", label_ids=start, **state)
    _, log_probs = run("logits", image_embedding=image_embedding, path_embedding=path_embedding)
    with torch.no_grad():
        expected = network(predictor.features(images), torch.zeros(5, 0, dtype=torch.int64))[:, 0]
    torch.testing.assert_close(log_probs, expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(log_probs.exp().sum(dim=1), torch.ones(5))
    paths = torch.tensor([[0, 2, 1], [1, -1, -1], [-1, -1, -1], [2, 0, -1], [0, 1, 2]])
    (forced,) = run("forward", features=features, paths=paths)
    with torch.no_grad():
        whole = network(predictor.features(images), paths)
    torch.testing.assert_close(forced, whole, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("cell", ["lstm", "gru", "paper", "linear"])
def test_forcing_step_by_step_is_the_networks_forward(cell: Any) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = CNNRNN(6, 8, 4, 8, cell=cell, label_scale=1.0).eval()
        features = torch.randn(4, 8)
    paths = torch.tensor([[5, 0, 2], [1, -1, -1], [-1, -1, -1], [3, 4, -1]])
    with torch.no_grad():
        got = TeacherForcing(network, 3)(features, paths)
        torch.testing.assert_close(got, network(features, paths), atol=1e-5, rtol=1e-5)


def test_outputs_that_differ_are_an_error_that_names_the_file() -> None:
    right = torch.tensor([1.0, -torch.inf])
    assert _difference([torch.tensor([1.0 + 1e-6, -torch.inf])], [right], Path("a.pt2")) < 1e-5
    with pytest.raises(ExportError, match=r"a\.pt2: its outputs differ from the model's"):
        _difference([torch.tensor([1.01, -torch.inf])], [right], Path("a.pt2"))
    with pytest.raises(ExportError, match=r"a\.pt2"):
        _difference([torch.tensor([3])], [torch.tensor([4])], Path("a.pt2"))


def test_a_missing_onnx_is_answered_with_what_to_install(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ExportError, match=r"pip install 'cnn-rnn\[export\]'.*--no-onnx"):
        export(predictor, Path("out"), photos(predictor))
    assert not Path("out").exists()


def test_the_command_answers_mistakes_in_a_line(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["--checkpoint", "gone.ckpt", "--photos", "coco"]) == 2
    assert "error: gone.ckpt: no such checkpoint" in caplog.text
    Path("empty").mkdir()
    assert main(["--checkpoint", BEST, "--photos", "empty"]) == 2
    assert "error: empty: expected two photos at least, got 0" in caplog.text
    assert main(["--checkpoint", BEST, "--photos", "nowhere"]) == 2
    assert "error: --photos nowhere: no such folder" in caplog.text


def test_a_ranking_model_is_refused(folder: Path) -> None:
    text = Path("tiny.yaml").read_text().replace("    hidden_dim: 16\n", "")
    Path("bce.yaml").write_text(text.replace("CNNRNNTask", "BaselineTask"))
    assert lightning(["fit", "--config", "bce.yaml", "--trainer.max_epochs", "1"]) == 0
    predictor = CNNRNN.load("results/tiny/version_1/checkpoints/best.ckpt")
    with pytest.raises(ExportError, match="only CNN-RNN checkpoints are exported"):
        export(predictor, Path("out"), photos(predictor), onnx=False)
