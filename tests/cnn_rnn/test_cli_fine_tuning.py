"""`--model.init_args.fine_tune true` and regions from the command line, from fit to test."""

import json
from pathlib import Path

import pytest
import torch

from cnn_rnn.cli import main

FINE_TUNE = ["--config", "tiny.yaml", "--trainer.logger.init_args.name", "tuned"]
FINE_TUNE += ["--model.init_args.fine_tune", "true", "--model.init_args.backbone_lr_factor", "0.5"]
FIRST_LAYER = "backbone.body.features.0.weight"


def test_fit_and_test_with_a_tuned_backbone(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *FINE_TUNE]) == 0
    file = folder / "results" / "tuned" / "version_0" / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(file, weights_only=True)
    assert checkpoint["hyper_parameters"]["backbone_lr_factor"] == 0.5
    tuned = checkpoint["state_dict"][FIRST_LAYER]
    start = torch.load(folder / "weights.pth", weights_only=True)["features.0.weight"]
    assert not torch.equal(tuned, start)
    torch.testing.assert_close(tuned, start, rtol=0, atol=0.05)  # from there, by small steps
    capfd.readouterr()
    assert main(["test", *FINE_TUNE]) == 0
    assert "test/map" in capfd.readouterr().out


def test_hypotheses_pooling_reads_its_regions_through_the_feature_cache(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pooled = ["--config", "pooled.yaml"]
    config = (folder / "tiny.yaml").read_text()
    config = config.replace("CNNRNNTask", "HypothesisPoolingTask").replace(
        "name: tiny", "name: hcp"
    )
    config = config.replace("weights: weights.pth", "weights: weights.pth, regions: 3")
    (folder / "pooled.yaml").write_text(config.replace("    hidden_dim: 16\n", ""))
    caches = folder / "home" / "features"
    before = set(caches.iterdir())
    assert main(["fit", *pooled]) == 0
    (cache,) = set(caches.iterdir()) - before
    described = json.dumps([file.read_text() for file in cache.glob("*.json")])
    assert "regions=edge-windows-1/3/image" in described
    capfd.readouterr()
    assert main(["test", *pooled]) == 0
    assert "test/map" in capfd.readouterr().out


def test_hypotheses_pooling_without_regions_says_what_to_set(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = (folder / "tiny.yaml").read_text().replace("CNNRNNTask", "HypothesisPoolingTask")
    (folder / "pooled.yaml").write_text(config.replace("    hidden_dim: 16\n", ""))
    assert main(["fit", "--config", "pooled.yaml"]) == 2
    assert "set backbone.regions to 2 or more" in capfd.readouterr().err
