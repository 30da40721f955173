"""The mini VGG16's training: what is written loads, and what is packaged was written by it."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from benchmarks.pretrain_mini import (
    PACKAGED,
    Recipe,
    _rate,
    initialise,
    main,
    normalise,
    pictures,
    train,
)
from cnn_rnn.backbone_bodies import mini_vgg16
from cnn_rnn.backbones import build_backbone
from data_modules.mini import single_object_picture

TINY = Recipe(num_pictures=48, num_held_out=16, epochs=2, batch_size=16, image_size=48)


def test_what_is_written_loads_with_its_record(tmp_path: Path) -> None:
    out = tmp_path / "weights" / "small.safetensors"
    options = {"num-pictures": 48, "num-held-out": 16, "epochs": 1, "batch-size": 16}
    main([f"--{name}={value}" for name, value in options.items()] + ["--out", str(out)])
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert record["recipe"]["num_pictures"] == 48
    assert 0 <= record["accuracy"] <= 1
    stored = load_file(out)
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    loaded = build_backbone("vgg16_mini", str(out))
    for key, value in loaded.body.state_dict().items():
        assert torch.equal(value, stored[key].float())
    assert torch.isfinite(loaded(torch.zeros(1, 3, 48, 48, dtype=torch.uint8))).all()


def test_training_changes_every_layer_and_repeats_with_its_seed() -> None:
    start = mini_vgg16(num_classes=80)
    initialise(start, TINY.seed)
    first, second = train(TINY).state_dict(), train(TINY).state_dict()
    for key, value in start.state_dict().items():
        assert not torch.equal(first[key], value), key
        torch.testing.assert_close(first[key], second[key])


def test_a_few_pictures_are_learnt_by_heart() -> None:
    recipe = Recipe(12, cycles=1, epochs=90, batch_size=12, image_size=32, warmup_steps=5)
    model = train(recipe)
    images, labels = pictures(recipe, 0, 12, "again")
    with torch.no_grad():
        guess = model(normalise(images)).argmax(dim=1)
    assert (guess == labels).float().mean() > 0.8


def test_activations_keep_their_size_through_the_layers() -> None:
    model = mini_vgg16(num_classes=80)
    initialise(model, 0)
    images, _ = pictures(TINY, 0, 16, "some")
    with torch.no_grad():
        features = model.features(normalise(images))
    assert 0.05 < features.std() < 50


def test_pictures_are_those_of_the_generator() -> None:
    images, labels = pictures(TINY, 7, 3, "some")
    picture, label = single_object_picture(TINY.seed, 8, TINY.image_size)
    assert torch.equal(images[1], torch.from_numpy(picture).permute(2, 0, 1))
    assert labels[1] == label
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    rates = [_rate(step, 1000, 200) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 200)
    assert max(rates) == rates[199] == rates[200] == 1.0
    assert rates[200:] == sorted(rates[200:], reverse=True)
    assert rates[-1] < 1e-4


def test_packaged_weights_are_those_of_their_record() -> None:
    record = json.loads(PACKAGED.with_suffix(".json").read_text())
    assert record["sha256"] == hashlib.sha256(PACKAGED.read_bytes()).hexdigest()
    assert record["recipe"] == asdict(Recipe())
    assert record["accuracy"] > 0.4


def test_packaged_features_tell_categories_apart() -> None:
    recipe = Recipe()
    images, labels = pictures(recipe, 20_000_000, 1200, "some")

    def nearest_mean(weights: str | None) -> float:
        torch.manual_seed(0)
        backbone = build_backbone("vgg16_mini", weights)
        with torch.inference_mode():
            features = torch.cat([backbone(part) for part in torch.split(images, 100)])
        features = torch.nn.functional.normalize(features, dim=1)
        known, asked = slice(0, 900), slice(900, None)
        means = torch.stack([features[known][labels[known] == k].mean(0) for k in range(80)])
        guess = (features[asked] @ means.nan_to_num().T).argmax(dim=1)
        return float((guess == labels[asked]).float().mean())

    assert nearest_mean("mini") > 3 * nearest_mean(None)
