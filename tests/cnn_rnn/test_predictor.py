import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import cnn_rnn
from cnn_rnn.cli import main
from cnn_rnn.network import CNNRNN
from cnn_rnn.photos import PhotoError
from cnn_rnn.prediction import Prediction
from cnn_rnn.predictor import DeviceError, Predictor

BEST = Path("results/tiny/version_0/checkpoints/best.ckpt")


@pytest.fixture
def predictor(folder: Path) -> Predictor:
    return CNNRNN.load(BEST, device="cpu")


def photos() -> list[Path]:
    return sorted(Path("coco/val2014").glob("*.jpg"))


def close(first: Prediction, second: Prediction) -> bool:
    """Equal but for the last digits, which depend on the size of the batch."""
    mine, other = ([score for _, score in sorted(one.ranking)] for one in (first, second))
    return first.labels == second.labels and np.allclose(mine, other, atol=1e-5)


def test_the_package_hands_the_class_on() -> None:
    assert cnn_rnn.CNNRNN is CNNRNN
    with pytest.raises(AttributeError, match="has no attribute 'RNNCNN'"):
        cnn_rnn.RNNCNN  # noqa: B018


def test_one_photo_gives_labels_by_name_with_their_probabilities(predictor: Predictor) -> None:
    said = predictor.predict(photos()[0])
    assert said.image == str(photos()[0])
    assert set(said.labels) <= {"person", "bottle", "toothbrush"}
    assert said.labels == said.paths[0].labels == tuple(step.label for step in said.steps)
    probabilities = [step.probability for step in said.steps]
    assert said.end_probability is not None
    product = np.log([*probabilities, said.end_probability]).sum()
    assert product == pytest.approx(said.paths[0].log_prob, abs=1e-5)
    assert sorted(label for label, _ in said.ranking) == ["bottle", "person", "toothbrush"]
    assert said.features.shape == (512,)
    assert said.tree().best_rank == 0
    assert [predictor.label_names[k] for k in said.path_ids.tolist()] == list(said.labels)


def test_a_prediction_from_a_file_is_that_of_lightning_predict(predictor: Predictor) -> None:
    """Of the labelled test images, through data module, feature cache and command line."""
    arguments = ["--predictions.file", "out.jsonl"]
    assert main(["predict", "--config", "tiny.yaml", *arguments]) == 0
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    said = predictor.predict(photos(), batch_size=4)
    assert len(lines) == len(said) == 7
    for line, prediction in zip(lines, said, strict=True):
        assert line["labels"] == list(prediction.labels)
        expected = {pair["label"]: pair["score"] for pair in line["ranking"]}
        for label, score in prediction.ranking:
            assert score == pytest.approx(expected[label], abs=2e-5)
        for path, (labels, log_prob) in zip(line["paths"], prediction.paths, strict=True):
            assert path["labels"] == list(labels)
            assert path["log_prob"] == pytest.approx(log_prob, abs=2e-5)


def test_several_photos_are_answered_in_their_order(predictor: Predictor) -> None:
    one_by_one = [predictor.predict(photo) for photo in photos()]
    for batch_size in (1, 3, 100):
        together = predictor.predict(photos(), batch_size=batch_size)
        assert [said.image for said in together] == [str(photo) for photo in photos()]
        assert all(map(close, together, one_by_one))
    assert predictor.predict([]) == []
    assert len(predictor.predict(iter(photos()))) == 7


def test_the_same_call_gives_the_same_answer(predictor: Predictor) -> None:
    again = CNNRNN.load(BEST, device="cpu")
    assert predictor.predict(photos()) == again.predict(photos()) == predictor.predict(photos())


def test_pixels_are_photos_too(predictor: Predictor) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)
    said = predictor.predict([Image.fromarray(pixels), tensor, pixels])
    assert [prediction.image for prediction in said] == ["photo 0", "photo 1", "photo 2"]
    assert close(said[0], said[1])
    assert close(said[0], said[2])


def test_a_ranking_task_gives_labels_without_paths(folder: Path) -> None:
    model = ["--model", "cnn_rnn.tasks.BaselineTask", "--model.top_k", "2"]
    backbone = "--model.backbone={name: vgg16_mini, weights: weights.pth}"
    (folder / "bce.yaml").write_text(
        (folder / "tiny.yaml").read_text().replace("    hidden_dim: 16\n", "")
    )
    assert main(["fit", "--config", "bce.yaml", *model, backbone]) == 0
    predictor = CNNRNN.load("results/tiny/version_1/checkpoints/best.ckpt")
    said = predictor.predict(photos()[0])
    assert len(said.labels) == 2
    assert said.labels == tuple(label for label, _ in said.ranking[:2])
    assert (said.steps, said.paths, said.end_probability) == ((), (), None)
    with pytest.raises(ValueError, match="no beam"):
        said.tree()


def test_a_broken_photo_among_others_is_named(predictor: Predictor) -> None:
    Path("broken.jpg").write_bytes(b"no photo")
    with pytest.raises(PhotoError, match=r"broken.jpg: not an image"):
        predictor.predict([*photos(), "broken.jpg"])
    with pytest.raises(PhotoError, match=r"photo 1: expected a tensor"):
        predictor.predict([photos()[0], torch.zeros(3, 4, 4)])


@pytest.mark.parametrize("wrong", [3, None])
def test_what_is_no_photo_is_refused(predictor: Predictor, wrong: Any) -> None:
    with pytest.raises(PhotoError, match="expected a photo or several"):
        predictor.predict(wrong)


@pytest.mark.usefixtures("folder")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(DeviceError, match=r"device 'abacus' cannot be used: .*; try cpu"):
        CNNRNN.load(BEST, device="abacus")


def test_records_are_plain_and_valid_json(predictor: Predictor) -> None:
    record = predictor.predict(photos()[0]).to_dict()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert set(record) == {"image", "labels", "steps", "end_probability", "paths", "ranking"}
